"""Two processes that train one model."""

import os
import time
from pathlib import Path

import pytest
import torch

from voice_training.crew import ALONE, Crew, first_of_two, second_of_two
from voice_training.errors import VoiceTrainingError
from voice_training.optimizers import Muon

pytestmark = pytest.mark.timeout(120)


def exchanged(crew: Crew) -> tuple[torch.Tensor, torch.Tensor, float]:
    mean, total = torch.full((2, 3), 1.0 + crew.rank), torch.full((4,), 10.0 + crew.rank)
    crew.average([mean])
    crew.add([total])
    return mean, total, crew.agreed(0.25 + crew.rank)


def trained(crew: Crew) -> list[torch.Tensor]:
    """Five matrices after three steps on gradients that are the same everywhere."""
    chance = torch.Generator().manual_seed(1)
    matrices = [torch.nn.Parameter(torch.randn(6, 4, generator=chance)) for _ in range(5)]
    steps = Muon(matrices, 0.1, crew)
    for _ in range(3):
        for matrix in matrices:
            matrix.grad = torch.randn(6, 4, generator=chance)
        steps.step()
    return [matrix.detach() for matrix in matrices]


def second(meeting: Path) -> None:
    with second_of_two(meeting) as crew:
        mean, total, agreed = exchanged(crew)
        matrices = trained(crew)
        torch.save((mean, total, agreed, matrices), meeting.with_suffix(".told"))
        crew.wait()


def lost(meeting: Path) -> None:
    with second_of_two(meeting):
        time.sleep(0.5)
        os._exit(3)


def ask_for_ever(crew: Crew) -> None:
    while True:
        crew.agreed(0.0)


def failed(meeting: Path) -> None:
    raise SystemExit(f"nothing to do at {meeting}")


def test_alone_every_mean_is_ones_own() -> None:
    mean, total, agreed = exchanged(ALONE)
    assert mean.unique().item() == 1.0
    assert total.unique().item() == 10.0
    assert agreed == 0.25


def test_two_processes_share_means_sums_words_and_the_work_of_a_step(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    with first_of_two(second, "test") as crew:
        mean, total, agreed = exchanged(crew)
        matrices = trained(crew)
        crew.wait()
        told = torch.load(next(tmp_path.glob("*/meeting.told")))
    for found, expected in ((mean, 1.5), (total, 21.0), (told[0], 1.5), (told[1], 21.0)):
        assert found.unique().item() == expected
    assert agreed == told[2] == 0.25
    for one, other, alone in zip(matrices, told[3], trained(ALONE), strict=True):
        assert torch.equal(one, other)
        torch.testing.assert_close(one, alone)


def test_the_end_of_the_other_process_is_told() -> None:
    with (
        pytest.raises(VoiceTrainingError, match="process of the test ended"),
        first_of_two(lost, "test") as crew,
    ):
        ask_for_ever(crew)


def test_another_process_that_never_comes_is_told() -> None:
    with pytest.raises(VoiceTrainingError, match="process of the test ended"), first_of_two(failed, "test"):
        pytest.fail("there is nobody to work with")


def test_an_error_of_the_first_process_ends_the_second(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    started = time.monotonic()
    with pytest.raises(ValueError, match="mine"), first_of_two(second, "test"):
        raise ValueError("mine")
    assert time.monotonic() - started < 60
