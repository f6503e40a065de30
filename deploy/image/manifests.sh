#!/bin/sh
# Copies a workspace's Cargo.toml and Cargo.lock files from $1 to $2 and puts an empty stand-in where Cargo wants a source
# file, so that `cargo build` there builds the dependencies alone. The result depends on the manifests only.
set -eu
from=$1
to=$2
mkdir -p "$to"
cd "$from"
find . \( -name target -o -name .local -o -name .git \) -prune -o \( -name Cargo.toml -o -name Cargo.lock \) -print | while read -r manifest; do
    folder=$to/$(dirname "$manifest")
    mkdir -p "$folder"
    cp "$manifest" "$folder/"
    [ "$(basename "$manifest")" = Cargo.toml ] || continue
    grep -q '^\[package\]' "$manifest" || continue
    mkdir -p "$folder/src"
    echo 'fn main() {}' > "$folder/src/main.rs"
    : > "$folder/src/lib.rs"
    # Targets whose file the manifest names.
    sed -n 's/^path = "\(.*\.rs\)"$/\1/p' "$manifest" | while read -r source; do
        mkdir -p "$folder/$(dirname "$source")"
        case $source in */lib.rs) : > "$folder/$source" ;; *) echo 'fn main() {}' > "$folder/$source" ;; esac
    done
done
# Times must not differ between two builds of the same manifests.
find "$to" -exec touch -d @0 {} +
