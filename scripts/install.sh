#!/bin/sh
# Install a requirements file into .venv, once; say in one line what is missing.
# usage: sh scripts/install.sh requirements.txt [options of pip install]
set -eu
requirements=$1
shift
log=.venv/install.log
stamp=.venv/.installed-$requirements

fail() {
    echo "error: $1" >&2
    exit 1
}

new_enough() {
    "$1" -c 'import sys; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1
}

if ! .venv/bin/python -m pip --version >/dev/null 2>&1 || ! new_enough .venv/bin/python; then
    [ -z "${PYTHON:-}" ] || new_enough "$PYTHON" || fail "PYTHON=$PYTHON is not Python 3.11 or newer."
    for candidate in ${PYTHON:-python3 python3.13 python3.12 python3.11 python}; do
        if new_enough "$candidate"; then found=$candidate && break; fi
    done
    [ -n "${found:-}" ] || fail "Python 3.11 or newer is needed and none was found; install it, or name one with PYTHON=/path/to/python3.11."
    rm -rf .venv
    "$found" -m venv .venv >/dev/null 2>&1 || {
        rm -rf .venv
        fail "$found cannot make a virtual environment; on Debian and Ubuntu: apt-get install python3-venv."
    }
fi

if [ -f "$stamp" ] && cmp -s "$requirements" "$stamp"; then exit 0; fi
echo "Installing $requirements into .venv; the first time takes a few minutes."
if ! .venv/bin/python -m pip install --disable-pip-version-check "$@" -r "$requirements" >"$log" 2>&1; then
    grep -E '^ *(ERROR|error)' "$log" | tail -1 >&2 || true
    fail "pip could not install $requirements: check the network and the disk, then run this again; the whole story is in $log."
fi
cp "$requirements" "$stamp"
