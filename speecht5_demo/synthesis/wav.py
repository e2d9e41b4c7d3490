"""Speech as a WAV file: 16-bit PCM, written at once or not at all."""

from __future__ import annotations

import os
from pathlib import Path

import soundfile

from speecht5_demo.errors import SynthesisError
from speecht5_demo.synthesis.speech import Speech


def write_wav(speech: Speech, path: Path) -> Path:
    """Write the samples and return the path.

    Raises:
        SynthesisError: the file cannot be written.
    """
    partial = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        soundfile.write(partial, speech.samples, speech.sampling_rate, subtype="PCM_16", format="WAV")
        partial.replace(path)
    except (OSError, soundfile.LibsndfileError) as error:
        partial.unlink(missing_ok=True)
        raise SynthesisError(
            f"Cannot write {path}: {getattr(error, 'strerror', None) or error}. Choose another file with -o."
        ) from error
    return path
