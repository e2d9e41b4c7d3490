"""Documents as JSON files. A file opens with its kind and the schema it is written in:

    {"kind": "benchmark" | "evaluation" | "sweep" | "listeners" | "run", "schema": 2, ...}

The other names are the fields of the kind's dataclass. A file of another schema is refused, not guessed at.
"""

from __future__ import annotations

import json
from dataclasses import Field, asdict
from functools import cache
from pathlib import Path
from typing import Any, ClassVar, Protocol, TypeVar

from pydantic import TypeAdapter, ValidationError

from speecht5_demo.errors import ResultsError
from speecht5_demo.files import write_text
from speecht5_demo.messages import Message

SCHEMA = 2
LEAVE_OUT = Message("Leave it out, or write it again.")


class Document(Protocol):
    """A frozen dataclass that is written to a file of its own.

    Attributes:
        KIND: the file's `kind`.
        COMMAND: what writes such a file, for the error's sentence.
        __dataclass_fields__: it is a dataclass.
    """

    KIND: ClassVar[str]
    COMMAND: ClassVar[str]
    __dataclass_fields__: ClassVar[dict[str, Field[Any]]]


D = TypeVar("D", bound=Document)


def as_text(document: Document) -> str:
    """The document as JSON text. Numbers are never NaN: that raises ValueError."""
    content = {"kind": document.KIND, "schema": SCHEMA, **asdict(document)}
    return json.dumps(content, indent=1, ensure_ascii=False, allow_nan=False) + "\n"


def write(document: Document, path: Path) -> Path:
    """Write the document, whole or not at all."""
    return write_text(path, as_text(document), parents=True)


def read(path: Path, form: type[D]) -> D:
    """The document of one kind in a file.

    Raises:
        ResultsError: there is none, or it is of another kind or schema, or a field is wrong; the message names it.
    """
    again = Message("Write it again with `{command}`.", command=form.COMMAND)
    try:
        text = path.read_bytes()
    except OSError as error:
        raise ResultsError(_unreadable(path, error, again)) from error
    kind, schema = _head(path, text, again)
    if kind != form.KIND:
        found = kind or Message("no kind of result")
        raise ResultsError(
            Message(
                "{path} holds {kind}, not {wanted}. {again}",
                path=path,
                kind=found,
                wanted=form.KIND,
                again=again,
            )
        )
    if schema != SCHEMA:
        raise ResultsError(
            Message(
                "{path}: schema is {schema}, this version reads {wanted}. {again}",
                path=path,
                schema=schema,
                wanted=SCHEMA,
                again=again,
            )
        )
    try:
        document: D = _adapter(form).validate_json(text, strict=True)
    except ValidationError as error:
        first = error.errors()[0]
        field = ".".join(str(part) for part in first["loc"])
        why = first["msg"].lower()
        raise ResultsError(
            Message("{path}: field {field}: {why}. {again}", path=path, field=field, why=why, again=again)
        ) from error
    return document


def kind_of(path: Path) -> str:
    """The `kind` of a file, empty where it says none.

    Raises:
        ResultsError: it cannot be read as JSON.
    """
    try:
        return _head(path, path.read_bytes(), LEAVE_OUT)[0]
    except OSError as error:
        raise ResultsError(_unreadable(path, error, Message("Leave it out."))) from error


def _unreadable(path: Path, error: OSError, again: str) -> Message:
    return Message("{path} cannot be read ({why}). {again}", path=path, why=error.strerror, again=again)


def _head(path: Path, text: bytes, again: str) -> tuple[str, object]:
    try:
        content = json.loads(text)
    except ValueError as error:
        raise ResultsError(
            Message("{path} is no JSON ({why}). {again}", path=path, why=error, again=again)
        ) from error
    if not isinstance(content, dict):
        return "", None
    return str(content.get("kind") or ""), content.get("schema")


@cache
def _adapter(form: type[D]) -> TypeAdapter[D]:
    return TypeAdapter(form)
