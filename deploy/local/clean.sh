#!/bin/sh
# Removes .local, and undoes what starting the street as root changed outside it: the system user that PostgreSQL ran as,
# and the leave to pass through folders. Only what this folder's own street noted as its doing is undone, and nothing while
# that user still runs a process, which may be another street's.
set -eu
cd -- "$(dirname -- "$0")/../.."
notes=.local/run/postgres/made-as-root
if [ -s "$notes" ] && [ "$(id -u)" = 0 ]; then
    user=$(sed -n 's/^user //p' "$notes" | head -n 1)
    if ps -u embedded_postgres -o pid= 2>/dev/null | grep -q .; then
        echo "clean: a PostgreSQL of embedded_postgres still runs: the user and the folders' permissions stay; they are in $notes" >&2
        echo "clean: end that street (make down, Ctrl-C), then run this again" >&2
        exit 1
    fi
    sed -n 's/^folder //p' "$notes" | while IFS= read -r folder; do
        if [ -d "$folder" ]; then chmod o-x -- "$folder"; fi
    done
    [ -z "$user" ] || userdel "$user" || echo "clean: the system user $user stays: userdel failed" >&2
fi
rm -rf .local
