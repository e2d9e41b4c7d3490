"""Install a requirements file into the environment that runs this script, once, and show how far it is.

usage: .venv/bin/python scripts/install.py requirements.txt [options of pip install]

uv does it where the machine has it, else pip; both get the same pins and the same places to look, pip's own settings
(PIP_FIND_LINKS and the like) included. Needs the standard library alone.
"""

from __future__ import annotations

import ast
import os
import platform
import shutil
import subprocess
import sys
import threading
import time
from collections.abc import Sequence
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from torch_build import CHOICES, INDEX, Build, choose, has_nvidia_gpu, pinned_torch, wheel_on_disk

PIP_TO_UV = {
    "find-links": "--find-links",
    "extra-index-url": "--extra-index-url",
    "index-url": "--index-url",
    "constraint": "--constraint",
    "trusted-host": "--allow-insecure-host",
}
"""Settings of pip that say where packages come from -> the same option of uv, which does not read them."""


def main(arguments: Sequence[str]) -> int:
    """Install; 1 with one sentence where that fails."""
    requirements, options = Path(arguments[0]), list(arguments[1:])
    wanted = os.environ.get("TORCH", "").strip().lower()
    if wanted not in CHOICES:
        return _fail(f"TORCH is {wanted!r}: give cpu or cuda, or leave it out to let the machine decide.")
    folder = Path(sys.prefix)
    stamp, log = folder / f".installed-{requirements.name}", folder / "install.log"
    done = _stamp(requirements, wanted)
    if stamp.is_file() and stamp.read_text(encoding="utf-8") == done:
        return 0
    print(f"Installing {requirements} into {folder.name}; the first time takes some minutes.", flush=True)
    settings = _pip_settings()
    log.write_text("", encoding="utf-8")
    torch = _torch(requirements, wanted, settings)
    if torch is not None:
        print(torch.sentence, flush=True)
        if not _install([torch.requirement], list(torch.options), settings, log):
            return _not_installed(torch.requirement, log)
    if not _install(["-r", str(requirements)], options, settings, log):
        return _not_installed(str(requirements), log)
    stamp.write_text(done, encoding="utf-8")
    return 0


def _torch(requirements: Path, wanted: str, settings: dict[str, list[str]]) -> Build | None:
    """The build of torch to install first; None where the requirements alone decide, or it is there."""
    pinned = pinned_torch(requirements)
    if pinned is None or platform.system() != "Linux":
        return None
    there = _installed("torch")
    if there is not None and there.partition("+")[0] == pinned:
        is_cpu = there.endswith("+cpu")
        if not wanted or is_cpu == (wanted == "cpu"):
            return None
    return choose(
        pinned,
        wanted,
        has_nvidia_gpu(),
        local=lambda: wheel_on_disk(sys.executable, pinned),
        index=os.environ.get("TORCH_INDEX") or INDEX,
        cafile=next(iter(settings.get("cert", ())), None),
    )


def _installed(name: str) -> str | None:
    try:
        return version(name)
    except PackageNotFoundError:
        return None


def _stamp(requirements: Path, wanted: str) -> str:
    return f"TORCH={wanted}\n{requirements.read_text(encoding='utf-8')}"


def _pip_settings() -> dict[str, list[str]]:
    """What pip's files and PIP_ variables set: name -> values."""
    done = subprocess.run(
        [sys.executable, "-m", "pip", "config", "list"], capture_output=True, text=True, check=False
    )
    settings: dict[str, list[str]] = {}
    for line in done.stdout.splitlines():
        name, equals, value = line.partition("=")
        section, _, key = name.partition(".")
        if not equals or section not in (":env:", "global", "install"):
            continue
        for word in str(ast.literal_eval(value)).split():
            values = settings.setdefault(key, [])
            if word not in values:
                values.append(word)
    return settings


def _install(what: list[str], options: list[str], settings: dict[str, list[str]], log: Path) -> bool:
    uv = shutil.which("uv")
    if uv is not None:
        if _run(_uv_command(uv, settings) + options + what, log, _uv_environment(settings)):
            return True
        print(f"uv could not install it ({_last_error(log)}); pip tries.", flush=True)
    command = [sys.executable, "-m", "pip", "install", "--disable-pip-version-check", "--progress-bar", "off"]
    return _run([*command, *options, *what], log, dict(os.environ))


def _uv_command(uv: str, settings: dict[str, list[str]]) -> list[str]:
    # Compiled now, as pip does it, not at the first start, which would take twice as long.
    command = [uv, "pip", "install", "--python", sys.executable, "--compile-bytecode"]
    command += ["--index-strategy", "unsafe-best-match"]
    if settings.get("no-index", ["false"])[0].lower() in ("1", "true", "yes", "on"):
        command.append("--no-index")
    for name, option in PIP_TO_UV.items():
        for value in settings.get(name, ()):
            command += [option, value]
    return command


def _uv_environment(settings: dict[str, list[str]]) -> dict[str, str]:
    certificates = settings.get("cert")
    return {**({"SSL_CERT_FILE": certificates[0]} if certificates else {}), **os.environ}


def _run(command: list[str], log: Path, environment: dict[str, str]) -> bool:
    """Run an installer; its words go to the log, and the last of them to the terminal with the time it has taken."""
    process = subprocess.Popen(
        command,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        env=environment,
        errors="replace",
    )
    progress = _Progress()
    assert process.stdout is not None
    try:
        with log.open("a", encoding="utf-8") as kept:
            for line in process.stdout:
                kept.write(line)
                progress.say(line)
    finally:
        progress.close()
    return process.wait() == 0


class _Progress:
    """One line that tells what is under way and for how long: over itself on a terminal, now and then elsewhere."""

    def __init__(self, every_s: float = 15.0) -> None:
        self._terminal = sys.stdout.isatty()
        self._every_s = 1.0 if self._terminal else every_s
        self._start = time.monotonic()
        self._line = "starting"
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._tick, daemon=True)
        self._thread.start()

    def say(self, line: str) -> None:
        words = " ".join(line.split())
        if words.startswith(
            ("Collecting", "Downloading", "Building", "Installing", "Prepar", "Resolved", "Using")
        ):
            self._line = words
            if self._terminal:
                self._show()

    def close(self) -> None:
        self._over.set()
        self._thread.join()
        if self._terminal:
            print("\r\x1b[K", end="", flush=True)

    def _tick(self) -> None:
        while not self._over.wait(self._every_s):
            self._show()

    def _show(self) -> None:
        text = f"[{time.monotonic() - self._start:4.0f} s] {self._line}"
        if self._terminal:
            print(f"\r\x1b[K{text[: shutil.get_terminal_size().columns - 1]}", end="", flush=True)
        else:
            print(text[:120], flush=True)


def _last_error(log: Path) -> str:
    lines = log.read_text(encoding="utf-8", errors="replace").splitlines()
    told = [line.strip() for line in lines if line.lstrip().lower().startswith(("error", "× ", "x "))]
    return (
        told[-1] if told else next((line.strip() for line in reversed(lines) if line.strip()), "no word why")
    )


def _not_installed(what: str, log: Path) -> int:
    print(_last_error(log), file=sys.stderr)
    return _fail(
        f"{what} could not be installed: check the network and the disk, then run this again. See {log}."
    )


def _fail(sentence: str) -> int:
    print(f"error: {sentence}", file=sys.stderr)
    return 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
