"""The scripts of deploy/kind, run over stubs that write down what they were asked: the order of steps, and the cures."""

import os
import shutil
import subprocess

import pytest

import chart

KIND = chart.ROOT / "deploy" / "kind"
TOOLS = ["docker", "kind", "kubectl", "helm", "curl"]
SYSTEM = ["sh", "dirname", "grep", "tail", "cat", "mkdir"]
STUB = """#!/bin/sh
echo "{tool} $*" >> "$CALLS"
case "{tool} $*" in
  "helm version"*) printf '%s' "${{HELM:-v4.1.4}}" ;;
  "kind get clusters") [ -z "$CLUSTER" ] || echo "$CLUSTER" ;;
  *"auth can-i get"*) exit 1 ;;
  *"create --dry-run=server --as"*) [ -n "$UNGUARDED" ]; exit ;;
  *"get leases --output name"*) [ -n "$NO_LEASES" ] || echo lease/shard-0 ;;
  curl*"Upgrade: websocket"*/tally/live) printf '%s' "${{SOCKET:-101}}"; exit 28 ;;
esac
case "{tool} $*" in
  ${{FAIL:-nothing}}*) echo "{tool} broke" >&2; exit 1 ;;
esac
"""


@pytest.fixture
def kind(tmp_path):
    """Runs a script with stubs as its only tools; answers exit code, what it said, and what it asked for."""

    def run(script, without=(), **env):
        path = tmp_path / "bin"
        shutil.rmtree(path, ignore_errors=True)
        path.mkdir()
        for tool in SYSTEM:
            (path / tool).symlink_to(shutil.which(tool))
        for tool in TOOLS:
            if tool not in without:
                (path / tool).write_text(STUB.format(tool=tool))
                (path / tool).chmod(0o755)
        calls = tmp_path / "calls"
        calls.write_text("")
        full = {"PATH": str(path), "CALLS": str(calls), "HOME": os.environ.get("HOME", "/"), **env}
        done = subprocess.run(["sh", KIND / script], env=full, capture_output=True, text=True, check=False)
        return done.returncode, done.stdout + done.stderr, calls.read_text().splitlines()

    return run


def in_order(calls, *wanted):
    rest = iter(calls)
    return all(any(call.startswith(want) for call in rest) for want in wanted)


def test_up_creates_builds_loads_installs_and_waits(kind):
    code, said, calls = kind("up.sh")
    assert code == 0, said
    assert in_order(
        calls,
        "docker info",
        "kind create cluster --name shotengai --config",
        "docker build --file",
        "kind load docker-image shotengai:kind",
        "kubectl --context kind-shotengai apply --server-side --filename https://",
        "kubectl --context kind-shotengai --namespace projectcontour rollout status daemonset/envoy",
        "kubectl --context kind-shotengai --namespace projectcontour patch service envoy --subresource=status",
        "kubectl --context kind-shotengai label namespace shotengai --overwrite pod-security.kubernetes.io/enforce=restricted",
        "helm --kube-context kind-shotengai --namespace shotengai upgrade --install shotengai",
        "kubectl --context kind-shotengai --namespace shotengai rollout status deployment",
    ), calls
    assert "http://localhost:8080" in said


def test_up_again_keeps_the_cluster(kind):
    code, said, calls = kind("up.sh", CLUSTER="shotengai")
    assert code == 0 and not any("create cluster" in call for call in calls), said


@pytest.mark.parametrize(("version", "forced"), [("v4.1.4", True), ("v3.18.4", False)])
def test_up_again_takes_back_what_others_have_set_where_helm_can(kind, version, forced):
    # Helm 3 applies on the client: it knows no such flag and refuses it.
    code, said, calls = kind("up.sh", CLUSTER="shotengai", HELM=version)
    assert code == 0, said
    (upgrade,) = [call for call in calls if "upgrade --install" in call]
    assert ("--server-side=true --force-conflicts" in upgrade) == forced and (forced or "--server-side" not in upgrade)


def test_up_takes_an_image_that_was_built_elsewhere(kind):
    code, said, calls = kind("up.sh", IMAGE_TAR="image.tar", KIND_NODE_IMAGE="kindest/node:v1.34.0")
    assert code == 0, said
    assert not any(call.startswith("docker build") for call in calls)
    assert any("load image-archive image.tar" in call for call in calls) and any("--image kindest/node:v1.34.0" in call for call in calls)


def test_everything_that_is_missing_is_named_at_once_with_where_to_get_it(kind):
    code, said, calls = kind("up.sh", without=["docker", "kind", "helm"])
    assert code == 1 and calls == []
    assert "docker: https://" in said and "kind: https://" in said and "helm: https://" in said and "kubectl:" not in said


