"""The voice's README: what it is, how it was made, and the figures that the run measured."""

from __future__ import annotations

import json
import math
import textwrap
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from safetensors import safe_open

from voice_training.errors import VoiceTrainingError
from voice_training.evaluation import Examination, SpeakerFigures
from voice_training.export import folder_bytes

_FILE = "making.json"


@dataclass(frozen=True)
class Making:
    """How a voice was made.

    Attributes:
        command: the command line that makes it again.
        machine: processor or GPU, and how many cores.
        started_from: name of the voice it went on from, or None where it was trained from nothing.
        clips: training clips. hours: of teacher's speech.
        steps and minutes: of gradient steps, by stage.
        kept: which of the weights passed in training were kept, in words.
        acoustic: how the acoustic model was made, where only the vocoder was trained here and that is told.
        vocoder_shares: share of the vocoder's training that each speaker had, where it was set.
        processes: that took every step of the acoustic model together.
    """

    command: str
    machine: str
    started_from: str | None
    clips: int
    hours: float
    steps: dict[str, int]
    minutes: dict[str, float]
    kept: str
    acoustic: Making | None = None
    vocoder_shares: dict[str, float] | None = None
    processes: int = 1

    def write(self, folder: Path) -> None:
        """Keep it in a voice's folder."""
        (folder / _FILE).write_text(json.dumps(asdict(self), indent=1) + "\n", encoding="utf-8")

    @staticmethod
    def is_told(folder: Path) -> bool:
        """Whether the voice in `folder` says how it was made."""
        return (folder / _FILE).is_file()

    @classmethod
    def read(cls, folder: Path) -> Making:
        """How the voice in `folder` was made.

        Raises:
            VoiceTrainingError: when the folder does not say.
        """
        if not cls.is_told(folder):
            raise VoiceTrainingError(
                f"{folder} has no {_FILE}: a card is written for voices of `voice train` only."
            )
        return cls._of(json.loads((folder / _FILE).read_text(encoding="utf-8")))

    @classmethod
    def _of(cls, told: dict[str, Any]) -> Making:
        acoustic = told.pop("acoustic", None)
        return cls(**told, acoustic=None if acoustic is None else cls._of(acoustic))


def write_card(folder: Path, making: Making, examination: Examination) -> None:
    """Write `README.md` into the voice's folder."""
    (folder / "README.md").write_text(_card(folder, making, examination), encoding="utf-8")


def _card(folder: Path, making: Making, examination: Examination) -> str:
    stops = examination.stops
    seeds = "one seed" if examination.seeds == 1 else f"{examination.seeds} seeds"
    return f"""---
license: mit
language: en
library_name: transformers
pipeline_tag: text-to-speech
tags: [speecht5, text-to-speech, synthetic-data]
---

# A small SpeechT5 voice of our own

So that the demo speaks the moment it starts, with no network and no download, this folder holds a complete
text-to-speech checkpoint of {folder_bytes(folder) / 1e6:.1f} MB: a `SpeechT5ForTextToSpeech`
({_millions(folder / "model")} M parameters) and a `SpeechT5HifiGan` ({_millions(folder / "vocoder")} M),
the stock transformers classes, in fp16 safetensors. Any checkpoint folder is read by the same code.

## What it is for, and what it is not

It is for hearing and measuring what quantisation and pruning do to a SpeechT5 on a machine that has no copy
of the published model. It is not `microsoft/speecht5_tts`: that has 144 M parameters, and sizes, times and
ratings of this voice say nothing about it. It is not a recording of a person: its four speakers are voices
of the free synthesizer flite, learned by a network that cannot be more natural than flite is. It is not a
voice cloner: the speaker vectors are four points at right angles; a blend of them is a voice in between, an
uploaded x-vector gives an unpredictable one. English only.

## How it was made

{_made(making)}

## How well it speaks

On {examination.sentences} held-out Harvard sentences a speaker, each spoken with {seeds}. Word errors
are pocketsphinx's, a weak recogniser: the teacher's own rate is its floor. Predicted MOS is DNSMOS P.808. Length
is the mean over the teacher's, and the largest.

{_table(examination.by_speaker)}

Of {stops["utterances"]:,} utterances {stops["missing_stops"]} did not stop by themselves,
{stops["much_longer"]} were more than 1.5 times as long as the teacher's.

{_long(examination)}{_blends(examination)}## Licence

MIT, like the rest of this repository. flite and its voices are distributed under a permissive, BSD-like
licence.
"""


