"""From written text to the token pieces that every variant speaks alike."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from speecht5_demo.checkpoints import Checkpoint
from speecht5_demo.errors import CheckpointError, SpeakerError, SynthesisError
from speecht5_demo.messages import Message
from speecht5_demo.speakers import Speaker
from speecht5_demo.synthesis.engine import StepLimits
from speecht5_demo.synthesis.masks import mask_seed
from speecht5_demo.text import split_for_speech, spoken_form

MAX_SEED = 2**31 - 1


@dataclass(frozen=True)
class PlannedPiece:
    """One piece, ready for any engine.

    Attributes:
        tokens: int64, shape (1, n).
        seed: of its dropout masks.
        limits: how long it may get.
        pause_after_s: seconds of silence to its successor.
    """

    tokens: Tensor
    seed: int
    limits: StepLimits
    pause_after_s: float


@dataclass(frozen=True)
class SpeechPlan:
    """What will be spoken, by whom, in which pieces; the same for every variant.

    Attributes:
        text: as written.
        spoken_text: as spoken.
        speaker: who speaks.
        seed: as given.
        pieces: at least one.
    """

    text: str
    spoken_text: str
    speaker: Speaker
    seed: int
    pieces: tuple[PlannedPiece, ...]


def plan_speech(checkpoint: Checkpoint, text: str, speaker: str | Speaker, seed: int) -> SpeechPlan:
    """Normalise, split, tokenise and seed.

    Raises:
        TextError: the text cannot be spoken.
        SpeakerError: there is no such speaker, or the vector is not of the size that the checkpoint takes.
        SynthesisError: the seed is outside 0 to 2**31 - 1.
        CheckpointError: its tokenizer has more tokens than its model.
    """
    voice = checkpoint.speaker(speaker)
    if voice.vector.size != checkpoint.vector_size:
        raise SpeakerError(
            Message(
                "{speaker} has {given} values and {checkpoint} takes {taken}: extract the vector with the encoder that "
                "the checkpoint was trained with.",
                speaker=voice.name,
                given=voice.vector.size,
                checkpoint=checkpoint.title,
                taken=checkpoint.vector_size,
            )
        )
    if not 0 <= seed <= MAX_SEED:
        raise SynthesisError(
            Message(
                "The seed {seed} is out of range: choose a whole number from 0 to {most}.",
                seed=seed,
                most=f"{MAX_SEED:,}",
            )
        )
    spoken = spoken_form(text, checkpoint.letters, checkpoint.language)
    pieces = []
    for index, piece in enumerate(
        split_for_speech(spoken, checkpoint.limits.max_characters, checkpoint.language)
    ):
        tokens = token_ids(checkpoint, piece.text)
        pieces.append(
            PlannedPiece(
                tokens=tokens,
                seed=mask_seed(seed, spoken, voice.name, index),
                limits=step_limits(checkpoint, tokens.shape[1]),
                pause_after_s=piece.pause_after_s,
            )
        )
    return SpeechPlan(text, spoken, voice, seed, tuple(pieces))


def token_ids(checkpoint: Checkpoint, text: str) -> Tensor:
    """The tokens of a piece of spoken text, int64, shape (1, n).

    Raises:
        CheckpointError: the model has no embedding for one of them.
    """
    ids = checkpoint.tokenizer(text)["input_ids"]
    held = checkpoint.acoustic_config.vocab_size
    if max(ids) >= held:
        raise CheckpointError(
            f"{checkpoint.title}: the tokenizer has a token {max(ids)} and the model knows {held} tokens, from 0 on. "
            "Save tokenizer and model of the same training together."
        )
    return torch.tensor([ids])


def step_limits(checkpoint: Checkpoint, tokens: int) -> StepLimits:
    """The most decoder steps that a piece of so many tokens may take.

    The checkpoint's own ratio of frames to tokens, and never more than the positions its decoder has: beyond them
    transformers raises. Random weights have no stop head worth asking, so theirs is a fixed length.
    """
    config, limits = checkpoint.acoustic_config, checkpoint.limits
    if limits.steps_per_token is not None:
        steps = min(max(1, round(tokens * limits.steps_per_token)), config.max_speech_positions)
        return StepLimits(max_steps=steps, min_steps=steps, threshold=config.reduction_factor + 1.0)
    steps = int(tokens * limits.max_length_ratio / config.reduction_factor)
    return StepLimits(max_steps=max(1, min(steps, config.max_speech_positions)))
