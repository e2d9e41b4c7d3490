"""Compile the kernels for every kind of processor of this architecture: `python scripts/kernels.py`, for an image.

Only the one that runs here is otherwise compiled; an image runs elsewhere, and has no compiler.
"""

import shutil
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from speecht5_demo.synthesis.native.levels import family
from speecht5_demo.synthesis.native.library import _knows, build, kept


def main() -> int:
    """0 when there is one for each level that the compiler knows."""
    compiler = shutil.which("g++")
    if compiler is None:
        print("There is no g++.", file=sys.stderr)
        return 1
    for level in family():
        if _knows(compiler, level) and not kept(level).exists():
            build(compiler, level, kept(level))
    return 0


if __name__ == "__main__":
    sys.exit(main())
