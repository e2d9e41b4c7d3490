"""A speech as plain data: what `--json` prints and the `/compare` endpoint returns."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Any, Protocol

from speecht5_demo.sizes import Sizes
from speecht5_demo.synthesis.speech import Latency


class SpokenText(Protocol):
    """What a document tells of a `Speech`, whose samples may be gone."""

    @property
    def variant(self) -> str: ...
    @property
    def text(self) -> str: ...
    @property
    def spoken_text(self) -> str: ...
    @property
    def speaker(self) -> str: ...
    @property
    def seed(self) -> int: ...
    @property
    def checkpoint(self) -> str: ...
    @property
    def sampling_rate(self) -> int: ...
    @property
    def audio_seconds(self) -> float: ...
    @property
    def latency(self) -> Latency: ...
    @property
    def rtf(self) -> float: ...
    @property
    def steps(self) -> int: ...
    @property
    def pieces(self) -> int: ...
    @property
    def ended(self) -> bool: ...


def speech_document(
    speech: SpokenText, sizes: Sizes | None, audio: Path, first_audio_s: float | None = None
) -> dict[str, Any]:
    """One JSON object; times in seconds, sizes in bytes, `stopped` true when the model ended by itself.

    Args:
        speech, sizes, audio: what was spoken; no sizes where they were not measured.
        first_audio_s: seconds until there was something to play; the whole latency if not given.
    """
    latency = asdict(speech.latency)
    latency["runs"] = list(speech.latency.runs)
    return {
        "variant": speech.variant,
        "text": speech.text,
        "spoken_text": speech.spoken_text,
        "speaker": speech.speaker,
        "seed": speech.seed,
        "checkpoint": speech.checkpoint,
        "sampling_rate": speech.sampling_rate,
        "audio_seconds": speech.audio_seconds,
        "latency_s": latency,
        "first_audio_s": speech.latency.median if first_audio_s is None else first_audio_s,
        "rtf": speech.rtf,
        "steps": speech.steps,
        "pieces": speech.pieces,
        "sizes": None if sizes is None else asdict(sizes),
        "stopped": speech.ended,
        "audio": str(audio),
    }
