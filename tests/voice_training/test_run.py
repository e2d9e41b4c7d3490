"""What a run refuses before it costs anyone hours."""

from dataclasses import replace
from pathlib import Path

import pytest
import torch

from speecht5_demo.errors import VoiceTrainingError
from speecht5_demo.voice_training.run import Order, VoiceRun
from speecht5_demo.voice_training.settings import MINIATURE, TrainingSettings, for_device, pick_device


def order(folder: Path, settings: TrainingSettings = MINIATURE, init: Path | None = None) -> Order:
    return Order(
        settings=settings,
        folder=folder,
        device=torch.device("cpu"),
        init=init,
        listen=False,
        command="voice train",
        machine="here",
        workers=1,
    )


def test_a_folder_of_another_run_is_refused(tmp_path: Path) -> None:
    VoiceRun(order(tmp_path), print)
    VoiceRun(order(tmp_path, replace(MINIATURE, minutes=2.0)), print)
    with pytest.raises(VoiceTrainingError, match=r"another run \(its seed differ\).*--folder"):
        VoiceRun(order(tmp_path, replace(MINIATURE, seed=2)), print)


def test_a_folder_that_is_no_voice_cannot_be_gone_on_from(tmp_path: Path) -> None:
    with pytest.raises(VoiceTrainingError, match="is no voice"):
        VoiceRun(order(tmp_path / "run", init=tmp_path), print)


def test_no_time_to_train_is_said_at_once(tmp_path: Path) -> None:
    with pytest.raises(VoiceTrainingError, match="--minutes"):
        VoiceRun(order(tmp_path, replace(MINIATURE, minutes=0.0)), print)


def test_an_unknown_device_is_named() -> None:
    with pytest.raises(VoiceTrainingError, match="teapot"):
        pick_device("teapot")


def test_a_gpu_gets_larger_batches() -> None:
    settings = TrainingSettings()
    assert for_device(settings, torch.device("cpu")) == settings
    larger = for_device(settings, torch.device("cuda"))
    assert larger.acoustic.frames > 4 * settings.acoustic.frames
    assert larger.vocoder.batch > settings.vocoder.batch
