"""Against a real API server: the one that KUBECONFIG names."""

import json
import os
import pathlib
import subprocess
import sys
import uuid

import pytest

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
sys.path.insert(0, str(ROOT / "tests" / "chart"))

import chart  # noqa: E402

# Of other projects: what the chart's optional parts are objects of.
OPTIONAL = {
    "gateways.gateway.networking.k8s.io",
    "httproutes.gateway.networking.k8s.io",
    "prometheusrules.monitoring.coreos.com",
    "scaledobjects.keda.sh",
    "servicemonitors.monitoring.coreos.com",
    "triggerauthentications.keda.sh",
}
KUBECTL = os.environ.get("KUBECTL", "kubectl")


def pytest_sessionstart(session):
    config = os.environ.get("KUBECONFIG", "")
    if not config:
        pytest.exit("KUBECONFIG names no cluster; `make control-plane` starts an API server on this machine", 2)
    if not pathlib.Path(config).exists():
        pytest.exit(f"KUBECONFIG is {config}, which is not there", 2)
    done = subprocess.run([KUBECTL, "version", "--output", "json"], capture_output=True, text=True, check=False)
    if done.returncode != 0 or "serverVersion" not in done.stdout:
        pytest.exit(f"the cluster of KUBECONFIG does not answer: {done.stderr.strip()}", 2)
    done = subprocess.run([KUBECTL, "api-resources", "--output", "name"], capture_output=True, text=True, check=False)
    missing = OPTIONAL - set(done.stdout.split())
    if missing:
        pytest.exit(f"the cluster of KUBECONFIG has no {', '.join(sorted(missing))}: sh deploy/control-plane/crds.sh", 2)


class Cluster:
    """kubectl, with what it warned of."""

    def run(self, *arguments, stdin=None, check=True):
        done = subprocess.run([KUBECTL, *arguments], input=stdin, capture_output=True, text=True, check=False)
        if check:
            assert done.returncode == 0, f"kubectl {' '.join(arguments)}: {done.stderr}"
        return done

    def get(self, *arguments):
        return json.loads(self.run("get", *arguments, "--output", "json").stdout)

    def apply(self, text, *flags, namespace):
        return self.run(
            "apply", "--server-side", "--field-manager=shotengai-test", "--namespace", namespace, *flags, "--filename", "-", stdin=text
        )

    def may(self, account, verb, resource, namespace):
        done = self.run("auth", "can-i", verb, resource, "--as", account, "--namespace", namespace, check=False)
        return done.stdout.strip() == "yes"


@pytest.fixture(params=list(chart.VALUE_SETS))
def value_set(request):
    return request.param


@pytest.fixture(scope="session")
def cluster():
    return Cluster()


@pytest.fixture
def namespace(cluster):
    """A namespace of a test's own, which admits restricted pods only and warns of every other."""
    name = f"shops-{uuid.uuid4().hex[:8]}"
    labels = {f"pod-security.kubernetes.io/{mode}": "restricted" for mode in ("enforce", "warn")}
    body = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name, "labels": labels}}
    cluster.run("create", "--filename", "-", stdin=json.dumps(body))
    # What a controller makes in a whole cluster; an API server alone has none.
    cluster.run("create", "serviceaccount", "default", "--namespace", name, check=False)
    yield name
    cluster.run("delete", "namespace", name, "--wait=false")
    # Of the whole cluster, named after the namespace that they guard.
    kinds = "validatingadmissionpolicybindings,validatingadmissionpolicies"
    found = [one for one in cluster.run("get", kinds, "--output", "name").stdout.split() if f"/{name}-" in one]
    if found:
        cluster.run("delete", *found)
