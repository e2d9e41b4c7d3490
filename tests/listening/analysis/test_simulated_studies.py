"""The estimators against studies whose truth is known, because it was drawn."""

from collections.abc import Iterator

import numpy as np
import pytest

from speecht5_demo.listening.analysis.anytime import anytime_interval
from speecht5_demo.listening.analysis.cleaning import Scores
from speecht5_demo.listening.analysis.clustered import mean_difference
from speecht5_demo.listening.analysis.components import crossed_interval
from speecht5_demo.listening.analysis.interval import Interval, naive_interval
from speecht5_demo.listening.analysis.power import chance_of_not_worse

STUDIES = 1000
TRUE_MEAN = 3.7

# listeners, sentences, share of the cells rated, whether listeners differ in diligence
SHAPES = [
    (12, 10, 1.0, False),
    (20, 15, 1.0, False),
    (30, 20, 1.0, False),
    (30, 20, 0.6, True),
    (40, 25, 0.5, False),
]


def studies(
    shape: tuple[int, int, float, bool], spread: tuple[float, float, float], mean: float, seed: int
) -> Iterator[Scores]:
    """Crossed studies; `spread` holds the standard deviations of listeners, sentences and noise."""
    listeners, sentences, share, uneven = shape
    rng = np.random.default_rng(seed)
    for _ in range(STUDIES):
        grid = (
            mean
            + rng.normal(0, spread[0], (listeners, 1))
            + rng.normal(0, spread[1], (1, sentences))
            + rng.normal(0, spread[2], (listeners, sentences))
        )
        diligence = rng.uniform(0.2, 1.0, (listeners, 1)) if uneven else share
        who, what = np.nonzero(rng.random(grid.shape) < diligence)
        yield Scores(grid[who, what], np.unique(who, return_inverse=True)[1], what)


@pytest.mark.parametrize("shape", SHAPES)
def test_the_interval_of_a_mos_holds_the_truth_in_95_percent_of_studies(
    shape: tuple[int, int, float, bool],
) -> None:
    crossed = naive = 0
    for given in studies(shape, (0.6, 0.3, 0.8), TRUE_MEAN, seed=1):
        found = crossed_interval(given.values, given.listeners, given.sentences)
        assert isinstance(found, Interval)
        crossed += found.low <= TRUE_MEAN <= found.high
        narrow = naive_interval(given.values)
        assert isinstance(narrow, Interval)
        naive += narrow.low <= TRUE_MEAN <= narrow.high
    assert 0.93 <= crossed / STUDIES <= 0.97
    assert naive / STUDIES < 0.75, "the naive interval would have to be too narrow here"


@pytest.mark.parametrize("shape", SHAPES)
def test_a_difference_of_zero_is_called_a_difference_in_5_percent_of_studies(
    shape: tuple[int, int, float, bool],
) -> None:
    significant = worse = covered = 0
    for given in studies(shape, (0.21, 0.14, 1.06), 0.0, seed=2):
        found = mean_difference(given.values, given.listeners, given.sentences)
        assert isinstance(found.interval, Interval)
        assert found.p is not None
        significant += found.p < 0.05
        covered += found.interval.low <= 0 <= found.interval.high
        worse += found.lower is not None and found.lower > 0  # what "worse" means
    assert 0.03 <= significant / STUDIES <= 0.07
    assert 0.93 <= covered / STUDIES <= 0.97
    assert 0.03 <= worse / STUDIES <= 0.07


@pytest.mark.parametrize("shape", SHAPES)
def test_a_variant_worse_by_exactly_the_margin_passes_in_5_percent_of_studies(
    shape: tuple[int, int, float, bool],
) -> None:
    passed = 0
    for given in studies(shape, (0.21, 0.14, 1.06), 0.2, seed=3):
        found = mean_difference(given.values, given.listeners, given.sentences)
        passed += found.upper is not None and found.upper < 0.2
    assert 0.03 <= passed / STUDIES <= 0.07


def test_watching_after_every_listener_keeps_the_promise() -> None:
    """Looked at from the 2nd to the 60th listener: wrong at any look in 5 % of studies at most."""
    rng = np.random.default_rng(4)
    wrong_watched = wrong_fixed = 0
    for _ in range(400):
        means = rng.normal(0, 0.4, 60)
        watched = fixed = False
        for n in range(2, 61):
            found = anytime_interval(means[:n])
            watched |= isinstance(found, Interval) and not found.low <= 0 <= found.high
            error = 1.96 * means[:n].std(ddof=1) / np.sqrt(n)
            fixed |= bool(abs(means[:n].mean()) > error) if n >= 10 else False
        wrong_watched += watched
        wrong_fixed += fixed
    assert wrong_watched / 400 <= 0.05
    assert wrong_fixed / 400 > 0.15, "peeking with an ordinary interval would have to fail here"


@pytest.mark.parametrize(("listeners", "sentences", "power"), [(20, 15, 0.75), (30, 20, 0.92), (60, 30, 1.0)])
def test_power_of_not_worse_is_the_designs(listeners: int, sentences: int, power: float) -> None:
    assert chance_of_not_worse(listeners, sentences, margin=0.2) == pytest.approx(power, abs=0.05)


def test_power_grows_with_listeners_and_falls_with_a_true_loss() -> None:
    assert chance_of_not_worse(40, 20, sentences_per_listener=5) > chance_of_not_worse(
        20, 20, sentences_per_listener=5
    )
    assert chance_of_not_worse(30, 20, true_difference=0.2) < 0.08
