"""Go on from a trained voice: its acoustic model in the shape that this training teaches.

What letters sound like is the long lesson, and it lies in layers that fit any voice of this size. Only the
edges differ: how many frames a step makes, and which vector means which speaker. Both are carried over rather
than learnt again: further frames of a step start as copies of the last, and a speaker's vector starts with the
effect that the old vector of the same name had.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor
from transformers import SpeechT5Config, SpeechT5ForTextToSpeech

from voice_training.acoustic_model import (
    TRAINED_KEEP,
    UNTRAINED_DROPOUT,
    fold_dropout,
    with_more_frames,
)
from voice_training.encoder_depth import with_encoder_layers
from voice_training.errors import VoiceTrainingError
from voice_training.postnet_width import with_postnet_units
from voice_training.settings import AcousticSettings
from voice_training.speaker_vectors import VECTOR_SIZE, speaker_vectors


def in_the_shape_of(settings: AcousticSettings, folder: Path) -> AcousticSettings:
    """The same settings with the frames a step, the encoder layers and the postnet of the voice in `folder`.

    Raises:
        VoiceTrainingError: `folder` is no voice.
    """
    path = folder / "model" / "config.json"
    if not path.is_file():
        raise VoiceTrainingError(f"{folder} is no voice: it has no model/config.json. Give a voice's folder.")
    config = SpeechT5Config.from_json_file(path)
    return replace(
        settings,
        reduction=config.reduction_factor,
        encoder_layers=config.encoder_layers,
        postnet_units=config.speech_decoder_postnet_units,
    )


def trainable_model(folder: Path, shape: AcousticSettings) -> SpeechT5ForTextToSpeech:
    """A trained voice's acoustic model, fp32, ready to be trained further: with the frames a step, the encoder layers
    and the postnet of `shape`.

    Raises:
        VoiceTrainingError: it makes more frames a step than this training, has more encoder layers, or knows no
            speaker.
    """
    old: Any = SpeechT5ForTextToSpeech.from_pretrained(folder / "model", dtype=torch.float32)
    fold_dropout(old, TRAINED_KEEP)
    present, layers = old.config.reduction_factor, old.config.encoder_layers
    if shape.reduction % present:
        raise VoiceTrainingError(
            f"{folder} makes {present} frames a step, which does not divide {shape.reduction}: "
            "start from another voice, or from nothing."
        )
    if layers > shape.encoder_layers:
        raise VoiceTrainingError(
            f"{folder} has {layers} encoder layers, more than {shape.encoder_layers}: "
            "start from another voice, or from nothing."
        )
    old = with_more_frames(old, shape.reduction)
    weights, config = old.state_dict(), old.config
    key = "speecht5.decoder.prenet.speaker_embeds_layer.weight"
    weights[key] = _with_our_speakers(weights[key], _vectors_of(folder))
    config.update(UNTRAINED_DROPOUT)
    model = SpeechT5ForTextToSpeech(config)
    model.load_state_dict(weights)
    return with_postnet_units(with_encoder_layers(model, shape.encoder_layers), shape.postnet_units)


def _vectors_of(folder: Path) -> dict[str, Tensor]:
    vectors = {
        path.stem: F.normalize(torch.from_numpy(np.load(path)).float().reshape(-1), dim=0)
        for path in sorted((folder / "speakers").glob("*.npy"))
    }
    if not vectors:
        raise VoiceTrainingError(
            f"{folder} has no speakers/*.npy: start from another voice, or from nothing."
        )
    return vectors


def _with_our_speakers(layer: Tensor, known: dict[str, Tensor]) -> Tensor:
    """The prenet's speaker layer, (hidden, hidden + 512), for our vectors.

    A speaker that the voice does not know starts as the first, by name, of those that it does.
    """
    hidden = layer.shape[1] - VECTOR_SIZE
    ours = speaker_vectors()
    if all(name in known and np.allclose(known[name].numpy(), ours[name], atol=1e-3) for name in ours):
        return layer
    stand_in = next(iter(known.values()))
    moved = torch.zeros_like(layer[:, hidden:])
    for name, vector in ours.items():
        effect = layer[:, hidden:] @ known.get(name, stand_in)
        moved += torch.outer(effect, torch.from_numpy(vector))
    return torch.cat([layer[:, :hidden], moved], dim=1)
