#!/bin/sh
# Builds promtool, Prometheus' own reader of rules, from its published Go module into .local/promtool/bin: some minutes, once
# a version. go.mod beside this has the version, go.sum the checksum of everything it is built from. Does nothing, silently,
# when it is up to date.
#
# It is built without what finds targets in clouds, which no rule asks for.
set -eu
here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd)
home=$here/../../.local/promtool
program=$home/bin/promtool
# A copy of what it was built from, written last: an interrupted run leaves none.
stamp=$home/go.sum

if [ -x "$program" ] && cmp -s "$here/go.sum" "$stamp"; then exit 0; fi
command -v go >/dev/null 2>&1 || { echo "promtool: go is missing; install Go 1.26 or newer, or put a promtool of yours on the PATH" >&2; exit 2; }

mkdir -p "$home/bin"
cd "$here"
module=github.com/prometheus/prometheus
version=$(GOFLAGS=-mod=readonly go list -m -f '{{.Version}}' $module)
echo "promtool: building $version (some minutes)" >&2
rm -f -- "$stamp"
# Without cgo it needs no C compiler and runs anywhere.
CGO_ENABLED=0 GOFLAGS=-mod=readonly go build -trimpath -tags remove_all_sd \
  -ldflags "-s -w -X github.com/prometheus/common/version.Version=$version" -o "$program.new" $module/cmd/promtool
mv -- "$program.new" "$program"
cp -- go.sum "$stamp"
