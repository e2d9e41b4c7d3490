"""Word and character error rates against the spoken form of a sentence.

Both sides go through Whisper's English normaliser (transformers' copy of it, without its table of British spellings),
then jiwer counts: substitutions, deletions and insertions over the number of words, or characters, that were to be
said. Where an evaluation has several dropout seeds, the rate of an utterance is the mean over them.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from statistics import fmean
from typing import Any

from speecht5_demo.errors import QualityError
from speecht5_demo.quality.libraries import Library
from speecht5_demo.quality.metrics.metric import SHARE, Measured, Metric, Need
from speecht5_demo.quality.signals import Samples, is_silent
from speecht5_demo.quality.subject import Subject, given
from speecht5_demo.quality.transcript import Transcript

JIWER = Library("jiwer")
SILENT = "the output is silent: every word counts as missed"


@dataclass(frozen=True)
class WordErrors:
    """How a transcript differs from what was to be said.

    Attributes:
        wer: word error rate; 0 is perfect, above 1 is possible.
        cer: character error rate.
        words: words in the normalised reference; pooled rates weigh a sentence by it.
        characters: characters in the normalised reference.
        reference, hypothesis: both sides after normalisation.
    """

    wer: float
    cer: float
    words: int
    characters: int
    reference: str
    hypothesis: str


@cache
def _normaliser() -> Any:
    from transformers.models.whisper.english_normalizer import EnglishTextNormalizer

    return EnglishTextNormalizer({})


def normalised(text: str) -> str:
    """`text` as both sides of a comparison are written: lower case, no punctuation, contractions opened."""
    return str(_normaliser()(text)).strip()


def word_errors(spoken: str, heard: str) -> WordErrors:
    """Compare a transcript with the spoken form.

    Raises:
        QualityError: when the spoken form has no words left to count.
    """
    jiwer = JIWER.load("WER")
    reference, hypothesis = normalised(spoken), normalised(heard)
    if not any(letter.isalnum() for letter in reference):
        raise QualityError(f"{spoken!r} has no words to count after normalisation.")
    return WordErrors(
        wer=float(jiwer.wer(reference, hypothesis)),
        cer=float(jiwer.cer(reference, hypothesis)),
        words=len(reference.split()),
        characters=len(reference),
        reference=reference,
        hypothesis=hypothesis,
    )


def _transcripts(subject: Subject) -> list[Transcript]:
    """Of the utterance, and of it under further seeds."""
    return [
        _transcript(subject, samples)
        for samples in (subject.samples, *(speak() for speak in subject.reseeded))
    ]


def _transcript(subject: Subject, samples: Samples) -> Transcript:
    if is_silent(samples):
        return Transcript("", SILENT)
    return given(subject.recogniser, "recogniser").transcribe(samples)


def _errors(subject: Subject) -> list[WordErrors]:
    return [word_errors(subject.spoken_text, found.text) for found in subject.shared(_transcripts)]


def _remark(subject: Subject) -> str:
    return "; ".join(dict.fromkeys(one.remark for one in subject.shared(_transcripts) if one.remark))


def _word_error_rate(subject: Subject) -> Measured:
    found = subject.shared(_errors)
    detail = " | ".join(one.hypothesis for one in found)
    return Measured(fmean(one.wer for one in found), _remark(subject), detail)


def _character_error_rate(subject: Subject) -> Measured:
    return Measured(fmean(one.cer for one in subject.shared(_errors)), _remark(subject))


METRICS = (
    Metric(
        name="wer",
        label="WER",
        unit=SHARE,
        better="lower",
        about="jiwer after Whisper's English normaliser, on the spoken form.",
        measure=_word_error_rate,
        needs=frozenset({Need.RECOGNISER}),
        libraries=(JIWER,),
        weigh=lambda subject: float(len(normalised(subject.spoken_text).split())),
        swept=True,
    ),
    Metric(
        name="cer",
        label="CER",
        unit=SHARE,
        better="lower",
        about="Characters instead of words, otherwise as WER.",
        measure=_character_error_rate,
        needs=frozenset({Need.RECOGNISER}),
        libraries=(JIWER,),
        weigh=lambda subject: float(len(normalised(subject.spoken_text))),
        swept=True,
    ),
)
