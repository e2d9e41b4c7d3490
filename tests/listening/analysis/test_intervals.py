"""Intervals agree with hand calculation and with scipy, and are absent where data cannot carry them."""

import math

import numpy as np
import pytest
from scipy import stats

from speecht5_demo.listening.analysis.anytime import anytime_interval
from speecht5_demo.listening.analysis.cleaning import Scores
from speecht5_demo.listening.analysis.clustered import clustered_variance, holm, mean_difference
from speecht5_demo.listening.analysis.components import crossed_interval, estimate, layout, variance_of_mean
from speecht5_demo.listening.analysis.interval import (
    Interval,
    NotEnough,
    listener_interval,
    naive_interval,
)
from speecht5_demo.listening.analysis.mos import mean_opinion

# Two listeners (rows) and three sentences (columns), every number small enough for paper.
GRID = np.array([[4.0, 3.0, 5.0], [2.0, 3.0, 4.0]])


def flat(grid: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Values, listener codes and sentence codes of the cells that are not NaN."""
    listeners, sentences = np.nonzero(~np.isnan(grid))
    return grid[listeners, sentences], listeners, sentences


def test_components_of_a_balanced_grid_are_the_analysis_of_variance() -> None:
    # By hand: mean 3.5; SS listeners 3·(0.5² + 0.5²) = 1.5 on 1 df, SS sentences 2·(0.5² + 0.5² + 1²) = 3 on
    # 2 df, SS total 5.5, so SS residual 1 on 2 df. Mean squares 1.5, 1.5, 0.5.
    found = estimate(*flat(GRID))
    assert found.residual == pytest.approx(0.5, abs=1e-12)
    assert found.listener == pytest.approx((1.5 - 0.5) / 3, abs=1e-12)
    assert found.sentence == pytest.approx((1.5 - 0.5) / 2, abs=1e-12)


def test_the_crossed_interval_of_a_small_grid_is_the_one_worked_out_by_hand() -> None:
    # var = (1/3)·(3²+3²)/6² + (1/2)·(2²+2²+2²)/6² + 0.5/6 = 1/6 + 1/6 + 1/12 = 5/12; t on 1 df.
    found = crossed_interval(*flat(GRID))
    assert isinstance(found, Interval)
    reach = stats.t.ppf(0.975, 1) * math.sqrt(5 / 12)
    assert [found.low, found.high] == pytest.approx([3.5 - reach, 3.5 + reach], abs=1e-9)


def test_components_of_an_unbalanced_grid_solve_their_expectations() -> None:
    """The four sums of squares equal their expected values at the solution (all components positive here)."""
    rng = np.random.default_rng(5)
    grid = 3 + rng.normal(0, 1, (8, 1)) + rng.normal(0, 1, (1, 6)) + rng.normal(0, 0.5, (8, 6))
    grid[rng.random(grid.shape) < 0.3] = np.nan
    values, listeners, sentences = flat(grid)
    found, total = estimate(values, listeners, sentences), values.size
    mean_squares = 0.0
    for codes, own, other in ((listeners, "listener", "sentence"), (sentences, "sentence", "listener")):
        opposite = sentences if codes is listeners else listeners
        observed = (
            sum(values[codes == c].sum() ** 2 / (codes == c).sum() for c in np.unique(codes))
            - values.sum() ** 2 / total
        )
        spill = sum(
            ((codes == c) & (opposite == o)).sum() ** 2 / (codes == c).sum()
            for c in np.unique(codes)
            for o in np.unique(opposite)
        )
        expected = (
            getattr(found, own) * (total - (np.bincount(codes) ** 2).sum() / total)
            + getattr(found, other) * (spill - (np.bincount(opposite) ** 2).sum() / total)
            + found.residual * (np.unique(codes).size - 1)
        )
        assert observed == pytest.approx(expected, rel=1e-9)
        mean_squares += observed
    assert mean_squares > 0


def test_listener_interval_is_scipys_t_interval_over_listener_means() -> None:
    values, listeners, _ = flat(GRID)
    found = listener_interval(values, listeners)
    assert isinstance(found, Interval)
    means = GRID.mean(axis=1)
    expected = stats.t.interval(0.95, 1, loc=means.mean(), scale=stats.sem(means))
    assert [found.low, found.high] == pytest.approx(list(expected), abs=1e-9)


def test_naive_interval_is_the_textbook_one() -> None:
    found = naive_interval(GRID.ravel())
    assert isinstance(found, Interval)
    reach = 1.96 * GRID.std(ddof=1) / math.sqrt(6)
    assert [found.low, found.high] == pytest.approx([3.5 - reach, 3.5 + reach], abs=1e-9)


def test_two_way_clustering_of_a_small_grid_is_the_one_worked_out_by_hand() -> None:
    # Errors against 3.5: rows (.5, -.5, 1.5), (-1.5, -.5, .5). Row sums 1.5, -1.5; column sums -1, -1, 2.
    by_listener = (1.5**2 + 1.5**2) / 36 * 2
    by_sentence = (1 + 1 + 4) / 36 * 3 / 2
    by_cell = 5.5 / 36 * 6 / 5
    assert clustered_variance(*flat(GRID)) == pytest.approx(by_listener + by_sentence - by_cell, abs=1e-12)


def test_clustered_variance_never_falls_below_either_of_its_parts() -> None:
    checkered = np.array([[1.0, -1.0, 1.0, -1.0], [-1.0, 1.0, -1.0, 1.5]])
    values, listeners, sentences = flat(checkered)
    errors = values - values.mean()
    by_listener = (np.bincount(listeners, errors) ** 2).sum() / 64 * 2
    by_sentence = (np.bincount(sentences, errors) ** 2).sum() / 64 * 4 / 3
    assert clustered_variance(values, listeners, sentences) == pytest.approx(max(by_listener, by_sentence))


def test_p_and_bounds_of_a_difference_come_from_one_t_distribution() -> None:
    grid = np.array([[1.0, 2.0, 4.0], [0.0, 3.0, 2.0], [1.0, 1.0, 5.0]])
    found = mean_difference(*flat(grid))
    assert isinstance(found.interval, Interval)
    t = grid.mean() / found.interval.standard_error
    assert found.p == pytest.approx(2 * stats.t.sf(t, 2), abs=1e-12)
    one_sided = stats.t.ppf(0.95, 2) * found.interval.standard_error
    assert found.upper == pytest.approx(grid.mean() + one_sided, abs=1e-9)


@pytest.mark.parametrize(("listeners", "sentences"), [(1, 9), (2, 9), (9, 1), (9, 2), (2, 2)])
def test_too_few_listeners_or_sentences_have_no_interval_and_are_counted(
    listeners: int, sentences: int
) -> None:
    grid = np.arange(listeners * sentences, dtype=float).reshape(listeners, sentences) % 5 + 1
    found = mean_opinion("v", Scores(*flat(grid)))
    for interval in (found.ci95, found.ci95_listener, found.ci95_naive, found.ci95_anytime):
        assert isinstance(interval, NotEnough)
        assert f"by {listeners} listener" in interval.reason


def test_intervals_stay_on_the_scale() -> None:
    grid = np.array([[1.0, 5.0, 1.0], [5.0, 5.0, 5.0], [1.0, 1.0, 5.0]])
    found = mean_opinion("v", Scores(*flat(grid)))
    apart = mean_difference(*flat(grid - 3), reach=4.0)
    for interval, low, high in ((found.ci95, 1, 5), (found.ci95_naive, 1, 5), (apart.interval, -4, 4)):
        assert isinstance(interval, Interval)
        assert low <= interval.low < interval.high <= high


def test_holm_steps_down_and_stays_monotone() -> None:
    # Ordered .01 .03 .04 of three: .01·3, then max(.03, .03·2), then max(.06, .04·1).
    assert holm([0.04, None, 0.01, 0.03]) == [
        pytest.approx(0.06),
        None,
        pytest.approx(0.03),
        pytest.approx(0.06),
    ]
    assert holm([0.9, 0.8]) == [1.0, 1.0]


@pytest.mark.parametrize(
    ("grid", "reason"),
    [
        (np.array([[3.0, 4.0, 5.0]]), "1 listener"),
        (np.array([[3.0], [4.0]]), "1 sentence"),
        (np.array([[3.0]]), "1 listener"),
        (np.full((5, 5), 4.0), "do not vary"),
    ],
)
def test_data_that_cannot_carry_an_interval_say_so(grid: np.ndarray, reason: str) -> None:
    for found in (crossed_interval(*flat(grid)), mean_difference(*flat(grid)).interval):
        assert isinstance(found, NotEnough)
        assert found.reason.startswith("not enough data")
        assert reason in found.reason


def test_one_rating_a_listener_still_gets_an_interval() -> None:
    """Listener and noise cannot be told apart then; the mean's spread can."""
    values = np.array([3.0, 4.0, 5.0, 2.0, 4.0, 3.0])
    sentences = np.array([0, 0, 1, 1, 2, 2])
    assert not estimate(values, np.arange(6), sentences).separable
    assert isinstance(crossed_interval(values, np.arange(6), sentences), Interval)


@pytest.mark.parametrize("seed", range(40))
def test_ragged_little_data_never_give_nan_or_zero_width(seed: int) -> None:
    rng = np.random.default_rng(seed)
    n = int(rng.integers(1, 9))
    values = rng.integers(1, 6, n).astype(float)
    listeners, sentences = rng.integers(0, 3, n), rng.integers(0, 3, n)
    listeners, sentences = (
        np.unique(listeners, return_inverse=True)[1],
        np.unique(sentences, return_inverse=True)[1],
    )
    for found in (
        crossed_interval(values, listeners, sentences),
        mean_difference(values, listeners, sentences).interval,
        listener_interval(values, listeners),
        naive_interval(values),
        anytime_interval(values),
    ):
        if isinstance(found, Interval):
            assert math.isfinite(found.low)
            assert math.isfinite(found.high)
            assert found.high - found.low > 1e-6
        else:
            assert found.reason


def test_variance_of_the_mean_uses_the_layout_of_unequal_work() -> None:
    who = layout(np.array([0, 0, 0, 1]), np.array([0, 1, 2, 0]))
    parts = estimate(*flat(GRID))
    expected = parts.listener * (9 + 1) / 16 + parts.sentence * (4 + 1 + 1) / 16 + parts.residual / 4
    assert variance_of_mean(parts, who) == pytest.approx(expected, abs=1e-12)
