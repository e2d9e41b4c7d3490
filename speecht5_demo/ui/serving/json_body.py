"""A small JSON object from the network, or the sentence that says why it is none."""

from __future__ import annotations

import json
import math

from speecht5_demo.errors import DemoError

DEEPEST = 24
LARGEST_NUMBER = 2.0**53


class BodyError(DemoError):
    """A request's body cannot be used."""


def json_object(body: bytes) -> dict[str, object]:
    """The object in `body`.

    Raises:
        BodyError: it is no JSON object, too deep, or holds a number or a text that nothing here can keep.
    """
    try:
        document = json.loads(body, parse_constant=_no_number)
    except (ValueError, RecursionError) as error:
        raise BodyError("Send one JSON object.") from error
    if not isinstance(document, dict):
        raise BodyError("Send one JSON object.")
    _check(document)
    return document


def _no_number(name: str) -> None:
    raise BodyError(f"{name} is no number in JSON.")


def _check(document: object) -> None:
    """Walks without recursion: a body decides how deep it is."""
    waiting: list[tuple[object, int]] = [(document, 1)]
    while waiting:
        value, depth = waiting.pop()
        if depth > DEEPEST:
            raise BodyError(f"The JSON is nested deeper than {DEEPEST} levels.")
        if isinstance(value, dict):
            waiting += [(part, depth + 1) for pair in value.items() for part in pair]
        elif isinstance(value, list):
            waiting += [(part, depth + 1) for part in value]
        elif isinstance(value, str):
            if not value.isascii() and any("\ud800" <= letter <= "\udfff" for letter in value):
                raise BodyError("A text holds half a character (a lone surrogate).")
        elif isinstance(value, int) and not isinstance(value, bool):
            if abs(value) > LARGEST_NUMBER:
                raise BodyError("A number is too large.")
        elif isinstance(value, float) and (not math.isfinite(value) or abs(value) > LARGEST_NUMBER):
            raise BodyError("A number is too large.")
