"""One sentence by one speaker as an evaluation needs it: samples, and what no listener hears."""

from dataclasses import dataclass, replace

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from speecht5_demo.quality.reading import Reading, read
from speecht5_demo.quality.signals import SAMPLING_RATE, Samples
from speecht5_demo.synthesis import Engine, SpeechPlan, Utterance
from speecht5_demo.synthesis.joining import join

Frames = tuple[NDArray[np.float32], ...]
RUNAWAY = 3  # a run this many times as long as the baseline's counts as one that does not stop


@dataclass(frozen=True)
class Spoken:
    """A sentence, spoken freely.

    Attributes:
        samples: mono at 16 kHz, faded and padded as the app plays it, shape (n,).
        mel: log-mel spectrogram, float32, shape (frames, 80).
        ended: False when the step limit cut any piece.
        readings: how the attention moved, one entry a piece; None where the engine keeps no attention.
        prenet_inputs: frames that each piece fed back to itself, shape (steps, 80).
    """

    samples: Samples
    mel: NDArray[np.float32]
    ended: bool
    readings: tuple[Reading, ...] | None
    prenet_inputs: Frames


def bounded(plan: SpeechPlan, frames: Frames) -> SpeechPlan:
    """The plan, each piece cut at RUNAWAY times the steps that the baseline took: longer adds time and no knowledge."""
    pieces = tuple(
        replace(
            piece, limits=replace(piece.limits, max_steps=min(piece.limits.max_steps, RUNAWAY * len(inputs)))
        )
        for piece, inputs in zip(plan.pieces, frames, strict=True)
    )
    return replace(plan, pieces=pieces)


def speak(engine: Engine, plan: SpeechPlan, want_attention: bool = True) -> Spoken:
    """Let an engine speak a plan freely."""
    speaker = _vector(plan)
    utterances = [
        engine.speak(
            piece.tokens, speaker, engine.new_masks(piece.seed), piece.limits, want_attention=want_attention
        )
        for piece in plan.pieces
    ]
    attentions = [one.attention for one in utterances if one.attention is not None]
    return Spoken(
        samples=_joined(plan, utterances),
        mel=np.concatenate([one.mel.float().numpy() for one in utterances]),
        ended=all(one.ended for one in utterances),
        readings=tuple(read(one.flatten(0, 1).float().numpy()) for one in attentions) if attentions else None,
        prenet_inputs=tuple(one.prenet_inputs.float().numpy() for one in utterances),
    )


def speak_along(engine: Engine, plan: SpeechPlan, frames: Frames) -> Samples:
    """Length-locked speech: a plan spoken along the frames that the baseline was given, one step for each.

    Two free runs drift apart within a second, and a sample-by-sample measure of them says only that. Fed the same
    frames under the same dropout masks a variant makes as many samples as the baseline, and what differs is the
    variant's doing. Along its own recording the baseline says exactly what it said before.
    """
    speaker = _vector(plan)
    utterances = [
        engine.speak_forced(piece.tokens, speaker, engine.new_masks(piece.seed), torch.from_numpy(inputs))
        for piece, inputs in zip(plan.pieces, frames, strict=True)
    ]
    return _joined(plan, utterances)


def _vector(plan: SpeechPlan) -> Tensor:
    return torch.from_numpy(plan.speaker.vector.copy()).reshape(1, -1)


def _joined(plan: SpeechPlan, utterances: list[Utterance]) -> Samples:
    samples = [np.asarray(one.samples, dtype=np.float32) for one in utterances]
    return join(samples, [piece.pause_after_s for piece in plan.pieces], SAMPLING_RATE)
