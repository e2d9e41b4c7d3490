"""A SpeechT5 acoustic model that is small enough to make in a test."""

import torch
from transformers import SpeechT5Config, SpeechT5ForTextToSpeech

POSTNET_UNITS = 16


def small_model(reduction: int = 2, postnet_layers: int = 2) -> SpeechT5ForTextToSpeech:
    """Untrained and always the same, in evaluation mode."""
    torch.manual_seed(0)
    config = SpeechT5Config(
        vocab_size=39,
        hidden_size=32,
        encoder_layers=1,
        decoder_layers=1,
        encoder_attention_heads=2,
        decoder_attention_heads=2,
        encoder_ffn_dim=64,
        decoder_ffn_dim=64,
        speech_decoder_prenet_units=16,
        speech_decoder_postnet_units=POSTNET_UNITS,
        speech_decoder_postnet_layers=postnet_layers,
        reduction_factor=reduction,
    )
    return SpeechT5ForTextToSpeech(config).eval()
