"""The command in little: from sentence lists to a folder that the app loads, through a kill."""

import itertools
import json
import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
import torch

from speecht5_demo.checkpoints import open_checkpoint
from speecht5_demo.quality.flite import SPEAKERS
from voice_training.loop import Journal
from voice_training.materials import Materials
from voice_training.model_card import Making
from voice_training.rehearsal import Rehearsal
from voice_training.settings import MINIATURE
from voice_training.warm_start import trainable_model

_COMMAND = [sys.executable, "-m", "voice_training", "train", "--miniature"]
_PATIENCE_S = 400
_SHAPE = MINIATURE.acoustic


def start(folder: Path) -> subprocess.Popen[str]:
    arguments = ["--minutes", "0.25", "--threads", "1", "--device", "cpu", "--folder", str(folder)]
    return subprocess.Popen(
        [*_COMMAND, *arguments],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        env={**os.environ, "OMP_NUM_THREADS": "1"},
    )


@pytest.fixture(scope="module")
def run_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A miniature run that was killed with SIGKILL while its acoustic model trained, then started again."""
    folder = tmp_path_factory.mktemp("miniature")
    first = start(folder)
    deadline = time.monotonic() + _PATIENCE_S
    while not (folder / "acoustic-state.pt").exists():
        assert first.poll() is None, first.stdout.read() if first.stdout else ""
        assert time.monotonic() < deadline, "no state was saved"
        time.sleep(0.1)
    first.send_signal(signal.SIGKILL)
    first.communicate()
    second = start(folder)
    output, _ = second.communicate(timeout=_PATIENCE_S)
    assert second.returncode == 0, output
    return folder


def entries(folder: Path, stage: str, event: str) -> list[dict]:
    journal = Journal(folder / "journal.jsonl", print)
    return [entry for entry in journal.entries() if (entry["stage"], entry["event"]) == (stage, event)]


@pytest.mark.timeout(900)
def test_a_killed_run_goes_on_from_its_last_state(run_folder: Path) -> None:
    resumed = entries(run_folder, "acoustic", "resumed")
    assert len(resumed) == 1
    assert resumed[0]["step"] > 0
    assert entries(run_folder, "acoustic", "validation")[-1]["step"] > resumed[0]["step"]
    assert len(entries(run_folder, "vocoder", "validation")) == 1, "the finished vocoder was trained again"


def test_losses_fall(run_folder: Path) -> None:
    stages = ("letters", "acoustic")
    acoustic = [entry["l1"] for stage in stages for entry in entries(run_folder, stage, "losses")]
    assert acoustic[-1] < 0.95 * acoustic[0]
    vocoder = [entry["mel"] for entry in entries(run_folder, "vocoder", "losses")]
    assert vocoder[-1] < vocoder[0]


def test_progress_has_errors_of_free_speech_and_a_picture_of_attention(run_folder: Path) -> None:
    last = entries(run_folder, "acoustic", "validation")[-1]
    assert {"l1", "word_errors", "teacher_word_errors", "score"} <= set(last)
    assert (run_folder / "attention" / "acoustic" / f"step-{last['step']:06d}.png").stat().st_size > 100


def test_without_a_recogniser_the_choice_falls_back_on_the_loss(run_folder: Path, tmp_path: Path) -> None:
    materials = Materials(MINIATURE, run_folder, None, torch.device("cpu"), workers=1)
    checkpoint = open_checkpoint(str(run_folder / "voice"))
    acoustic = trainable_model(run_folder / "voice", _SHAPE)
    rehearsal = Rehearsal(
        materials, _SHAPE.reduction, checkpoint.load_vocoder, tmp_path, listen=False, workers=1
    )
    values = rehearsal.measure(acoustic, 7)
    assert "word_errors" not in values
    assert values["score"] == pytest.approx(values["l1"] + values["failed"], abs=1e-3)
    assert (tmp_path / "step-000007.png").exists()


def test_the_folder_is_loaded_as_any_checkpoint(run_folder: Path) -> None:
    checkpoint = open_checkpoint(str(run_folder / "voice"))
    assert tuple(checkpoint.speakers) == ("rms", "slt", "awb", "kal16")
    assert checkpoint.limits.max_characters == 200
    ids = torch.tensor([checkpoint.tokenizer("hello.")["input_ids"]])
    assert checkpoint.tokenizer.unk_token_id not in ids
    speaker = torch.tensor(checkpoint.speakers["kal16"].vector)[None]
    with torch.no_grad():
        mel = checkpoint.load_acoustic().generate_speech(ids, speaker, maxlenratio=10.0)
        samples = checkpoint.load_vocoder()(mel)
    assert samples.shape == (256 * len(mel),)
    assert np.isfinite(samples.numpy()).all()


def test_the_model_card_says_what_the_run_measured(run_folder: Path) -> None:
    card = (run_folder / "voice" / "README.md").read_text(encoding="utf-8")
    figures = json.loads((run_folder / "voice" / "figures.json").read_text(encoding="utf-8"))
    assert [row["speaker"] for row in figures["by_speaker"]] == list(SPEAKERS)
    for row in figures["by_speaker"]:
        assert re.search(rf"\| {row['speaker']} \| {row['word_errors']:.1%} \|", card)
    assert "voice train --minutes 0.25" in card
    assert "--miniature" in card
    assert "kept were the weights with the fewest word errors" in " ".join(card.split())
    assert list(Making.read(run_folder / "voice").steps) == [
        "vocoder",
        "letters",
        "acoustic",
        "sharpened",
        "matched",
    ]


def test_every_blend_of_two_speakers_is_measured(run_folder: Path) -> None:
    figures = json.loads((run_folder / "voice" / "figures.json").read_text(encoding="utf-8"))
    pairs = {tuple(sorted(row["speakers"])) for row in figures["blends"]}
    assert pairs == {tuple(sorted(pair)) for pair in itertools.combinations(SPEAKERS, 2)}
    assert all(row["utterances"] == 1 for row in figures["blends"])
