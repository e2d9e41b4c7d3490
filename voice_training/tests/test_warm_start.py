"""Going on from a voice keeps what it knows, whatever its speakers and its frames a step were."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from transformers import SpeechT5ForTextToSpeech

from tests.support.small_model import small_model
from voice_training.acoustic_model import fold_dropout
from voice_training.errors import VoiceTrainingError
from voice_training.settings import MINIATURE
from voice_training.speaker_vectors import VECTOR_SIZE, blurred, speaker_vectors
from voice_training.warm_start import in_the_shape_of, trainable_model

_FRAMES = 2
_SHAPE = replace(MINIATURE.acoustic, reduction=_FRAMES, encoder_layers=1, postnet_units=16)


def saved_voice(
    folder: Path, frames: int, speakers: tuple[str, ...] = ("rms", "slt")
) -> SpeechT5ForTextToSpeech:
    """A small voice with `frames` frames a step and dense speaker vectors."""
    model = small_model(frames)
    model.save_pretrained(folder / "model")
    (folder / "speakers").mkdir()
    for name in speakers:
        np.save(folder / "speakers" / f"{name}.npy", torch.randn(VECTOR_SIZE).numpy())
    return model


def effect(model: SpeechT5ForTextToSpeech, vector: torch.Tensor) -> torch.Tensor:
    """What a speaker's vector adds in the prenet."""
    layer = model.speecht5.decoder.prenet.speaker_embeds_layer.weight
    return layer[:, -VECTOR_SIZE:] @ F.normalize(vector, dim=0)


def test_a_known_speaker_keeps_its_effect_and_a_new_one_borrows_one(tmp_path: Path) -> None:
    old = saved_voice(tmp_path, frames=1)
    new = trainable_model(tmp_path, _SHAPE)
    ours = {name: torch.from_numpy(vector) for name, vector in speaker_vectors().items()}
    for name, before in (("rms", "rms"), ("slt", "slt"), ("awb", "rms"), ("kal16", "rms")):
        vector = torch.from_numpy(np.load(tmp_path / "speakers" / f"{before}.npy"))
        torch.testing.assert_close(effect(new, ours[name]), effect(old, vector), atol=1e-5, rtol=1e-4)


def test_going_on_from_a_voice_of_this_chain_changes_no_weight(tmp_path: Path) -> None:
    old = saved_voice(tmp_path, frames=_FRAMES, speakers=())
    for name, vector in speaker_vectors().items():
        np.save(tmp_path / "speakers" / f"{name}.npy", vector)
    fold_dropout(old, 0.5)
    new = trainable_model(tmp_path, _SHAPE).state_dict()
    for name, weight in old.state_dict().items():
        torch.testing.assert_close(new[name], weight, msg=name)


def test_the_postnet_gets_the_width_that_is_asked_for(tmp_path: Path) -> None:
    saved_voice(tmp_path, frames=_FRAMES)
    for units in (8, 16, 24):
        new = trainable_model(tmp_path, replace(_SHAPE, postnet_units=units))
        assert new.config.speech_decoder_postnet_units == units
        assert new.speech_decoder_postnet.layers[0].conv.weight.shape[0] == units


def test_going_on_keeps_the_shape_of_the_voice_unless_told_otherwise(tmp_path: Path) -> None:
    saved_voice(tmp_path, frames=4)
    settings = in_the_shape_of(MINIATURE.acoustic, tmp_path)
    assert (settings.reduction, settings.encoder_layers, settings.postnet_units) == (4, 1, 16)
    kept = {"reduction": 0, "encoder_layers": 0, "postnet_units": 0}
    assert replace(settings, **kept) == replace(MINIATURE.acoustic, **kept)
    with pytest.raises(VoiceTrainingError, match="is no voice"):
        in_the_shape_of(MINIATURE.acoustic, tmp_path / "elsewhere")


def test_more_frames_a_step_come_with_more_of_what_runs_once_a_text(tmp_path: Path) -> None:
    two = replace(_SHAPE, encoder_layers=3, postnet_units=128)
    four = two.with_frames(4)
    assert (four.reduction, four.encoder_layers, four.postnet_units) == (4, 4, 352)
    assert (four.decoder_layers, four.hidden) == (two.decoder_layers, two.hidden)
    assert four.with_frames(4) == four
    assert two.with_frames(2) == two
    saved_voice(tmp_path, frames=_FRAMES)
    new = trainable_model(tmp_path, _SHAPE.with_frames(4)).config
    assert (new.reduction_factor, new.encoder_layers, new.speech_decoder_postnet_units) == (4, 2, 44)


def test_a_voice_with_more_encoder_layers_than_asked_for_is_refused(tmp_path: Path) -> None:
    saved_voice(tmp_path, frames=_FRAMES)
    with pytest.raises(VoiceTrainingError, match="1 encoder layers, more than 0"):
        trainable_model(tmp_path, replace(_SHAPE, encoder_layers=0))


@pytest.mark.parametrize(
    ("frames", "speakers", "reason"),
    [(3, ("rms",), "3 frames a step"), (2, (), "no speakers")],
    ids=["odd frames", "no speaker"],
)
def test_a_voice_that_cannot_be_gone_on_from_is_refused_with_the_reason(
    tmp_path: Path, frames: int, speakers: tuple[str, ...], reason: str
) -> None:
    saved_voice(tmp_path, frames, speakers)
    with pytest.raises(VoiceTrainingError, match=reason):
        trainable_model(tmp_path, _SHAPE)


def test_a_speakers_vector_survives_eight_bits_beside_the_hidden_values() -> None:
    largest_hidden = 8.0
    step = 2 * largest_hidden / 255
    for vector in speaker_vectors().values():
        rounded = np.round(vector / step) * step
        assert np.linalg.norm(rounded - vector) < 0.2 * np.linalg.norm(vector)


def test_a_blurred_vector_stays_nearest_to_its_speaker() -> None:
    vectors = torch.from_numpy(np.stack(list(speaker_vectors().values())))
    torch.manual_seed(0)
    for _ in range(100):
        heard = F.normalize(blurred(vectors, 0.3), dim=1)
        assert (heard @ vectors.T).argmax(1).tolist() == [0, 1, 2, 3]
