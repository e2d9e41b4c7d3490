"""How well a vocoder re-makes speech from the teacher's own mel frames: what bounds every voice that has it."""

from __future__ import annotations

import itertools
import random
import textwrap
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
import torch
from transformers import SpeechT5HifiGan

from speecht5_demo.files import write_json, write_text
from voice_training.corpus import Clip
from voice_training.evaluation import opinion_of
from voice_training.model_card import FIGURES_FILE, Provenance
from voice_training.vocoder import VocoderClips, reconstruction_loss

_VALIDATED_SEGMENTS, _VALIDATED_FRAMES = 64, 48
_WIDTH = 105


@torch.no_grad()
def copy_synthesis_error(vocoder: SpeechT5HifiGan, clips: VocoderClips) -> dict[str, float]:
    """How far re-made speech is from the real, on the same segments each time: spectral and mel loss."""
    chosen = clips.random_segments(_VALIDATED_SEGMENTS, _VALIDATED_FRAMES, random.Random(0))
    made = vocoder(clips.mel[chosen.index].float())
    _, report = reconstruction_loss(made, clips.waveforms(chosen.start, _VALIDATED_FRAMES))
    return {name: round(float(value), 4) for name, value in report.items()}


def some_of_each(clips: Sequence[Clip], count: int) -> list[Clip]:
    """The first `count` clips of each speaker."""
    ordered = sorted(clips, key=lambda clip: clip.speaker)
    groups = itertools.groupby(ordered, key=lambda clip: clip.speaker)
    return [clip for _, group in groups for clip in itertools.islice(group, count)]


@torch.no_grad()
def copies_opinion(vocoder: SpeechT5HifiGan, clips: Sequence[Clip]) -> float:
    """Mean predicted MOS, by Distill-MOS, of the clips re-made from their frames."""
    device = next(vocoder.parameters()).device
    made = (vocoder(torch.from_numpy(clip.mel).float().to(device)).float().cpu().numpy() for clip in clips)
    return float(np.mean([opinion_of(samples) for samples in made]))


@dataclass(frozen=True)
class SpeakerCopies:
    """What Distill-MOS predicts for one speaker's clips, 1 to 5.

    Attributes:
        natural: of the teacher's own speech. copied: of the same, re-made from its mel frames.
    """

    speaker: str
    clips: int
    natural: float
    copied: float


def measure_copies(vocoder: SpeechT5HifiGan, clips: Sequence[Clip]) -> list[SpeakerCopies]:
    """Figures a speaker, in the speakers' alphabetic order."""
    figures = []
    for speaker in sorted({clip.speaker for clip in clips}):
        mine = [clip for clip in clips if clip.speaker == speaker]
        natural = [opinion_of(np.divide(clip.samples, 32768, dtype=np.float32)) for clip in mine]
        copied = copies_opinion(vocoder, mine)
        figures.append(SpeakerCopies(speaker, len(mine), round(float(np.mean(natural)), 3), round(copied, 3)))
    return figures


def describe_vocoder(
    vocoder: SpeechT5HifiGan, figures: Sequence[SpeakerCopies], provenance: Provenance, folder: Path
) -> None:
    """Write figures, provenance and card of a vocoder that stands alone into its folder."""
    write_json(
        folder / FIGURES_FILE, {"judge": "Distill-MOS", "by_speaker": [asdict(one) for one in figures]}
    )
    provenance.write(folder)
    write_text(folder / "README.md", vocoder_card(vocoder, figures, provenance))


def vocoder_card(vocoder: SpeechT5HifiGan, figures: Sequence[SpeakerCopies], provenance: Provenance) -> str:
    """What its folder's README.md says."""
    origin = provenance.vocoder_from
    made = [
        f"`{provenance.command}` on {provenance.machine}.",
        f"It went on from the vocoder in {origin}." if origin else "It started from nothing.",
        *([provenance.note] if provenance.note else []),
        f"It learned from {provenance.clips:,} clips, {provenance.hours:.1f} hours, read by {provenance.teacher}:",
        *(
            f"{steps:,} steps in {provenance.minutes[stage]:.0f} minutes."
            for stage, steps in provenance.steps.items()
        ),
    ]
    text = textwrap.fill(" ".join(made), _WIDTH, break_long_words=False, break_on_hyphens=False)
    rows = "\n".join(
        f"| {one.speaker} | {one.clips} | {one.natural:.2f} | {one.copied:.2f} |" for one in figures
    )
    size = sum(weights.numel() for weights in vocoder.parameters()) / 1e6
    return f"""---
license: mit
language: en
library_name: transformers
tags: [speecht5, vocoder, synthetic-data]
---

# A vocoder of natural speech

A `SpeechT5HifiGan` ({size:.2f} M parameters, the stock transformers class, in fp16 safetensors): 80 log mel bins at
16 ms to speech at 16 kHz. A voice that learns from natural speech starts with it: `python -m voice_training train
--vocoder` and this folder.

## How it was made

{text}

## How well it re-makes speech

Held-out sentences as the teacher reads them, and the same re-made from their mel frames. Predicted MOS is Distill-MOS,
1 to 5.

| speaker | clips | natural | re-made |
|---|---|---|---|
{rows}

## Licence

MIT, like the rest of this repository. {provenance.licence}
"""
