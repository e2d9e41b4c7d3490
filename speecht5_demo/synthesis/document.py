"""A speech as plain data: what `--json` prints and the `/compare` endpoint returns."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Protocol, TypedDict

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


class LatencyDocument(TypedDict):
    """Seconds of the model call; `disturbed` counts the runs that were thrown away."""

    runs: list[float]
    median: float
    p90: float
    encode: float
    decode: float
    vocode: float
    disturbed: int


class SpeechDocument(TypedDict):
    """One variant's speech: what was said by whom, how long it took, how large it is, and where it lies."""

    variant: str
    text: str
    spoken_text: str
    speaker: str
    seed: int
    checkpoint: str
    sampling_rate: int
    audio_seconds: float
    latency_s: LatencyDocument
    first_audio_s: float
    rtf: float
    steps: int
    pieces: int
    sizes: dict[str, int] | None
    stopped: bool
    audio: str


def speech_document(
    speech: SpokenText, sizes: Sizes | None, audio: Path, first_audio_s: float | None = None
) -> SpeechDocument:
    """One JSON object; times in seconds, sizes in bytes, `stopped` true when the model ended by itself.

    Args:
        speech, sizes, audio: what was spoken; no sizes where they were not measured.
        first_audio_s: seconds until there was something to play; the whole latency if not given.
    """
    measured = speech.latency
    latency: LatencyDocument = {
        "runs": list(measured.runs),
        "median": measured.median,
        "p90": measured.p90,
        "encode": measured.encode,
        "decode": measured.decode,
        "vocode": measured.vocode,
        "disturbed": measured.disturbed,
    }
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
        "first_audio_s": measured.median if first_audio_s is None else first_audio_s,
        "rtf": speech.rtf,
        "steps": speech.steps,
        "pieces": speech.pieces,
        "sizes": None if sizes is None else asdict(sizes),
        "stopped": speech.ended,
        "audio": str(audio),
    }
