"""The natural voices in `assets/natural`: a checkpoint as any other, with a vocoder of another shape."""

from pathlib import Path

import numpy as np
import pytest

from speecht5_demo.checkpoints import Checkpoint, open_checkpoint
from speecht5_demo.synthesis import Synthesizer

FOLDER = Path(__file__).parents[2] / "assets" / "natural"
TEXT = "The birch canoe slid on the smooth planks."


@pytest.fixture(scope="module")
def natural() -> Checkpoint:
    return open_checkpoint(str(FOLDER))


def test_they_are_two_women_and_two_men_american_and_british(natural: Checkpoint) -> None:
    labels = {name: speaker.label for name, speaker in natural.speakers.items()}
    assert list(labels) == ["af_heart", "bf_emma", "am_michael", "bm_george"]
    assert sum("woman" in label for label in labels.values()) == 2
    assert sum("British" in label for label in labels.values()) == 2


def test_their_files_take_less_than_24_megabytes() -> None:
    assert sum(path.stat().st_size for path in FOLDER.rglob("*") if path.is_file()) < 24e6


@pytest.mark.parametrize("variant", ["baseline", "turbo-int8"])
def test_each_of_them_speaks_a_sentence_and_stops(natural: Checkpoint, variant: str) -> None:
    synthesizer = Synthesizer(natural)
    for name in natural.speakers:
        speech = synthesizer.speak(TEXT, name, variant)
        assert 1.5 < len(speech.samples) / speech.sampling_rate < 4.5, name
        assert np.abs(speech.samples).max() > 0.1, name
