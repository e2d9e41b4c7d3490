"""Where a run trains, and what that changes."""

from __future__ import annotations

from dataclasses import replace

import torch

from speecht5_demo.memory import keep_freed_memory
from voice_training.errors import VoiceTrainingError
from voice_training.settings import Shares, TrainingSettings


def pick_device(name: str) -> torch.device:
    """`auto`: the GPU where there is one, else the processor; otherwise the device of that name."""
    if name == "auto":
        return torch.device("cuda" if torch.cuda.is_available() else "cpu")
    if name.startswith("cuda") and not torch.cuda.is_available():
        raise VoiceTrainingError("There is no CUDA device here: use --device cpu or --device auto.")
    try:
        return torch.device(name)
    except RuntimeError as error:
        raise VoiceTrainingError(f"{name!r} is no device: use auto, cpu or cuda.") from error


def prepare_process(device: torch.device) -> None:
    """What the process that trains on `device` needs to be told once."""
    if device.type == "cuda":
        torch.set_float32_matmul_precision("high")
    else:
        keep_freed_memory(without_limit=True)


def for_device(settings: TrainingSettings, device: torch.device) -> TrainingSettings:
    """The same run with batches that fill a GPU: on a processor, small batches learn more in an hour."""
    if device.type == "cpu":
        return settings
    shares = Shares(vocoder=0.6, acoustic=0.6, sharpened=0.1, matched=0.3)
    vocoder = replace(
        settings.vocoder,
        batch=32,
        piece_frames=48,
        discriminator_width=32,
        one_graph=device.type == "cuda",
    )
    return replace(
        settings,
        shares=shares,
        warm_shares=shares,
        side_by_side=True,
        acoustic=replace(
            settings.acoustic,
            frames=20_000,
            learning_rate=1e-3,
            first_lengths=((300, 130), (700, 220), (1200, 340)),
            sampling_from=2000,
            one_graph=device.type == "cuda",
        ),
        vocoder=vocoder,
        warm_vocoder=replace(
            settings.warm_vocoder,
            batch=vocoder.batch,
            piece_frames=vocoder.piece_frames,
            discriminator_width=vocoder.discriminator_width,
            periods=vocoder.periods,
            judges_rate=1.0,
            judges_alone=400,
            nearness=0.7,
            one_graph=vocoder.one_graph,
        ),
    )
