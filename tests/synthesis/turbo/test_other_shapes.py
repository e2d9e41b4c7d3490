"""No layer count, no width and no number of frames a step is taken for granted."""

import pytest
import torch
from transformers import SpeechT5Config, SpeechT5ForTextToSpeech, SpeechT5HifiGan, SpeechT5HifiGanConfig

from speecht5_demo.synthesis import ReferenceEngine, StepLimits
from speecht5_demo.synthesis.turbo import TurboEngine
from speecht5_demo.variants.modules import Modules
from speecht5_demo.variants.registry import EVERY_LAYER_INT8
from speecht5_demo.variants.turbo import fold

LIMITS = StepLimits(30, 30, 1e9)


@pytest.fixture(scope="module", params=[(4, 3, 1), (4, 1, 3), (1, 2, 2), (3, 2, 1)])
def built(request: pytest.FixtureRequest) -> Modules:
    """Random weights in a shape of (frames a step, encoder layers, decoder layers)."""
    reduction, encoder_layers, decoder_layers = request.param
    torch.manual_seed(sum(request.param))
    config = SpeechT5Config(
        vocab_size=41,
        hidden_size=64,
        encoder_layers=encoder_layers,
        decoder_layers=decoder_layers,
        encoder_attention_heads=2,
        decoder_attention_heads=4,
        encoder_ffn_dim=96,
        decoder_ffn_dim=160,
        speech_decoder_prenet_units=32,
        speech_decoder_postnet_units=16,
        speech_decoder_postnet_layers=2,
        encoder_max_relative_position=8,
        reduction_factor=reduction,
    )
    vocoder = SpeechT5HifiGanConfig(
        upsample_initial_channel=64,
        upsample_rates=[8, 2],
        upsample_kernel_sizes=[16, 4],
        resblock_kernel_sizes=[3, 5],
        resblock_dilation_sizes=[[1, 2], [2, 6]],
        initializer_range=0.1,
    )
    return Modules(SpeechT5ForTextToSpeech(config).eval(), SpeechT5HifiGan(vocoder).eval())


def spoken(engine: ReferenceEngine | TurboEngine, limits: StepLimits = LIMITS):
    tokens = torch.arange(4, 17)[None]
    speaker = torch.linspace(-1, 1, 512)[None]
    return engine.speak(tokens, speaker, engine.new_masks(3), limits)


def turbo(built: Modules, **how: object) -> TurboEngine:
    with torch.no_grad():
        return TurboEngine(fold(built.acoustic, built.vocoder, **how))


def test_fp32_is_transformers(built: Modules) -> None:
    ours, theirs = spoken(turbo(built)), spoken(ReferenceEngine(built))
    assert ours.mel.shape == theirs.mel.shape
    assert float((ours.mel - theirs.mel).abs().max() / theirs.mel.abs().max()) < 1e-4
    assert float((ours.samples - theirs.samples).abs().max()) < 1e-4


def test_int8_streams_what_it_speaks(built: Modules) -> None:
    engine = turbo(built, rules=EVERY_LAYER_INT8, vocoder_dtype=torch.bfloat16)
    whole, exact = spoken(engine), spoken(ReferenceEngine(built))
    assert float((whole.mel - exact.mel).norm() / exact.mel.norm()) < 0.1
    parts = list(
        engine.stream(
            torch.arange(4, 17)[None], torch.linspace(-1, 1, 512)[None], engine.new_masks(3), LIMITS
        )
    )
    assert all(len(part) for part in parts)
    assert float((torch.cat(parts) - whole.samples).abs().max()) < 0.02
