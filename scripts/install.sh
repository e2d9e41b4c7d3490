#!/bin/sh
# Install a requirements file into .venv, which is made where it is not there; say in one line what is missing.
# usage: sh scripts/install.sh requirements.txt [options of pip install]
# TORCH=cuda or TORCH=cpu chooses the build of torch: see scripts/torch_build.py.
set -eu

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
    echo "Making .venv with $found."
    rm -rf .venv
    "$found" -m venv .venv >/dev/null 2>&1 || {
        rm -rf .venv
        fail "$found cannot make a virtual environment; on Debian and Ubuntu: apt-get install python3-venv."
    }
fi
exec .venv/bin/python scripts/install.py "$@"
