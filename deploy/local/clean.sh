#!/bin/sh
# Removes .local, and undoes what starting the street as root changed outside it: the system user that PostgreSQL ran as,
# and the leave to pass through folders. Only what this folder's own street noted as its doing is undone, and nothing while
# that user still runs a process, which may be another street's. Refuses, with exit code 2, while a street is open here.
#   PYTHON   an interpreter, where .local/venv has none (python3)
set -eu
cd -- "$(dirname -- "$0")/../.."

# A street holds this lock as long as it lives, whoever started it; the file itself stays behind.
lock=.local/run/street.lock
if [ -e "$lock" ]; then
    python=.local/venv/bin/python
    [ -x "$python" ] || python=${PYTHON:-python3}
    held=0
    "$python" - "$lock" <<'PROBE' || held=$?
import fcntl, sys
with open(sys.argv[1]) as lock:
    try:
        fcntl.flock(lock, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        sys.exit(9)
PROBE
    case $held in
    0) ;;
    9)
        echo "clean: a street is open here; close it first: 'make down' for that of 'make up', else Ctrl-C in its terminal" >&2
        exit 2
        ;;
    *)
        echo "clean: whether a street is open here can't be told without Python (PYTHON names one); nothing was removed" >&2
        exit 2
        ;;
    esac
fi

user=embedded_postgres
notes=.local/run/postgres/made-as-root
if [ "$(id -u)" = 0 ]; then
    made=
    if [ -s "$notes" ]; then
        if ps -u "$user" -o pid= 2>/dev/null | grep -q .; then
            echo "clean: a PostgreSQL of $user still runs: the user and the folders' permissions stay; they are in $notes" >&2
            echo "clean: end that street (make down, Ctrl-C), then run this again" >&2
            exit 1
        fi
        made=$(sed -n 's/^user //p' "$notes" | head -n 1)
        sed -n 's/^folder //p' "$notes" | while IFS= read -r folder; do
            if [ -d "$folder" ]; then
                chmod o-x -- "$folder"
                case $folder in
                "$PWD"/.local | "$PWD"/.local/*) ;; # It goes anyway.
                *) echo "clean: $folder can't be passed through by others any more" ;;
                esac
            fi
        done
    fi
    if [ -n "$made" ]; then
        if userdel "$made"; then
            echo "clean: the system user $made is removed"
        else
            echo "clean: the system user $made stays: userdel failed" >&2
        fi
    elif id "$user" >/dev/null 2>&1; then
        echo "clean: the system user $user stays: no street of this folder made it"
    fi
fi
rm -rf .local
