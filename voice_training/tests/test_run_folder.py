"""A run's folder: whose it is, and what survives a kill."""

from pathlib import Path

import pytest
import torch
from torch import nn

from voice_training import VoiceTrainingError
from voice_training.run_folder import Journal, RunFolder, load_state, mean_of_runs, save_state
from voice_training.tests.journals import entries

_CPU = torch.device("cpu")


def folder(path: Path, **identity: object) -> RunFolder:
    return RunFolder(path, {"seed": 1, **identity}, 1, _CPU, print)


def test_a_folder_of_another_run_is_refused_with_what_differs(tmp_path: Path) -> None:
    folder(tmp_path)
    folder(tmp_path)
    with pytest.raises(VoiceTrainingError, match=r"another run \(its seed differ\).*--folder"):
        folder(tmp_path, seed=2)


def test_a_stage_that_ended_gives_its_weights_back(tmp_path: Path) -> None:
    run, model = folder(tmp_path), nn.Linear(2, 2)
    assert not run.has_ended("acoustic")
    run.finish("acoustic", model.state_dict(), 7, 1.5)
    assert folder(tmp_path).has_ended("acoustic")
    other = run.loaded("acoustic", nn.Linear(2, 2))
    assert torch.equal(other.weight, model.weight)
    assert not other.training
    assert (run.result("acoustic").steps, run.result("acoustic").seconds) == (7, 1.5)


def test_a_result_that_is_gone_is_said(tmp_path: Path) -> None:
    with pytest.raises(VoiceTrainingError, match=r"acoustic-result\.pt is gone"):
        folder(tmp_path).result("acoustic")


def test_half_a_state_is_never_read(tmp_path: Path) -> None:
    path = tmp_path / "stage-state.pt"
    assert load_state(path, _CPU) is None
    save_state(path, {"step": 1})
    (tmp_path / ".half.part").write_bytes(b"half")
    assert load_state(path, _CPU) == {"step": 1}


def test_what_is_noted_is_a_line_of_the_journal_and_one_that_is_said(tmp_path: Path) -> None:
    said: list[str] = []
    journal = Journal(tmp_path / "journal.jsonl", said.append)
    journal.note("vocoder", "losses", step=1, mel=0.5)
    assert entries(tmp_path) == [{"stage": "vocoder", "event": "losses", "step": 1, "mel": 0.5}]
    assert said == ["vocoder: losses step=1 mel=0.5"]


_START = {"teacher": "flite", "init": "/voice", "acoustic": [32, 1]}


def run_that_ended(path: Path, value: float, counted: int, **others: object) -> Path:
    weights = {"weight": torch.full((2,), value), "counted": torch.tensor(counted)}
    folder(path, **{**_START, **others}).finish("acoustic", weights, 10, 60.0)
    return path


def test_the_mean_of_runs_from_one_start_is_that_of_their_weights(tmp_path: Path) -> None:
    runs = [run_that_ended(tmp_path / name, value, 3) for name, value in (("a", 1.0), ("b", 2.0), ("c", 6.0))]
    mean = mean_of_runs(runs, "acoustic", {**_START, "seed": 9}, _CPU)
    assert torch.equal(mean.weights["weight"], torch.full((2,), 3.0))
    assert mean.weights["counted"] == 3
    assert (mean.steps, mean.seconds) == (30, 180.0)


def test_the_start_of_the_runs_has_its_share_in_their_mean(tmp_path: Path) -> None:
    runs = [run_that_ended(tmp_path / name, value, 3) for name, value in (("a", 1.0), ("b", 4.0))]
    start = {"weight": torch.full((2,), 10.0), "counted": torch.tensor(1)}
    mean = mean_of_runs(runs, "acoustic", _START, _CPU, start, 0.2)
    assert torch.allclose(mean.weights["weight"], torch.full((2,), 0.4 * 1.0 + 0.4 * 4.0 + 0.2 * 10.0))
    assert mean.weights["weight"].dtype == torch.float32
    assert (mean.weights["counted"], mean.steps) == (3, 20)


@pytest.mark.parametrize(
    ("identity", "stage", "said"),
    [
        ({**_START, "init": "/other"}, "acoustic", r"did not start as this one does \(its init differ\)"),
        ({**_START, "acoustic": [64, 1], "teacher": "kokoro"}, "acoustic", "its teacher, acoustic differ"),
        (_START, "matched", "The stage matched of the run in .*a has not ended"),
    ],
)
def test_weights_that_have_no_mean_are_refused(tmp_path: Path, identity: dict, stage: str, said: str) -> None:
    with pytest.raises(VoiceTrainingError, match=said):
        mean_of_runs([run_that_ended(tmp_path / "a", 1.0, 3)], stage, identity, _CPU)


def test_a_folder_without_a_run_has_no_part_in_a_mean(tmp_path: Path) -> None:
    with pytest.raises(VoiceTrainingError, match=r"nowhere holds no run: .*--mean-of"):
        mean_of_runs([tmp_path / "nowhere"], "acoustic", _START, _CPU)
