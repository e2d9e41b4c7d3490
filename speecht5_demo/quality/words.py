"""Word and character error rates against the spoken form of a sentence.

Both sides go through Whisper's English normaliser (transformers' copy of it, without its table of British
spellings),
then jiwer counts: substitutions, deletions and insertions over the number of words, or characters, that were
to be said.
"""

from dataclasses import dataclass
from functools import cache
from typing import Any

from speecht5_demo.errors import QualityError
from speecht5_demo.quality.libraries import load


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
    jiwer = load("jiwer", "WER")
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
