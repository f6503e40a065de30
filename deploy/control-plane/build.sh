#!/bin/sh
# Builds an API server from its published Go modules into .local/control-plane/bin: a few minutes, once a version.
# Kubernetes' own go.mod points into its source tree, so `go install module@version` refuses it; a module of ours that
# points the same names at the published staging modules builds the same code.
set -eu
version=${KUBERNETES_VERSION:-1.36.1}
here=$(cd "$(dirname "$0")/../.." && pwd)
home=$here/.local/control-plane
server=$home/bin/kube-apiserver-$version

[ -x "$server" ] && { echo "$server"; exit 0; }
command -v go >/dev/null || { echo "control plane: go is missing; install Go, or point KUBECONFIG at a cluster you have" >&2; exit 2; }
command -v python3 >/dev/null || { echo "control plane: python3 is missing" >&2; exit 2; }

work=$home/src-$version
mkdir -p "$work" "$home/bin"
cd "$work"
echo "control plane: fetching Kubernetes $version" >&2
printf 'module control-plane\n\ngo 1.26\n' > go.mod
go mod download -json "k8s.io/kubernetes@v$version" > download.json
source=$(python3 -c 'import json; print(json.load(open("download.json"))["Dir"])')
go mod edit -require="k8s.io/kubernetes@v$version"
sed -n 's|^[[:space:]]*\(replace \)\{0,1\}\([a-z0-9./-]*\) => \./staging/.*|\2|p' "$source/go.mod" | while read -r module; do
    go mod edit -replace="$module=$module@v0.${version#1.}"
done
printf 'package main\n\nimport _ "k8s.io/kubernetes/cmd/kube-apiserver/app"\n' > needed.go
go mod tidy >&2
echo "control plane: building kube-apiserver $version (some minutes)" >&2
# Unstamped, the server calls itself v0.0.0 and kubectl refuses to read that.
stamp=k8s.io/component-base/version
minor=${version#1.}
go build -o "$server.new" -ldflags "-s -w -X $stamp.gitVersion=v$version -X $stamp.gitMajor=1 -X $stamp.gitMinor=${minor%%.*}" \
    k8s.io/kubernetes/cmd/kube-apiserver
mv "$server.new" "$server"
echo "$server"
