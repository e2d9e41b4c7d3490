"""What the tests need beside Python is installed where it is missing: here by an apt-get that only notes it."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest

SCRIPT = Path("scripts/system_packages.sh").resolve()
NEEDED = ("sh", "ls", "grep", "uname", "sed")


@pytest.mark.parametrize(
    ("known", "browser"),
    [(True, "chromium-headless-shell"), (False, "chromium")],
    ids=["Debian", "where the shell is not packaged"],
)
def test_a_machine_without_a_browser_gets_the_one_that_draws_no_windows(
    tmp_path: Path, known: bool, browser: str
) -> None:
    programs, noted = tmp_path / "programs", tmp_path / "noted"
    programs.mkdir()
    (tmp_path / ".venv").mkdir()
    for name in NEEDED:
        (programs / name).symlink_to(shutil.which(name) or name)
    stands_in = {
        "apt-get": f'echo "$@" >>{noted}',
        "apt-cache": f"exit {int(not known)}",
        "id": "echo 0",
        "ldconfig": "exit 0",
    }
    for name, line in stands_in.items():
        (programs / name).write_text(f"#!/bin/sh\n{line}\n")
        (programs / name).chmod(0o755)
    environment = {"PATH": str(programs), "HOME": str(tmp_path)}
    done = subprocess.run(
        [shutil.which("sh") or os.defpath, SCRIPT],
        cwd=tmp_path, env=environment, capture_output=True, text=True, timeout=60,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    looked_up, installed = noted.read_text().splitlines()
    assert looked_up == "update -qq"
    assert installed.split()[:4] == ["install", "-y", "-qq", browser]
    assert "libflite1" in installed
