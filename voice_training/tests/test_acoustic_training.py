"""The acoustic model's training, on a processor and as a GPU replays it; the postnet's sharp frames."""

import copy
import random
from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest
import torch
from torch import Tensor
from transformers import SpeechT5ForTextToSpeech

from voice_training.acoustic_losses import AcousticClips
from voice_training.acoustic_training import (
    AcousticTraining,
    Postnet,
    PostnetTraining,
    Predictions,
    predictions,
    sharpness,
)
from voice_training.graph_training import GraphedAcousticTraining
from voice_training.run_folder import StageFiles
from voice_training.settings import MINIATURE, PostnetSettings
from voice_training.tests.acoustic_examples import clips_of, small_model
from voice_training.tests.journals import entries
from voice_training.training_loop import Budget

KINDS = (AcousticTraining, GraphedAcousticTraining)
_ENDED = Budget(seconds=0.0, save_seconds=1e9, report_steps=1)

_SETTINGS = PostnetSettings(
    batch=4,
    segment_frames=24,
    warmup_steps=5,
    discriminators_from=4,
    discriminator_width=8,
    learning_rate=2e-3,
)
_FRAMES, _BINS, _STEPS = 400, 80, 70

Files = Callable[..., StageFiles]


@pytest.fixture(scope="module")
def clips() -> AcousticClips:
    return clips_of([*range(40, 160, 8)])


def training(
    kind: type[AcousticTraining], clips: AcousticClips, files: StageFiles, pruned_steps: float = 0.5
) -> AcousticTraining:
    settings = replace(MINIATURE.acoustic, learning_rate=1e-3, batch_frames=600, pruned_steps=pruned_steps)
    return kind(small_model(reduction=4), settings, clips, files, warm=True)


def advanced(run: AcousticTraining, steps: int) -> list[float]:
    """Take steps until there were so many; the l1 of each."""
    l1 = []
    while run.step < steps:
        l1.append(float(run.advance(0.1)["l1"].detach()))
    return l1


def saved(run: AcousticTraining) -> None:
    run.run(_ENDED, lambda _, step: {"score": 0.0})


def weights_of(run: AcousticTraining) -> Tensor:
    return torch.cat([weights.detach().flatten() for weights in run.model.parameters()])


@pytest.mark.parametrize("kind", KINDS)
def test_its_loss_falls(kind: type[AcousticTraining], clips: AcousticClips, files: Files) -> None:
    l1 = advanced(training(kind, clips, files()), 30)
    assert np.mean(l1[-8:]) < 0.95 * np.mean(l1[:8])


@pytest.mark.parametrize("kind", KINDS)
def test_it_goes_on_from_its_state_as_if_nothing_had_happened(
    kind: type[AcousticTraining], clips: AcousticClips, files: Files
) -> None:
    whole = training(kind, clips, files("whole"))
    whole.files = replace(whole.files, name="broken")
    advanced(whole, 4)
    first = training(kind, clips, files("broken"))
    advanced(first, 2)
    saved(first)
    second = training(kind, clips, files("broken"))
    assert second.step == 2
    advanced(second, 4)
    assert torch.equal(weights_of(second), weights_of(whole))


@pytest.mark.parametrize("kinds", [KINDS, KINDS[::-1]], ids=["to a GPU", "from a GPU"])
def test_a_run_can_change_its_device_and_keeps_its_weights(
    clips: AcousticClips, files: Files, kinds: tuple[type[AcousticTraining], ...]
) -> None:
    first = training(kinds[0], clips, files())
    advanced(first, 2)
    saved(first)
    second = training(kinds[1], clips, files())
    assert second.step == 2
    assert torch.equal(weights_of(second), weights_of(first))
    assert entries(second.files.state.parent)[-1]["momentum"] == "from zero"
    advanced(second, 3)
    assert not torch.equal(weights_of(second), weights_of(first))


@pytest.mark.parametrize(("share", "learns_all"), [(0.0, True), (1.0, False)])
def test_that_share_of_training_steps_does_without_small_weights(
    clips: AcousticClips, files: Files, share: float, learns_all: bool
) -> None:
    run = training(AcousticTraining, clips, files(), pruned_steps=share)
    head = run.model.speech_decoder_postnet.feat_out
    before = copy.deepcopy(head.weight.detach())
    advanced(run, 1)
    moved = (head.weight - before).abs()
    assert bool((moved > 0.1 * moved.max()).float().mean() > 0.95) == learns_all


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
