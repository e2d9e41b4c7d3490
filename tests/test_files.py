"""Files that are there whole or not at all, and the sentence where they cannot be."""

from __future__ import annotations

import os
import resource
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from speecht5_demo.errors import OutputError
from speecht5_demo.files import whole_file, whole_folder, write_bytes, write_first, write_json, write_text


@pytest.mark.parametrize("durable", [False, True])
def test_a_file_takes_the_place_of_the_one_before(durable: bool, tmp_path: Path) -> None:
    for content in ("first", "second, longer"):
        assert write_text(tmp_path / "a.txt", content, durable=durable) == tmp_path / "a.txt"
        assert (tmp_path / "a.txt").read_text() == content
    assert os.listdir(tmp_path) == ["a.txt"]


def test_others_may_read_what_is_written_as_the_umask_says(tmp_path: Path) -> None:
    (tmp_path / "plain").write_bytes(b"x")
    write_bytes(tmp_path / "ours", b"x")
    assert (tmp_path / "ours").stat().st_mode == (tmp_path / "plain").stat().st_mode


def test_a_block_that_fails_leaves_the_file_before_and_nothing_else(tmp_path: Path) -> None:
    write_text(tmp_path / "a.txt", "before")

    def half() -> None:
        with whole_file(tmp_path / "a.txt") as aside:
            aside.write_text("half")
            raise ValueError

    with pytest.raises(ValueError):  # noqa: PT011
        half()
    assert (tmp_path / "a.txt").read_text() == "before"
    assert os.listdir(tmp_path) == ["a.txt"]


def test_a_folder_is_replaced_whole_or_stays_as_it_was(tmp_path: Path) -> None:
    target = tmp_path / "made"

    def make(name: str, fails: bool) -> None:
        with whole_folder(target) as aside:
            (aside / name).write_text(name)
            if fails:
                raise ValueError

    make("one", fails=False)
    make("two", fails=False)
    assert os.listdir(target) == ["two"]
    with pytest.raises(ValueError):  # noqa: PT011
        make("three", fails=True)
    assert os.listdir(target) == ["two"]
    assert os.listdir(tmp_path) == ["made"]


def _in_a_missing_folder(place: Path) -> Path:
    return place / "missing" / "a.txt"


def _in_a_file(place: Path) -> Path:
    (place / "file").write_text("x")
    return place / "file" / "a.txt"


def _a_folder(place: Path) -> Path:
    (place / "folder").mkdir()
    return place / "folder"


@pytest.mark.parametrize(
    ("where", "words"),
    [
        (_in_a_missing_folder, "the folder .*missing is not there"),
        (_in_a_file, ".*file is a file, not a folder"),
        (_a_folder, "it is a folder"),
        (lambda place: place / ("x" * 300), "the name is too long"),
        (lambda _: Path("/dev/full"), "the disk is full"),
    ],
)
def test_what_cannot_be_written_is_said_in_one_sentence(
    where: Callable[[Path], Path], words: str, tmp_path: Path
) -> None:
    path = where(tmp_path)
    before = sorted(tmp_path.rglob("*"))
    with pytest.raises(OutputError, match=f"^Cannot write .*: {words}. Choose another place.$"):
        write_text(path, "text")
    assert sorted(tmp_path.rglob("*")) == before


def test_a_missing_folder_is_made_where_that_is_asked_for(tmp_path: Path) -> None:
    write_json(tmp_path / "a" / "b" / "c.json", {"é": 1}, parents=True)
    assert (tmp_path / "a" / "b" / "c.json").read_text(encoding="utf-8") == '{\n "é": 1\n}\n'


def test_a_write_that_stops_midway_leaves_nothing(tmp_path: Path) -> None:
    limit = (1000, resource.getrlimit(resource.RLIMIT_FSIZE)[1])
    code = (
        "import resource, sys; from pathlib import Path; from speecht5_demo.files import write_bytes\n"
        f"resource.setrlimit(resource.RLIMIT_FSIZE, {limit}); write_bytes(Path(sys.argv[1]), bytes(5000))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, str(tmp_path / "a")], capture_output=True, text=True, check=False
    )
    assert "OutputError: Cannot write" in done.stderr
    assert os.listdir(tmp_path) == []


def test_a_pipe_and_a_link_are_written_where_they_are(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    read: list[bytes] = []
    reader = threading.Thread(target=lambda: read.append((tmp_path / "pipe").read_bytes()))
    reader.start()
    write_bytes(tmp_path / "pipe", b"through")
    reader.join(timeout=60)
    assert read == [b"through"]
    assert (tmp_path / "pipe").is_fifo()
    (tmp_path / "real").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "real" / "file")
    write_bytes(tmp_path / "link", b"x")
    assert (tmp_path / "link").is_symlink()
    assert (tmp_path / "real" / "file").read_bytes() == b"x"


def test_of_many_that_write_first_one_decides_for_all(tmp_path: Path) -> None:
    seen: list[bytes] = []
    threads = [
        threading.Thread(
            target=lambda name=name: seen.append(write_first(tmp_path / "secret", name))  # type: ignore[misc]
        )
        for name in (b"one", b"two", b"three", b"four")
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(seen) == 4
    assert len(set(seen)) == 1
    assert (tmp_path / "secret").stat().st_mode & 0o777 == 0o600
    assert os.listdir(tmp_path) == ["secret"]
