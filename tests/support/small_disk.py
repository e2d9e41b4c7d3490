"""A disk of a few kilobytes for one command: `unshare -rm python -m tests.support.small_disk FOLDER KB COMMAND...`.

FOLDER becomes a disk of its own, which only COMMAND sees. It obeys words on its standard input, one a line: `full`
leaves no room, `free` gives it back, `read-only` and `writable` are what a failing disk is put to. Each is answered by
the same word. Standard input's end ends the command.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

FILLER = "filler"


def main(folder: str, kilobytes: str, *command: str) -> None:
    disk = Path(folder)
    _mount("-t", "tmpfs", "-o", f"size={kilobytes}k", "none", folder)
    process = subprocess.Popen(command, stdin=subprocess.DEVNULL)
    print(process.pid, flush=True)
    try:
        for line in sys.stdin:
            word = line.strip()
            if word == "full":
                _fill(disk / FILLER)
            elif word == "free":
                (disk / FILLER).unlink(missing_ok=True)
            else:
                _mount("-o", f"remount,{'ro' if word == 'read-only' else 'rw'}", folder)
            print(word, flush=True)
    finally:
        process.kill()
        process.wait()


def _fill(path: Path) -> None:
    """Nothing more fits: first in large pieces, then in small ones."""
    with path.open("ab", buffering=0) as filler:
        for size in (65536, 4096, 512, 1):
            try:
                while True:
                    filler.write(bytes(size))
            except OSError:
                continue


def _mount(*options: str) -> None:
    subprocess.run(["mount", *options], check=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
