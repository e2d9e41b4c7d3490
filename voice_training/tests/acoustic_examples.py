"""Models and clips that are small enough for a test."""

from collections.abc import Sequence

import numpy as np
import torch
from transformers import SpeechT5ForTextToSpeech

from voice_training.acoustic_losses import AcousticClips
from voice_training.acoustic_model import new_model, speaker_encodings
from voice_training.corpus import Clip
from voice_training.settings import MINIATURE

SPEAKERS = ("one", "two", "three", "four")
ENCODINGS = speaker_encodings(SPEAKERS)
CPU = torch.device("cpu")


def small_model(reduction: int = 2, seed: int = 0) -> SpeechT5ForTextToSpeech:
    """Untrained, and always the same for a seed."""
    torch.manual_seed(seed)
    return new_model(MINIATURE.acoustic, torch.full((80,), -2.5), len(SPEAKERS), reduction).eval()


def clips_of(frames: Sequence[int], reduction: int = 4) -> AcousticClips:
    """Clips of those lengths, whose frames say which letters are spoken."""
    chance = np.random.default_rng(0)
    clips, ids = [], []
    sound = chance.normal(-2.5, 1.0, (39, 80))
    for number, count in enumerate(frames):
        letters = chance.integers(4, 39, max(2, count // 8))
        spoken = letters[np.arange(count) * len(letters) // count]
        centres = np.linspace(0, count * 0.016, len(letters) + 2, dtype=np.float32)
        mel = (sound[spoken] + chance.normal(0, 0.1, (count, 80))).astype(np.float16)
        clips.append(Clip("", SPEAKERS[number % 4], np.zeros(0, np.int16), mel, centres))
        ids.append([4, *letters.tolist(), 2])
    return AcousticClips(clips, ids, ENCODINGS, CPU, reduction)
