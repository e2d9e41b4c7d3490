"""Two models that go on from the same weights, each on other batches: their mean has learnt from both.

On a processor, two trainings of half the cores each take more steps in an hour than one of all cores. Models that
start from the same trained weights and go on gently stay in one basin, where the mean of weights errs less than
either.
Source: model soups; Wortsman et al. 2022, arXiv 2203.05482.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import torch


@contextmanager
def half_of_the_cores(cores: int) -> Iterator[None]:
    """Inside, torch computes with half of that many threads, at least one; afterwards with as many as before."""
    before = torch.get_num_threads()
    torch.set_num_threads(max(1, cores // 2))
    try:
        yield
    finally:
        torch.set_num_threads(before)
