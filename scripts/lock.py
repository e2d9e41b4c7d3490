"""Pin what the CPU image installs, file by file: `make lock` writes requirements-lock.txt with the hash of each file.

Needs uv. torch is not in it: which build is taken is decided where it is installed (scripts/torch_build.py), and the
libraries that only the build for CUDA brings are left out with it. No address of a registry is written.
"""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
SOURCES = ("requirements.txt", "requirements-postgres.txt")
LOCK = ROOT / "requirements-lock.txt"
HEAD = """\
# What the CPU image installs beside torch, each file by its hash: pip install --require-hashes --no-deps -r this.
# Written by `make lock` from {}; a test holds them together.
"""
_OF_CUDA = re.compile(r"(nvidia|cuda|triton)[-_=]")


def main() -> int:
    """1 with one sentence where uv is not there or cannot resolve."""
    uv = shutil.which("uv")
    if uv is None:
        print("Locking needs uv: pip install uv.", file=sys.stderr)
        return 1
    options = [
        "--generate-hashes", "--no-emit-package", "torch", "--python-version", "3.11", "--python-platform",
        "x86_64-manylinux_2_28", "--no-header", "--no-annotate", "--no-emit-find-links", "--no-emit-index-url", "-q",
    ]  # fmt: skip
    done = subprocess.run(
        [uv, "pip", "compile", *SOURCES, *options], cwd=ROOT, capture_output=True, text=True, check=False
    )
    if done.returncode:
        print(
            f"uv could not resolve the requirements: {done.stderr.strip().splitlines()[-1]}", file=sys.stderr
        )
        return 1
    LOCK.write_text(HEAD.format(" and ".join(SOURCES)) + without_cuda(done.stdout), encoding="utf-8")
    return 0


def without_cuda(locked: str) -> str:
    """The entries, each with its hashes, that a build of torch for the processor needs too."""
    entries = re.split(r"^(?=[A-Za-z0-9])", locked, flags=re.MULTILINE)
    return "".join(
        entry for entry in entries if entry and not entry.startswith("#") and not _OF_CUDA.match(entry)
    )


if __name__ == "__main__":
    sys.exit(main())
