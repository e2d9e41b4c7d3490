"""What a recogniser hears in a sample: its transcript with the words that differ marked, and predicted opinions.

recogniser = yield from open_in_parts(find_recogniser())
heard = yield from hear_in_parts(recogniser, "The birch canoe slid.", samples)
"""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import dataclass
from typing import Literal

from speecht5_demo.errors import QualityError
from speecht5_demo.quality.libraries import Library
from speecht5_demo.quality.metrics import BY_NAME, libraries
from speecht5_demo.quality.metrics.predicted import distilled_mos, predicted_mos
from speecht5_demo.quality.metrics.words import JIWER, SILENT, normalised, word_errors
from speecht5_demo.quality.recognisers import (
    WHISPER,
    FoundRecogniser,
    Recogniser,
    open_recogniser,
)
from speecht5_demo.quality.signals import SAMPLING_RATE, Samples, is_silent
from speecht5_demo.quality.transcript import Transcript, joined
from speecht5_demo.quality.whisper import LONGEST_S

Kind = Literal["same", "other", "missing", "added"]
MEASURED = ("wer", "predicted-mos", "distill-mos")
PREDICTED_S = 30.0
"""Opinions are predicted of so much of a sample's beginning; more takes long and changes little."""


@dataclass(frozen=True)
class HeardWord:
    """One word of a comparison.

    Attributes:
        text: what was heard; for `missing`, what was to be said.
        kind: `same` as said, `other` in place of a said one, `missing` from what was heard, or `added` to it.
        said: the word in whose place an `other` one was heard; else empty.
    """

    text: str
    kind: Kind
    said: str = ""


@dataclass(frozen=True)
class Heard:
    """What a recogniser and a predictor make of one sample.

    Attributes:
        transcript: as the recogniser wrote it.
        words: heard and missing words in order, both sides written alike: lower case, no punctuation.
        wer: word error rate, 0 is perfect.
        predicted_mos, distilled_mos: what DNSMOS P.808 and Distill-MOS predict, 1 to 5; None where there is too little
            to hear.
        remark: why the transcript is empty, where that is not plain.
    """

    transcript: str
    words: tuple[HeardWord, ...]
    wer: float
    predicted_mos: float | None
    distilled_mos: float | None
    remark: str = ""

    @property
    def wrong(self) -> int:
        """Words that differ."""
        return sum(word.kind != "same" for word in self.words)

    @property
    def said(self) -> int:
        """Words that were to be said."""
        return sum(word.kind != "added" for word in self.words)


def lacking() -> tuple[str, ...]:
    """What is not installed of all that hearing needs, by what pip calls it; nothing is imported to find out."""
    return tuple(library.title for library in _needed() if library.version() is None)


def open_in_parts(found: FoundRecogniser) -> Generator[None, None, Recogniser]:
    """The recogniser, for `hear_in_parts`; others can be served in between, for libraries take seconds to load.

    Raises:
        QualityError: when the optional set is not installed; the sentence says how to get it.
    """
    for library in _needed():
        library.load("What a recogniser hears")
        yield
    return open_recogniser(found)


def _needed() -> tuple[Library, ...]:
    found = (library for name in MEASURED for library in libraries(BY_NAME[name], WHISPER))
    return tuple(dict.fromkeys(found))


def hear_in_parts(recogniser: Recogniser, spoken_text: str, samples: Samples) -> Generator[None, None, Heard]:
    """What `recogniser` hears in mono samples at 16 kHz that were to say `spoken_text`.

    Others can be served in between: no part takes much longer than a second.

    Args:
        recogniser: as `open_in_parts` gives it.
        spoken_text: the spoken form, numbers written out.
        samples: in [-1, 1], shape (n,).

    Raises:
        QualityError: when the text has no words, or the recogniser fails.
    """
    silent = is_silent(samples)
    window = int(LONGEST_S * SAMPLING_RATE)
    pieces = [Transcript("", SILENT)] if silent else []
    for start in range(0, 0 if silent else len(samples), window):
        pieces.append(recogniser.transcribe(samples[start : start + window]))
        yield
    found = joined(pieces)
    opinions: list[float | None] = []
    for predict in (predicted_mos, distilled_mos):
        try:
            opinions.append(None if silent else predict(samples[: int(PREDICTED_S * SAMPLING_RATE)]))
        except QualityError:  # too little to hear for the predictor
            opinions.append(None)
        yield
    return Heard(
        transcript=found.text,
        words=compare(spoken_text, found.text),
        wer=word_errors(spoken_text, found.text).wer,
        predicted_mos=opinions[0],
        distilled_mos=opinions[1],
        remark=found.remark,
    )


def compare(spoken: str, heard: str) -> tuple[HeardWord, ...]:
    """The words of `heard` beside those of `spoken`, in order.

    Raises:
        QualityError: when `spoken` has no words.
    """
    reference, hypothesis = normalised(spoken).split(), normalised(heard).split()
    if not reference:
        raise QualityError(f"{spoken!r} has no words to compare with.")
    aligned = JIWER.load("Comparing words").process_words(" ".join(reference), " ".join(hypothesis))
    words: list[HeardWord] = []
    for chunk in aligned.alignments[0]:
        said = reference[chunk.ref_start_idx : chunk.ref_end_idx]
        got = hypothesis[chunk.hyp_start_idx : chunk.hyp_end_idx]
        if chunk.type == "equal":
            words += [HeardWord(word, "same") for word in got]
        elif chunk.type == "substitute":
            words += [HeardWord(one, "other", other) for one, other in zip(got, said, strict=True)]
        elif chunk.type == "delete":
            words += [HeardWord(word, "missing") for word in said]
        else:
            words += [HeardWord(word, "added") for word in got]
    return tuple(words)
