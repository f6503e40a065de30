#!/bin/sh
# Builds Mailpit from its published Go module into .local/mailpit/bin: some minutes, once a version. go.mod beside this has
# the version, go.sum the checksum of everything it is built from. Does nothing, silently, when it is up to date.
#
# The module has everything but the files of Mailpit's own web page, which its makers bundle into releases alone: SMTP and
# the API are whole, the page stays empty.
set -eu
here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd)
home=$here/../../.local/mailpit
program=$home/bin/mailpit
# A copy of what it was built from, written last: an interrupted run leaves none.
stamp=$home/go.sum

if [ -x "$program" ] && cmp -s "$here/go.sum" "$stamp"; then exit 0; fi
command -v go >/dev/null 2>&1 || { echo "mailpit: go is missing; install Go 1.24 or newer, or put a mailpit of yours on the PATH" >&2; exit 2; }

mkdir -p "$home/bin"
cd "$here"
module=github.com/axllent/mailpit
version=$(GOFLAGS=-mod=readonly go list -m -f '{{.Version}}' $module)
echo "mailpit: building $version (some minutes)" >&2
rm -f -- "$stamp"
# Without cgo it needs no C compiler and runs anywhere.
CGO_ENABLED=0 GOFLAGS=-mod=readonly go build -trimpath -ldflags "-s -w -X $module/config.Version=$version" -o "$program.new" $module
mv -- "$program.new" "$program"
cp -- go.sum "$stamp"
