"""Measure a finished voice's folder, exactly as the app loads it, and write what was measured beside it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import torch
from torch import nn

from speecht5_demo.checkpoints import open_checkpoint
from voice_training.evaluation import Examination, examine
from voice_training.model_card import Making, write_card
from voice_training.settings import ExaminationSettings
from voice_training.speaking import Voice

FIGURES_FILE = "figures.json"


def measure_folder(
    folder: Path,
    settings: ExaminationSettings,
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
    return examine(voice, list(checkpoint.speakers), settings, workers, say)


def examine_folder(
    folder: Path,
    settings: ExaminationSettings,
    workers: int,
    device: torch.device,
    say: Callable[[str], None],
) -> Examination:
    """Measure a voice that this package made, and write its figures and its card into its folder.

    Raises:
        VoiceTrainingError: when the folder does not say how the voice was made.
    """
    making = Making.read(folder)
    examination = measure_folder(folder, settings, workers, device, say)
    examination.write(folder / FIGURES_FILE)
    write_card(folder, making, examination)
    return examination
