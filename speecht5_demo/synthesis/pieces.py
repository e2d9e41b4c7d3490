"""Between a plan and an engine: what a piece asks of it, and the speech that the spoken pieces are together."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeAlias

import numpy as np
import torch
from numpy.typing import NDArray

from speecht5_demo.checkpoints import Checkpoint
from speecht5_demo.errors import SynthesisError
from speecht5_demo.messages import Message
from speecht5_demo.synthesis.engine import Engine, Request, Utterance
from speecht5_demo.synthesis.joining import join, with_pause
from speecht5_demo.synthesis.plan import PlannedPiece, SpeechPlan
from speecht5_demo.synthesis.speech import Latency, Speech
from speecht5_demo.variants import Variant

Stages: TypeAlias = tuple[float, float, float]


def finite(samples: NDArray[np.float32], variant: str) -> NDArray[np.float32]:
    """The samples, if every one is a number.

    Raises:
        SynthesisError: one is not, and would be heard as noise.
    """
    broken = int(np.count_nonzero(~np.isfinite(samples)))
    if broken:
        raise SynthesisError(
            Message(
                "{version} made {broken} of {all} samples that are not finite, so nothing is played: a weight or a "
                "speaker's vector is far out of range. Choose another variant, speaker or checkpoint.",
                version=variant,
                broken=f"{broken:,}",
                all=f"{samples.size:,}",
            )
        )
    return samples


def stages_of(spoken: Sequence[Utterance]) -> Stages:
    """Seconds of encode, decode and vocode, summed."""
    return (
        sum(utterance.encode_s for utterance in spoken),
        sum(utterance.decode_s for utterance in spoken),
        sum(utterance.vocode_s for utterance in spoken),
    )


def request_of(engine: Engine, plan: SpeechPlan, piece: PlannedPiece) -> Request:
    """What an engine is asked to speak."""
    speaker = torch.from_numpy(plan.speaker.vector.copy()).reshape(1, -1)
    return Request(piece.tokens, speaker, engine.new_masks(piece.seed), piece.limits)


def pieces_of(
    checkpoint: Checkpoint, plan: SpeechPlan, variant: Variant, spoken: Sequence[Utterance], first: int
) -> list[NDArray[np.float32]]:
    """Pieces from `first` on, as they stand in the speech; its last piece is not among them."""
    rate = checkpoint.vocoder_config.sampling_rate
    pieces = zip(plan.pieces[first:], spoken[first:], strict=False)
    return [
        with_pause(
            finite(np.asarray(utterance.samples, dtype=np.float32), variant.name), piece.pause_after_s, rate
        )
        for piece, utterance in pieces
    ]


def speech_of(
    checkpoint: Checkpoint,
    plan: SpeechPlan,
    variant: Variant,
    spoken: Sequence[Utterance],
    latency: Latency,
    samples: NDArray[np.float32] | None = None,
) -> Speech:
    """The speech that a plan's spoken pieces make.

    Args:
        checkpoint, plan, variant: what was spoken.
        spoken: one utterance a piece.
        latency: seconds that it took.
        samples: of the whole where they are known; else the pieces are joined.
    """
    rate = checkpoint.vocoder_config.sampling_rate
    if samples is None:
        pieces = [
            finite(np.asarray(utterance.samples, dtype=np.float32), variant.name) for utterance in spoken
        ]
        samples = join(pieces, [piece.pause_after_s for piece in plan.pieces], rate)
    lengths = [
        len(utterance.samples) + round(piece.pause_after_s * rate)
        for utterance, piece in zip(spoken, plan.pieces, strict=True)
    ]
    return Speech(
        samples=samples,
        sampling_rate=rate,
        mel=np.concatenate([np.asarray(utterance.mel, dtype=np.float32) for utterance in spoken]),
        text=plan.text,
        spoken_text=plan.spoken_text,
        speaker=plan.speaker.name,
        variant=variant.name,
        checkpoint=checkpoint.title,
        seed=plan.seed,
        latency=latency,
        steps=sum(utterance.steps for utterance in spoken),
        pieces=len(spoken),
        ended=all(utterance.ended for utterance in spoken),
        piece_ends=(*(int(end) for end in np.cumsum(lengths[:-1])), len(samples)),
    )
