"""The acoustic model: the stock SpeechT5ForTextToSpeech, small; new, or as a trained voice has it.

It is told who speaks by vectors at right angles, so that a blend of two is a point between them. The model normalises a
vector's length away; what is left of a blend is its angle, which moves evenly with the share. Each vector lies in
sixteen values of its own, not in all 512: the model hears them beside its hidden values, and 8-bit activations round
away what is spread as thinly as 0.04 a value, and the speaker with it.
"""

from __future__ import annotations

import copy
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
import torch.nn.functional as F
from torch import Tensor, nn
from transformers import SpeechT5Config, SpeechT5ForTextToSpeech

from voice_training import VoiceTrainingError, texts
from voice_training.corpus import MEL_BINS
from voice_training.settings import AcousticSettings

FIRST_REDUCTION = 2
"""Frames a step that a new model starts with. With four from the first step on, attention takes far longer to find the
letters; a model that knows them learns the further frames quickly.
"""

_TRAINED_KEEP = 0.5
"""Share of the decoder prenet's units kept in training; at one half the class scales correctly."""

_SPOKEN_KEEP = 0.9375
"""The same while speaking; see :func:`fold_dropout`."""

GUIDED_HEADS = 2
"""Heads of each decoder layer that training draws to the teacher's alignment; they come first."""

_SPOKEN_SHARPNESS = 1.4
"""Factor of the guided heads' scores of letters while speaking; see :func:`sharpen_attention`."""

_SHARPNESS = "guided_attention_sharpness"
"""Where a configuration says it; the class itself asks for no such value."""

_NO_DROPOUT: dict[str, Any] = {
    "hidden_dropout": 0.0,
    "activation_dropout": 0.0,
    "positional_dropout": 0.0,
}
"""Outside prenet and postnet it costs a fifth of a step, and a day of speech leaves little to overfit."""

_LONGEST_SPEECH = 4000

ENCODING_SIZE = 512
_SPEAKER_VALUES = 16
_SEED = 7


def new_model(
    settings: AcousticSettings, mean_mel: Tensor, speakers: int, reduction: int = FIRST_REDUCTION
) -> SpeechT5ForTextToSpeech:
    """An untrained model for so many speakers and for frames of that mean, shape (80,), `reduction` of them a step.

    The stock initial deviation of 0.02 is too small for a model this narrow: attention stays flat for
    thousands of steps. Linear layers start with Xavier's, embeddings with unit variance, the output at the
    mean frame.
    """
    config = SpeechT5Config(
        vocab_size=texts.VOCABULARY,
        hidden_size=settings.hidden,
        encoder_layers=settings.encoder_layers,
        decoder_layers=settings.decoder_layers,
        encoder_attention_heads=settings.heads,
        decoder_attention_heads=settings.heads,
        encoder_ffn_dim=4 * settings.hidden,
        decoder_ffn_dim=settings.decoder_ffn,
        encoder_layerdrop=0.0,
        decoder_layerdrop=0.0,
        attention_dropout=0.0,
        **_NO_DROPOUT,
        num_mel_bins=MEL_BINS,
        speaker_embedding_dim=ENCODING_SIZE,
        speech_decoder_prenet_layers=2,
        speech_decoder_prenet_units=128,
        speech_decoder_prenet_dropout=_TRAINED_KEEP,
        speech_decoder_postnet_layers=4,
        speech_decoder_postnet_units=settings.postnet_units,
        speech_decoder_postnet_dropout=0.1,
        reduction_factor=reduction,
        max_speech_positions=_LONGEST_SPEECH,
        encoder_max_relative_position=32,
        guided_attention_loss_num_heads=GUIDED_HEADS,
        pad_token_id=texts.PADDING,
        bos_token_id=texts.START,
        eos_token_id=texts.END,
        decoder_start_token_id=texts.END,
    )
    model = SpeechT5ForTextToSpeech(config)
    _start_weights(model, mean_mel.cpu(), used_values(speakers))
    return model


