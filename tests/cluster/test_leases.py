"""Bridges keep their leases in the API server, with the rights that the chart gives them and no others."""

import json
import os
import re
import subprocess

import chart

BINARY = chart.ROOT / "target" / "debug" / "shotengai-cluster"
TOKEN_SECONDS = 3600


def kubeconfig_of(cluster, account, namespace):
    """A kubeconfig whose only right to anything is this service account's token."""
    config = json.loads(cluster.run("config", "view", "--raw", "--minify", "--flatten", "--output", "json").stdout)
    token = cluster.run("create", "token", account, "--namespace", namespace, f"--duration={TOKEN_SECONDS}s").stdout.strip()
    config["users"] = [{"name": "bridge", "user": {"token": token}}]
    config["contexts"] = [
        {"name": "bridge", "context": {"cluster": config["clusters"][0]["name"], "user": "bridge", "namespace": namespace}}
    ]
    config["current-context"] = "bridge"
    return config


def test_bridges_share_shards_by_leases_of_a_real_api_server(cluster, namespace, tmp_path):
    # Without the policy, whose names are of one prefix: this street's is known only when it runs. test_leasepolicy.py holds the policy.
    open_to_any = ["--set", "leasePolicy.enabled=false"]
    text = chart.helm("template", "street", chart.CHART, "--namespace", namespace, "--values", chart.VALUE_SETS["default"], *open_to_any)
    cluster.apply(text, namespace=namespace)
    account = chart.of_kind(chart.objects(text), "RoleBinding")[0]["subjects"][0]["name"]
    config = tmp_path / "config"
    config.write_text(json.dumps(kubeconfig_of(cluster, account, namespace)))
    config.chmod(0o600)
    environment = os.environ | {"BRIDGE_KUBECONFIG": str(config), "LEASE_NAMESPACE": namespace}
    done = subprocess.run([BINARY], env=environment, capture_output=True, text=True, timeout=900, check=False)
    print(done.stdout)
    assert done.returncode == 0, done.stdout + done.stderr
    shown = cluster.run("get", "leases", "--namespace", namespace, "--selector", "shotengai.dev/kind=shard").stdout
    print(shown)
    assert "bridge-ec-events-" in shown and "HOLDER" in shown, shown
    shards = cluster.get("leases", "--namespace", namespace, "--selector", "shotengai.dev/kind=shard")["items"]
    shards = [one for one in shards if "/" in one["metadata"]["annotations"]["shotengai.dev/group"]]
    assert len(shards) == 4
    for one in shards:
        # Given back, it still goes with the last pod that held it.
        (owner,) = one["metadata"]["ownerReferences"]
        assert (owner["kind"], owner["uid"]) == ("Pod", f"uid-of-{owner['name']}") and owner["name"].startswith("bridge-")
        # What the program names is what the chart's policy allows.
        prefix = one["metadata"]["annotations"]["shotengai.dev/group"].removesuffix("bridge/ec-events")
        assert re.search(allowed(prefix), one["metadata"]["name"]), one["metadata"]["name"]


def allowed(prefix):
    """The names that the chart's policy allows an installation of this prefix."""
    (policy,) = chart.of_kind(chart.render_values({"aws": {"resourcePrefix": prefix}}), "ValidatingAdmissionPolicy")
    return re.search(r'matches\("(.*)"\)', policy["spec"]["validations"][0]["expression"])[1]
