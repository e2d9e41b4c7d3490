"""The sentences of an evaluation: the Harvard list, its beginning, or a list of one's own."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from speecht5_demo.errors import QualityError

HARVARD = Path(__file__).parents[2] / "assets" / "text" / "harvard.txt"
DEFAULT_SENTENCES = 50


@dataclass(frozen=True)
class Sentence:
    """One sentence of the list.

    Attributes:
        number: its place in the list, from 1.
        text: as written.
    """

    number: int
    text: str


def read_sentences(wanted: str) -> tuple[Sentence, ...]:
    """The sentences an option names: `harvard` for all 720, a number for the first so many, or a file.

    A file has one sentence a line; empty lines and lines that start with # are left out.

    Raises:
        QualityError: when there is no such file, or a line of it cannot be spoken.
    """
    from speecht5_demo.text import spoken_form

    path = HARVARD if wanted == "harvard" or wanted.isdigit() else Path(wanted)
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise QualityError(
            f"{wanted} is no readable list of sentences ({error}). Give a text file, harvard, or a number."
        ) from error
    texts = [line.strip() for line in lines if line.strip() and not line.startswith("#")]
    if wanted.isdigit():
        if not 1 <= int(wanted) <= len(texts):
            raise QualityError(f"{wanted} sentences: the Harvard list has 1 to {len(texts)}.")
        texts = texts[: int(wanted)]
    if not texts:
        raise QualityError(f"{wanted} has no sentence in it.")
    for text in texts:
        spoken_form(text)
    return tuple(Sentence(number, text) for number, text in enumerate(texts, start=1))
