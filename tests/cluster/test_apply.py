"""The chart's objects in a real API server: admitted, stored as they were sent, and the same when applied again."""

import chart
import pytest
import yaml

# What the API server adds or decides by itself.
IGNORED = {"status", "creationTimestamp", "uid", "resourceVersion", "generation", "managedFields", "clusterIP", "clusterIPs"}


def rendered(name, namespace):
    """The value set, rendered for this namespace; hooks and tests are objects like the others."""
    return chart.helm("template", "street", chart.CHART, "--namespace", namespace, "--values", chart.VALUE_SETS[name])


def missing(sent, stored, path=""):
    """What was sent and is not in what is stored."""
    if isinstance(sent, dict):
        if not isinstance(stored, dict):
            return [path]
        found = []
        for key, value in sent.items():
            if key in IGNORED or value in (None, "", [], {}) or key == "stringData":
                continue
            if key not in stored:
                found.append(f"{path}.{key}")
            else:
                found += missing(value, stored[key], f"{path}.{key}")
        return found
    if isinstance(sent, list):
        if not isinstance(stored, list) or len(sent) != len(stored):
            return [path]
        return [entry for place, (one, other) in enumerate(zip(sent, stored)) for entry in missing(one, other, f"{path}[{place}]")]
    return [] if same(sent, stored) else [f"{path}: {sent!r} became {stored!r}"]


def same(sent, stored):
    # Quantities are stored in their shortest form.
    return sent == stored or str(sent) == str(stored) or quantity(sent) == quantity(stored)


def quantity(value):
    units = {"m": 0.001, "Ki": 2**10, "Mi": 2**20, "Gi": 2**30, "k": 1e3, "M": 1e6, "G": 1e9}
    text = str(value)
    for unit, factor in units.items():
        if text.endswith(unit) and text[: -len(unit)].replace(".", "", 1).isdigit():
            return float(text[: -len(unit)]) * factor
    return float(text) if text.replace(".", "", 1).isdigit() else text


def test_every_object_is_admitted_stored_whole_and_unchanged_by_a_second_apply(cluster, namespace, value_set):
    text = rendered(value_set, namespace)
    first = cluster.apply(text, namespace=namespace)
    assert "Warning" not in first.stderr, first.stderr
    objects = chart.objects(text)
    assert objects
    before = {}
    for sent in objects:
        stored = cluster.get(sent["kind"].lower() + resource_suffix(sent), sent["metadata"]["name"], "--namespace", namespace)
        assert missing(sent, stored) == [], f"{sent['kind']}/{sent['metadata']['name']}"
        before[sent["kind"], sent["metadata"]["name"]] = stored["metadata"].get("generation")
    second = cluster.apply(text, namespace=namespace)
    assert "Warning" not in second.stderr, second.stderr
    for sent in objects:
        stored = cluster.get(sent["kind"].lower() + resource_suffix(sent), sent["metadata"]["name"], "--namespace", namespace)
        assert stored["metadata"].get("generation") == before[sent["kind"], sent["metadata"]["name"]], sent["kind"]


def resource_suffix(sent):
    """kind.version.group, so that kinds of one name are told apart."""
    group, _, version = sent["apiVersion"].rpartition("/")
    return f".{version}.{group}" if group else ""


def test_one_value_set_becomes_another_without_a_conflict(cluster, namespace):
    for name in ("default", "full", "default"):
        cluster.apply(rendered(name, namespace), namespace=namespace)


def test_a_misspelt_field_is_refused_by_the_server_too(cluster, namespace):
    deployment = chart.of_kind(chart.objects(rendered("default", namespace)), "Deployment")[0]
    deployment["spec"]["template"]["spec"]["containers"][0]["imagePullPolcy"] = "Always"
    with pytest.raises(AssertionError, match="imagePullPolcy"):
        cluster.apply(yaml.safe_dump(deployment), "--dry-run=server", namespace=namespace)


def test_pods_of_every_workload_are_admitted_as_restricted(cluster, namespace, value_set):
    admitted = []
    objects = chart.objects(rendered(value_set, namespace))
    referred_to(cluster, objects, namespace)
    for document, metadata, spec in chart.workloads(objects):
        labels = metadata.get("labels", {})
        pod = {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "probe", "labels": labels}, "spec": spec}
        done = cluster.run(
            "create", "--dry-run=server", "--namespace", namespace, "--filename", "-", stdin=yaml.safe_dump(pod), check=False
        )
        assert done.returncode == 0, f"{document['kind']}/{document['metadata']['name']}: {done.stderr}"
        admitted.append(document["metadata"]["name"])
    # Every role that the values leave switched on, at least.
    deployments = chart.of_kind(objects, "Deployment")
    assert len(deployments) >= 8 and {one["metadata"]["name"] for one in deployments} <= set(admitted)


def test_a_pod_that_kubectl_run_makes_is_refused_as_documented(cluster, namespace):
    # So the documented commands run in pods of roles, which are admitted.
    done = cluster.run("run", "ops", "--image=shotengai", "--dry-run=server", "--namespace", namespace, check=False)
    assert done.returncode != 0 and 'violates PodSecurity "restricted' in done.stderr, done.stderr


def referred_to(cluster, objects, namespace):
    """What pods name and admission looks up: accounts of the chart, priority classes of the cluster."""
    accounts = chart.of_kind(objects, "ServiceAccount")
    if accounts:
        cluster.apply(yaml.safe_dump_all(accounts), namespace=namespace)
    for name in {spec.get("priorityClassName") for _, _, spec in chart.workloads(objects)} - {None}:
        body = {"apiVersion": "scheduling.k8s.io/v1", "kind": "PriorityClass", "metadata": {"name": name}, "value": 1000}
        cluster.apply(yaml.safe_dump(body), namespace=namespace)
