"""What a voice says of how it was made."""

import json
import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from speecht5_demo.checkpoints.embedded import FOLDER as BUILT_IN
from voice_training.evaluation import Examination, SpeakerFigures
from voice_training.model_card import Making, write_card


def examination() -> Examination:
    told = json.loads((BUILT_IN / "figures.json").read_text(encoding="utf-8"))
    by_speaker, long = ([SpeakerFigures(**row) for row in told[name]] for name in ("by_speaker", "long"))
    return Examination(told["sentences"], told["seeds"], by_speaker, long, [])


@pytest.mark.parametrize(("processes", "told"), [(1, False), (2, True)])
def test_the_card_says_how_many_processes_took_a_step(tmp_path: Path, processes: int, told: bool) -> None:
    voice = Path(shutil.copytree(BUILT_IN, tmp_path / "voice"))
    write_card(voice, replace(Making.read(BUILT_IN), processes=processes), examination())
    card = " ".join((voice / "README.md").read_text(encoding="utf-8").split())
    assert ("taken by 2 processes together" in card) is told
