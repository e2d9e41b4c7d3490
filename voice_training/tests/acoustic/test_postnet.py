"""Sharp frames come back where a mean had smeared them, and nothing but the postnet pays for it."""

import random
from collections.abc import Callable
from dataclasses import replace

import pytest
import torch
from transformers import SpeechT5ForTextToSpeech

from voice_training.acoustic.postnet import Postnet, PostnetTraining, Predictions, predictions, sharpness
from voice_training.run_folder import StageFiles
from voice_training.settings import PostnetSettings
from voice_training.tests.acoustic.examples import clips_of, small_model

_SETTINGS = PostnetSettings(
    batch=4,
    segment_frames=24,
    warmup_steps=5,
    discriminators_from=4,
    discriminator_width=8,
    learning_rate=2e-3,
)
_FRAMES, _BINS, _STEPS = 400, 80, 100


def model(seed: int = 0) -> SpeechT5ForTextToSpeech:
    """A small model whose postnet changes nothing yet."""
    new = small_model(reduction=4, seed=seed)
    torch.nn.init.zeros_(new.speech_decoder_postnet.layers[-1].batch_norm.weight)
    return new


def unforeseeable_harmonics() -> Predictions:
    """Frames with stripes whose place nothing tells, and predictions without any."""
    chance = torch.Generator().manual_seed(1)
    envelope = torch.linspace(-1.0, -2.0, _BINS).expand(_FRAMES, _BINS)
    place = torch.rand(_FRAMES // 8, 1, generator=chance).repeat_interleave(8, 0)
    stripes = 0.3 * torch.cos(2 * torch.pi * (torch.arange(_BINS) / 6 + place))
    return Predictions(envelope.half(), (envelope + stripes).half(), (0, 200), (200, 200))


def trained(files: StageFiles, adversarial: bool, seed: int = 0) -> dict[str, float]:
    known = unforeseeable_harmonics()
    settings = _SETTINGS if adversarial else replace(_SETTINGS, discriminators_from=10**9)
    training = PostnetTraining(model(seed), settings, known, files)
    for _ in range(_STEPS):
        training.advance(0.0)
    return sharpness(training.average.model, known)


def test_discriminators_bring_back_the_detail_that_a_mean_smears(files: Callable[..., StageFiles]) -> None:
    near = trained(files("near"), adversarial=False)
    sharp = trained(files("sharp"), adversarial=True)
    assert near["bins"] < 0.4
    assert sharp["bins"] > near["bins"] + 0.2


def test_only_the_postnet_changes(files: Callable[..., StageFiles]) -> None:
    acoustic = model()
    before = {name: weights.clone() for name, weights in acoustic.state_dict().items()}
    training = PostnetTraining(acoustic, _SETTINGS, unforeseeable_harmonics(), files())
    for _ in range(8):
        training.advance(0.0)
    changed = {
        name for name, weights in acoustic.state_dict().items() if not torch.equal(weights, before[name])
    }
    assert changed
    assert all(name.startswith("speech_decoder_postnet.layers.") for name in changed)


def test_sharpness_of_the_frames_themselves_is_one() -> None:
    known = unforeseeable_harmonics()
    same = Predictions(known.real, known.real, known.first, known.frames)
    assert sharpness(Postnet(model()).eval(), same) == {"l1": 0.0, "bins": 1.0, "frames": 1.0}


def test_predictions_lie_beside_the_frames_that_they_are_of() -> None:
    clips = clips_of([40, 16, 80])
    found = predictions(model(), clips, 600, seed=1)
    assert found.before.shape == found.real.shape == (136, _BINS)
    for place, first in enumerate(found.first):
        mel = clips.batch([place]).mel[0, : clips.frames[place]]
        torch.testing.assert_close(found.real[first : first + found.frames[place]].float(), mel)
    before, real = found.random_segments(3, 24, random.Random(0))
    assert before.shape == real.shape == (3, 24, _BINS)


@pytest.mark.parametrize("frames", [16, 40])
def test_segments_come_from_clips_that_are_long_enough(frames: int) -> None:
    found = predictions(model(), clips_of([8, 16, 40]), 600, seed=1)
    for seed in range(5):
        assert found.random_segments(4, frames, random.Random(seed))[1].shape == (4, frames, _BINS)
