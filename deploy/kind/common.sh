# shellcheck shell=sh
# Sourced by the scripts beside it.
#   KIND_CLUSTER     the cluster's name (shotengai)
#   KIND_NAMESPACE   where the street is (shotengai)
#   KIND_NODE_IMAGE  Kubernetes of another version: kindest/node:v1.34.0
set -eu

here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd)
root=$(dirname -- "$(dirname -- "$here")")
cluster=${KIND_CLUSTER:-shotengai}
namespace=${KIND_NAMESPACE:-shotengai}
image=shotengai:kind
release=shotengai
export cluster namespace image release root

step() { printf '\n== %s\n' "$*"; }
fail() { printf 'kind: %s\n' "$*" >&2; exit 1; }

# Names all that is missing at once, each with where to get it.
need() {
  missing=
  for tool in "$@"; do
    command -v "$tool" >/dev/null 2>&1 && continue
    case $tool in
      docker) cure='https://docs.docker.com/engine/install' ;;
      kind) cure='https://kind.sigs.k8s.io/docs/user/quick-start/#installation' ;;
      kubectl) cure='https://kubernetes.io/docs/tasks/tools' ;;
      helm) cure='https://helm.sh/docs/intro/install' ;;
      *) cure='your system'"'"'s packages' ;;
    esac
    missing="$missing
  $tool: $cure"
  done
  [ -z "$missing" ] || fail "not on the PATH; install$missing"
}

need_docker() {
  docker info >/dev/null 2>&1 || fail 'docker is installed, but its daemon does not answer: start it (systemctl start docker), or join the group docker'
}

has_cluster() { kind get clusters 2>/dev/null | grep -qx "$cluster"; }
need_cluster() { has_cluster || fail "there is no cluster $cluster: make kind-up"; }

k() { kubectl --context "kind-$cluster" --namespace "$namespace" "$@"; }
h() { helm --kube-context "kind-$cluster" --namespace "$namespace" "$@"; }

# Helm 4 applies on the server, and stops half-way where somebody else has set what it sets, such as a count by `kubectl scale`.
# Helm 3 knows no such flags.
force_conflicts() {
  case $(helm version --template '{{.Version}}' 2>/dev/null) in v4.*) echo --server-side=true --force-conflicts ;; esac
}

# What is known about a street that did not open.
explain() {
  k get pods --output wide >&2 || true
  k get events --sort-by=.lastTimestamp 2>/dev/null | tail -n 15 >&2 || true
}