@torch.no_grad()
def _start_weights(model: Any, mean_mel: Tensor, speaker_values: int) -> None:
    for module in model.modules():
        if isinstance(module, nn.Linear):
            nn.init.xavier_uniform_(module.weight)
    model.speecht5.encoder.prenet.embed_tokens.weight.normal_(0, 1)
    prenet, postnet = model.speecht5.decoder.prenet, model.speech_decoder_postnet
    of_speaker = prenet.speaker_embeds_layer.weight[:, model.config.hidden_size :]
    of_speaker.zero_()
    of_speaker[:, :speaker_values].normal_(0, 0.3)
    prenet.layers[0].bias.copy_(-prenet.layers[0].weight @ mean_mel)
    postnet.feat_out.weight.mul_(0.5)
    postnet.feat_out.bias.copy_(mean_mel.repeat(model.config.reduction_factor))
    postnet.prob_out.bias.fill_(-2)


@torch.no_grad()
def with_more_frames(model: SpeechT5ForTextToSpeech, reduction: int) -> SpeechT5ForTextToSpeech:
    """A copy of a model that makes `reduction` frames a step: the further ones start as copies of the last."""
    config = copy.deepcopy(model.config)
    config.reduction_factor = reduction
    weights = model.state_dict()
    for name, width in (("feat_out", config.num_mel_bins), ("prob_out", 1)):
        for part in ("weight", "bias"):
            key = f"speech_decoder_postnet.{name}.{part}"
            weights[key] = _repeated(weights[key], width, reduction)
    wider = SpeechT5ForTextToSpeech(config)
    wider.load_state_dict(weights)
    return wider


def _repeated(head: Tensor, width: int, frames: int) -> Tensor:
    """A head of (frames now * width) rows with `frames` frames: the last one is repeated."""
    by_frame = head.unflatten(0, (-1, width))
    last = by_frame[-1:].expand(frames - len(by_frame), *by_frame.shape[1:])
    return torch.cat([by_frame, last]).flatten(0, 1).contiguous()


@torch.no_grad()
def fold_dropout(model: SpeechT5ForTextToSpeech, keep: float) -> None:
    """Change, in place, the share of prenet units kept while speaking, with the same mean output.

    The published model keeps half of the prenet's units even while speaking, which costs a small model
    intelligibility. transformers keeps a unit with probability p and multiplies by 1 / (1 - p): a mean gain
    of p / (1 - p), right only at one half. Any other p therefore needs the next layer's weights divided by
    that gain.
    """
    present = model.config.speech_decoder_prenet_dropout
    gain = (keep / (1 - keep)) / (present / (1 - present))
    prenet: Any = model.speecht5.decoder.prenet
    for layer in (*prenet.layers[1:], prenet.final_layer):
        layer.weight.div_(gain)
    model.config.speech_decoder_prenet_dropout = keep


