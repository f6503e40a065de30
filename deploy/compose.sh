#!/bin/sh
# Brings the street up in containers (`up`), or ends it (`down`).
set -eu
here=$(cd "$(dirname "$0")/.." && pwd)
key=$here/.local/compose/signing-key.pem

command -v docker >/dev/null || { echo "compose: docker is missing; without containers there is \`make run\`" >&2; exit 2; }
docker compose version >/dev/null 2>&1 || { echo "compose: docker has no compose plugin" >&2; exit 2; }
compose() { docker compose -f "$here/deploy/compose.yaml" "$@"; }

case ${1:-} in
up)
    compose build
    if [ ! -s "$key" ]; then
        mkdir -p "$(dirname "$key")"
        docker run --rm shotengai:local keygen > "$key.new"
        # The role reads it as another user than the one who made it; it signs tokens of this street alone.
        chmod 644 "$key.new"
        mv "$key.new" "$key"
    fi
    compose up --detach --wait
    docker run --rm --network shotengai_default shotengai:local seed --url http://storefront:8080
    echo "the street is open: http://127.0.0.1:8080 (API, live page), http://127.0.0.1:8025 (inbox); make compose-down ends it"
    ;;
down) compose down --volumes ;;
*) echo "compose: up or down?" >&2; exit 2 ;;
esac