@pytest.mark.parametrize(
    ("script", "env", "cure"),
    [
        ("up.sh", {"FAIL": "docker info"}, "systemctl start docker"),
        ("up.sh", {"FAIL": "kind create"}, "end what has 8080"),
        ("up.sh", {"FAIL": "docker build"}, "could not be built"),
        ("up.sh", {"FAIL": "kind load"}, "docker system df"),
        ("up.sh", {"FAIL": "kubectl --context kind-shotengai apply --server-side"}, "CONTOUR_MANIFEST="),
        ("up.sh", {"FAIL": "kubectl --context kind-shotengai --namespace projectcontour"}, "describe pods"),
        ("up.sh", {"FAIL": "kubectl --context kind-shotengai --namespace projectcontour patch"}, "CONTOUR_MANIFEST"),
        ("up.sh", {"FAIL": "helm"}, "make kind-logs"),
        ("up.sh", {"FAIL": "kubectl --context kind-shotengai --namespace shotengai rollout status"}, "make kind-logs"),
        ("test.sh", {}, "make kind-up"),
        ("test.sh", {"CLUSTER": "shotengai", "FAIL": "helm"}, "docs/operations.md"),
        ("test.sh", {"CLUSTER": "shotengai", "FAIL": "curl"}, "describe ingress"),
        ("test.sh", {"CLUSTER": "shotengai", "SOCKET": "403"}, "projectcontour.io/websocket-routes"),
        ("test.sh", {"CLUSTER": "shotengai", "NO_LEASES": "1"}, "no bridge keeps a lease"),
        ("test.sh", {"CLUSTER": "shotengai", "UNGUARDED": "1"}, "validatingadmissionpolicies"),
        ("logs.sh", {}, "make kind-up"),
        ("fresh.sh", {}, "make kind-up"),
        ("down.sh", {"CLUSTER": "shotengai", "FAIL": "kind delete"}, "docker rm -f"),
    ],
)  # fmt: skip
def test_a_step_that_fails_ends_the_script_and_says_what_to_do(kind, script, env, cure):
    code, said, _ = kind(script, **env)
    assert code == 1 and cure in said, said


def test_the_test_buys_looks_and_restarts(kind):
    code, said, calls = kind("test.sh", CLUSTER="shotengai")
    assert code == 0, said
    assert in_order(calls, "helm --kube-context kind-shotengai --namespace shotengai test", "curl --fail", "curl --http1.1", "kubectl --context kind-shotengai --namespace shotengai auth can-i update leases",
                    "kubectl --context kind-shotengai --namespace shotengai rollout restart", "helm --kube-context kind-shotengai --namespace shotengai test"), calls  # fmt: skip


def test_a_fresh_start_ends_the_roles_before_the_stores_are_emptied_and_provisions_after(kind):
    code, said, calls = kind("fresh.sh", CLUSTER="shotengai")
    assert code == 0, said
    shotengai = "kubectl --context kind-shotengai --namespace shotengai "
    # What a role remembers it would write into empty stores; only an upgrade has provisioning run again, and takes the counts back.
    assert in_order(
        calls,
        shotengai + "scale deployment --selector app.kubernetes.io/instance=shotengai,shotengai/role=true --replicas=0",
        shotengai + "wait --for=delete pod --selector app.kubernetes.io/instance=shotengai,shotengai/role=true",
        shotengai + "rollout restart deployment/shotengai-ministack deployment/shotengai-postgresql",
        shotengai + "rollout status deployment/shotengai-ministack",
        shotengai + "rollout status deployment/shotengai-postgresql",
        "helm --kube-context kind-shotengai --namespace shotengai upgrade --install shotengai",
    ), calls
    (upgrade,) = [call for call in calls if "upgrade --install" in call]
    assert "--force-conflicts" in upgrade
    code, said, calls = kind("fresh.sh", CLUSTER="shotengai", FAIL=shotengai + "wait")
    assert code == 1 and "make kind-logs" in said and not any("restart" in call for call in calls)
    # Both parts keep their data in a volume of their pod: a new pod is an empty one. The roles' counts are the chart's there.
    documents = chart.render("kind")
    for part in ("ministack", "postgresql"):
        spec = chart.named(documents, "Deployment", f"street-shotengai-{part}")["spec"]
        assert spec["strategy"] == {"type": "Recreate"}
        assert all("emptyDir" in volume for volume in spec["template"]["spec"]["volumes"])
    roles = [one for one in chart.of_kind(documents, "Deployment") if one["metadata"]["labels"].get("shotengai/role") == "true"]
    assert {chart.component(one) for one in roles} == set(chart.facts()) - {"archiver"} and all(one["spec"]["replicas"] > 0 for one in roles)


def test_the_controller_lets_websockets_through_on_their_path():
    # Contour compares these words with the paths of the Ingress: a path below one of them would let nothing through.
    (ingress,) = chart.of_kind(chart.render("kind"), "Ingress")
    paths = {path["path"] for rule in ingress["spec"]["rules"] for path in rule["http"]["paths"] if path["path"] != "/"}
    named = ingress["metadata"]["annotations"]["projectcontour.io/websocket-routes"]
    assert paths and {path.strip() for path in named.split(",")} == paths


def test_logs_and_down_ask_for_what_they_should(kind, tmp_path):
    _, said, calls = kind("logs.sh", CLUSTER="shotengai", ROLE="order")
    assert any("app.kubernetes.io/component=order" in call for call in calls), said
    assert kind("logs.sh", CLUSTER="shotengai", INTO=str(tmp_path / "out"))[0] == 0 and (tmp_path / "out" / "pods.txt").exists()
    assert "kind delete cluster --name shotengai" in kind("down.sh", CLUSTER="shotengai")[2]
    assert "there is no cluster" in kind("down.sh")[1]


def test_shellcheck_finds_nothing():
    scripts = [*KIND.glob("*.sh"), chart.HERE / "bootstrap.sh"]
    checker = chart.ROOT / ".local" / "chart" / "venv" / "bin" / "shellcheck"
    done = subprocess.run([checker, "--external-sources", "--source-path", KIND, "--exclude", "SC1091", *scripts], capture_output=True, text=True, check=False)
    assert done.stdout == ""