@torch.no_grad()
def sharpen_attention(model: SpeechT5ForTextToSpeech, sharpness: float) -> None:
    """Change, in place, how sharply the decoder's guided heads attend to the text: their scores of letters are
    `sharpness` times those of training.

    They are drawn to an alignment that is a token wide on either side, and a mean of weights blurs it further: left so,
    a voice slurs its letters. The factor lies in the weights of the queries; the configuration says which it is.
    """
    config: Any = model.config
    factor = sharpness / getattr(config, _SHARPNESS, 1.0)
    rows = config.guided_attention_loss_num_heads * (config.hidden_size // config.decoder_attention_heads)
    decoder: Any = model.speecht5.decoder.wrapped_decoder
    for layer in decoder.layers:
        queries = layer.encoder_attn.q_proj
        queries.weight[:rows].mul_(factor)
        queries.bias[:rows].mul_(factor)
    setattr(config, _SHARPNESS, sharpness)


def speaking_copy(model: SpeechT5ForTextToSpeech) -> SpeechT5ForTextToSpeech:
    """A copy of a model in training, with the dropout and the attention that it will speak with."""
    speaking = copy.deepcopy(model)
    fold_dropout(speaking.eval(), _SPOKEN_KEEP)
    sharpen_attention(speaking, _SPOKEN_SHARPNESS)
    return speaking


def pretrained_model(
    folder: Path, settings: AcousticSettings, encodings: Mapping[str, Encoding]
) -> SpeechT5ForTextToSpeech:
    """The acoustic model of the voice in `folder`, in fp32, ready to be trained further with these speakers.

    What letters sound like is the long lesson, and it lies in layers that know no speaker. A speaker of the same name
    keeps the effect that its old vector had; another starts as the first, by name, of those that the voice knows.

    Raises:
        VoiceTrainingError: the folder is no voice, knows no speaker or has another shape than `settings`.
    """
    if not (folder / "model" / "config.json").is_file():
        raise VoiceTrainingError(f"{folder} is no voice: it has no model/config.json. Give a voice's folder.")
    known = _saved_encodings(folder)
    model = SpeechT5ForTextToSpeech.from_pretrained(folder / "model", dtype=torch.float32)
    _require_shape(folder, model.config, settings)
    fold_dropout(model, _TRAINED_KEEP)
    sharpen_attention(model, 1.0)
    model.config.update(_NO_DROPOUT)
    trainable = SpeechT5ForTextToSpeech(model.config)
    weights = model.state_dict()
    key = "speecht5.decoder.prenet.speaker_embeds_layer.weight"
    weights[key] = _with_encodings(weights[key], known, encodings)
    trainable.load_state_dict(weights)
    return trainable


def _require_shape(folder: Path, config: SpeechT5Config, settings: AcousticSettings) -> None:
    wanted = {
        "hidden_size": settings.hidden,
        "encoder_layers": settings.encoder_layers,
        "decoder_layers": settings.decoder_layers,
        "speech_decoder_postnet_units": settings.postnet_units,
        "reduction_factor": settings.reduction,
    }
    differing = [
        f"{name} {getattr(config, name)}, not {value}"
        for name, value in wanted.items()
        if getattr(config, name) != value
    ]
    if differing:
        raise VoiceTrainingError(
            f"{folder} has another shape than what is trained ({'; '.join(differing)}): "
            "start from another voice, or from nothing."
        )


def _saved_encodings(folder: Path) -> dict[str, Tensor]:
    encodings = {
        path.stem: F.normalize(torch.from_numpy(np.load(path)).float().reshape(-1), dim=0)
        for path in sorted((folder / "speakers").glob("*.npy"))
    }
    if not encodings:
        raise VoiceTrainingError(
            f"{folder} has no speakers/*.npy: start from another voice, or from nothing."
        )
    return encodings


def _with_encodings(layer: Tensor, known: Mapping[str, Tensor], wanted: Mapping[str, Encoding]) -> Tensor:
    """The prenet's speaker layer, (hidden, hidden + 512), for the wanted encodings."""
    if all(name in known and np.allclose(known[name].numpy(), wanted[name], atol=1e-3) for name in wanted):
        return layer
    hidden = layer.shape[1] - ENCODING_SIZE
    stand_in = next(iter(known.values()))
    moved = torch.zeros_like(layer[:, hidden:])
    for name, vector in wanted.items():
        effect = layer[:, hidden:] @ known.get(name, stand_in)
        moved += torch.outer(effect, torch.from_numpy(vector))
    return torch.cat([layer[:, :hidden], moved], dim=1)


Encoding = npt.NDArray[np.float32]
"""A unit vector of shape (512,)."""


def used_values(speakers: int) -> int:
    """How many of the first values say who speaks, for so many speakers; the others are 0."""
    return _SPEAKER_VALUES * speakers


def speaker_encodings(names: Sequence[str]) -> dict[str, Encoding]:
    """A vector for each speaker; always the same for the same place, since trained weights depend on them."""
    signs = np.random.default_rng(_SEED).choice((-1.0, 1.0), (len(names), _SPEAKER_VALUES))
    encodings = {}
    for index, name in enumerate(names):
        vector = np.zeros(ENCODING_SIZE, np.float32)
        vector[used_values(index) : used_values(index + 1)] = signs[index] / _SPEAKER_VALUES**0.5
        encodings[name] = vector
    return encodings


def blurred(encodings: Tensor, size: float, speakers: int) -> Tensor:
    """`encodings` of so many speakers, shape (B, 512), with noise of about length `size` among the used values.

    A model trained on points alone does anything it likes beside them; on clouds it moves evenly.
    """
    used = used_values(speakers)
    noise = torch.zeros_like(encodings)
    noise[:, :used] = torch.randn_like(noise[:, :used]) * (size / used**0.5)
    return encodings + noise
