"""What a GPU replays: a few shapes for all clips, and functions with the numbers of the stock classes."""

import copy
from dataclasses import replace

import pytest
import torch
from torch.nn.utils import prune
from transformers import SpeechT5ForTextToSpeech

from voice_training.acoustic_losses import (
    AcousticClips,
    acoustic_losses,
    decoded,
    losses_from,
    shifted_frames,
)
from voice_training.acoustic_model import new_model
from voice_training.graph_training import FunctionalModel
from voice_training.settings import MINIATURE
from voice_training.tests.acoustic_examples import clips_of

_SETTINGS = replace(MINIATURE.acoustic, encoder_layers=2, decoder_layers=2)


@pytest.fixture(scope="module")
def clips() -> AcousticClips:
    return clips_of([*range(40, 240, 8), 400])


@pytest.fixture
def model() -> SpeechT5ForTextToSpeech:
    torch.manual_seed(0)
    return new_model(_SETTINGS, torch.full((80,), -2.5), 4, reduction=4).train()


def test_the_functions_give_the_numbers_of_transformers(
    model: SpeechT5ForTextToSpeech, clips: AcousticClips
) -> None:
    batch = clips.batch([0, 3, 9, 20])
    heard = shifted_frames(batch)
    functional = FunctionalModel(copy.deepcopy(model))
    torch.manual_seed(5)
    theirs = decoded(model, batch, heard, attentions=True)
    torch.manual_seed(5)
    text = functional.encoded(batch.tokens, batch.token_mask)
    touching = functional.weights_that_touch_frames(torch.tensor(0.0))
    hidden, attentions = functional.decoded(heard, batch.speakers, text, batch.token_mask, touching)
    spoken = batch.step_mask.bool()
    torch.testing.assert_close(hidden[spoken], theirs.last_hidden_state[spoken], atol=2e-5, rtol=1e-4)
    for mine, other in zip(attentions, theirs.cross_attentions, strict=True):
        mine, other = (weights.transpose(1, 2)[spoken] for weights in (mine, other))
        torch.testing.assert_close(mine, other, atol=1e-5, rtol=1e-4)


def test_their_losses_have_the_same_gradients(model: SpeechT5ForTextToSpeech, clips: AcousticClips) -> None:
    batch = clips.batch([1, 2, 5, 12])
    heard = shifted_frames(batch)
    other = copy.deepcopy(model)
    torch.manual_seed(5)
    loss, report = acoustic_losses(model, batch, heard, 0.3)
    loss.backward()
    torch.manual_seed(5)
    functional = FunctionalModel(other)
    touching = functional.weights_that_touch_frames(torch.tensor(0.0))
    text = functional.encoded(batch.tokens, batch.token_mask)
    hidden, attentions = functional.decoded(heard, batch.speakers, text, batch.token_mask, touching)
    before = functional.frames(hidden, touching)
    mine, mine_report = losses_from(
        before, functional.refined(before), functional.stop_scores(hidden), attentions, batch, 0.3
    )
    mine.backward()
    torch.testing.assert_close(mine, loss, atol=1e-5, rtol=1e-5)
    assert mine_report.keys() == report.keys()
    for (name, weights), others in zip(model.named_parameters(), other.parameters(), strict=True):
        torch.testing.assert_close(others.grad, weights.grad, atol=1e-5, rtol=1e-3, msg=name)


@pytest.mark.parametrize("missing", [0.0, 0.25, 0.5])
def test_layers_that_touch_frames_lose_their_smallest_weights(
    model: SpeechT5ForTextToSpeech, missing: float
) -> None:
    prenet, feat_out = model.speecht5.decoder.prenet, model.speech_decoder_postnet.feat_out
    kept = FunctionalModel(model).weights_that_touch_frames(torch.tensor(missing))
    for layer, weights in zip((*prenet.layers, feat_out), kept, strict=True):
        whole = layer.weight.detach()
        mask = prune.L1Unstructured(missing).compute_mask(whole, torch.ones_like(whole))
        assert torch.equal(weights.detach(), whole * mask)
    sum(weights.sum() for weights in kept).backward()
    assert torch.equal(feat_out.weight.grad, (kept[-1] != 0).float())
