"""Sentences that can be said in another language later.

A message is its English text, and remembers the pattern and the values that it was made of. Whatever makes one, at any
layer and in any thread, needs no language; whoever shows it may look its pattern up in a table of translations.

What is drawn below the pages, tables and charts, asks `told` for its words: those of the reader that it is drawn for.

    with drawn_for(reader):
        page = table(Message("Scores"), ...)
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Protocol


class Reader(Protocol):
    """Whom something is drawn for.

    Attributes:
        language: its tag.
        direction: `ltr` or `rtl`.
        page: English text to that language's; empty for English.
    """

    @property
    def language(self) -> str: ...

    @property
    def direction(self) -> str: ...

    @property
    def page(self) -> Mapping[str, str]: ...

    def __hash__(self) -> int: ...


_READER: ContextVar[Reader | None] = ContextVar("reader", default=None)


class Message(str):
    """An English sentence: `Message("{done} of {total} samples are ready.", done=1, total=4)`.

    Attributes:
        pattern: the English text with its placeholders.
        values: what they stand for; a value may be a message too.
    """

    __slots__ = ("pattern", "values")

    pattern: str
    values: Mapping[str, object]

    def __new__(cls, pattern: str, /, **values: object) -> Message:
        """The sentence in English; braces in a pattern without values are braces."""
        made = super().__new__(cls, pattern.format(**values) if values else pattern)
        made.pattern, made.values = pattern, values
        return made

    def __str__(self) -> Message:
        """Itself, so that an error's text stays a message."""
        return self

    def __reduce__(self) -> tuple[object, ...]:
        return _made_again, (self.pattern, dict(self.values))


def messages(*patterns: str) -> tuple[Message, ...]:
    """Texts without values, such as the heads of a table."""
    return tuple(map(Message, patterns))


def _made_again(pattern: str, values: dict[str, object]) -> Message:
    return Message(pattern, **values)


def joined(separator: str, parts: Sequence[str]) -> str:
    """Parts in a row, each in the reader's language; where none is a message, plain text."""
    if not any(isinstance(part, Message) for part in parts):
        return separator.join(parts)
    names = [f"part{number}" for number in range(len(parts))]
    pattern = separator.replace("{", "{{").replace("}", "}}").join(f"{{{name}}}" for name in names)
    return Message(pattern, **dict(zip(names, parts, strict=True)))


def translated(text: str, table: Mapping[str, str], written: Callable[[str], str] = str) -> str:
    """A message in the words of a table, pattern to pattern; what the table lacks, and what is no message, as it is.

    Args:
        written: what becomes of every pattern and text before they are put together, such as escaping.
    """
    if not isinstance(text, Message):
        return written(text)
    pattern = written(table.get(text.pattern, text.pattern))
    if not text.values:
        return pattern
    values = {
        name: translated(value, table, written) if isinstance(value, str) else value
        for name, value in text.values.items()
    }
    return pattern.format(**values)


@contextmanager
def drawn_for(reader: Reader) -> Iterator[None]:
    """What is drawn in the block is in a reader's language; without one it is in English."""
    before = _READER.set(reader)
    try:
        yield
    finally:
        _READER.reset(before)


def reader() -> Reader | None:
    """Whom things are drawn for at present; None for whoever reads English."""
    now = _READER.get()
    return now if now is not None and now.page else None


def told(text: str, written: Callable[[str], str] = str) -> str:
    """A text in the language of who reads; a message that English readers see is plain text."""
    now = _READER.get()
    return translated(text, {} if now is None else now.page, written)
