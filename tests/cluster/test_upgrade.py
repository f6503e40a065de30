"""Upgrades by Helm itself, server-side, after somebody else has set the count of a role's pods."""

import chart
import pytest

ROLE = "street-shotengai-billing"
# As documents and kind-up have it.
DOCUMENTED = ["--server-side=true", "--force-conflicts"]
VALUES = {"provision": {"enabled": False}, "roleDefaults": {"autoscaling": {"enabled": False}}}


def helm(namespace, command, *flags, **more):
    with chart.written({**VALUES, **more}) as file:
        values = ["--values", chart.VALUE_SETS["default"], "--values", file]
        return chart.helm(*command, chart.CHART, "--namespace", namespace, *values, *flags)


def count(cluster, namespace):
    return cluster.get("deployment", ROLE, "--namespace", namespace)["spec"]["replicas"]


def currency(cluster, namespace, role):
    pod = cluster.get("deployment", f"street-shotengai-{role}", "--namespace", namespace)["spec"]["template"]["spec"]
    return next(one["value"] for one in pod["containers"][0]["env"] if one["name"] == "CURRENCY")


def test_an_upgrade_after_a_scale_goes_through_as_documented(cluster, namespace):
    # As kind-up does it: the flag is no harm where nothing is installed yet.
    helm(namespace, ["upgrade", "--install", "street"], *DOCUMENTED)
    assert count(cluster, namespace) == 2
    cluster.run("scale", "deployment", ROLE, "--replicas=5", "--namespace", namespace)

    with pytest.raises(chart.Refused, match=r"conflict.*\.spec\.replicas"):
        helm(namespace, ["upgrade", "street"], currency="EUR")
    assert count(cluster, namespace) == 5

    helm(namespace, ["upgrade", "street"], *DOCUMENTED, currency="USD")
    assert count(cluster, namespace) == 2
    assert {currency(cluster, namespace, role) for role in chart.facts()} == {"USD"}, "every role is upgraded"


def test_a_count_that_is_a_person_s_stays(cluster, namespace):
    helm(namespace, ["install", "street"], "--server-side=true")
    cluster.run("scale", "deployment", ROLE, "--replicas=5", "--namespace", namespace)
    theirs = {"roles": {"billing": {"fixedReplicas": False}}}
    for wanted in (5, 4, 0):
        cluster.run("scale", "deployment", ROLE, f"--replicas={wanted}", "--namespace", namespace)
        # Nothing to take back: it goes through without the flag, too.
        helm(namespace, ["upgrade", "street"], currency=["EUR", "USD"][wanted % 2], **theirs)
        assert count(cluster, namespace) == wanted


def test_a_rollback_after_a_scale_goes_through_as_documented(cluster, namespace):
    helm(namespace, ["install", "street"])
    helm(namespace, ["upgrade", "street"], currency="EUR")
    cluster.run("scale", "deployment", ROLE, "--replicas=5", "--namespace", namespace)
    chart.helm("rollback", "street", "--namespace", namespace, *DOCUMENTED)
    assert count(cluster, namespace) == 2
    assert {currency(cluster, namespace, role) for role in chart.facts()} == {"JPY"}


def test_a_release_that_was_applied_by_the_client_takes_the_documented_upgrade(cluster, namespace):
    # As Helm 3 installs; Helm 4 goes on as the release began, and refuses --force-conflicts then, unless it is told otherwise.
    helm(namespace, ["install", "street"], "--server-side=false")
    cluster.run("scale", "deployment", ROLE, "--replicas=5", "--namespace", namespace)
    helm(namespace, ["upgrade", "street"], *DOCUMENTED, currency="EUR")
    assert {currency(cluster, namespace, role) for role in chart.facts()} == {"EUR"}
