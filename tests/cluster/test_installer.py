"""Who may install: somebody with all rights in one namespace and none beyond, too, where no policy is wanted."""

import json
import os

import chart
import pytest
from test_leases import kubeconfig_of

VALUES = {"provision": {"enabled": False}}


@pytest.fixture
def installer(cluster, namespace, tmp_path, monkeypatch):
    """From here on Helm is somebody who may do everything in the namespace."""
    place = ["--namespace", namespace]
    rule = {"apiGroups": ["*"], "resources": ["*"], "verbs": ["*"]}
    role = {"apiVersion": "rbac.authorization.k8s.io/v1", "kind": "Role", "metadata": {"name": "installer"}, "rules": [rule]}
    cluster.run("create", "--filename", "-", *place, stdin=json.dumps(role))
    cluster.run("create", "serviceaccount", "installer", *place)
    cluster.run("create", "rolebinding", "installer", "--role=installer", f"--serviceaccount={namespace}:installer", *place)
    config = tmp_path / "installer"
    config.write_text(json.dumps(kubeconfig_of(cluster, "installer", namespace)))
    config.chmod(0o600)

    def helm(*command, **values):
        with chart.written({**VALUES, **values}) as file, monkeypatch.context() as here:
            here.setenv("KUBECONFIG", str(config))
            flags = ["--values", chart.VALUE_SETS["default"], "--values", file]
            return chart.helm(*command, chart.CHART, "--namespace", namespace, *flags)

    assert os.environ["KUBECONFIG"] != str(config)
    return helm


def test_who_may_not_install_policies_is_told_and_can_do_without(cluster, namespace, installer):
    with pytest.raises(chart.Refused, match=r"validatingadmissionpolicies\.admissionregistration\.k8s\.io.* is forbidden"):
        installer("install", "street")
    # Every other object is of the namespace.
    installer("upgrade", "--install", "street", leasePolicy={"enabled": False})
    deployments = cluster.get("deployments", "--namespace", namespace)["items"]
    assert {one["metadata"]["labels"]["app.kubernetes.io/component"] for one in deployments} == set(chart.facts())
