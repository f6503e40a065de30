#!/bin/sh
# Ends what up.sh started, by the pids it wrote.
set -eu
home=$(cd "$(dirname "$0")/../.." && pwd)/.local/control-plane
for part in apiserver etcd; do
    file=$home/run/$part.pid
    [ -s "$file" ] || continue
    pid=$(cat "$file")
    kill "$pid" 2>/dev/null || true
    deadline=$(( $(date +%s) + 20 ))
    while kill -0 "$pid" 2>/dev/null; do
        [ "$(date +%s)" -lt "$deadline" ] || { kill -9 "$pid" 2>/dev/null || true; break; }
        sleep 0.1
    done
    rm -f "$file"
done
[ "${1:-}" = quiet ] || echo "control plane: ended"
