"""What a recogniser wrote down, and what is to be said of it."""

from __future__ import annotations

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
