"""What a recogniser wrote down, and what is to be said of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

NO_SPEECH = "the recogniser heard no speech: every word counts as missed"
REPEATED = "the recogniser only repeats itself, which is no transcript: every word counts as missed"


@dataclass(frozen=True)
class Transcript:
    """Speech as text.

    Attributes:
        text: as the recogniser writes it; empty where it heard no word.
        remark: why it is empty, where that is not plain.
    """

    text: str
    remark: str = ""


def joined(pieces: Sequence[Transcript]) -> Transcript:
    """One transcript of speech that was heard in pieces."""
    remarks = dict.fromkeys(piece.remark for piece in pieces if piece.remark)
    return Transcript(" ".join(piece.text for piece in pieces if piece.text), "; ".join(remarks))
