"""What a finished voice's folder says of it: how it was made, the figures that were measured, the card of both."""

from __future__ import annotations

import json
import math
import textwrap
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
from safetensors import safe_open

from speecht5_demo.files import write_json, write_text
from speecht5_demo.quality.recognisers import SPHINX, WHISPER
from voice_training import VoiceTrainingError

PROVENANCE_FILE = "provenance.json"
FIGURES_FILE = "figures.json"
_CARD_FILE = "README.md"
_WIDTH = 105
_HEARD_BY = {WHISPER: "Whisper tiny.en's, a small recogniser", SPHINX: "pocketsphinx's, a weak recogniser"}


@dataclass(frozen=True)
class SpeakerFigures:
    """What was measured on one speaker's utterances; what needs the teacher's reading is None where there is none.

    Attributes:
        word_errors: share of words that the recogniser got wrong. teacher_word_errors: the same for the teacher.
        predicted_mos: by `judge`, 1 to 5; None where it was not asked for. teacher_predicted_mos: likewise.
        mean_length: mean of the utterances' lengths over the teacher's. longest: the largest.
        much_longer: utterances of more than 1.5 times the teacher's length. missing_stops: ended by the cap.
        monotone: share of utterances whose text was read once, from left to right, to its end.
    """

    speaker: str
    utterances: int
    word_errors: float
    teacher_word_errors: float | None
    predicted_mos: float | None
    teacher_predicted_mos: float | None
    mean_length: float | None
    longest: float | None
    much_longer: int
    missing_stops: int
    monotone: float


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


@dataclass(frozen=True)
class Evaluation:
    """All figures of a finished voice; word error rates and lengths are on Harvard sentences.

    Attributes:
        by_speaker: on `sentences` sentences each, spoken with each of `seeds` seeds.
        long: with the first seed, on texts of 150 to 200 characters.
        blends: even blends of two speakers.
        asr: the recogniser that heard the word errors. judge: what predicted the opinion scores.
    """

    sentences: int
    seeds: int
    by_speaker: list[SpeakerFigures]
    long: list[SpeakerFigures]
    blends: list[BlendFigures]
    asr: str = WHISPER
    judge: str = "Distill-MOS"

    @property
    def stops(self) -> dict[str, int]:
        """Utterances of all speakers and seeds, and how many did not stop by themselves or were much longer."""
        return {
            name: sum(getattr(figures, name) for figures in self.by_speaker)
            for name in ("utterances", "missing_stops", "much_longer")
        }

    def write(self, path: Path) -> None:
        """Save as JSON, means over speakers included."""
        floor = [f.teacher_word_errors for f in self.by_speaker if f.teacher_word_errors is not None]
        means = {
            "mean_word_errors": round(float(np.mean([f.word_errors for f in self.by_speaker])), 4),
            "mean_teacher_word_errors": round(float(np.mean(floor)), 4) if floor else None,
        }
        write_json(path, {**means, **asdict(self), "stops": self.stops})

    @classmethod
    def read(cls, path: Path) -> Evaluation:
        """What :meth:`write` wrote."""
        told = json.loads(path.read_text(encoding="utf-8"))
        blends = [BlendFigures(**row | {"speakers": tuple(row["speakers"])}) for row in told["blends"]]
        by_speaker, long = ([SpeakerFigures(**row) for row in told[name]] for name in ("by_speaker", "long"))
        return cls(told["sentences"], told["seeds"], by_speaker, long, blends, told["asr"], told["judge"])


