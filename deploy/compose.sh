#!/bin/sh
# Brings the street up in containers (`up`), or ends it (`down`).
#   COMPOSE_SECONDS  how long it may take to open once its containers run (180)
set -eu
here=$(cd "$(dirname "$0")/.." && pwd)
key=$here/.local/compose/signing-key.pem

command -v docker >/dev/null || { echo "compose: docker is missing; without containers there is \`make run\`" >&2; exit 2; }
docker compose version >/dev/null 2>&1 || { echo "compose: docker has no compose plugin" >&2; exit 2; }
compose() { docker compose -f "$here/deploy/compose.yaml" "$@"; }
# Reads answer, and what writes need does too: seeding says so, and may be repeated.
opens() {
    curl --fail --silent --max-time 5 --output /dev/null http://127.0.0.1:8080/products \
        && said=$(docker run --rm --network shotengai_default -e ADMIN_EMAIL=admin@shotengai.example -e ADMIN_PASSWORD=shotengai \
            shotengai:local seed --url http://storefront:8080 2>&1)
}

case ${1:-} in
up)
    command -v curl >/dev/null || { echo "compose: curl is missing" >&2; exit 2; }
    compose build
    if [ ! -s "$key" ]; then
        mkdir -p "$(dirname "$key")"
        docker run --rm shotengai:local keygen > "$key.new"
        # The role reads it as another user than the one who made it; it signs tokens of this street alone.
        chmod 644 "$key.new"
        mv "$key.new" "$key"
    fi
    compose up --detach --wait
    # Compose can't look into the roles, whose image has no shell for a health check: to it they are up once they run.
    said='nothing answers at http://127.0.0.1:8080/products'
    deadline=$(( $(date +%s) + ${COMPOSE_SECONDS:-180} ))
    until opens; do
        [ "$(date +%s)" -lt "$deadline" ] || {
            echo "compose: the street did not open: $said; its logs: docker compose -f deploy/compose.yaml logs" >&2; exit 1; }
        sleep 1
    done
    echo "$said"
    echo "the street is open: http://127.0.0.1:8080 (API, live page), http://127.0.0.1:8025 (inbox); make compose-down ends it"
    echo "the administrator is admin@shotengai.example, password shotengai (deploy/compose.yaml)"
    ;;
down) compose down --volumes ;;
*) echo "compose: up or down?" >&2; exit 2 ;;
esac
