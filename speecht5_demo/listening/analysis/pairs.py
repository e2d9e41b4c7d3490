"""Ratings of pairs: baseline against one variant, by direct comparison.

A listener hears two clips of one sentence and says how the second compares to the first. Every rating is turned to the
same side, baseline against variant, so that both orders of presentation count alike; the mean over crossed listeners
and sentences is then treated as any difference is. Which question types there are, and on which scale, is in `methods`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from speecht5_demo.listening.analysis.cleaning import CleanedRatings, Scores, codes, valid_points
from speecht5_demo.listening.analysis.clustered import MeanDifference
from speecht5_demo.listening.analysis.paired import mean_difference_or_none
from speecht5_demo.listening.methods import METHODS


@dataclass(frozen=True)
class Preference:
    """Baseline against one variant by direct comparison.

    Attributes:
        method: the question type, a name in `methods.METHODS`.
        variant, baseline: names.
        difference: mean of baseline against variant on the method's scale, with its interval.
        better, same, worse: how often the variant was heard as better than, the same as, or worse than the
            baseline.
    """

    method: str
    variant: str
    baseline: str
    difference: MeanDifference
    better: int
    same: int
    worse: int


def preferences(
    cleaned: CleanedRatings,
    baseline: str = "baseline",
    variants: Mapping[str, str] | None = None,
    source: str = "study",
) -> tuple[Preference, ...]:
    """One entry for each question type and variant that was compared with the baseline.

    Args:
        variants: stimulus id -> variant, from the study. A reference clip that neither it nor any row names
            is taken for one of the baseline, which every study compares with.
        source: whose votes: study | compare.
    """
    pairs = cleaned.rows("pair")
    of_source = (pairs["role"] == "test").to_numpy(dtype=bool) & (pairs["source"] == source).to_numpy(
        dtype=bool
    )
    pairs = pairs.loc[of_source]
    if pairs.empty:
        return ()
    known = cleaned.frame[["stimulus_id", "variant"]].drop_duplicates("stimulus_id").astype(str)
    variant_of = {**dict(zip(known["stimulus_id"], known["variant"], strict=True)), **(variants or {})}
    names = set(cleaned.frame["variant"].astype(str).unique())
    found = []
    for method in (one for one in METHODS.values() if one.paired):
        of_method = pairs.loc[(pairs["method"] == method.name).to_numpy(dtype=bool)]
        rows = valid_points(of_method, method.low, method.high)
        reference = (
            rows["compared_with"]
            .astype(str)
            .map(lambda name: variant_of.get(name, name if name in names else baseline))
        )
        rated = rows["variant"].astype(str)
        forward, backward = (reference == baseline).to_numpy(), (rated == baseline).to_numpy()
        of_pair = forward != backward
        other = rated.where(forward, reference)
        for name in sorted(set(other[of_pair])):
            chosen = of_pair & (other == name).to_numpy()
            part = rows.loc[chosen]
            sign = np.where(forward[chosen], -1.0, 1.0)
            values = sign * part["rating"].to_numpy(dtype=np.float64)
            given = Scores(values, codes(part["listener_id"]), codes(part["sentence_key"]))
            difference = mean_difference_or_none(given, method.high)
            if difference is not None:
                counts = [int((values < 0).sum()), int((values == 0).sum()), int((values > 0).sum())]
                found.append(Preference(method.name, name, baseline, difference, *counts))
    return tuple(found)