@dataclass(frozen=True)
class Provenance:
    """How a voice was made.

    Attributes:
        command: the command line that makes it again; None where no single one does, which `note` then tells.
        machine: processor or GPU, and how many cores.
        teacher: who read, to follow "read by". licence: a sentence on the terms of that.
        started_from: the voice it went on from, or None where it was trained from nothing.
        clips: training clips. hours: of the teacher's speech.
        steps and minutes: of training, by stage.
        processes: that took every step of the acoustic model together.
        note: what else has to be told, in sentences.
        vocoder_from: the vocoder it went on from where that is not the voice's own.
        pronounced: texts whose phonemes it learned beside the clips.
        runs: whose acoustic models' mean it has; steps and minutes of the stage are those of all.
        init_share: the part that the voice it went on from has in that mean.
    """

    command: str | None
    machine: str
    teacher: str
    licence: str
    started_from: str | None
    clips: int
    hours: float
    steps: dict[str, int]
    minutes: dict[str, float]
    processes: int
    note: str | None = None
    vocoder_from: str | None = None
    pronounced: int = 0
    runs: int = 1
    init_share: float = 0.0

    def write(self, folder: Path) -> None:
        """Keep it in a voice's folder."""
        write_json(folder / PROVENANCE_FILE, asdict(self))

    @classmethod
    def read(cls, folder: Path) -> Provenance:
        """How the voice in `folder` was made.

        Raises:
            VoiceTrainingError: when the folder does not say.
        """
        path = folder / PROVENANCE_FILE
        if not path.is_file():
            raise VoiceTrainingError(
                f"{folder} has no {PROVENANCE_FILE}: a card is written for voices made here."
            )
        return cls(**json.loads(path.read_text(encoding="utf-8")))


def write_card(folder: Path) -> None:
    """Write `README.md` into the voice's folder, from its files of provenance and figures."""
    write_text(folder / _CARD_FILE, card(folder))


def card(folder: Path) -> str:
    """The text of it."""
    provenance = Provenance.read(folder)
    evaluation = Evaluation.read(folder / FIGURES_FILE)
    stops = evaluation.stops
    heard_by = _HEARD_BY.get(evaluation.asr, f"{evaluation.asr}'s")
    seeds = "one seed" if evaluation.seeds == 1 else f"{evaluation.seeds} seeds"
    return f"""---
license: mit
language: en
library_name: transformers
pipeline_tag: text-to-speech
tags: [speecht5, text-to-speech, synthetic-data]
---

# A small SpeechT5 voice of our own

So that the demo speaks the moment it starts, with no network and no download, this folder holds a complete
text-to-speech checkpoint with {_weight_bytes(folder) / 1e6:.1f} MB of weights: a `SpeechT5ForTextToSpeech`
({_millions(folder / "model")} M parameters) and a `SpeechT5HifiGan` ({_millions(folder / "vocoder")} M),
the stock transformers classes, in fp16 safetensors. Any checkpoint folder is read by the same code.

## What it is for, and what it is not

It is for hearing and measuring what quantisation and pruning do to a SpeechT5 on a machine that has no copy
of the published model. It is not `microsoft/speecht5_tts`: that has 144 M parameters, and sizes, times and
ratings of this voice say nothing about it. It is not a recording: it learned its {len(evaluation.by_speaker)} speakers
from {provenance.teacher}, and cannot be more natural than that. It is not a voice cloner: the speaker vectors
are points at right angles; a blend of them is a voice in between, an uploaded x-vector gives an
unpredictable one. English only.

## How it was made

{_how_made(provenance)}

## How well it speaks

On {evaluation.sentences} held-out Harvard sentences a speaker, each spoken with {seeds}. Word errors
are {heard_by}: the teacher's own rate is its floor. Predicted MOS is {evaluation.judge}. Length
is the mean over the teacher's, and the largest.

{_table(evaluation.by_speaker)}

Of {stops["utterances"]:,} utterances {stops["missing_stops"]} did not stop by themselves,
{stops["much_longer"]} were more than 1.5 times as long as the teacher's.

{_long(evaluation)}{_blends(evaluation)}## Licence

MIT, like the rest of this repository. {provenance.licence}
"""


