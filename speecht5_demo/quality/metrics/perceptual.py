"""PESQ, ViSQOL and STOI of two signals that are aligned in time already.

PESQ is ITU-T P.862.2, wide band, 16 kHz, as mean listening quality objective (1.02 to 4.644), computed by pesq 0.0.4:
the ITU's reference code of October 2005 (P.862 Amendment 2). Corrigendum 2 of March 2018 is not in it, nor in most
published figures. ViSQOL (Chinen et al. 2020) compares two spectrograms as pictures; its speech mode maps the result to
a listening quality by a lattice network, 3.9 for a signal against itself. All of them were made for transmitted speech
and are meaningless on signals that run at different speeds: that is why the pair's origin is part of a metric's label.
"""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from typing import Any

import numpy as np
import torch

from speecht5_demo.errors import QualityError
from speecht5_demo.quality.libraries import Library
from speecht5_demo.quality.metrics.cepstra import WARPING
from speecht5_demo.quality.metrics.metric import Metric, Need
from speecht5_demo.quality.signals import SAMPLING_RATE, Samples, audible

PESQ = Library("pesq")
PYSTOI = Library("pystoi")
VISQOL = Library("visqol", "visqol-python")
LATTICE = Library("ai_edge_litert", "ai-edge-litert")

_PESQ_CODE = "pesq 0.0.4: P.862.2 wide band, reference code of October 2005, without Corrigendum 2 (03/2018)"
SHORTEST_S = 0.25  # P.862's level and delay alignment needs more than this


def _pair(reference: Samples, degraded: Samples) -> tuple[Samples, Samples]:
    if len(reference) != len(degraded):
        raise QualityError(
            f"The pair is not aligned: {len(reference)} and {len(degraded)} samples. "
            "Cutting the longer one would only hide that."
        )
    return audible(reference, "reference"), audible(degraded, "variant")


def pesq(reference: Samples, degraded: Samples) -> float:
    """Wide-band PESQ, MOS-LQO, of an aligned pair at 16 kHz.

    Raises:
        QualityError: when the pair differs in length, is silent, or the library finds no utterance in it.
    """
    library = PESQ.load("PESQ")
    one, other = _pair(reference, degraded)
    if len(one) < SHORTEST_S * SAMPLING_RATE:
        raise QualityError(f"PESQ needs at least {SHORTEST_S} s; these are {len(one) / SAMPLING_RATE:.2f} s.")
    try:
        return float(library.pesq(SAMPLING_RATE, one, other, "wb"))
    except library.NoUtterancesError as error:
        raise QualityError("PESQ: no utterance detected.") from error
    except library.PesqError as error:
        raise QualityError(f"PESQ: {error!r}.") from error


@cache
def _visqol() -> Any:
    """ViSQOL in speech mode. The pair is aligned already, so that it need not look for delays."""
    api = VISQOL.load("ViSQOL").VisqolApi()
    api.create(mode="speech", use_lattice_model=True, disable_global_alignment=True)
    return api


@contextmanager
def _torchs_threads() -> Iterator[None]:
    """What runs inside sets OpenMP's threads, which are torch's too: with more of them sums have another order."""
    before = torch.get_num_threads()
    try:
        yield
    finally:
        torch.set_num_threads(before)


def visqol(reference: Samples, degraded: Samples) -> float:
    """ViSQOL's listening quality, 1 to about 4, of an aligned pair at 16 kHz.

    Raises:
        QualityError: when the pair differs in length, is silent, or too short for one patch.
    """
    one, other = _pair(reference, degraded)
    if len(one) < SHORTEST_S * SAMPLING_RATE:
        raise QualityError(
            f"ViSQOL needs at least {SHORTEST_S} s; these are {len(one) / SAMPLING_RATE:.2f} s."
        )
    with _torchs_threads():
        found = _visqol().measure_from_arrays(one.astype(np.float64), other.astype(np.float64), SAMPLING_RATE)
    return float(found.moslqo)


def stoi(reference: Samples, degraded: Samples) -> float:
    """Short-time objective intelligibility, 0 to 1, of an aligned pair at 16 kHz (Taal et al. 2011, by pystoi).

    Raises:
        QualityError: when the pair differs in length, is silent, or too short for one 384 ms segment.
    """
    library = PYSTOI.load("STOI")
    one, other = _pair(reference, degraded)
    with warnings.catch_warnings():
        warnings.simplefilter("error", RuntimeWarning)
        try:
            return float(library.stoi(one, other, SAMPLING_RATE))
        except RuntimeWarning as warning:
            raise QualityError("STOI: less than 384 ms of speech are left without the pauses.") from warning


METRICS = (
    Metric(
        name="pesq",
        label="PESQ against baseline, length-locked",
        unit="MOS-LQO",
        better="higher",
        about=f"The variant driven frame by frame along the baseline's mel, then vocoded. {_PESQ_CODE}.",
        measure=lambda subject: pesq(*subject.locked),
        needs=frozenset({Need.LOCKED}),
        libraries=(PESQ,),
        swept=True,
    ),
    Metric(
        name="visqol",
        label="ViSQOL against baseline, length-locked",
        unit="MOS-LQO",
        better="higher",
        about="The same pair by ViSQOL 3 in speech mode; a signal against itself reaches about 3.9.",
        measure=lambda subject: visqol(*subject.locked),
        needs=frozenset({Need.LOCKED}),
        libraries=(VISQOL, LATTICE),
        swept=True,
    ),
    Metric(
        name="stoi",
        label="STOI against baseline, length-locked",
        unit="0 to 1",
        better="higher",
        about="Short-time objective intelligibility of the same pair, by pystoi.",
        measure=lambda subject: stoi(*subject.locked),
        needs=frozenset({Need.LOCKED}),
        libraries=(PYSTOI,),
    ),
)
RECORDING_METRICS = (
    Metric(
        name="pesq-recording",
        label="PESQ against recordings, DTW-aligned",
        unit="MOS-LQO",
        better="higher",
        about=f"The spectrogram warped onto the recording's time, then vocoded. {_PESQ_CODE}.",
        measure=lambda subject: pesq(*subject.warped_pair),
        needs=frozenset({Need.RECORDING}),
        libraries=(PESQ, *WARPING),
    ),
)
