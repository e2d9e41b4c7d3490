"""The acoustic model: what it starts with, what of it stays when it is changed, and who speaks."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from transformers import SpeechT5ForTextToSpeech

from speecht5_demo.checkpoints.embedded import FOLDER as BUILT_IN
from voice_training import VoiceTrainingError
from voice_training.acoustic_model import (
    ENCODING_SIZE,
    blurred,
    fold_dropout,
    pretrained_model,
    sharpen_attention,
    speaker_encodings,
    speaking_copy,
    with_more_frames,
)
from voice_training.settings import MINIATURE
from voice_training.teachers import Flite, Kokoro
from voice_training.tests.acoustic_examples import ENCODINGS, SPEAKERS, small_model

_SHAPE = replace(MINIATURE.acoustic, reduction=2)

_NAMES = Flite.encoding_order


def test_further_frames_of_a_step_start_as_the_last_one_was() -> None:
    model = small_model(reduction=2)
    wider = with_more_frames(model, 4)
    assert wider.config.reduction_factor == 4
    hidden = torch.randn(1, 3, MINIATURE.acoustic.hidden)
    heads = (one.speech_decoder_postnet.feat_out(hidden) for one in (model, wider))
    before, after = (frames.unflatten(2, (-1, 80)) for frames in heads)
    for frame in range(4):
        torch.testing.assert_close(after[:, :, frame], before[:, :, min(frame, 1)])
    assert wider.speech_decoder_postnet.prob_out(hidden).shape == (1, 3, 4)


def test_folding_changes_the_dropout_and_not_the_mean() -> None:
    model = small_model()
    frames = torch.randn(1, 1, 80) - 2.5
    prenet = model.speecht5.decoder.prenet

    def mean_and_spread() -> tuple[torch.Tensor, float]:
        torch.manual_seed(1)
        with torch.no_grad():
            outputs = torch.cat([_before_relu(prenet, frames) for _ in range(3000)])
        return outputs.mean(0), float(outputs.std(0).mean())

    before, spread_before = mean_and_spread()
    fold_dropout(model, 0.9375)
    after, spread_after = mean_and_spread()
    assert model.config.speech_decoder_prenet_dropout == 0.9375
    assert spread_after < 0.5 * spread_before
    assert (after - before).abs().mean() < 0.1 * spread_before


def _before_relu(prenet, frames: torch.Tensor) -> torch.Tensor:
    """The first prenet layers alone, linear in their dropout."""
    hidden = torch.relu(prenet.layers[0](frames))
    hidden = prenet._consistent_dropout(hidden, prenet.config.speech_decoder_prenet_dropout)
    return prenet.layers[1](hidden) - prenet.layers[1].bias


def first_attention(model: SpeechT5ForTextToSpeech) -> torch.Tensor:
    """Of the first layer to the text, (heads, tokens), at one step; the seed fixes the prenet's dropout."""
    torch.manual_seed(0)
    with torch.no_grad():
        output = model.speecht5(
            input_values=torch.arange(4, 12)[None],
            decoder_input_values=torch.zeros(1, 1, 80),
            speaker_embeddings=torch.from_numpy(ENCODINGS[SPEAKERS[0]])[None],
            output_attentions=True,
        )
    return output.cross_attentions[0][0, :, 0]


def test_sharpened_attention_raises_what_guided_heads_attend_to_to_a_power_and_leaves_the_others() -> None:
    model = small_model().eval()
    model.config.guided_attention_loss_num_heads = guided = 1
    before = first_attention(model)
    assert len(before) > guided
    sharpen_attention(model, 1.4)
    after = first_attention(model)
    raised = before[:guided] ** 1.4
    torch.testing.assert_close(after[:guided], raised / raised.sum(-1, keepdim=True))
    torch.testing.assert_close(after[guided:], before[guided:])
    assert (after[:guided].max(-1).values > before[:guided].max(-1).values).all()
    sharpen_attention(model, 1.0)
    torch.testing.assert_close(first_attention(model), before)


def test_going_on_from_a_voice_that_speaks_takes_back_what_speaking_changed(tmp_path: Path) -> None:
    old = saved_voice(tmp_path, ENCODINGS)
    speaking_copy(old).save_pretrained(tmp_path / "model")
    new = pretrained_model(tmp_path, _SHAPE, ENCODINGS)
    for name, weight in old.state_dict().items():
        torch.testing.assert_close(new.state_dict()[name], weight, msg=name)
    again, spoken = speaking_copy(new).state_dict(), speaking_copy(old).state_dict()
    for name, weight in spoken.items():
        torch.testing.assert_close(again[name], weight, msg=name)


