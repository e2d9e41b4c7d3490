"""What deploys the app names what is there: the image's files, the proxy's settings, the Space's front matter."""

from __future__ import annotations

import importlib.util
import json
import re
import shutil
import subprocess
import sys
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path
from types import ModuleType

import pytest
import yaml
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

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


def locked() -> dict[str, tuple[str, list[str]]]:
    """Version and hashes by name, as the lock has them."""
    text = (ROOT / "requirements-lock.txt").read_text(encoding="utf-8")
    entries = re.findall(
        r"^([\w.-]+)(?:\[.*?\])?==([^\s\\]+)((?:.*\\\n)(?:    --hash=sha256:[0-9a-f]{64}(?: \\)?\n)+)",
        text,
        re.M,
    )
    assert len(entries) == len(re.findall(r"^[\w.-]+(?:\[.*?\])?==", text, re.M)), "an entry without a hash"
    return {
        canonicalize_name(name): (version, re.findall(r"sha256:([0-9a-f]{64})", rest))
        for name, version, rest in entries
    }


def test_the_lock_holds_every_pin_of_what_the_image_installs_by_hash_and_names_no_host() -> None:
    lock = locked()
    for name in ("requirements.txt", "requirements-postgres.txt"):
        pins = re.findall(r"^([\w.-]+)(?:\[.*?\])?==([\w.+-]+)", (ROOT / name).read_text(), re.M)
        assert pins
        for package, version in pins:
            if package != "torch":
                assert lock[canonicalize_name(package)][0] == version, f"{package}: run `make lock`"
    assert all(hashes for _, hashes in lock.values())
    assert "torch" not in lock
    assert "://" not in (ROOT / "requirements-lock.txt").read_text(encoding="utf-8")


def test_what_the_locked_packages_need_is_locked_too() -> None:
    lock = locked()
    missing = []
    for name in lock:
        try:
            needed = distribution(name).requires or []
        except PackageNotFoundError:
            continue
        for line in map(Requirement, needed):
            applies = line.marker is None or line.marker.evaluate({"extra": ""})
            if applies and canonicalize_name(line.name) not in {*lock, "torch"}:
                missing.append(f"{name} needs {line.name}")
    assert missing == []


def test_libraries_that_only_cuda_brings_are_not_locked() -> None:
    names = ("nvidia-nccl-cu13", "numpy", "triton", "cuda-bindings", "nvidia_cublas")
    entries = {name: f"{name}==1 \\\n    --hash=sha256:0\n" for name in names}
    assert script("lock").without_cuda("# uv\n" + "".join(entries.values())) == entries["numpy"]


TOLD = {
    "weak": ({"vulns": [{"id": "PYSEC-1", "fix_versions": ["2.0"]}]}, 1, "PYSEC-1, mended in 2.0"),
    "well": ({"vulns": []}, 0, "Nothing is known against the 1 packages"),
    "unknown": (
        {"skip_reason": "not found"},
        3,
        "Not audited: the database of advisories knew nothing of 1 of 1",
    ),
}


@pytest.mark.parametrize("case", TOLD)
def test_an_audit_tells_weak_from_well_and_from_not_looked_up(
    case: str, capsys: pytest.CaptureFixture[str]
) -> None:
    found, code, words = TOLD[case]
    answer = json.dumps({"dependencies": [{"name": "one", "version": "1", **found}]})
    command = (sys.executable, "-c", f"print({answer!r})")
    assert script("audit").main([], command) == code
    told = "".join(capsys.readouterr())
    assert words in told
    assert len(told.strip().splitlines()) == 1


@pytest.mark.parametrize("code", ["raise SystemExit('no network')", "print('{}')", "print('<html>')"])
def test_an_audit_that_gets_no_answer_says_so_in_one_sentence(
    code: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert script("audit").main([], (sys.executable, "-c", code)) == 3
    assert capsys.readouterr().err.startswith("Not audited: pip-audit got no answer")


def test_a_key_in_a_file_of_git_is_found_and_what_the_baseline_knows_is_not(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    scan = script("secrets_scan")
    planted = "AKIA" + "IOSFODNN7EXAMPL3"
    (tmp_path / "settings.py").write_text(f'key = "{planted}"\n')
    for command in (["init", "-q"], ["add", "."]):
        subprocess.run(["git", *command], cwd=tmp_path, check=True)
    assert scan.main([], tmp_path) == 1
    told = capsys.readouterr().out
    assert "settings.py: looks like a secret (AWS Access Key)" in told
    assert planted not in told
    scan.main(["--update"], tmp_path)
    assert scan.main([], tmp_path) == 0
    assert planted not in (tmp_path / scan.BASELINE).read_text()


def test_the_baseline_of_secrets_names_files_that_are_there() -> None:
    known = json.loads((ROOT / ".secrets.baseline").read_text(encoding="utf-8"))
    assert [name for name in known if not (ROOT / name).is_file()] == []
