#!/bin/sh
# Makes .local/venv, which holds the local servers (MiniStack, PostgreSQL) at the versions of requirements.txt; or another
# environment, for the tools of tests.
# Does nothing, silently, when it is up to date; may run any number of times, also at once.
#   PYTHON          the interpreter to build it with (python3)
#   SHOTENGAI_VENV  where to build it (.local/venv at the repository's root)
#   REQUIREMENTS    what it holds (requirements.txt in this folder)
set -eu

here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd)
root=$(dirname -- "$here")
venv=${SHOTENGAI_VENV:-$root/.local/venv}
python=${PYTHON:-python3}
wanted=${REQUIREMENTS:-$here/requirements.txt}
# A copy of what was installed, written last: an interrupted run leaves none.
stamp=$venv/requirements.installed

say() { printf 'bootstrap: %s\n' "$*"; }
fail() { printf 'bootstrap: %s\n' "$*" >&2; exit 1; }

# -x follows the link: false after the interpreter the environment was built with has been removed.
up_to_date() { [ -x "$venv/bin/python" ] && cmp -s "$wanted" "$stamp"; }

if up_to_date; then exit 0; fi

command -v "$python" >/dev/null 2>&1 \
  || fail "$python is not on the PATH; install Python 3.10 or newer (Debian, Ubuntu: apt-get install python3 python3-venv)"
"$python" -c 'import sys; sys.exit(sys.version_info < (3, 10))' \
  || fail "$python is older than 3.10; name a newer one: PYTHON=python3.12 sh localstack/bootstrap.sh"
# Debian ships the module venv without ensurepip, which it cannot work without.
"$python" -c 'import venv, ensurepip' 2>/dev/null \
  || fail "$python has no working venv module (Debian, Ubuntu: apt-get install python3-venv)"

if [ "${1:-}" != --locked ]; then
  mkdir -p -- "$(dirname -- "$venv")"
  # The kernel drops this lock with its holder, so no killed run can block the next one; flock(1) is not everywhere, fcntl is.
  exec "$python" -c '
import fcntl, os, sys
lock = os.open(sys.argv[1], os.O_RDWR | os.O_CREAT, 0o644)
try:
    fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
except BlockingIOError:
    print("bootstrap: another run is at work, waiting for it", flush=True)
    fcntl.flock(lock, fcntl.LOCK_EX)
os.set_inheritable(lock, True)
os.execvp(sys.argv[2], sys.argv[2:])
' "$venv.lock" sh "$here/bootstrap.sh" --locked
fi

if [ -x "$venv/bin/python" ] && [ -e "$stamp" ]; then
  say "requirements.txt has changed: updating $venv"
else
  say "creating $venv ($("$python" --version 2>&1))"
  "$python" -m venv --clear -- "$venv" || fail "could not create $venv (see above)"
fi
rm -f -- "$stamp"
say "installing $(sed -n 's/^\([A-Za-z][^ #;]*\)==\([^ #;]*\).*/\1 \2/p' "$wanted" | head -n 2 | paste -s -d ',' - | sed 's/,/, /g') and what they need"
"$venv/bin/python" -m pip install --quiet --disable-pip-version-check --no-input --requirement "$wanted" \
  || fail "pip could not install $wanted (see above); run this again when the package index can be reached"
cp -- "$wanted" "$stamp.new"
mv -f -- "$stamp.new" "$stamp"
say "ready"
