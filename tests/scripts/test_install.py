"""Installing: which build of torch, from where, said how, by uv or by pip; with stand-ins, and no network."""

from __future__ import annotations

import importlib.util
import os
import shutil
import stat
import subprocess
import sys
import threading
import zipfile
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[2]
TAG = f"cp{sys.version_info.major}{sys.version_info.minor}"


def _module(name: str) -> ModuleType:
    spec = importlib.util.spec_from_file_location(name, ROOT / "scripts" / f"{name}.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    spec.loader.exec_module(module)
    return module


torch_build: Any = _module("torch_build")


class _Index(BaseHTTPRequestHandler):
    """One page of wheels; `hang` holds every answer back."""

    wheel = ""
    hang: threading.Event | None = None

    def do_GET(self) -> None:
        if self.hang is not None:
            self.hang.wait(30)
        page = f'<a href="/wheels/{self.wheel.replace("+", "%2B")}#sha256=0">wheel</a>'.encode()
        self.send_response(200 if self.path == "/cpu/torch/" else 404)
        self.send_header("Content-Length", str(len(page)))
        self.end_headers()
        self.wfile.write(page)

    def do_HEAD(self) -> None:
        self.send_response(200)
        self.send_header("Content-Length", "190000000")
        self.end_headers()

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def index(monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """An index of CPU builds that has the wheel for this Python and machine."""
    monkeypatch.setattr(
        _Index, "wheel", f"torch-2.13.0+cpu-{TAG}-{TAG}-manylinux_2_28_{os.uname().machine}.whl"
    )
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Index)
    thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}/cpu"
    server.shutdown()
    server.server_close()


def _choose(
    index: str, wanted: str = "", has_gpu: bool = False, found: Any = None, timeout_s: float = 60.0
) -> Any:
    return torch_build.choose("2.13.0", wanted, has_gpu, lambda: found, index, timeout_s)


def test_without_a_gpu_the_cpu_build_of_pytorchs_index_is_taken_and_its_size_said(index: str) -> None:
    build = _choose(index)
    assert build.requirement == "torch==2.13.0+cpu"
    assert build.options == ("--extra-index-url", index)
    assert "(190 MB), since there is no NVIDIA GPU; TORCH=cuda installs the other." in build.sentence


def test_a_wheel_on_this_machine_comes_before_any_index(index: str, tmp_path: Path) -> None:
    wheel = tmp_path / "torch.whl"
    wheel.write_bytes(bytes(2_000_000))
    build = _choose(index, found=("2.13.0+cpu", wheel))
    assert build.requirement == "torch==2.13.0+cpu"
    assert build.options == ()
    assert f"from {tmp_path} (2 MB)" in build.sentence


@pytest.mark.parametrize(("wanted", "has_gpu"), [("cuda", False), ("cuda", True), ("", True)])
def test_cuda_is_taken_where_it_is_asked_for_or_there_is_a_gpu(
    wanted: str, has_gpu: bool, index: str
) -> None:
    build = _choose(index, wanted, has_gpu, found=("2.13.0+cpu", Path(__file__)))
    assert build.requirement == "torch==2.13.0,!=2.13.0+cpu"
    assert "about 3 GB" in build.sentence


def test_the_cpu_build_can_be_asked_for_beside_a_gpu(index: str) -> None:
    assert _choose(index, "cpu", has_gpu=True).requirement == "torch==2.13.0+cpu"


def test_an_index_that_hangs_is_not_waited_for(index: str, monkeypatch: pytest.MonkeyPatch) -> None:
    held = threading.Event()
    monkeypatch.setattr(_Index, "hang", held)
    build = _choose(index, timeout_s=0.3)
    still_held = not held.is_set()
    held.set()
    assert still_held
    assert build.requirement == "torch==2.13.0"
    assert build.options == ()
    assert "offered no CPU build of it within 0.3 s" in build.sentence