def saved_voice(folder: Path, encodings: dict[str, np.ndarray]) -> SpeechT5ForTextToSpeech:
    model = small_model(reduction=2)
    model.save_pretrained(folder / "model")
    (folder / "speakers").mkdir()
    for name, vector in encodings.items():
        np.save(folder / "speakers" / f"{name}.npy", vector)
    return model


def effect(model: SpeechT5ForTextToSpeech, vector: np.ndarray) -> torch.Tensor:
    """What a speaker's vector adds in the prenet."""
    layer = model.speecht5.decoder.prenet.speaker_embeds_layer.weight
    return layer[:, -ENCODING_SIZE:] @ F.normalize(torch.from_numpy(vector), dim=0)


def test_going_on_from_a_voice_of_this_chain_changes_no_weight(tmp_path: Path) -> None:
    old = saved_voice(tmp_path, ENCODINGS)
    new = pretrained_model(tmp_path, _SHAPE, ENCODINGS).state_dict()
    for name, weight in old.state_dict().items():
        torch.testing.assert_close(new[name], weight, msg=name)


def test_a_known_speaker_keeps_its_effect_and_a_new_one_borrows_one(tmp_path: Path) -> None:
    chance = np.random.default_rng(0)
    known = {name: chance.normal(size=ENCODING_SIZE).astype(np.float32) for name in ("rms", "slt")}
    old = saved_voice(tmp_path, known)
    wanted = speaker_encodings(("slt", "heart", "rms"))
    new = pretrained_model(tmp_path, _SHAPE, wanted)
    for name, before in (("rms", "rms"), ("slt", "slt"), ("heart", "rms")):
        torch.testing.assert_close(
            effect(new, wanted[name]), effect(old, known[before]), atol=1e-5, rtol=1e-4
        )


@pytest.mark.parametrize(
    ("shape", "reason"),
    [
        (replace(_SHAPE, reduction=4), "reduction_factor 2, not 4"),
        (replace(_SHAPE, hidden=64), "hidden_size 32, not 64"),
    ],
)
def test_a_voice_of_another_shape_is_refused_with_what_differs(tmp_path: Path, shape, reason: str) -> None:
    saved_voice(tmp_path, ENCODINGS)
    with pytest.raises(VoiceTrainingError, match=reason):
        pretrained_model(tmp_path, shape, ENCODINGS)


def test_what_is_no_voice_is_refused(tmp_path: Path) -> None:
    with pytest.raises(VoiceTrainingError, match="is no voice"):
        pretrained_model(tmp_path, _SHAPE, ENCODINGS)
    saved_voice(tmp_path, {})
    with pytest.raises(VoiceTrainingError, match="no speakers"):
        pretrained_model(tmp_path, _SHAPE, ENCODINGS)
    assert json.loads((tmp_path / "model" / "config.json").read_text())["reduction_factor"] == 2


def test_the_built_in_voice_knows_its_speakers_by_them() -> None:
    for name, vector in speaker_encodings(Kokoro.encoding_order).items():
        np.testing.assert_array_equal(np.load(BUILT_IN / "speakers" / f"{name}.npy").reshape(-1), vector)


@pytest.mark.parametrize("count", [1, 4, 8])
def test_they_are_unit_vectors_at_right_angles(count: int) -> None:
    vectors = np.stack(list(speaker_encodings([str(place) for place in range(count)]).values()))
    np.testing.assert_allclose(vectors @ vectors.T, np.eye(count), atol=1e-6)


def test_one_survives_eight_bits_beside_the_hidden_values() -> None:
    largest_hidden = 8.0
    step = 2 * largest_hidden / 255
    for vector in speaker_encodings(_NAMES).values():
        rounded = np.round(vector / step) * step
        assert np.linalg.norm(rounded - vector) < 0.2 * np.linalg.norm(vector)


@pytest.mark.parametrize("count", [2, 4])
def test_a_blurred_one_stays_nearest_to_its_speaker(count: int) -> None:
    vectors = torch.from_numpy(np.stack(list(speaker_encodings([str(i) for i in range(count)]).values())))
    torch.manual_seed(0)
    for _ in range(100):
        heard = F.normalize(blurred(vectors, 0.3, count), dim=1)
        assert (heard @ vectors.T).argmax(1).tolist() == list(range(count))
