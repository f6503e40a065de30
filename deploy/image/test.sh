#!/bin/sh
# Looks into the image that `make image` built, and buys something in a street whose every process runs in it as a restricted pod
# would (contained.py). Needs root, runc and the builder. BUILDER, BUILDAH_FLAGS: as in build.sh.
set -eu
here=$(cd "$(dirname "$0")/../.." && pwd)
cd "$here"
command -v runc >/dev/null || { echo "image-test: runc is missing; on Debian: apt-get install runc" >&2; exit 2; }
[ "$(id -u)" = 0 ] || { echo "image-test: only root may start containers without a daemon" >&2; exit 2; }
builder=${BUILDER:-}
if [ -z "$builder" ]; then
    if docker image inspect shotengai:local >/dev/null 2>&1; then builder=docker; else builder=buildah; fi
fi
work=$(mktemp -d)
container=
made=
# Nothing in here may keep the rest from being done, or turn a good end into a bad one.
tidy() {
    ended=$?
    set +e
    for left in "$work"/runc/*/; do
        [ -d "$left" ] && runc --root "$work/runc" delete --force "$(basename "$left")" 2>/dev/null
    done
    # shellcheck disable=SC2086 # several flags
    [ -n "$container" ] && buildah ${BUILDAH_FLAGS:-} rm "$container" >/dev/null
    [ -n "$made" ] && docker rm "$made" >/dev/null
    rm -rf "$work"
    exit "$ended"
}
trap tidy EXIT
trap 'exit 1' INT TERM
case $builder in
docker)
    mkdir "$work/rootfs"
    made=$(docker create shotengai:local)
    docker export --output "$work/image.tar" "$made"
    tar -x -C "$work/rootfs" -f "$work/image.tar"
    user=$(docker image inspect --format '{{.Config.User}}' shotengai:local)
    ;;
buildah)
    # shellcheck disable=SC2086 # several flags
    container=$(buildah ${BUILDAH_FLAGS:-} from --pull-never localhost/shotengai:local)
    # shellcheck disable=SC2086
    ln -s "$(buildah ${BUILDAH_FLAGS:-} mount "$container")" "$work/rootfs"
    # shellcheck disable=SC2086
    user=$(buildah ${BUILDAH_FLAGS:-} inspect --type image --format '{{.OCIv1.Config.User}}' localhost/shotengai:local)
    ;;
*) echo "image-test: BUILDER is docker or buildah" >&2; exit 2 ;;
esac
CONTAINERS=$work
ROOTFS=$(readlink -f "$work/rootfs")
SHOTENGAI_BIN=$here/deploy/image/contained.py
# Each role a container of its own, behind storefront.
E2E_DOOR=1
export CONTAINERS ROOTFS SHOTENGAI_BIN E2E_DOOR

echo "files: $(find "$ROOTFS" -type f | wc -l), $(du -sm --apparent-size "$ROOTFS" | cut -f1) MiB; user $user"
[ "$user" = 65532:65532 ] || { echo "image-test: it runs as $user" >&2; exit 1; }
shells=$(find "$ROOTFS" -name 'sh' -o -name '*sh' -path '*/bin/*' -o -name busybox)
[ -z "$shells" ] || { echo "image-test: there is a shell: $shells" >&2; exit 1; }
writable=$(find "$ROOTFS" -xdev \( -perm -o+w -o -uid 65532 -o -gid 65532 \) ! -type l ! -path "$ROOTFS/tmp")
[ -z "$writable" ] || { echo "image-test: the program could write: $writable" >&2; exit 1; }
elevating=$(find "$ROOTFS" -xdev -perm /6000)
[ -z "$elevating" ] || { echo "image-test: setuid or setgid: $elevating" >&2; exit 1; }
"$SHOTENGAI_BIN" --version
if said=$("$SHOTENGAI_BIN" dev --help 2>&1); then echo "image-test: it has a developer's local servers" >&2; exit 1; fi
case $said in *"unrecognized subcommand"*) ;; *) echo "image-test: dev: $said" >&2; exit 1 ;; esac
cargo test --workspace --all-features --test e2e -- purchase:: "$@"
