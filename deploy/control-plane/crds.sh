#!/bin/sh
# Puts the resource definitions of the optional parts (Gateway API, KEDA, Prometheus operator) into the cluster of KUBECONFIG,
# as their projects publish them in Go modules. Definitions only: no controllers.
set -eu
: "${KUBECONFIG:?names no cluster}"
command -v go >/dev/null || { echo "crds: go is missing" >&2; exit 2; }
kubectl=${KUBECTL:-kubectl}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"

module() { go mod download -json "$1" | python3 -c 'import json, sys; print(json.load(sys.stdin)["Dir"])'; }
apply() { "$kubectl" apply --server-side --force-conflicts --filename "$1" >/dev/null && echo "crds: $(basename "$1" .yaml)"; }

gateway=$(module sigs.k8s.io/gateway-api@v1.6.3)
for kind in gatewayclasses gateways httproutes; do apply "$gateway/config/crd/standard/gateway.networking.k8s.io_$kind.yaml"; done
keda=$(module github.com/kedacore/keda/v2@v2.21.0)
for kind in scaledobjects triggerauthentications; do apply "$keda/config/crd/bases/keda.sh_$kind.yaml"; done
prometheus=$(module github.com/prometheus-operator/prometheus-operator@v0.85.0)
for kind in servicemonitors prometheusrules; do
    apply "$prometheus/example/prometheus-operator-crd/monitoring.coreos.com_$kind.yaml"
done
