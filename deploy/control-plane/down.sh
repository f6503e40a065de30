#!/bin/sh
# Ends what up.sh started, by the pids it wrote.
set -eu
home=$(cd "$(dirname "$0")/../.." && pwd -P)/.local/control-plane
for part in apiserver etcd; do
    file=$home/run/$part.pid
    [ -s "$file" ] || continue
    pid=$(cat "$file")
    case $part in
    apiserver) ours="--cert-dir $home/run/certificates" ;;
    etcd) ours="--data-dir $home/run/etcd" ;;
    esac
    # The number may be another program's by now.
    if ps -o args= -p "$pid" | grep -qF -e "$ours"; then
        kill "$pid" 2>/dev/null || true
        deadline=$(( $(date +%s) + 20 ))
        while kill -0 "$pid" 2>/dev/null; do
            [ "$(date +%s)" -lt "$deadline" ] || { kill -9 "$pid" 2>/dev/null || true; break; }
            sleep 0.1
        done
    fi
    rm -f "$file"
done
[ "${1:-}" = quiet ] || echo "control plane: ended"
