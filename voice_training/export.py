"""Write a finished voice as the app reads it: one folder, fp16 safetensors, speakers and limits beside them."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from pathlib import Path

import numpy as np
from transformers import SpeechT5ForTextToSpeech, SpeechT5HifiGan, SpeechT5Processor

from speecht5_demo.files import whole_folder, write_json
from voice_training.acoustic.model import speaking_copy
from voice_training.speaker_encoding import Encoding
from voice_training.synthesis import MAX_LENGTH_RATIO
from voice_training.texts import LONGEST_TEXT


def export_voice(
    acoustic: SpeechT5ForTextToSpeech,
    vocoder: SpeechT5HifiGan,
    processor: SpeechT5Processor,
    encodings: Mapping[str, Encoding],
    labels: Mapping[str, str],
    folder: Path,
) -> None:
    """Write the folder anew. `acoustic` is as trained; its dropout is folded for speaking, on a copy.

    Args:
        labels: of the speakers, in the order in which they are offered; the first is the default.
    """
    with whole_folder(folder) as aside:
        processor.save_pretrained(aside)
        speaking_copy(acoustic).cpu().half().save_pretrained(aside / "model")
        copy.deepcopy(vocoder).cpu().eval().half().save_pretrained(aside / "vocoder")
        speakers = aside / "speakers"
        speakers.mkdir()
        for name, vector in encodings.items():
            np.save(speakers / f"{name}.npy", vector)
        write_json(speakers / "labels.json", dict(labels), indent=2)
        # The longest text that the voice is given at once; the app splits longer ones.
        limits = {"max_characters": LONGEST_TEXT, "max_length_ratio": MAX_LENGTH_RATIO}
        write_json(aside / "speaking.json", limits, indent=2)
