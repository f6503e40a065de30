#!/bin/sh
# Starts the street in the background and waits until it is ready. Usage: up.sh BINARY [dev flags]
set -eu
run=.local/run
mkdir -p "$run"
# The number of a street that is long gone may be another program's by now.
if [ -s "$run/street.pid" ] && ps -o args= -p "$(cat "$run/street.pid")" | grep -q 'shotengai.* dev'; then
    where=$(sed -n 's/.*"http": "\(.*\)".*/\1/p' "$run/street.json" 2>/dev/null || true)
    echo "a street is open here already: ${where:-it is just opening}; 'make down' ends it" >&2
    exit 1
fi
binary=$1
shift
nohup "$binary" dev "$@" >"$run/street.log" 2>&1 </dev/null &
pid=$!
echo "$pid" >"$run/street.pid"
waited=0
until grep -q '^The street is open' "$run/street.log"; do
    if ! kill -0 "$pid" 2>/dev/null; then
        tail -n 20 "$run/street.log" >&2
        rm -f "$run/street.pid"
        exit 1
    fi
    waited=$((waited + 1))
    if [ "$waited" -gt 600 ]; then
        echo "not ready after 60 s; see $run/street.log" >&2
        exit 1
    fi
    sleep 0.1
done
sed -n '/^The street is open/,$p' "$run/street.log"
