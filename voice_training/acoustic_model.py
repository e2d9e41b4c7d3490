"""The acoustic model: the stock SpeechT5ForTextToSpeech, small, and started so that it learns from the
first step.
"""

from __future__ import annotations

import copy
from typing import Any

import torch
from torch import Tensor, nn
from transformers import SpeechT5Config, SpeechT5ForTextToSpeech

from voice_training import tokenizer
from voice_training.features import MEL_BINS
from voice_training.settings import AcousticSettings
from voice_training.speaker_vectors import USED_VALUES, VECTOR_SIZE

TRAINED_KEEP = 0.5
"""Share of those units kept in training; at one half the class scales correctly."""

UNTRAINED_DROPOUT: dict[str, Any] = {
    "hidden_dropout": 0.0,
    "activation_dropout": 0.0,
    "positional_dropout": 0.0,
}
"""No dropout outside prenet and postnet: it costs a fifth of a step, and a day of speech leaves little to
overfit.
"""

SPOKEN_KEEP = 0.9375
"""Share of the decoder prenet's units kept while speaking; see :func:`fold_dropout`."""

_LONGEST_SPEECH = 4000


FIRST_REDUCTION = 2
"""Frames a step that a new model starts with. With four from the first step on, attention takes far longer to find
the letters; a model that knows them learns the further frames quickly.
"""


def new_model(
    settings: AcousticSettings, mean_mel: Tensor, reduction: int = FIRST_REDUCTION
) -> SpeechT5ForTextToSpeech:
    """An untrained model for frames of that mean, shape (80,), `reduction` of them a step.

    The stock initial deviation of 0.02 is too small for a model this narrow: attention stays flat for
    thousands of steps. Linear layers start with Xavier's, embeddings with unit variance, the output at the
    mean frame.
    """
    config = SpeechT5Config(
        vocab_size=tokenizer.VOCABULARY,
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
        **UNTRAINED_DROPOUT,
        num_mel_bins=MEL_BINS,
        speaker_embedding_dim=VECTOR_SIZE,
        speech_decoder_prenet_layers=2,
        speech_decoder_prenet_units=128,
        speech_decoder_prenet_dropout=TRAINED_KEEP,
        speech_decoder_postnet_layers=4,
        speech_decoder_postnet_units=settings.postnet_units,
        speech_decoder_postnet_dropout=0.1,
        reduction_factor=reduction,
        max_speech_positions=_LONGEST_SPEECH,
        encoder_max_relative_position=32,
        guided_attention_loss_num_heads=2,
        pad_token_id=tokenizer.PADDING,
        bos_token_id=tokenizer.START,
        eos_token_id=tokenizer.END,
        decoder_start_token_id=tokenizer.END,
    )
    model = SpeechT5ForTextToSpeech(config)
    _start_weights(model, mean_mel.cpu())
    return model


@torch.no_grad()
def _start_weights(model: Any, mean_mel: Tensor) -> None:
    for module in model.modules():
        if isinstance(module, nn.Linear):
            nn.init.xavier_uniform_(module.weight)
    model.speecht5.encoder.prenet.embed_tokens.weight.normal_(0, 1)
    prenet, postnet = model.speecht5.decoder.prenet, model.speech_decoder_postnet
    of_speaker = prenet.speaker_embeds_layer.weight[:, model.config.hidden_size :]
    of_speaker.zero_()
    of_speaker[:, :USED_VALUES].normal_(0, 0.3)
    prenet.layers[0].bias.copy_(-prenet.layers[0].weight @ mean_mel)
    postnet.feat_out.weight.mul_(0.5)
    postnet.feat_out.bias.copy_(mean_mel.repeat(model.config.reduction_factor))
    postnet.prob_out.bias.fill_(-2)


@torch.no_grad()
def with_more_frames(model: SpeechT5ForTextToSpeech, reduction: int) -> SpeechT5ForTextToSpeech:
    """A copy of a model that makes `reduction` frames a step, a multiple of what it makes now: the further frames
    start as copies of the last.
    """
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


def speaking_copy(model: SpeechT5ForTextToSpeech) -> SpeechT5ForTextToSpeech:
    """A copy of a model in training, with the dropout that it will speak with."""
    speaking = copy.deepcopy(model)
    fold_dropout(speaking.eval(), SPOKEN_KEEP)
    return speaking
