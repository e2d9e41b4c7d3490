"""Further encoder layers start as next to nothing."""

import torch

from tests.support.small_model import small_model
from voice_training.encoder_depth import with_encoder_layers


def test_the_depth_that_it_has_changes_nothing() -> None:
    model = small_model()
    assert with_encoder_layers(model, 1) is model


def test_a_deeper_encoder_says_nearly_the_same_and_can_learn() -> None:
    model = small_model()
    deeper = with_encoder_layers(model, 3)
    assert deeper.config.encoder_layers == 3
    tokens = torch.arange(4, 34)[None]
    with torch.no_grad():
        before, after = (one.speecht5.encoder(tokens).last_hidden_state for one in (model, deeper))
    assert torch.cosine_similarity(before, after, dim=-1).min() > 0.95
    deeper.speecht5.encoder(tokens).last_hidden_state.pow(3).sum().backward()
    for layer in deeper.speecht5.encoder.wrapped_encoder.layers[1:]:
        assert layer.attention.out_proj.weight.grad.norm() > 0
        assert layer.feed_forward.output_dense.weight.grad.norm() > 0


def test_everything_else_stays_as_it_was() -> None:
    model = small_model()
    after = with_encoder_layers(model, 2).state_dict()
    for name, weights in model.state_dict().items():
        torch.testing.assert_close(after[name], weights, msg=name)
