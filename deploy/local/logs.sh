#!/bin/sh
# Follows the log of the street that up.sh started.
set -eu
log=.local/run/street.log
if [ ! -f "$log" ]; then
    echo "there is no log: no street was started with 'make up' (that of 'make run' logs into its terminal)"
    exit 0
fi
exec tail -n 100 -f "$log"
