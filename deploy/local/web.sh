#!/bin/sh
# Builds the web pages where they are older than their sources, so that the binary can carry them.
#   WEB=off  builds none: the binary then serves the API alone
set -eu
cd -- "$(dirname -- "$0")/../../services/storefront/web"
if [ "${WEB:-}" = off ]; then
    echo "WEB=off: the API alone, without web pages."
    exit 0
fi
if ! node -e 'const [a, b] = process.versions.node.split(".").map(Number); process.exit(a > 20 || (a === 20 && b >= 19) ? 0 : 1)' 2>/dev/null; then
    echo "The web pages are built with Node.js 20.19 or newer, and this machine has $(node --version 2>/dev/null || echo none): \
https://nodejs.org. Without it, the API alone: WEB=off make ..." >&2
    exit 1
fi
if [ ! -e node_modules/.package-lock.json ] || [ package-lock.json -nt node_modules/.package-lock.json ]; then
    echo "Fetching what the web pages are built with, once ..."
    npm ci --no-audit --no-fund --loglevel=error
    touch node_modules/.package-lock.json
fi
# Whatever a build reads; the API's document is where the client's types come from.
if [ ! -e dist/index.html ] || [ -n "$(find src public index.html scripts package-lock.json vite.config.ts ../../../docs/openapi.json \
    -newer dist/index.html ! -name schema.d.ts -print -quit)" ]; then
    echo "Building the web pages ..."
    npm run --silent build
fi
