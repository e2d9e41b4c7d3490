"""Bias subtraction, BT.500 rejection and effects of order, on data made to show each."""

from collections.abc import Callable

import numpy as np
import pytest
from made_up_ratings import crowd, row

from speecht5_demo.listening.analysis import analyse
from speecht5_demo.listening.analysis.interval import Interval
from speecht5_demo.listening.analysis.sensitivity import bt500_rejected, listener_bias
from speecht5_demo.listening.ratings import RatingRow, RatingsTable

Table = Callable[[list[RatingRow]], RatingsTable]


def test_bias_of_each_listener_is_the_distance_from_the_stimulus_means() -> None:
    # Two listeners, two stimuli: means 3.5 and 2.5; listener 0 lies 0.5 above both, listener 1 0.5 below.
    values = np.array([4.0, 3.0, 3.0, 2.0])
    bias = listener_bias(values, np.array([0, 0, 1, 1]), np.array([0, 1, 0, 1]))
    assert bias == pytest.approx([0.5, -0.5], abs=1e-12)


def test_subtracting_bias_narrows_the_mos_interval_and_keeps_a_balanced_mean(table: Table) -> None:
    found = analyse(table(crowd({"baseline": 0, "int8": 0.3}, listeners=15, sentences=8)))
    plain, corrected = found.headline.variants[0], found.without_bias.variants[0]
    assert corrected.mos == pytest.approx(plain.mos, abs=1e-9)
    assert isinstance(plain.ci95, Interval)
    assert isinstance(corrected.ci95, Interval)
    assert corrected.ci95.standard_error < plain.ci95.standard_error


def test_bt500_rejects_the_listener_who_strays_far_both_ways() -> None:
    rng = np.random.default_rng(0)
    listeners, stimuli = (each.ravel() for each in np.indices((40, 30)))
    values = 3 + rng.normal(0, 0.3, 1200)
    wild = listeners == 7
    values[wild] += np.where(stimuli[wild] % 2, 1.9, -1.9) * (stimuli[wild] % 3 > 0)
    assert 7 in bt500_rejected(values, listeners, stimuli)


def test_bt500_keeps_a_listener_who_is_only_strict() -> None:
    rng = np.random.default_rng(0)
    listeners, stimuli = (each.ravel() for each in np.indices((15, 40)))
    values = 3 + rng.normal(0, 0.3, 600) - 1.5 * (listeners == 7)
    assert bt500_rejected(values, listeners, stimuli).tolist() == []


def test_listeners_who_tire_show_as_a_drift(table: Table) -> None:
    rng = np.random.default_rng(1)
    rows = []
    for who in range(20):
        for place, what in enumerate(rng.permutation(20), start=1):
            rating = int(np.clip(round(4.2 - 0.07 * place + rng.normal(0, 0.5)), 1, 5))
            rows.append(row(f"l{who}", f"s{what}", "baseline", rating, position=place))
    drift, halves, _ = analyse(table(rows)).order
    assert drift.value == pytest.approx(-0.7, abs=0.2)
    assert isinstance(drift.ci95, Interval)
    assert drift.ci95.high < 0
    assert halves.value == pytest.approx(-0.7, abs=0.25)


def test_a_random_order_shows_no_effect(table: Table) -> None:
    for effect in analyse(table(crowd({"baseline": 0, "int8": 0.5}, 20, 10))).order:
        assert effect.p is not None
        assert effect.p > 0.01
