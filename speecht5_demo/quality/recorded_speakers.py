"""A recording of some seconds becomes a speaker, by the encoder that made the checkpoint's own vectors.

A checkpoint names its encoder in `speaking.json`; without one no recording says anything to it.
"""

from __future__ import annotations

import hashlib
import io
from pathlib import Path
from typing import Any

import numpy as np
import soundfile
import soxr

from speecht5_demo.checkpoints import Checkpoint
from speecht5_demo.errors import QualityError, SpeakerError
from speecht5_demo.messages import Message
from speecht5_demo.quality.signals import SAMPLING_RATE, Samples
from speecht5_demo.quality.speaker_models import SpeakerModel, open_speaker_model, speaker_libraries
from speecht5_demo.speakers import Speaker

SHORTEST_S, LONGEST_S = 3.0, 30.0
LARGEST_FILE = 50_000_000
QUIETEST_RMS = 0.003  # -50 dB below full scale
MOST_CLIPPED = 0.02


def missing_for(checkpoint: Checkpoint) -> str:
    """Why no recording can become a speaker of it here, in a sentence; empty where one can."""
    encoder = checkpoint.speaker_encoder
    if not encoder:
        return Message(
            "{checkpoint} names no speaker encoder, so a recording says nothing to it. "
            'Load a checkpoint whose speaking.json has "speaker_encoder", or give one vector as .npy or .pt.',
            checkpoint=checkpoint.title,
        )
    absent = [library for library in speaker_libraries(encoder) if library.version() is None]
    if absent:
        names = " and ".join(library.title for library in absent)
        return Message(
            "A recording needs {names}: pip install -r {file}, then start again.",
            names=names,
            file=absent[0].requirements,
        )
    return ""


def recorded_speaker(path: Path, checkpoint: Checkpoint) -> Speaker:
    """The speaker of a recording in a file.

    Raises:
        SpeakerError: there is no encoder for it here, or the recording is unusable.
    """
    if problem := missing_for(checkpoint):
        raise SpeakerError(f"{path.name} is a recording. {problem}")
    try:
        size = path.stat().st_size
        content = path.read_bytes() if size <= LARGEST_FILE else b""
    except OSError as error:
        raise SpeakerError(f"{path.name} cannot be read ({error.strerror}). Choose another file.") from error
    if not content:
        raise SpeakerError(
            f"{path.name} has {size:,} bytes: give {SHORTEST_S:.0f} to {LONGEST_S:.0f} s of one voice."
        )
    return speaker_of(checked_recording(content), opened_model(checkpoint), checkpoint)


def opened_model(checkpoint: Checkpoint) -> SpeakerModel:
    """The encoder that the checkpoint names.

    Raises:
        SpeakerError: it cannot be opened.
    """
    try:
        return open_speaker_model(checkpoint.speaker_encoder)
    except QualityError as error:
        raise SpeakerError(Message("The recording cannot be used. {why}", why=str(error))) from error


def speaker_of(samples: Samples, model: SpeakerModel, checkpoint: Checkpoint) -> Speaker:
    """The speaker that an encoder hears in some samples.

    Raises:
        SpeakerError: it hears none, or its vectors are not of the checkpoint's size.
    """
    try:
        vector = model.embed(samples)
    except QualityError as error:
        raise SpeakerError(Message("The recording cannot be used. {why}", why=str(error))) from error
    if vector.size != checkpoint.vector_size:
        raise SpeakerError(
            Message(
                "{encoder} gives {given} values and {checkpoint} takes {taken}: its speaking.json names another "
                "encoder than it was trained with.",
                encoder=model.name,
                given=vector.size,
                checkpoint=checkpoint.title,
                taken=checkpoint.vector_size,
            )
        )
    name = f"recording-{hashlib.sha256(vector.tobytes()).hexdigest()[:8]}"
    label = Message("Your recording of {seconds} s", seconds=f"{len(samples) / SAMPLING_RATE:.0f}")
    return Speaker(name, label, vector, source="recording")


def checked_recording(content: bytes, only_wav: bool = False) -> Samples:
    """Mono samples at 16 kHz.

    Args:
        content: of a WAV, FLAC, MP3 or Ogg file.
        only_wav: whether the others are refused.

    Raises:
        SpeakerError: it is of another kind, too short or long, silent or clipped.
    """
    try:
        with soundfile.SoundFile(io.BytesIO(content)) as file:
            if only_wav and file.format not in ("WAV", "WAVEX"):
                raise SpeakerError(Message("Send a recording as WAV."))
            rate = int(file.samplerate)
            if not 8_000 <= rate <= 192_000 or file.channels > 8:
                raise SpeakerError(
                    Message("The recording has {rate} Hz: record at 8,000 Hz or more.", rate=f"{rate:,}")
                )
            seconds = file.frames / rate
            if not SHORTEST_S <= seconds <= LONGEST_S:
                raise SpeakerError(
                    Message(
                        "The recording lasts {seconds} s: record {shortest} to {longest} s of one voice.",
                        seconds=f"{seconds:.1f}",
                        shortest=f"{SHORTEST_S:.0f}",
                        longest=f"{LONGEST_S:.0f}",
                    )
                )
            read: Any = file.read(dtype="float32", always_2d=True)
    except soundfile.LibsndfileError as error:
        problem = Message("The file cannot be read as a WAV: it is damaged or of another kind.")
        if not only_wav:
            problem = Message(
                "The file cannot be read as a WAV, FLAC, MP3 or Ogg: it is damaged or of another kind."
            )
        raise SpeakerError(problem) from error
    mono = read.mean(axis=1)
    if not np.isfinite(mono).all():
        raise SpeakerError(Message("The recording holds samples that are no numbers. Record it again."))
    if float(np.sqrt(np.mean(mono**2))) < QUIETEST_RMS:
        raise SpeakerError(Message("The recording is silent, or nearly: come closer to the microphone."))
    if float(np.mean(np.abs(read) >= 0.999)) > MOST_CLIPPED:
        raise SpeakerError(
            Message("The recording is clipped: it is too loud for the microphone. Turn its level down.")
        )
    if rate == SAMPLING_RATE:
        return np.asarray(mono, np.float32)
    return np.asarray(soxr.resample(mono, rate, SAMPLING_RATE), np.float32)
