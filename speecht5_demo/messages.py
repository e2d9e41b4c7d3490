"""Sentences that can be said in another language later.

A message is its English text, and remembers the pattern and the values that it was made of. Whatever makes one, at any
layer and in any thread, needs no language; whoever shows it may look its pattern up in a table of translations.
"""

from __future__ import annotations

import string
from collections.abc import Mapping, Sequence


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


def _made_again(pattern: str, values: dict[str, object]) -> Message:
    return Message(pattern, **values)


def joined(separator: str, parts: Sequence[str]) -> str:
    """Parts in a row, each in the reader's language; where none is a message, plain text."""
    if not any(isinstance(part, Message) for part in parts):
        return separator.join(parts)
    names = [f"part{number}" for number in range(len(parts))]
    pattern = separator.replace("{", "{{").replace("}", "}}").join(f"{{{name}}}" for name in names)
    return Message(pattern, **dict(zip(names, parts, strict=True)))


def translated(text: str, table: Mapping[str, str]) -> str:
    """A message in the words of a table, pattern to pattern; what the table lacks, and what is no message, as it is."""
    if not isinstance(text, Message):
        return str(text)
    pattern = table.get(text.pattern, text.pattern)
    if not text.values:
        return pattern
    values = {
        name: translated(value, table) if isinstance(value, str) else value
        for name, value in text.values.items()
    }
    return pattern.format(**values)


def placeholders(pattern: str) -> set[str]:
    """Names of what a pattern leaves open."""
    return {name for _, name, _, _ in string.Formatter().parse(pattern) if name}
