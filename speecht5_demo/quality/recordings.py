"""Natural recordings of the sentences: the recogniser's floor, and something to compare with that no model made.

    FOLDER/7.wav               sentence 7 of the list, any speaker
    FOLDER/am_michael/007.wav  sentence 7 as speaker am_michael says it; goes before the former

Any format and rate that libsndfile reads; stereo is mixed down, other rates are resampled to 16 kHz.
"""

from math import gcd
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray

from speecht5_demo.errors import QualityError
from speecht5_demo.quality.metrics.cepstra import HOP_MS, align
from speecht5_demo.quality.signals import SAMPLING_RATE, Samples

MEL_HOP = 256  # samples a frame of SpeechT5's spectrogram
SUFFIXES = (".wav", ".flac", ".ogg", ".mp3")


def find_recording(folder: Path, speaker: str, number: int) -> Path | None:
    """The file of sentence `number`, from 1, by `speaker`, if there is one."""
    for place in (folder / speaker, folder):
        if not place.is_dir():
            continue
        for path in sorted(place.iterdir()):
            if path.suffix.lower() in SUFFIXES and path.stem.isdigit() and int(path.stem) == number:
                return path
    return None


def read_recording(path: Path) -> Samples:
    """Mono samples at 16 kHz.

    Raises:
        QualityError: when the file cannot be read.
    """
    import soundfile
    from scipy.signal import resample_poly

    try:
        samples, rate = soundfile.read(path, dtype="float32", always_2d=True)
    except (OSError, soundfile.LibsndfileError) as error:
        raise QualityError(f"{path} cannot be read as audio: {error}") from error
    mono = samples.mean(axis=1)
    if rate != SAMPLING_RATE:
        common = gcd(rate, SAMPLING_RATE)
        mono = resample_poly(mono, SAMPLING_RATE // common, rate // common)
    return np.asarray(mono, dtype=np.float32)


def warped_onto(
    recording: Samples, samples: Samples, mel: NDArray[np.float32], vocoder: torch.nn.Module
) -> tuple[Samples, Samples]:
    """The recording, and an utterance re-vocoded on the recording's time: two signals of equal length.

    The warping path between the two waveforms says which frame of the utterance's spectrogram belongs to each
    moment of the recording; those frames, in that order, go through the vocoder.

    Args:
        recording: mono at 16 kHz.
        samples, mel: the utterance and its spectrogram, shape (frames, 80).
        vocoder: the checkpoint's.

    Raises:
        QualityError: when either signal is silent or too short.
    """
    path = align(recording, samples).path
    hop = HOP_MS / 1000.0 * SAMPLING_RATE
    frames = len(recording) // MEL_HOP
    moments = np.minimum(np.arange(frames) * MEL_HOP / hop, path[-1, 0])
    there = np.interp(moments, path[:, 0], path[:, 1]) * hop / MEL_HOP
    chosen = np.clip(np.rint(there).astype(int), 0, len(mel) - 1)
    with torch.inference_mode():
        spoken = vocoder(torch.from_numpy(mel[chosen])).reshape(-1).float().numpy()
    size = min(len(spoken), len(recording))  # they differ by less than one frame of 16 ms
    return recording[:size], np.asarray(spoken[:size], dtype=np.float32)
