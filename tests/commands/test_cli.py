"""What is wrong or only listed is answered before anything slow is imported."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from speecht5_demo.cli import COMMANDS, load_command

ROOT = Path(__file__).resolve().parents[2]
SLOW = ("torch", "transformers", "pandas", "scipy", "datasets", "sklearn", "matplotlib")
RUN = f"""
import sys
from speecht5_demo.cli import main
try:
    main()
finally:
    print("imported:", *(name for name in {SLOW} if name in sys.modules), file=sys.stderr)
"""


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (["--help"], 0),
        (["--version"], 0),
        (["synthesize", "--help"], 0),
        (["compare", "--help"], 0),
        (["variants"], 0),
        (["variants", "--json"], 0),
        (["speakers", "-c", "embedded"], 0),
        (["sythesize", "Hello"], 2),
        (["synthesize", "Hello", "--seed", "-1"], 2),
        (["synthesize", ""], 1),
        (["synthesize", "..."], 1),
        (["synthesize", "Hello", "--variant", "int9"], 1),
        (["synthesize", "Hello", "-s", "nobody"], 1),
        (["synthesize", "Hello", "-s", "nobody.npy"], 1),
        (["compare", "Hello", "--variants", "int8,int9"], 1),
        (["compare", "Hello", "--variants", "int8,int8"], 1),
        (["compare", "Hello", "--exclude", "*"], 1),
        (["variants", "build", "int9"], 1),
        (["synthesize", "Hello", "-o", "hello.aac"], 1),
        (["synthesize", "Hello", "-o", "no/such/folder/hello.wav"], 1),
    ],
)
def test_nothing_slow_is_imported_for_an_answer_that_needs_none(
    arguments: list[str], code: int, tmp_path: Path
) -> None:
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    done = subprocess.run(
        [sys.executable, "-c", RUN, *arguments, *([] if code != 1 else ["-c", "embedded"])],
        cwd=tmp_path,
        env=environment,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == code, done.stderr
    assert done.stderr.splitlines()[-1] == "imported:"


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_that_is_listed_is_there(name: str) -> None:
    command = load_command(name)
    assert command.name == name
    assert command.help


def test_what_stays_is_made_without_a_search_for_garbage_and_never_searched_again() -> None:
    program = """
import gc
searches = []
gc.callbacks.append(lambda phase, found: searches.append(phase))
from speecht5_demo.memory import without_garbage_collection
with without_garbage_collection():
    before = len(searches)
    kept = [[] for _ in range(100_000)]
    during = len(searches) - before
print(during, gc.isenabled(), gc.get_freeze_count() > 100_000)
"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["0", "True", "True"]


NOT_NEEDED = (
    "gradio",
    "pandas",
    "datasets",
    "sklearn",
    "matplotlib",
    "torchaudio",
    "torchvision",
    "onnx",
    "librosa",
)


def test_a_sentence_is_spoken_without_the_libraries_of_other_commands(tmp_path: Path) -> None:
    program = RUN.replace(str(SLOW), str(NOT_NEEDED))
    done = subprocess.run(
        [sys.executable, "-c", program, "synthesize", "Hi.", "-c", "embedded", "-o", "hi.wav"],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        timeout=280,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert done.stderr.splitlines()[-1] == "imported:"
