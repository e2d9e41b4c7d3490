"""How well a vocoder re-makes speech, and what the folder of one that stands alone says of it."""

import json
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from transformers import SpeechT5HifiGan

from speecht5_demo.checkpoints import open_checkpoint
from voice_training.copy_synthesis import (
    SpeakerCopies,
    copies_opinion,
    describe_vocoder,
    measure_copies,
    some_of_each,
)
from voice_training.corpus import Clip
from voice_training.model_card import Provenance
from voice_training.settings import MINIATURE
from voice_training.vocoder_model import new_vocoder

_MADE = Provenance(
    command="python -m voice_training vocoder --minutes 150",
    machine="a processor, 1 core",
    teacher="somebody",
    licence="It is free.",
    started_from=None,
    clips=1_500,
    hours=1.6,
    steps={"vocoder": 24_000},
    minutes={"vocoder": 150.0},
    processes=1,
)


@pytest.fixture(scope="module")
def known() -> SpeechT5HifiGan:
    return open_checkpoint("embedded").load_vocoder()


def test_so_many_clips_of_each_speaker_are_heard(clips: list[Clip]) -> None:
    twice = [*clips, *clips]
    assert sorted(clip.speaker for clip in some_of_each(twice, 1)) == sorted(clip.speaker for clip in clips)
    assert len(some_of_each(twice, 9)) == len(twice)


def test_a_trained_vocoder_is_liked_better_than_a_new_one(known: SpeechT5HifiGan, clips: list[Clip]) -> None:
    long = [clip for clip in clips if clip.frames > 100][:1]
    torch.manual_seed(0)
    new = new_vocoder(MINIATURE.vocoder, torch.full((80,), -2.5), torch.ones(80)).eval()
    assert copies_opinion(known, long) > copies_opinion(new, long) + 0.5


def test_speakers_are_measured_beside_their_own_speech(known: SpeechT5HifiGan, clips: list[Clip]) -> None:
    figures = measure_copies(known, clips[:2])
    assert [one.speaker for one in figures] == sorted(clip.speaker for clip in clips[:2])
    assert all(1 <= one.copied <= 5 and 1 <= one.natural <= 5 for one in figures)
    natural = {one.speaker: one.natural for one in figures}
    silent = [replace(clip, mel=clip.mel * 0 - 10) for clip in clips[:2]]
    assert {one.speaker: one.natural for one in measure_copies(known, silent)} == natural


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({}, "It started from nothing."),
        (
            {"vocoder_from": "assets/voice/vocoder"},
            "It went on from the vocoder in assets/voice/vocoder.",
        ),
        ({"note": "It was stopped twice."}, "It was stopped twice."),
    ],
)
def test_a_vocoders_folder_says_how_it_was_made_and_how_well_it_does(
    known: SpeechT5HifiGan, tmp_path: Path, changes: dict, sentence: str
) -> None:
    figures = [SpeakerCopies("anna", 100, 4.31, 3.52)]
    describe_vocoder(known, figures, replace(_MADE, **changes), tmp_path)
    card = " ".join((tmp_path / "README.md").read_text(encoding="utf-8").split())
    assert sentence in card
    assert "`python -m voice_training vocoder --minutes 150` on a processor, 1 core." in card
    assert "1,500 clips, 1.6 hours, read by somebody: 24,000 steps in 150 minutes." in card
    assert "| anna | 100 | 4.31 | 3.52 |" in card
    assert (
        json.loads((tmp_path / "figures.json").read_text(encoding="utf-8"))["by_speaker"][0]["copied"] == 3.52
    )
    assert Provenance.read(tmp_path) == replace(_MADE, **changes)
