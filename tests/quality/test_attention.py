"""Faults of reading are seen in the attention, and a faultless reading has none."""

import numpy as np
import pytest
from numpy.typing import NDArray

from speecht5_demo.quality.reading import read
from speecht5_demo.quality.speaking import Spoken

TOKENS = 40


def weights(places: NDArray[np.int64]) -> NDArray[np.float32]:
    """One reading head that looks at `places`, and one that looks nowhere in particular."""
    steps = len(places)
    sharp = np.full((steps, TOKENS), 0.1 / TOKENS, np.float32)
    sharp[np.arange(steps), places] += 0.9
    return np.stack([np.full((steps, TOKENS), 1 / TOKENS, np.float32), sharp])


ONCE = np.repeat(np.arange(TOKENS), 2)


@pytest.mark.parametrize(
    ("places", "repeats", "skips"),
    [
        (ONCE, 0, 0),
        (np.concatenate([ONCE[:40], ONCE[10:]]), 1, 0),
        (np.concatenate([ONCE[:40], ONCE[10:60], ONCE[30:]]), 2, 0),
        (np.concatenate([ONCE[:20], ONCE[50:]]), 0, 1),
        (ONCE[:50], 0, 1),
        (np.concatenate([ONCE[:30], [0], ONCE[30:]]), 0, 0),
    ],
    ids=[
        "clean",
        "one phrase twice",
        "two phrases twice",
        "words left out",
        "end left out",
        "one stray glance",
    ],
)
def test_repeats_and_skips_are_counted(places: NDArray[np.int64], repeats: int, skips: int) -> None:
    reading = read(weights(places))
    assert (reading.repeats, reading.skips) == (repeats, skips)


def test_a_head_that_stares_is_not_taken_for_the_reading_one() -> None:
    stare = np.zeros((1, len(ONCE), TOKENS), np.float32)
    stare[:, :, 0] = 1.0
    assert read(np.concatenate([stare, weights(ONCE)])).skips == 0


def test_the_built_in_voice_reads_a_harvard_sentence_through(spoken: Spoken) -> None:
    assert spoken.readings is not None
    (reading,) = spoken.readings
    assert (reading.repeats, reading.skips) == (0, 0)
    assert reading.monotonicity > 0.95
