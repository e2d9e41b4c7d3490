"""Write a finished voice as the app reads it: one folder, fp16 safetensors, speakers and limits beside
them.
"""

from __future__ import annotations

import copy
import json
import shutil
from pathlib import Path

import numpy as np
from transformers import SpeechT5ForTextToSpeech, SpeechT5HifiGan, SpeechT5Processor

from voice_training.acoustic_model import speaking_copy
from voice_training.speaker_vectors import speaker_vectors
from voice_training.speaking import MAX_LENGTH_RATIO
from voice_training.texts import LONGEST_TEXT

_LABELS = {
    "rms": "Rms, a man's voice (US English)",
    "slt": "Slt, a woman's voice (US English)",
    "awb": "Awb, a man's voice (Scottish English)",
    "kal16": "Kal, a man's voice (US English, robotic)",
}
"""In this order they are offered; the first, the most intelligible of the teacher's, is the default."""

_TOLD_OF_A_VOICE = ("README.md", "figures.json", "making.json")


def export_voice(
    acoustic: SpeechT5ForTextToSpeech,
    vocoder: SpeechT5HifiGan,
    processor: SpeechT5Processor,
    folder: Path,
    max_characters: int = LONGEST_TEXT,
) -> None:
    """Write the folder anew. `acoustic` is as trained; its dropout is folded for speaking, on a copy.

    Args:
        max_characters: longest text that the voice is given at once; the app splits longer ones.
    """
    partial = folder.with_name(folder.name + ".partial")
    shutil.rmtree(partial, ignore_errors=True)
    partial.mkdir(parents=True)
    processor.save_pretrained(partial)
    speaking_copy(acoustic).cpu().half().save_pretrained(partial / "model")
    _write_vocoder(vocoder, partial)
    _write_speakers(partial / "speakers")
    limits = {"max_characters": max_characters, "max_length_ratio": MAX_LENGTH_RATIO}
    (partial / "speaking.json").write_text(json.dumps(limits, indent=2) + "\n", encoding="utf-8")
    shutil.rmtree(folder, ignore_errors=True)
    partial.rename(folder)


def export_with_vocoder(voice: Path, vocoder: SpeechT5HifiGan, folder: Path) -> None:
    """Write the folder anew: everything as in `voice`, byte by byte, but its vocoder and what tells of it."""
    partial = folder.with_name(folder.name + ".partial")
    shutil.rmtree(partial, ignore_errors=True)
    told = shutil.ignore_patterns("vocoder", *_TOLD_OF_A_VOICE)
    shutil.copytree(voice, partial, ignore=told)
    _write_vocoder(vocoder, partial)
    shutil.rmtree(folder, ignore_errors=True)
    partial.rename(folder)


def _write_vocoder(vocoder: SpeechT5HifiGan, folder: Path) -> None:
    copy.deepcopy(vocoder).cpu().eval().half().save_pretrained(folder / "vocoder")


def _write_speakers(folder: Path) -> None:
    folder.mkdir()
    for name, vector in speaker_vectors().items():
        np.save(folder / f"{name}.npy", vector)
    (folder / "labels.json").write_text(json.dumps(_LABELS, indent=2) + "\n", encoding="utf-8")


def folder_bytes(folder: Path) -> int:
    """Size of all files under the folder."""
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())
