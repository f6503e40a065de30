"""Admission keeps the account that keeps leases from every Lease of others, which RBAC can't."""

import json
import time

import chart
import pytest

OWN = "bridge-ec-events-shardid-000000000000-43c979cf223f"
GROUP = "bridge/ec-events"
OTHERS = "leader-of-somebody-else"
SOON = 30


def lease(name, namespace, group=GROUP, holder="bridge-0"):
    annotations = {"shotengai.dev/group": group} if group else {}
    body = {"apiVersion": "coordination.k8s.io/v1", "kind": "Lease", "metadata": {"name": name, "namespace": namespace, "annotations": annotations}}
    return json.dumps({**body, "spec": {"holderIdentity": holder, "leaseDurationSeconds": 15}})


class Guarded:
    """A namespace with the chart in it, and its bridge's account."""

    def __init__(self, cluster, namespace):
        self.cluster, self.namespace = cluster, namespace
        text = chart.helm("template", "street", chart.CHART, "--namespace", namespace, "--values", chart.VALUE_SETS["default"])
        cluster.apply(text, namespace=namespace)
        binding = chart.of_kind(chart.objects(text), "RoleBinding")[0]
        self.bridge = f"system:serviceaccount:{namespace}:{binding['subjects'][0]['name']}"
        # A policy works once the API server has seen it.
        deadline = time.monotonic() + SOON
        while self.refused("create", OTHERS, "--dry-run=server") is None:
            assert time.monotonic() < deadline, "the policy is not enforced"

    def write(self, verb, body, *flags, user=None):
        flags = [*flags, *(["--as", user] if user else [])]
        return self.cluster.run(verb, "--namespace", self.namespace, *flags, "--filename", "-", stdin=body, check=False)

    def refused(self, verb, name, *flags, **more):
        """What the bridge is told that writes this Lease; nothing where it may."""
        done = self.write(verb, lease(name, self.namespace, **more), *flags, user=self.bridge)
        return None if done.returncode == 0 else done.stderr

    def delete(self, name, user):
        return self.cluster.run("delete", "lease", name, "--namespace", self.namespace, "--as", user, check=False)


@pytest.fixture
def guarded(cluster, namespace):
    return Guarded(cluster, namespace)


def test_the_bridge_keeps_its_own_leases(guarded):
    assert guarded.refused("create", OWN) is None
    assert guarded.refused("replace", OWN, holder="bridge-1") is None
    # Somebody took its annotations: it is written anew.
    assert guarded.write("replace", lease(OWN, guarded.namespace, group=None)).returncode == 0
    assert guarded.refused("replace", OWN) is None
    assert guarded.delete(OWN, guarded.bridge).returncode == 0


def test_the_bridge_may_not_write_a_lease_of_others(guarded):
    said = guarded.refused("create", OTHERS)
    assert "the bridge keeps Leases named bridge-ec-events-" in said, said
    # RBAC has no objection: it is admission that refuses.
    assert guarded.cluster.may(guarded.bridge, "delete", f"leases/{OTHERS}", guarded.namespace)
    assert guarded.write("create", lease(OTHERS, guarded.namespace, group=None)).returncode == 0
    assert "the bridge keeps Leases named" in guarded.refused("replace", OTHERS)
    done = guarded.delete(OTHERS, guarded.bridge)
    assert done.returncode != 0 and "the bridge keeps Leases named" in done.stderr, done.stderr
    assert guarded.cluster.get("lease", OTHERS, "--namespace", guarded.namespace)["spec"]["holderIdentity"] == "bridge-0"


def test_a_lease_that_only_begins_alike_is_another_group_s(guarded):
    alike = "bridge-ec-events-2-shardid-000000000000-43c979cf223f"
    said = guarded.refused("create", alike, group="bridge/ec-events-2")
    assert "of the group bridge/ec-events and of no other" in said, said
    assert guarded.write("create", lease(alike, guarded.namespace, group="bridge/ec-events-2")).returncode == 0
    # Neither taken over by signing it anew, nor deleted.
    assert "of no other" in guarded.refused("replace", alike)
    assert guarded.delete(alike, guarded.bridge).returncode != 0
    for name in ("bridge-ec-events", "bridge-ec-events-leader", f"x{OWN}"):
        assert guarded.refused("create", name, "--dry-run=server") is not None, name


def test_nobody_else_is_kept_from_anything(guarded):
    assert guarded.write("create", lease(OTHERS, guarded.namespace)).returncode == 0
    other = f"system:serviceaccount:{guarded.namespace}:elector"
    name = ["--namespace", guarded.namespace]
    guarded.cluster.run("create", "role", "elector", "--verb=create,update,get,delete", "--resource=leases.coordination.k8s.io", *name)
    guarded.cluster.run("create", "rolebinding", "elector", "--role=elector", f"--serviceaccount={guarded.namespace}:elector", *name)
    assert guarded.write("replace", lease(OTHERS, guarded.namespace, holder="me"), user=other).returncode == 0
    assert guarded.delete(OTHERS, other).returncode == 0