def _how_made(provenance: Provenance) -> str:
    sentences = []
    if provenance.command is not None:
        sentences.append(f"`{provenance.command}` on {provenance.machine}.")
        origin = provenance.started_from
        sentences.append(f"It went on from the voice in {origin}." if origin else "It started from nothing.")
    if provenance.vocoder_from is not None:
        sentences.append(f"Its vocoder went on from the one in {provenance.vocoder_from}.")
    if provenance.note is not None:
        sentences.append(provenance.note)
    if provenance.clips:
        sentences.append(
            f"It learned from {provenance.clips:,} clips, {provenance.hours:.1f} hours, read by {provenance.teacher}."
        )
    if provenance.pronounced:
        sentences.append(
            f"What letters sound like it also learned from the phonemes of {provenance.pronounced:,} texts that nobody "
            "read."
        )
    sentences.append("The Harvard sentences were held out.")
    if "acoustic" in provenance.steps:
        sentences.append(
            "Of the acoustic model the weights with the fewest word errors on development texts were kept. In half of "
            "its steps the three small layers that read or write mel frames did without their smallest weights, as a "
            "pruned voice has to. While it speaks, its attention to the text is sharper than in training."
        )
    if provenance.runs > 1 or provenance.init_share:
        runs = "one run" if provenance.runs == 1 else f"{provenance.runs} runs"
        kept = (
            f"{100 * provenance.init_share:g} % of the start and, for the rest, "
            if provenance.init_share
            else ""
        )
        sentences.append(
            f"The acoustic model is the mean of {kept}what {runs} from one start ended with, each on clips of its own; "
            "its steps and minutes are those of all."
        )
    if "matched" in provenance.steps:
        sentences.append("The vocoder is the mean of what the stages `vocoder` and `matched` ended with.")
    if provenance.processes > 1:
        sentences.append(
            f"Every step of the acoustic model was taken by {provenance.processes} processes together, on clips of "
            "their own."
        )
    text = textwrap.fill(" ".join(sentences), _WIDTH, break_long_words=False, break_on_hyphens=False)
    if not provenance.steps:
        return text
    rows = "\n".join(
        f"| {stage} | {steps:,} | {provenance.minutes[stage]:.1f} |"
        for stage, steps in provenance.steps.items()
    )
    return f"{text}\n\n| stage | steps | minutes |\n|---|---|---|\n{rows}"


def _table(figures: Sequence[SpeakerFigures]) -> str:
    lines = [
        "| speaker | word errors | teacher's | predicted MOS | teacher's | length | read once, in order |",
        "|---|---|---|---|---|---|---|",
    ]
    lines.extend(
        f"| {f.speaker} | {_share(f.word_errors)} | {_share(f.teacher_word_errors)} | {_number(f.predicted_mos)} | "
        f"{_number(f.teacher_predicted_mos)} | {_number(f.mean_length)} (at most {_number(f.longest)}) | "
        f"{f.monotone:.0%} |"
        for f in figures
    )
    return "\n".join(lines)


def _long(evaluation: Evaluation) -> str:
    if not evaluation.long:
        return ""
    count = evaluation.long[0].utterances
    return f"The same on {count} texts of 150 to 200 characters:\n\n{_table(evaluation.long)}\n\n"


def _blends(evaluation: Evaluation) -> str:
    if not evaluation.blends:
        return ""
    rows = "\n".join(
        f"| {' + '.join(f.speakers)} | {_share(f.word_errors)} | {f.missing_stops} |"
        for f in evaluation.blends
    )
    count = evaluation.blends[0].utterances
    return (
        f"Even blends of two speakers, {count} of the Harvard sentences each:\n\n"
        f"| blend | word errors | did not stop |\n|---|---|---|\n{rows}\n\n"
    )


def _share(value: float | None) -> str:
    return "-" if value is None else f"{value:.1%}"


def _number(value: float | None) -> str:
    return "-" if value is None else f"{value:.2f}"


def _weight_bytes(folder: Path) -> int:
    return sum(path.stat().st_size for path in folder.rglob("*.safetensors"))


def _millions(folder: Path) -> str:
    with safe_open(folder / "model.safetensors", framework="numpy") as weights:
        names = list(weights.keys())
        return f"{sum(math.prod(weights.get_slice(name).get_shape()) for name in names) / 1e6:.2f}"
