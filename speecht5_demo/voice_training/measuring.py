"""Measure a finished voice's folder, exactly as the app loads it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import torch
from torch import nn

from speecht5_demo.checkpoints import open_checkpoint
from speecht5_demo.voice_training.evaluation import Examination, examine
from speecht5_demo.voice_training.speaking import Voice


def measure_folder(
    folder: Path,
    sentences: int,
    seeds: int,
    with_mos: bool,
    workers: int,
    device: torch.device,
    say: Callable[[str], None],
) -> Examination:
    """Figures of the voice in `folder` on Harvard sentences."""
    checkpoint = open_checkpoint(str(folder))
    acoustic, vocoder = checkpoint.load_acoustic(), checkpoint.load_vocoder()
    for model in (acoustic, vocoder):
        nn.Module.to(model, device)
    voice = Voice(acoustic, vocoder, checkpoint.tokenizer)
    return examine(voice, list(checkpoint.speakers), sentences, seeds, workers, with_mos, say)
