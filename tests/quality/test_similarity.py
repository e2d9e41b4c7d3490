"""Speaker similarity: by the encoder that needs no network, or by any x-vector checkpoint of transformers."""

import sys
from pathlib import Path

import numpy as np
import pytest
import torch
from transformers import Wav2Vec2Config, Wav2Vec2FeatureExtractor, Wav2Vec2ForXVector

from speecht5_demo.checkpoints import Checkpoint
from speecht5_demo.errors import QualityError
from speecht5_demo.quality.metrics import unavailable
from speecht5_demo.quality.metrics.similarity import similarity
from speecht5_demo.quality.signals import Samples
from speecht5_demo.quality.speaker_models import OFFLINE_SPEAKERS, SpeakerModel, open_speaker_model
from speecht5_demo.quality.speaking import speak
from speecht5_demo.synthesis import ReferenceEngine, plan_speech
from tests.quality.conftest import TEXT, noisy


@pytest.fixture(scope="module")
def xvector(tmp_path_factory: pytest.TempPathFactory) -> SpeakerModel:
    folder = tmp_path_factory.mktemp("xvector")
    torch.manual_seed(0)
    config = Wav2Vec2Config(
        hidden_size=16, num_hidden_layers=1, num_attention_heads=2, intermediate_size=16, conv_dim=(8,) * 7,
        tdnn_dim=(16,) * 5, xvector_output_dim=16,
    )  # fmt: skip
    Wav2Vec2ForXVector(config).save_pretrained(folder)
    Wav2Vec2FeatureExtractor().save_pretrained(folder)
    return open_speaker_model(str(folder))


@pytest.fixture(scope="module")
def encoder() -> SpeakerModel:
    return open_speaker_model(OFFLINE_SPEAKERS)


def test_without_a_network_two_sentences_of_one_voice_are_alike_and_two_voices_are_not(
    embedded: Checkpoint, baseline_engine: ReferenceEngine, speech: Samples, encoder: SpeakerModel
) -> None:
    def said(text: str, name: str) -> Samples:
        return speak(baseline_engine, plan_speech(embedded, text, embedded.speaker(name), seed=0)).samples

    voice = encoder.embed(speech)
    assert (
        similarity(voice, encoder.embed(said("Glue the sheet to the dark blue background.", "bf_emma")))
        > 0.75
    )
    assert similarity(voice, encoder.embed(said(TEXT, "am_michael"))) < 0.7


@pytest.mark.parametrize("model", ["xvector", "encoder"])
def test_a_voice_is_most_like_itself(model: str, speech: Samples, request: pytest.FixtureRequest) -> None:
    embed = request.getfixturevalue(model).embed
    assert similarity(embed(speech), embed(speech)) == pytest.approx(1.0, abs=1e-5)
    assert similarity(embed(speech), embed(np.clip(noisy(speech, 0), -1, 1))) < 1.0


@pytest.mark.parametrize("model", ["xvector", "encoder"])
def test_speech_too_short_for_the_model_says_so(
    model: str, speech: Samples, request: pytest.FixtureRequest
) -> None:
    opened = request.getfixturevalue(model)
    with pytest.raises(QualityError, match=opened.name):
        opened.embed(speech[8_000:8_200])


def test_an_unreachable_speaker_model_says_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(QualityError, match="leave similarity out"):
        open_speaker_model(str(tmp_path / "nothing"))


def test_an_absent_encoder_says_how_to_get_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "resemblyzer", None)
    help_given = unavailable(["similarity"], "pocketsphinx")["similarity"]
    assert "pip install -r requirements-speakers.txt --no-deps" in help_given
    assert not unavailable(["similarity"], "pocketsphinx", "microsoft/wavlm-base-plus-sv")
