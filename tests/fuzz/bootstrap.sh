#!/bin/sh
# Makes .local/fuzz/venv: the Python packages that try the API with made-up requests. Does nothing when it is up to date.
#   PYTHON  the interpreter to build with (python3)
set -eu

here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd)
place=$(dirname -- "$(dirname -- "$here")")/.local/fuzz
python=${PYTHON:-python3}

fail() { printf 'fuzz: %s\n' "$*" >&2; exit 1; }

command -v "$python" >/dev/null 2>&1 || fail "$python is not on the PATH; install Python 3.10 or newer"
stamp=$place/requirements.installed
if ! [ -x "$place/venv/bin/python" ] || ! cmp -s "$here/requirements.txt" "$stamp"; then
  printf 'fuzz: installing what makes up requests\n'
  mkdir -p -- "$place"
  rm -f -- "$stamp"
  "$python" -m venv -- "$place/venv" || fail "$python has no working venv module (Debian, Ubuntu: apt-get install python3-venv)"
  "$place/venv/bin/python" -m pip install --quiet --disable-pip-version-check --no-input --requirement "$here/requirements.txt" \
    || fail 'pip could not install tests/fuzz/requirements.txt; run this again when the package index can be reached'
  cp -- "$here/requirements.txt" "$stamp.new"
  mv -f -- "$stamp.new" "$stamp"
fi
