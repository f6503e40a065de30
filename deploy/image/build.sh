#!/bin/sh
# Builds the image `shotengai:local` with docker or, where there is no daemon, buildah, and says what came out. Further
# arguments go to the builder, such as --build-arg RUST_IMAGE=… or --platform linux/arm64.
#   BUILDER        docker or buildah; default: the one that is there
#   BUILDAH_FLAGS  flags before the command, such as --root and --storage-driver
set -eu
here=$(cd "$(dirname "$0")/../.." && pwd)
cd "$here"
builder=${BUILDER:-}
if [ -z "$builder" ]; then
    if docker info >/dev/null 2>&1; then builder=docker
    elif command -v buildah >/dev/null; then builder=buildah
    else echo "image: neither a docker daemon nor buildah is there; on Debian: apt-get install buildah" >&2; exit 2
    fi
fi
version=$(sed -n '/^\[workspace.package\]/,/^\[/s/^version = "\(.*\)"/\1/p' Cargo.toml)
revision=$(git rev-parse HEAD 2>/dev/null || echo unknown)
created=$(date -u +%Y-%m-%dT%H:%M:%SZ)
set -- --build-arg VERSION="$version" --build-arg REVISION="$revision" --build-arg CREATED="$created" "$@"
case $builder in
docker) docker build -f deploy/Dockerfile -t shotengai:local "$@" . ;;
# shellcheck disable=SC2086 # several flags
buildah) buildah ${BUILDAH_FLAGS:-} build --layers --ignorefile .dockerignore -f deploy/Dockerfile -t shotengai:local "$@" . ;;
*) echo "image: BUILDER is docker or buildah" >&2; exit 2 ;;
esac
