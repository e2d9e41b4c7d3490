"""Whether a voice between two speakers can be understood: nobody taught it, so it has to be measured."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass

from voice_training.listening import error_rate, hear_all
from voice_training.speaker_vectors import speaker_vectors
from voice_training.speaking import Line, Voice


@dataclass(frozen=True)
class BlendFigures:
    """An even blend of two speakers.

    Attributes:
        word_errors: share of words that the recogniser got wrong. missing_stops: ended by the cap.
    """

    speakers: tuple[str, str]
    utterances: int
    word_errors: float
    missing_stops: int


def measure_blends(
    voice: Voice, texts: Sequence[str], speakers: Sequence[str], seed: int, workers: int
) -> list[BlendFigures]:
    """Every even blend of two of the speakers on every text."""
    vectors = speaker_vectors()
    pairs = list(itertools.combinations(speakers, 2))
    lines = [
        Line(text, f"{first}+{second}", (vectors[first] + vectors[second]) / 2**0.5)
        for first, second in pairs
        for text in texts
    ]
    utterances = voice.speak(lines, seed)
    heard = hear_all([(u.line.text, u.samples) for u in utterances], False, workers)
    figures = []
    for index, pair in enumerate(pairs):
        mine = slice(index * len(texts), (index + 1) * len(texts))
        figures.append(
            BlendFigures(
                speakers=pair,
                utterances=len(texts),
                word_errors=round(error_rate(heard[mine]), 4),
                missing_stops=sum(not utterance.ended for utterance in utterances[mine]),
            )
        )
    return figures
