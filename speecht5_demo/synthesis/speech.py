"""What a synthesis gives back."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True)
class Latency:
    """Seconds that the model calls of one text took; warm-up, text handling and joining are outside.

    Attributes:
        runs: seconds of each repeat, in the order they ran.
        median: of the runs.
        p90: 90th percentile of the runs (linear interpolation).
        encode: median seconds in the text encoder.
        decode: median seconds in the decoder loop and postnet.
        vocode: median seconds in the vocoder.
        disturbed: repeats that were thrown away because somebody wanted to hear something meanwhile.
    """

    runs: tuple[float, ...]
    median: float
    p90: float
    encode: float
    decode: float
    vocode: float
    disturbed: int = 0

    @classmethod
    def of(cls, stages: list[tuple[float, float, float]], disturbed: int = 0) -> Latency:
        """From (encode, decode, vocode) seconds, one triple a run that counts."""
        table = np.array(stages, dtype=np.float64)
        runs = table.sum(axis=1)
        encode, decode, vocode = np.median(table, axis=0)
        return cls(
            runs=tuple(float(run) for run in runs),
            median=float(np.median(runs)),
            p90=float(np.percentile(runs, 90)),
            encode=float(encode),
            decode=float(decode),
            vocode=float(vocode),
            disturbed=disturbed,
        )


@dataclass(frozen=True)
class Speech:
    """One synthesized text.

    Attributes:
        samples: mono waveform in [-1, 1], float32, shape (n,).
        sampling_rate: in Hz; SpeechT5 speaks at 16,000.
        mel: log-mel spectrogram of the pieces one after the other, float32, shape (frames, 80).
        text: as written.
        spoken_text: as spoken.
        speaker: name of the speaker.
        variant: name of the variant.
        checkpoint: title of the checkpoint.
        seed: as given; the masks are a function of it, the spoken text and the speaker.
        latency: seconds of the model calls.
        steps: decoder steps of all pieces.
        pieces: how many pieces the text was split into.
        ended: False when the step cap was hit in any piece before the model stopped by itself.
        piece_ends: where each piece ends among the samples, the pause after it included.
    """

    samples: NDArray[np.float32]
    sampling_rate: int
    mel: NDArray[np.float32]
    text: str
    spoken_text: str
    speaker: str
    variant: str
    checkpoint: str
    seed: int
    latency: Latency
    steps: int
    pieces: int
    ended: bool
    piece_ends: tuple[int, ...] = ()

    @property
    def audio_seconds(self) -> float:
        """Length of the audio in seconds, pauses between pieces included."""
        return len(self.samples) / self.sampling_rate

    @property
    def rtf(self) -> float:
        """Real-time factor: synthesis seconds per second of audio; below 1 is faster than speech."""
        return self.latency.median / self.audio_seconds
