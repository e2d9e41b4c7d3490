"""Whatever file, folder or number a command is given: one sentence, the right exit code, no traceback."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import IO

import pytest

import speecht5_demo.cli
from speecht5_demo.cli import main

ROOT = Path(__file__).resolve().parents[2]
RATED = "listener_id,sentence_id,variant,rating\nl,s,a,3\nl,s,b,4\n"
COMMANDS = {
    "mos": ["mos", "{}"],
    "report": ["report", "{}"],
    "report of ratings": ["report", "--ratings", "{}"],
    "study check": ["study", "check", "{}"],
    "study plan": ["study", "plan", "{}"],
    "study simulate": ["study", "simulate", "{}"],
    "study prepare": ["study", "prepare", "{}", "-o", "out"],
    "benchmark": ["benchmark", "--from", "{}"],
    "speakers": ["speakers", "-c", "{}"],
    "synthesize from": ["synthesize", "Hi", "-c", "{}"],
    "synthesize as": ["synthesize", "Hi", "-c", "embedded", "-s", "{}"],
    "tables": ["tables", "{}"],
}
FILES = ["empty", "bytes", "bad.json", "list.json", "bad.toml", "latin.toml", "deep.json", "absent", "under/file",
         "new\nline.csv", "a b.csv", "long"]  # fmt: skip


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("place")
    written = {
        "empty": b"", "bytes": b"\xff\xfe\x00\xd8bad", "bad.json": b"{bad", "list.json": b"[1, 2]",
        "bad.toml": b"x = = 1", "latin.toml": b"caf\xe9 = 1", "deep.json": b"[" * 200_000, "under": b"",
        "new\nline.csv": b"n,\n", "a b.csv": b"n,m\n1,2\n", "rated.csv": RATED.encode(),
    }  # fmt: skip
    for name, content in written.items():
        (folder / name).write_bytes(content)
    (folder / "folder").mkdir()
    return folder


def ended(
    arguments: list[str], capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> tuple[int, str]:
    """The exit code of a command line and what it says on stderr."""
    monkeypatch.setattr(sys, "argv", ["speecht5_demo", *arguments])
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    with pytest.raises(SystemExit) as found:
        main()
    code = found.value.code
    return (code if isinstance(code, int) else 1), capsys.readouterr().err


@pytest.mark.parametrize("name", COMMANDS)
@pytest.mark.parametrize("file", FILES)
def test_a_file_of_another_kind_is_one_sentence(
    name: str, file: str, place: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(place)
    given = "n" * 300 if file == "long" else file
    code, said = ended([part.replace("{}", given) for part in COMMANDS[name]], capsys, monkeypatch)
    assert code in (1, 2), said
    assert "Traceback" not in said
    assert code == 2 or len(said.strip().splitlines()) == 1, said


@pytest.mark.parametrize(
    "arguments",
    [
        ["synthesize", "Hi", "-c", "embedded", "-o", "folder"],
        ["synthesize", "Hi", "-c", "embedded", "-o", "under/x.wav"],
        ["synthesize", "Hi", "-c", "embedded", "--seed", "9" * 30],
        ["synthesize", "Hi", "-c", "embedded", "--prune", "nan"],
        ["compare", "Hi", "-c", "embedded", "-o", "under"],
        ["compare", "Hi", "-c", "embedded", "--repeats", "9" * 30],
        ["mos", "rated.csv", "--margin", "1e400"],
        ["mos", "rated.csv", "--html", "folder"],
        ["mos", "rated.csv", "--html", "under/x.html"],
        ["mos", "rated.csv", "--study", "under"],
        ["report", "--html", "folder"],
        ["report", "--markdown", "under/x"],
        ["report", "--readme", "folder"],
        ["report", "--readme", "bytes"],
        ["variants", "build", "int8", "-c", "embedded", "-o", "under/x"],
        ["benchmark-ratings", "--rows", "abc"],
    ],
    ids=" ".join,
)
def test_a_place_or_a_number_that_cannot_be_used_is_one_sentence(
    arguments: list[str], place: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(place)
    code, said = ended(arguments, capsys, monkeypatch)
    assert code in (1, 2), said
    assert "Traceback" not in said
    assert code == 2 or said.count("error:") == 1


def test_names_with_line_ends_and_colours_stay_on_one_line(
    place: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    code, said = ended(["mos", "no\n\x1b[31mfile"], capsys, monkeypatch)
    assert (code, said.count("\n")) == (1, 1)
    assert "\x1b" not in said


PROGRAM = """
import signal
signal.signal(signal.SIGINT, signal.default_int_handler)
from speecht5_demo import cli
"""
SAY_WHEN_IT_RUNS = """
import speecht5_demo.checkpoints.loading, speecht5_demo.synthesis
def told(commands=cli.app):
    print("ready", flush=True)
    commands()
cli.app = told
"""
"""Where an import's own clean-up is interrupted, Python itself writes a traceback: all is imported before."""


def run(
    arguments: list[str], folder: Path, stdout: IO[str] | int = subprocess.PIPE, before: str = ""
) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", PROGRAM + before + "cli.main()", *arguments],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        text=True,
        stdout=stdout,
        stderr=subprocess.PIPE,
    )


def test_ctrl_c_is_one_line_and_130_and_leaves_nothing_half_written(tmp_path: Path) -> None:
    text = "This sentence goes on and on for quite a while. " * 40
    process = run(["synthesize", text, "-c", "embedded", "-o", "half.wav"], tmp_path, before=SAY_WHEN_IT_RUNS)
    assert process.stdout is not None
    assert process.stdout.readline() == "ready\n"
    time.sleep(0.5)  # it loads the voice, or speaks, for many seconds from here on
    process.send_signal(signal.SIGINT)
    _, said = process.communicate(timeout=120)
    assert process.returncode == 130
    assert said.strip().splitlines()[-1] == "Stopped."
    assert "Traceback" not in said
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("arguments", [["variants"], ["variants", "--json"], ["speakers", "-c", "embedded"]])
def test_a_reader_that_leaves_and_a_full_disk_give_no_traceback(arguments: list[str], tmp_path: Path) -> None:
    process = run(arguments, tmp_path)
    assert process.stdout is not None
    process.stdout.close()
    _, said = process.communicate(timeout=120)
    assert "Traceback" not in said
    with Path("/dev/full").open("w") as full:
        process = run(arguments, tmp_path, stdout=full)
        _, said = process.communicate(timeout=120)
    assert process.returncode == 1
    assert "No space left on device" in said
    assert "Traceback" not in said


def test_what_ends_a_command_is_written_once(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        speecht5_demo.cli._end(1, "error: a\nb")
    assert capsys.readouterr().err == "error: a\\nb\n"