@pytest.mark.parametrize("lacking", ["torch-2.12.1+cpu", "torch-2.13.0", "torch-2.13.0+cu130"])
def test_another_version_or_build_in_the_index_is_never_taken(
    lacking: str, index: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(_Index, "wheel", f"{lacking}-{TAG}-{TAG}-manylinux_2_28_{os.uname().machine}.whl")
    assert _choose(index).requirement == "torch==2.13.0"


def test_a_build_for_another_python_is_never_taken(index: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_Index, "wheel", f"torch-2.13.0+cpu-cp38-cp38-linux_{os.uname().machine}.whl")
    assert _choose(index).requirement == "torch==2.13.0"


def test_an_index_that_refuses_is_done_without() -> None:
    assert _choose("http://127.0.0.1:9/cpu").requirement == "torch==2.13.0"


@pytest.mark.parametrize(
    ("script", "found"),
    [("echo 'GPU 0: NVIDIA H100'", True), ("echo 'No devices were found'; exit 6", False)],
)
def test_a_gpu_is_what_nvidia_smi_lists(script: str, found: bool, tmp_path: Path) -> None:
    if any(Path("/proc/driver/nvidia/gpus").glob("*")):
        found = True
    _command(tmp_path / "nvidia-smi", script)
    assert torch_build.has_nvidia_gpu({"PATH": f"{tmp_path}:/bin:/usr/bin"}) is found


def _command(path: Path, script: str) -> None:
    path.parent.mkdir(exist_ok=True)
    path.write_text(f"#!/bin/sh\n{script}\n", encoding="utf-8")
    path.chmod(path.stat().st_mode | stat.S_IXUSR)


def _wheel(folder: Path, name: str, version: str) -> None:
    """The smallest wheel there can be."""
    folder.mkdir(exist_ok=True)
    info = f"{name}-{version}.dist-info"
    with zipfile.ZipFile(folder / f"{name}-{version}-py3-none-any.whl", "w") as file:
        file.writestr(f"{info}/METADATA", f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n")
        file.writestr(f"{info}/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n")
        file.writestr(f"{info}/RECORD", "")


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project with an environment of its own and a folder of wheels, as a clone has them."""
    folder = tmp_path_factory.mktemp("project")
    (folder / "scripts").symlink_to(ROOT / "scripts")
    subprocess.run([sys.executable, "-m", "venv", str(folder / ".venv")], check=True)
    (folder / "requirements.txt").write_text("torch==2.13.0  # models\nother==1.0\n", encoding="utf-8")
    _wheel(folder / "wheels", "torch", "2.13.0+cpu")
    _wheel(folder / "wheels", "other", "1.0")
    return folder


@pytest.fixture
def fresh(project: Path) -> Path:
    """That project with nothing installed."""
    for found in _installed(project):
        shutil.rmtree(found)
    for left in (project / ".venv").glob(".installed-*"):
        left.unlink()
    return project


def _install(project: Path, commands: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    """`make setup`'s script, with `commands` on PATH and no index."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("PIP_", "UV_"))}
    settings = {
        "PATH": f"{commands}:/usr/bin:/bin",
        "PIP_CONFIG_FILE": os.devnull,
        "PIP_NO_INDEX": "1",
        "PIP_FIND_LINKS": str(project / "wheels"),
        "TORCH_INDEX": "http://127.0.0.1:9/cpu",
        "TORCH": "cpu",
    }
    return subprocess.run(
        ["sh", "scripts/install.sh", "requirements.txt"],
        cwd=project,
        env={**kept, **settings, **environment},
        capture_output=True,
        text=True,
        timeout=240,
        check=False,
    )


def _installed(project: Path) -> list[Path]:
    """All there is of the two wheels once they are installed."""
    return [
        found for name in ("torch", "other") for found in project.glob(f".venv/lib/*/*/{name}-*.dist-info")
    ]


def _versions(project: Path) -> str:
    return " ".join(
        found.name.removesuffix(".dist-info").replace("-", "==", 1) for found in _installed(project)
    )


def test_pip_installs_the_local_wheel_offline_and_a_second_time_does_nothing(
    fresh: Path, tmp_path: Path
) -> None:
    first = _install(fresh, tmp_path)
    assert first.returncode == 0, first.stderr
    assert f"torch 2.13.0+cpu from {fresh / 'wheels'}" in first.stdout
    assert "torch==2.13.0+cpu" in _versions(fresh)
    assert "other==1.0" in _versions(fresh)
    second = _install(fresh, tmp_path)
    assert (second.returncode, second.stdout, second.stderr) == (0, "", "")


def test_uv_gets_the_same_pins_and_the_places_that_pip_looks_in(fresh: Path, tmp_path: Path) -> None:
    _command(tmp_path / "uv", f'echo "$@" >>{tmp_path}/asked')
    done = _install(fresh, tmp_path)
    assert done.returncode == 0, done.stderr
    torch, rest = (tmp_path / "asked").read_text().splitlines()
    for asked in (torch, rest):
        assert asked.startswith(f"pip install --python {fresh}/.venv/bin/python ")
        assert f"--find-links {fresh / 'wheels'}" in asked
        assert "--no-index" in asked
        assert "--compile-bytecode" in asked
    assert torch.endswith(" torch==2.13.0+cpu")
    assert rest.endswith(" -r requirements.txt")


def test_where_uv_fails_that_is_said_and_pip_does_it(fresh: Path, tmp_path: Path) -> None:
    _command(tmp_path / "uv", "echo 'error: no such option'; exit 2")
    done = _install(fresh, tmp_path)
    assert done.returncode == 0, done.stderr
    assert "uv could not install it (error: no such option); pip tries." in done.stdout
    assert "torch==2.13.0+cpu" in _versions(fresh)


def test_what_cannot_be_installed_is_one_sentence_and_is_tried_again(fresh: Path, tmp_path: Path) -> None:
    done = _install(fresh, tmp_path, PIP_FIND_LINKS=str(tmp_path))
    assert done.returncode == 1
    assert "ERROR: No matching distribution found for torch==2.13.0" in done.stderr
    assert "could not be installed: check the network and the disk" in done.stderr
    assert "Traceback" not in done.stderr
    assert _install(fresh, tmp_path).returncode == 0


def test_an_unknown_build_of_torch_is_one_sentence(fresh: Path, tmp_path: Path) -> None:
    done = _install(fresh, tmp_path, TORCH="rocm")
    assert done.returncode == 1
    assert (
        done.stderr
        == "error: TORCH is 'rocm': give cpu or cuda, or leave it out to let the machine decide.\n"
    )
