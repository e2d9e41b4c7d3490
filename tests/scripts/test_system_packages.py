"""What the tests need beside Python is installed where it is missing: here by an apt-get that only notes it."""

from __future__ import annotations

import os
import platform
import re
import shutil
import subprocess
from pathlib import Path

import pytest

SCRIPT = Path("scripts/system_packages.sh").resolve()
NEEDED = ("sh", "ls", "grep", "uname", "sed")
ARM = {"qemu-user", "g++-aarch64-linux-gnu"} if platform.machine() == "x86_64" else set()
EVERYWHERE = {"libflite1", "firefox-esr", *ARM}
"""What a machine without any of these programs gets; nginx and Postgres are found outside of the path, too."""


def apt_get(folder: Path, programs: tuple[str, ...] = (), known: bool = True) -> list[str]:
    """What apt-get is told on a machine that has only these programs; whether it knows Chromium's shell."""
    path, noted = folder / "programs", folder / "noted"
    path.mkdir()
    (folder / ".venv").mkdir()
    for name in NEEDED:
        (path / name).symlink_to(shutil.which(name) or name)
    stands_in = {
        "apt-get": f'echo "$@" >>{noted}',
        "apt-cache": f"exit {int(not known)}",
        "id": "echo 0",
        "ldconfig": "exit 0",
        **dict.fromkeys(programs, "exit 0"),
    }
    for name, line in stands_in.items():
        (path / name).write_text(f"#!/bin/sh\n{line}\n")
        (path / name).chmod(0o755)
    done = subprocess.run(
        [shutil.which("sh") or os.defpath, SCRIPT],
        cwd=folder, env={"PATH": str(path), "HOME": str(folder)}, capture_output=True, text=True, timeout=60,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return noted.read_text().splitlines()


@pytest.mark.parametrize(
    ("known", "browser"),
    [(True, "chromium-headless-shell"), (False, "chromium")],
    ids=["Debian", "where the shell is not packaged"],
)
def test_a_bare_machine_gets_all_of_it_and_a_chromium_that_draws_no_windows(
    tmp_path: Path, known: bool, browser: str
) -> None:
    looked_up, installed = apt_get(tmp_path, known=known)
    assert looked_up == "update -qq"
    assert installed.split()[:4] == ["install", "-y", "-qq", browser]
    assert set(installed.split()) >= EVERYWHERE


@pytest.mark.parametrize(
    ("program", "package"),
    [
        ("chromium", "chromium"),
        ("google-chrome", "chromium"),
        ("firefox", "firefox-esr"),
        ("firefox-esr", "firefox-esr"),
        *[pytest.param(name, package, id=name) for name, package in (
            ("qemu-aarch64", "qemu-user"), ("aarch64-linux-gnu-g++", "g++-aarch64-linux-gnu")
        ) if ARM],
    ],
)  # fmt: skip
def test_what_is_there_is_not_installed(tmp_path: Path, program: str, package: str) -> None:
    installed = set(apt_get(tmp_path, (program,))[-1].split())
    assert not {name for name in installed if name.startswith(package)}
    assert installed >= EVERYWHERE - {package}


def test_no_function_of_a_script_hides_a_program_that_is_looked_for() -> None:
    for script in SCRIPT.parent.glob("*.sh"):
        text = script.read_text(encoding="utf-8")
        functions = set(re.findall(r"^(\w[\w-]*)\(\)", text, re.MULTILINE))
        looked_for = set(re.findall(r"command -v \"?([\w+-]+)", text)) | set(
            re.findall(r"for \w+ in (.*);", text)
        )
        assert not functions & {word for words in looked_for for word in words.split()}, script.name
