"""What a version changed, as a picture: its spectrogram less the baseline's, both at the same loudness.

Moments can only be laid over each other where both samples have one length. Where they do not, the picture shows the
difference of the average spectra, and says so.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from speecht5_demo.messages import Message, joined
from speecht5_demo.ui.compare.cards import Card
from speecht5_demo.ui.compare.clips import HEADERS
from speecht5_demo.ui.compare.runs import Run, Runs
from speecht5_demo.ui.compare.spectrogram import picture_png
from speecht5_demo.wav import read_wav

ADDRESS = "/compare/difference/"
FRAME, HOP, ROWS = 512, 128, 64
RANGE_DB = 60.0
"""Below the loudest moment of both; what is quieter counts as that quiet, so that silence has no difference."""
SHOWN_DB = 18.0
COLOURS = {
    "day": ((24, 84, 170), (251, 250, 247), (176, 74, 0)),
    "night": ((122, 176, 255), (22, 30, 34), (255, 176, 97)),
}
"""Quieter, equal and louder, as RGB."""

LONGER = (
    "This version is {apart} s longer than the baseline, so moments cannot be laid over each other: the average "
    "spectra are compared, at the same loudness."
)
SHORTER = (
    "This version is {apart} s shorter than the baseline, so moments cannot be laid over each other: the average "
    "spectra are compared, at the same loudness."
)

Spectrum = NDArray[np.float64]


@dataclass(frozen=True)
class Difference:
    """Of a version from the baseline.

    Attributes:
        pictures: PNG for light and for dark pages.
        sentence: what the picture shows.
        aligned: whether moments were laid over each other.
    """

    pictures: dict[str, bytes]
    sentence: str
    aligned: bool


def difference_of(run: Run, card: Card) -> Difference | None:
    """Of a card of a revealed run; None for the baseline, or where there is none or its audio is gone."""
    baseline = run.baseline
    if not run.revealed or not run.plan.listenable or baseline is None or baseline is card:
        return None
    try:
        return difference(card.clip.audio, baseline.clip.audio)
    except OSError:
        return None


@lru_cache(maxsize=128)
def difference(version: Path, baseline: Path) -> Difference:
    """Of two WAV files of one rate.

    Raises:
        OSError: one of them is gone.
    """
    (mine, rate), (base, _) = read_wav(version), read_wav(baseline)
    aligned = len(mine) == len(base)
    spectra = [_power(mine), _power(base)]
    if not aligned:
        spectra = [each.mean(axis=1, keepdims=True) for each in spectra]
    floor = max(float(each.max()) for each in spectra) * 10 ** (-RANGE_DB / 10) + 1e-20
    louder, quieter = (10 * np.log10(np.maximum(each, floor)) for each in spectra)
    decibels = louder - quieter
    scale = Message(
        "Orange is louder than the baseline, blue quieter, full colour {shown} dB; {mean} dB on average.",
        shown=f"{SHOWN_DB:.0f}",
        mean=f"{np.abs(decibels).mean():.1f}",
    )
    if aligned:
        how = Message("Difference from the baseline, moment by moment, at the same loudness.")
    else:
        apart = (len(mine) - len(base)) / rate
        how = Message(LONGER if apart > 0 else SHORTER, apart=f"{abs(apart):.2f}")
    sentence = joined(" ", [how, scale])
    share = np.clip(decibels / SHOWN_DB, -1, 1)
    pictures = {theme: picture_png(share, (-1, 0, 1), colours) for theme, colours in COLOURS.items()}
    return Difference(pictures, sentence, aligned)


def difference_route(runs: Runs) -> Route:
    """Serves the pictures of revealed runs."""

    def serve(request: Request) -> Response:
        run = runs.find(request.path_params["run"])
        card = (
            next((each for each in run.cards if each.letter == request.path_params["letter"]), None)
            if run
            else None
        )
        found = difference_of(run, card) if run is not None and card is not None else None
        picture = found.pictures.get(request.path_params["theme"]) if found is not None else None
        if picture is None:
            return Response("There is no difference to show here.", 404, HEADERS, "text/plain")
        return Response(picture, 200, HEADERS, "image/png")

    return Route(ADDRESS + "{run}/{letter}/{theme}.png", serve, methods=["GET"])


def _power(samples: NDArray[np.float32]) -> Spectrum:
    """Power in rows of equal width, low frequencies first, shape (ROWS, frames)."""
    padded = np.pad(samples.astype(np.float64), (FRAME // 2, FRAME))
    frames = np.lib.stride_tricks.sliding_window_view(padded, FRAME)[::HOP]
    power = np.square(np.abs(np.fft.rfft(frames * np.hanning(FRAME), axis=1)))[:, 1:]
    rows: Spectrum = power.reshape(len(power), ROWS, -1).mean(axis=2).T
    return rows
