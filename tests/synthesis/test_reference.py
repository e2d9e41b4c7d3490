"""The reference engine is transformers' own generation, made repeatable and timed."""

import torch

from speecht5_demo.checkpoints import Checkpoint
from speecht5_demo.synthesis import ReferenceEngine, StepLimits
from speecht5_demo.variants import BASELINE
from speecht5_demo.variants.build import build


def tokens(checkpoint: Checkpoint, text: str) -> torch.Tensor:
    return torch.tensor([checkpoint.tokenizer(text)["input_ids"]])


def test_under_the_same_masks_it_is_generate_speech(embedded: Checkpoint) -> None:
    built = build(embedded, BASELINE)
    engine = ReferenceEngine(built)
    speaker = torch.from_numpy(embedded.speaker().vector.copy())[None]
    ids, limits = tokens(embedded, "the birch canoe slid on the smooth planks."), StepLimits(max_steps=300)
    ours = engine.speak(ids, speaker, engine.new_masks(3), limits)

    prenet = build(embedded, BASELINE).acoustic
    table, calls = engine.new_masks(3).table(400), []

    def dropout(inputs: torch.Tensor, p: float) -> torch.Tensor:
        layer = len(calls) % 2
        calls.append(layer)
        return inputs * table[: inputs.shape[1], layer]

    prenet.speecht5.decoder.prenet._consistent_dropout = dropout
    with torch.inference_mode():
        theirs = prenet.generate_speech(ids, speaker, maxlenratio=20.0)
    assert torch.allclose(ours.mel, theirs, atol=1e-6)
    assert ours.ended


def test_the_model_is_left_as_it_was_found(embedded: Checkpoint) -> None:
    built = build(embedded, BASELINE)
    engine = ReferenceEngine(built)
    engine.speak(tokens(embedded, "hello."), torch.ones(1, 512), engine.new_masks(0), StepLimits(max_steps=4))
    assert "_consistent_dropout" not in vars(built.acoustic.speecht5.decoder.prenet)
    assert not built.acoustic.speecht5.encoder._forward_hooks


def test_attention_comes_only_when_asked_for(embedded: Checkpoint) -> None:
    engine = ReferenceEngine(build(embedded, BASELINE))
    ids = tokens(embedded, "hello there.")
    spoken = engine.speak(
        ids,
        torch.ones(1, 512),
        engine.new_masks(0),
        StepLimits(max_steps=5, min_steps=5),
        want_attention=True,
    )
    layers, heads = embedded.acoustic_config.decoder_layers, embedded.acoustic_config.decoder_attention_heads
    assert spoken.attention is not None
    assert spoken.attention.shape == (layers, heads, 5, ids.shape[1])
