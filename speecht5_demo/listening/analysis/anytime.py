"""Intervals that stay true while the study is being watched.

A 95 % interval is wrong in 5 % of studies when it is looked at once. Looked at after every listener, the
chance that it is wrong at least once grows without bound. The interval here is wide enough to be right at all
looks together: the scale-invariant normal mixture of Lindon, Ham, Tingley and Bojinov, "Anytime-valid linear
models and regression adjusted causal inference in randomized experiments" (arXiv 2210.08589), for a mean with
unknown variance. Listeners are the independent units, so it speaks about the sentences of this study only.
"""

from __future__ import annotations

import math

import numpy as np

from speecht5_demo.listening.analysis.interval import LEVEL, ONE_LISTENER, FloatArray, Interval, NotEnough
from speecht5_demo.messages import Message

MIXTURE = 2.0  # phi, fixed before any data: from a handful of listeners on the interval is near its narrowest


def anytime_interval(listener_values: FloatArray) -> Interval | NotEnough:
    """The interval for the mean of `listener_values`, one value a listener, shape (L,)."""
    n = listener_values.size
    if n < 2:
        return NotEnough(ONE_LISTENER)
    variance = float(np.var(listener_values, ddof=1))
    if variance <= 1e-14:
        return NotEnough(
            Message("not enough data: the listeners do not differ, so their spread cannot be estimated")
        )
    ratio = MIXTURE / (MIXTURE + n)
    bound = math.exp((-2 * math.log(1 - LEVEL) - math.log(ratio)) / n)
    if bound * ratio >= 1:
        return NotEnough(
            Message(
                "not enough data: {n} listeners are too few for an interval that may be watched", n=int(n)
            )
        )
    t_squared = (n - 1) * (bound - 1) / (1 - bound * ratio)
    centre, error = float(listener_values.mean()), math.sqrt(variance / n)
    reach = error * math.sqrt(t_squared)
    return Interval(centre - reach, centre + reach, error, n - 1)
