#!/bin/sh
# Ends the street that up.sh started and waits until it is gone.
set -eu
pid_file=.local/run/street.pid
if [ ! -f "$pid_file" ]; then
    echo "no street was started with 'make up' (that of 'make run' ends with Ctrl-C in its terminal)"
    exit 0
fi
pid=$(cat "$pid_file")
# The number may be another program's by now.
if kill -0 "$pid" 2>/dev/null && ps -o args= -p "$pid" | grep -q 'shotengai.* dev'; then
    kill -TERM "$pid"
    waited=0
    while kill -0 "$pid" 2>/dev/null; do
        waited=$((waited + 1))
        if [ "$waited" -gt 400 ]; then
            echo "pid $pid did not end within 40 s" >&2
            exit 1
        fi
        sleep 0.1
    done
fi
rm -f "$pid_file"
echo "the street is closed"
