"""What a recogniser hears in a sample: its transcript with the words that differ marked, and the predicted opinion.

for word in hear(recogniser, "The birch canoe slid.", samples).words:
    print(word.text, word.kind)
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from speecht5_demo.errors import QualityError
from speecht5_demo.quality.metrics import require
from speecht5_demo.quality.metrics.predicted import predicted_mos
from speecht5_demo.quality.metrics.words import JIWER, SILENT, normalised, word_errors
from speecht5_demo.quality.recognisers import WHISPER, Recogniser, open_recogniser
from speecht5_demo.quality.signals import Samples, is_silent
from speecht5_demo.quality.transcript import Transcript

Kind = Literal["same", "other", "missing", "added"]


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
        predicted_mos: what DNSMOS P.808 predicts, 1 to 5; None for silence.
        remark: why the transcript is empty, where that is not plain.
    """

    transcript: str
    words: tuple[HeardWord, ...]
    wer: float
    predicted_mos: float | None
    remark: str = ""


def open_listener() -> Recogniser:
    """The default recogniser, for `hear`.

    Raises:
        QualityError: when the optional set is not installed; the sentence says how to get it.
    """
    require(("wer", "predicted-mos"), WHISPER)
    return open_recogniser()


def hear(recogniser: Recogniser, spoken_text: str, samples: Samples) -> Heard:
    """What `recogniser` hears in mono samples at 16 kHz that were to say `spoken_text`.

    Args:
        recogniser: as `open_listener` gives it.
        spoken_text: the spoken form, numbers written out.
        samples: in [-1, 1], shape (n,).

    Raises:
        QualityError: when the text has no words, or the recogniser fails.
    """
    silent = is_silent(samples)
    found = Transcript("", SILENT) if silent else recogniser.transcribe(samples)
    try:
        opinion = None if silent else predicted_mos(samples)
    except QualityError:  # too little to hear for the predictor
        opinion = None
    return Heard(
        transcript=found.text,
        words=compare(spoken_text, found.text),
        wer=word_errors(spoken_text, found.text).wer,
        predicted_mos=opinion,
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
