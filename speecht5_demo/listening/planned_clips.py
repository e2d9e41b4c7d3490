"""Which clips a study needs: what each says, who says it, with which seed, and which are spoken together."""

import hashlib
import hmac
import json
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass
from itertools import groupby

from speecht5_demo.listening.study import Sentence, Study

BATCH = 16
"""Lines that are spoken together: most of what a batch gains."""


def secret_seed(secret: bytes, study: Study, what: str) -> int:
    """A seed of a study that only this deployment's secret gives: a visitor cannot speak the clips again to tell which
    is which, and preparing the study again makes the same clips.
    """
    digest = hmac.digest(secret, f"seed\x00{study.id}\x00{study.seed}\x00{what}".encode(), "sha256")
    return int.from_bytes(digest[:4], "big") >> 1


@dataclass(frozen=True)
class Line:
    """What one clip says, who says it, and the seed."""

    text: str
    speaker: str
    seed: int


@dataclass(frozen=True)
class Batch:
    """Lines that one variant speaks together; `number` tells batches of equal lines apart."""

    number: int
    variant: str
    lines: tuple[Line, ...]


@dataclass(frozen=True)
class PlannedClip:
    """One clip to be made: everything that determines it."""

    role: str
    sentence: Sentence
    speaker: str
    variant: str
    seed: int
    expected: int | None = None

    def key(self, study: Study, voice_digest: str) -> str:
        """The same for the same clip by the same weights; names the raw file while preparing."""
        anchor = study.anchor.q_db if self.role == "anchor" else None
        parts = json.dumps([asdict(self), anchor, voice_digest], sort_keys=True)
        return hashlib.sha256(parts.encode()).hexdigest()[:32]


def planned_clips(study: Study, speakers: tuple[str, ...], secret: bytes) -> list[PlannedClip]:
    """Every clip of a study, variant by variant: each is built once, however many sentences it speaks."""
    every = _planned(study, speakers, secret)
    return sorted(every, key=lambda planned: study.variants.index(planned.variant))


def _planned(study: Study, speakers: tuple[str, ...], secret: bytes) -> Iterator[PlannedClip]:
    """Clip by clip; the repeat of the baseline is another draw."""
    plan = study.session
    seed, repeat_seed = secret_seed(secret, study, "test"), secret_seed(secret, study, "repeat")
    for speaker in speakers:
        for sentence in study.sentences:
            # Sentence by sentence is what a broken-off run can use.
            for variant in study.variants:
                yield PlannedClip("test", sentence, speaker, variant, seed)
            if plan.repeats:
                yield PlannedClip("repeat", sentence, speaker, study.baseline, repeat_seed)
            if plan.anchors:
                yield PlannedClip("anchor", sentence, speaker, study.baseline, seed)
        if plan.traps:
            for answer, text in study.question_type.traps.items():
                yield PlannedClip(
                    "trap", Sentence(f"trap-{answer}", text), speaker, study.baseline, seed, answer
                )
    if plan.practice:
        # Best and worst of what will be heard, so that the scale is used from the first trial.
        for k, sentence in enumerate(study.practice_sentences):
            worst = study.variants[-1] if k % 2 else study.baseline
            yield PlannedClip("practice", sentence, speakers[k % len(speakers)], worst, seed)


def batches(wanted: Iterable[PlannedClip]) -> list[list[PlannedClip]]:
    """The clips that are spoken, a few lines of one variant at a time.

    Which lines come together is the plan's alone, so that they sound alike to the last bit whoever speaks the others.
    """
    found = []
    for _, group in groupby(wanted, key=lambda planned: planned.variant):
        lines = [planned for planned in group if planned.role != "anchor"]
        found += [lines[first : first + BATCH] for first in range(0, len(lines), BATCH)]
    return found
