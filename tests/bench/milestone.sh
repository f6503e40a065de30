#!/bin/sh
# Builds the first milestone's binary, for the benchmark to measure beside ours: target/milestone/release/shotengai.
# The sources are unpacked beside it; what both need is compiled once, in target.
set -eu
COMMIT=79790b5
ROOT=$(git -C "$(dirname "$0")" rev-parse --show-toplevel)
SOURCES=$ROOT/target/milestone/sources

git -C "$ROOT" cat-file -e "$COMMIT^{commit}" 2>/dev/null || {
    echo "$0: there is no commit $COMMIT here: a shallow clone lacks it (git fetch --unshallow)" >&2
    exit 1
}
mkdir -p "$SOURCES" "$ROOT/target/milestone/release"
git -C "$ROOT" archive "$COMMIT" | tar -x -C "$SOURCES"
cd "$SOURCES"
CARGO_TARGET_DIR=$ROOT/target cargo build --release --workspace --bin shotengai
# The next build of ours puts its own where this one is now.
mv "$ROOT/target/release/shotengai" "$ROOT/target/milestone/release/shotengai"
