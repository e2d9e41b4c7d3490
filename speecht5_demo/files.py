"""Files and folders that are there whole or not at all.

What is written goes to a hidden name in the same folder and takes its own name when it is done, so that neither a
reader nor a process that is killed ever meets half a file. What fails leaves nothing behind and tells the user why.

    write_text(path, text)                      also write_bytes and write_json
    with whole_file(path) as aside: ...         for a library that writes to a path
    with whole_folder(path) as aside: ...
"""

from __future__ import annotations

import errno
import json
import os
import secrets
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from speecht5_demo.errors import OutputError

_REASONS = {
    errno.ENOSPC: "the disk is full",
    errno.EDQUOT: "the disk quota is used up",
    errno.EROFS: "the file system is read-only",
    errno.EACCES: "you may not write there",
    errno.EPERM: "you may not write there",
    errno.ENAMETOOLONG: "the name is too long",
}


def write_bytes(path: Path, data: bytes, *, durable: bool = False, parents: bool = False) -> Path:
    """Write a file whole or not at all, and return its path; the options and errors are those of `whole_file`."""
    with whole_file(path, durable=durable, parents=parents) as aside:
        aside.write_bytes(data)
    return path


def write_text(path: Path, text: str, *, durable: bool = False, parents: bool = False) -> Path:
    """`write_bytes` of UTF-8, line ends as they are."""
    return write_bytes(path, text.encode("utf-8"), durable=durable, parents=parents)


def write_json(
    path: Path, document: object, *, indent: int = 1, durable: bool = False, parents: bool = False
) -> Path:
    """`write_text` of a JSON document, its letters as they are; a number that is not finite is a defect of ours."""
    text = json.dumps(document, indent=indent, ensure_ascii=False, allow_nan=False)
    return write_text(path, f"{text}\n", durable=durable, parents=parents)


@contextmanager
def whole_file(path: Path, *, durable: bool = False, parents: bool = False) -> Iterator[Path]:
    """A path to write to; at the end of the block the file takes the name `path`.

    A device, a pipe or the target of a link is written where it is: only a regular file can be replaced.

    Args:
        path: of the file.
        durable: also wait until the disk has it, so that it outlives a power cut.
        parents: make the folder where it is not there.

    Raises:
        OutputError: it cannot be written; the message says why.
    """
    with telling_why(path):
        if path.is_dir():
            raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR))
        if path.exists() and not path.is_file():
            yield path
            return
        target = path.resolve()
        if parents:
            target.parent.mkdir(parents=True, exist_ok=True)
        aside = _aside(target)
        try:
            yield aside
            if durable:
                sync(aside)
            aside.replace(target)
            if durable:
                sync(target.parent)
        finally:
            aside.unlink(missing_ok=True)


@contextmanager
def whole_folder(path: Path) -> Iterator[Path]:
    """An empty folder to write into; at the end of the block it takes the place of `path`, which may be there.

    Raises:
        OutputError: it cannot be written; the message says why.
    """
    with telling_why(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        aside, before = _aside(path), _aside(path)
        aside.mkdir()
        try:
            yield aside
            if path.exists():
                path.rename(before)
            try:
                aside.rename(path)
            except OSError:
                if before.exists():
                    before.rename(path)
                raise
        finally:
            shutil.rmtree(aside, ignore_errors=True)
            shutil.rmtree(before, ignore_errors=True)


def write_first(path: Path, data: bytes) -> bytes:
    """Write a file for this user alone unless there is one, and return what it holds: of several processes the first
    decides for all.

    Raises:
        OutputError: it cannot be written.
    """
    with telling_why(path):
        if path.exists():
            return path.read_bytes()
        path.parent.mkdir(parents=True, exist_ok=True)
        aside = _aside(path)
        try:
            with os.fdopen(os.open(aside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as out:
                out.write(data)
                out.flush()
                os.fsync(out.fileno())
            with suppress(FileExistsError):
                os.link(aside, path)
        finally:
            aside.unlink(missing_ok=True)
        return path.read_bytes()


@contextmanager
def telling_why(path: Path) -> Iterator[None]:
    """What the system refuses inside the block becomes an `OutputError` about `path`."""
    try:
        yield
    except OSError as error:
        failure = OutputError(f"Cannot write {path}: {_reason(path, error)}. Choose another place.")
        failure.reason = _reason(path, error)
        raise failure from error


def _aside(path: Path) -> Path:
    """A name beside `path` that no process uses and no reader looks for."""
    return path.with_name(f".{secrets.token_hex(8)}.part")


def _reason(path: Path, error: OSError) -> str:
    if error.errno in (errno.ENOENT, errno.ENOTDIR) and not path.parent.is_dir():
        if path.parent.exists():
            return f"{path.parent} is a file, not a folder"
        return f"the folder {path.parent} is not there"
    if error.errno == errno.EEXIST:
        return f"{path.parent if path.is_dir() else path} is a file, not a folder"
    if error.errno == errno.EISDIR:
        return "it is a folder"
    return _REASONS.get(error.errno or 0) or error.strerror or str(error)


def sync(path: Path) -> None:
    """Wait until the disk has a file, or the names in a folder."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
