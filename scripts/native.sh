#!/bin/sh
# Compile the faster kernels once, where there is a compiler for them; the demo runs without them too.
set -eu
stamp=.venv/.native
if [ -f "$stamp" ]; then exit 0; fi
.venv/bin/python -m speecht5_demo.synthesis.native || true
touch "$stamp"
