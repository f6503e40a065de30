"""What Helm itself leaves in a cluster, installed and uninstalled as documented. No kubelet runs the Job here: the test ends it."""

import concurrent.futures
import datetime
import json
import time

import chart
import pytest

SOON = 60
LEFT = "pods,jobs,serviceaccounts,networkpolicies"


def helm(namespace, *command, **values):
    with chart.written(values) as file:
        flags = ["--values", chart.VALUE_SETS["default"], "--values", file] if values or command[0] != "uninstall" else []
        place = [chart.CHART] if command[0] != "uninstall" else []
        return chart.helm(*command, *place, "--namespace", namespace, *flags)


def end_job(cluster, namespace, succeeds, after=None):
    """Waits for the Job of provisioning, other than this one before, and says of it what the Job controller would; answers its uid."""
    deadline = time.monotonic() + SOON

    def jobs():
        return [job for job in cluster.get("jobs", "--namespace", namespace)["items"] if job["metadata"]["uid"] != after]

    while not (found := jobs()):
        assert time.monotonic() < deadline, "no Job came"
        time.sleep(0.1)
    now = datetime.datetime.now(datetime.UTC).strftime("%Y-%m-%dT%H:%M:%SZ")

    def condition(kind):
        return {"type": kind, "status": "True", "lastTransitionTime": now, "lastProbeTime": now}

    if succeeds:
        status = {"startTime": now, "completionTime": now, "succeeded": 1, "conditions": [condition("SuccessCriteriaMet"), condition("Complete")]}
    else:
        status = {"startTime": now, "failed": 1, "conditions": [condition("FailureTarget"), condition("Failed")]}
    name = found[0]["metadata"]["name"]
    patch = ["--subresource=status", "--type=merge", "--patch", json.dumps({"status": status})]
    cluster.run("patch", "job", name, "--namespace", namespace, *patch)
    return found[0]["metadata"]["uid"]


def left(cluster, namespace, selector="app.kubernetes.io/instance=street"):
    items = cluster.get(LEFT, "--namespace", namespace, "--selector", selector)["items"]
    return sorted(f"{one['kind']}/{one['metadata']['name']}" for one in items)


def test_what_the_hook_needs_is_gone_when_it_has_succeeded_and_an_uninstall_leaves_nothing(cluster, namespace):
    with concurrent.futures.ThreadPoolExecutor() as pool:
        installing = pool.submit(helm, namespace, "install", "street")
        end_job(cluster, namespace, succeeds=True)
        installing.result(SOON)
    provisioning = "app.kubernetes.io/instance=street,app.kubernetes.io/component=provision"
    assert left(cluster, namespace, provisioning) == []
    assert len(left(cluster, namespace)) > 10
    helm(namespace, "uninstall", "street")
    assert left(cluster, namespace) == []
    kept = cluster.get("secrets", "--namespace", namespace)["items"]
    assert [one["metadata"]["name"] for one in kept] == ["street-shotengai-secrets"]
    everywhere = cluster.run("get", "validatingadmissionpolicies,validatingadmissionpolicybindings", "--output", "name").stdout
    assert namespace not in everywhere


def test_what_a_failed_hook_leaves_the_documented_command_removes(cluster, namespace):
    with concurrent.futures.ThreadPoolExecutor() as pool:
        installing = pool.submit(helm, namespace, "install", "street")
        end_job(cluster, namespace, succeeds=False)
        with pytest.raises(chart.Refused):
            installing.result(SOON)
    helm(namespace, "uninstall", "street")
    names = left(cluster, namespace)
    assert "Job/street-shotengai-provision" in names, "it is there to be looked at"
    cluster.run("delete", LEFT, "--selector", "app.kubernetes.io/instance=street", "--namespace", namespace)
    assert left(cluster, namespace) == []


def test_provisioning_alone_before_an_upgrade_is_replaced_by_the_upgrade_s_own(cluster, namespace):
    with concurrent.futures.ThreadPoolExecutor() as pool:
        installing = pool.submit(helm, namespace, "install", "street")
        end_job(cluster, namespace, succeeds=True)
        installing.result(SOON)
    # As documented for subscriptions that take more types of events.
    alone = chart.helm(
        "template", "street", chart.CHART, "--namespace", namespace, "--values", chart.VALUE_SETS["default"], "--show-only", "templates/provision.yaml"
    )
    cluster.run("apply", "--namespace", namespace, "--filename", "-", stdin=alone)
    first = end_job(cluster, namespace, succeeds=True)
    waited = ["--for=condition=Complete", "job/street-shotengai-provision", "--timeout=10s", "--namespace", namespace]
    cluster.run("wait", *waited)
    with concurrent.futures.ThreadPoolExecutor() as pool:
        upgrading = pool.submit(helm, namespace, "upgrade", "street", currency="EUR")
        end_job(cluster, namespace, succeeds=True, after=first)
        upgrading.result(SOON)
    provisioning = "app.kubernetes.io/instance=street,app.kubernetes.io/component=provision"
    assert left(cluster, namespace, provisioning) == []
