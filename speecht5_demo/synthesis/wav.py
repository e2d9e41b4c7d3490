"""Speech as a WAV file: 16-bit PCM, whole or not at all."""

from __future__ import annotations

from pathlib import Path

from speecht5_demo.synthesis.speech import Speech
from speecht5_demo.synthesis.tags import speech_tags
from speecht5_demo.wav import write_wav_file


def write_wav(speech: Speech, path: Path) -> Path:
    """Write the samples, and that they are synthetic, and return the path.

    Raises:
        OutputError: the file cannot be written.
        SynthesisError: a sample is not finite.
    """
    return write_wav_file(speech.samples, speech.sampling_rate, path, parents=True, tags=speech_tags(speech))
