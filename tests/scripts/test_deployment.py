"""What deploys the app names what is there: the image's files, the proxy's settings, the Space's front matter."""

from __future__ import annotations

import importlib.util
import re
import shutil
import subprocess
from pathlib import Path
from types import ModuleType

import pytest
import yaml

ROOT = Path(__file__).resolve().parents[2]
DOCKERFILE = (ROOT / "Dockerfile").read_text(encoding="utf-8")


def script(name: str) -> ModuleType:
    spec = importlib.util.spec_from_file_location(name, ROOT / "scripts" / f"{name}.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_all_that_the_image_copies_is_there_and_not_left_out() -> None:
    left_out = (ROOT / ".dockerignore").read_text().split()
    copied = [words.split() for words in re.findall(r"^COPY (?!--from)(.*)$", DOCKERFILE, re.MULTILINE)]
    assert copied
    for *sources, _ in copied:
        for source in sources:
            assert (ROOT / source).exists(), source
            assert source.split("/")[0] not in left_out


def test_the_image_ends_as_a_user_without_rights_and_hears_sigterm_itself() -> None:
    last = DOCKERFILE.split("\nFROM ")[-1]
    users = re.findall(r"^USER (.*)$", last, re.MULTILINE)
    assert users
    assert users[-1] not in ("root", "0")
    assert re.search(r'^CMD \["/app/.venv/bin/python", "app.py"\]$', last, re.MULTILINE), (
        "no shell in between"
    )
    assert "g++" not in last


def test_the_proxys_settings_are_taken_by_nginx(tmp_path: Path) -> None:
    compose = yaml.safe_load((ROOT / "compose.yaml").read_text(encoding="utf-8"))
    (mounted,) = compose["services"]["proxy"]["volumes"]
    written = (ROOT / mounted.split(":")[0]).read_text(encoding="utf-8")
    conf = tmp_path / "nginx.conf"
    conf.write_text(
        f"pid {tmp_path}/pid; error_log {tmp_path}/log; events {{}}\nhttp {{ access_log off;\n"
        + written.replace("server app:7860", "server 127.0.0.1:7860").replace(
            "listen 80", "listen 127.0.0.1:8080"
        )
        + "\n}"
    )
    program = shutil.which("nginx") or "/usr/sbin/nginx"
    done = subprocess.run(
        [program, "-t", "-p", str(tmp_path), "-e", str(tmp_path / "log"), "-c", str(conf)],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert float(compose["services"]["app"]["stop_grace_period"].rstrip("s")) > 10


@pytest.mark.parametrize(
    ("written", "becomes", "words"),
    [
        ("sdk_version: 6.31.0", "sdk_version: 5.0.0", "sdk_version 5.0.0 is not requirements.txt's"),
        ('python_version: "3.11"', 'python_version: "3.10"', "must be 3.11 or newer"),
        ("app_file: app.py", "app_file: run.py", "'run.py' is not there"),
        ("colorFrom: green", "colorFrom: teal", "colorFrom is 'teal'"),
        ("license: mit\n", "", "lacks license"),
        ("hf_oauth: true", "hf_oauth: false", "so that the owner can sign in"),
        ("hf_oauth: true\n", "", "so that the owner can sign in"),
        ("hf_oauth: true", "hf_oauth: true\nhf_oauth_expiration_minutes: 0", "from 1 to 43,200"),
        ("hf_oauth: true", "hf_oauth: true\nhf_oauth_scopes: [write-repos]", "the app needs none"),
        ("short_description: ", "short_description: " + "very " * 12, "more than 60 characters"),
    ],
)
def test_a_front_matter_that_a_space_would_refuse_is_named(
    written: str, becomes: str, words: str, tmp_path: Path
) -> None:
    for name in ("README.md", "requirements.txt", "app.py"):
        shutil.copy(ROOT / name, tmp_path / name)
    subprocess.run(["git", "init", "-q"], cwd=tmp_path, check=True)
    space = script("space")
    assert space.faults(tmp_path) == []
    readme = tmp_path / "README.md"
    text = readme.read_text(encoding="utf-8")
    assert written in text
    readme.write_text(text.replace(written, becomes, 1), encoding="utf-8")
    (fault,) = space.faults(tmp_path)
    assert words in fault
