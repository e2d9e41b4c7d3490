"""The acoustic model's training, on a processor and as a GPU replays it."""

import copy
from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest
import torch
from torch import Tensor

from voice_training.acoustic.batches import AcousticClips
from voice_training.acoustic.graph_training import GraphedAcousticTraining
from voice_training.acoustic.training import AcousticTraining
from voice_training.run_folder import StageFiles
from voice_training.settings import MINIATURE
from voice_training.tests.acoustic.examples import clips_of, small_model
from voice_training.training_loop import Budget

Files = Callable[..., StageFiles]
KINDS = (AcousticTraining, GraphedAcousticTraining)
_ENDED = Budget(seconds=0.0, save_seconds=1e9, report_steps=1)


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
    l1 = advanced(training(kind, clips, files()), 40)
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
    assert second.files.journal.entries()[-1]["momentum"] == "from zero"
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
