"""Speaker similarity by any x-vector checkpoint of transformers."""

from pathlib import Path

import numpy as np
import pytest
import torch
from transformers import Wav2Vec2Config, Wav2Vec2FeatureExtractor, Wav2Vec2ForXVector

from speecht5_demo.errors import QualityError
from speecht5_demo.quality.signals import Samples
from speecht5_demo.quality.similarity import SpeakerModel
from tests.quality.conftest import noisy


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> SpeakerModel:
    folder = tmp_path_factory.mktemp("xvector")
    torch.manual_seed(0)
    config = Wav2Vec2Config(
        hidden_size=16, num_hidden_layers=1, num_attention_heads=2, intermediate_size=16, conv_dim=(8,) * 7,
        tdnn_dim=(16,) * 5, xvector_output_dim=16,
    )  # fmt: skip
    Wav2Vec2ForXVector(config).save_pretrained(folder)
    Wav2Vec2FeatureExtractor().save_pretrained(folder)
    return SpeakerModel(str(folder))


def test_a_voice_is_most_like_itself(model: SpeakerModel, speech: Samples) -> None:
    assert model.similarity(speech, speech) == pytest.approx(1.0, abs=1e-5)
    assert model.similarity(speech, np.clip(noisy(speech, 0), -1, 1)) < 1.0


def test_speech_too_short_for_the_model_says_so(model: SpeakerModel, speech: Samples) -> None:
    with pytest.raises(QualityError, match="xvector"):
        model.similarity(speech, speech[8_000:8_200])


def test_an_unreachable_speaker_model_says_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(QualityError, match="leave similarity out"):
        SpeakerModel(str(tmp_path / "nothing"))