def _made(making: Making) -> str:
    trained = _trained(making)
    if making.acoustic is None:
        return trained
    return f"Here the vocoder was trained. {trained}\n\nThe acoustic model stayed as it was. {_made(making.acoustic)}"


def _trained(making: Making) -> str:
    origin = making.started_from
    start = f"It went on from the voice in {origin}." if origin else "It started from nothing."
    learned = [
        f"{start} It learned from {making.clips:,} clips, {making.hours:.1f} hours, that flite read: book"
    ]
    learned.append("sentences, modern and common words and templates, one random speaker a text. The Harvard")
    learned.append(f"sentences were held out; kept were {making.kept}.")
    if "acoustic" in making.steps:
        learned.append(
            "In half of the steps the three small layers that read or write mel frames did without their"
        )
        learned.append(
            "smallest weights, so that pruning costs this voice less than one that was not taught so."
        )
    for twin, model in (("twin", "acoustic model"), ("vocoder-twin", "vocoder")):
        if twin in making.steps:
            learned.append(f"Two {model}s learned side by side on other clips, half of the cores each;")
            learned.append("their mean counts.")
    if making.processes > 1:
        learned.append(
            f"Every step of the acoustic model was taken by {making.processes} processes together, on"
        )
        learned.append("clips of their own.")
    if making.vocoder_shares is not None:
        shares = ", ".join(f"{speaker} {share:.0%}" for speaker, share in making.vocoder_shares.items())
        learned.append(f"Not every speaker was heard as often by the vocoder: {shares}.")
    stages = "\n".join(
        f"| {stage} | {making.steps[stage]:,} | {making.minutes[stage]:.1f} |" for stage in making.steps
    )
    text = textwrap.fill(" ".join(learned), 105, break_long_words=False, break_on_hyphens=False)
    return f"`{making.command}` on {making.machine}.\n{text}\n\n| stage | steps | minutes |\n|---|---|---|\n{stages}"


def _table(figures: Sequence[SpeakerFigures]) -> str:
    lines = [
        "| speaker | word errors | teacher's | predicted MOS | teacher's | length | read once, in order |",
        "|---|---|---|---|---|---|---|",
    ]
    lines.extend(
        f"| {f.speaker} | {f.word_errors:.1%} | {f.teacher_word_errors:.1%} | {_score(f.predicted_mos)} | "
        f"{_score(f.teacher_predicted_mos)} | {f.mean_length:.2f} (at most {f.longest:.2f}) | "
        f"{f.monotone:.0%} |"
        for f in figures
    )
    return "\n".join(lines)


def _long(examination: Examination) -> str:
    if not examination.long:
        return ""
    count = examination.long[0].utterances
    return f"The same on {count} texts of 150 to 200 characters:\n\n{_table(examination.long)}\n\n"


def _blends(examination: Examination) -> str:
    if not examination.blends:
        return ""
    rows = "\n".join(
        f"| {' + '.join(f.speakers)} | {f.word_errors:.1%} | {f.missing_stops} |" for f in examination.blends
    )
    count = examination.blends[0].utterances
    return (
        f"Even blends of two speakers, {count} of the Harvard sentences each:\n\n"
        f"| blend | word errors | did not stop |\n|---|---|---|\n{rows}\n\n"
    )


def _score(value: float | None) -> str:
    return "-" if value is None else f"{value:.2f}"


def _millions(folder: Path) -> str:
    with safe_open(folder / "model.safetensors", framework="numpy") as weights:
        names = list(weights.keys())
        return f"{sum(math.prod(weights.get_slice(name).get_shape()) for name in names) / 1e6:.2f}"
