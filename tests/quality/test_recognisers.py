"""A recogniser says the same of the same speech, whatever it heard before."""

import json
from pathlib import Path

import numpy as np
import pytest
import torch
from transformers import Wav2Vec2Config, Wav2Vec2CTCTokenizer, Wav2Vec2FeatureExtractor, Wav2Vec2ForCTC

from speecht5_demo.errors import QualityError
from speecht5_demo.quality.metrics.words import word_errors
from speecht5_demo.quality.recognisers import PocketSphinx, TransformersRecogniser, open_recogniser
from speecht5_demo.quality.signals import Samples
from tests.quality.conftest import TEXT, noisy


@pytest.fixture(scope="module")
def pocketsphinx() -> PocketSphinx:
    return PocketSphinx()


def test_what_pocketsphinx_hears_does_not_depend_on_what_it_heard_before(
    pocketsphinx: PocketSphinx, speech: Samples
) -> None:
    first = pocketsphinx.transcribe(speech)
    pocketsphinx.transcribe(noisy(speech[: len(speech) // 2], 5))
    assert pocketsphinx.transcribe(speech) == first


def test_pocketsphinx_understands_part_of_the_built_in_voice(
    pocketsphinx: PocketSphinx, speech: Samples
) -> None:
    assert word_errors(TEXT, pocketsphinx.transcribe(speech)).wer < 0.9


def test_silence_has_no_words(pocketsphinx: PocketSphinx) -> None:
    assert pocketsphinx.transcribe(np.zeros(16_000, np.float32)) == ""


def test_any_transformers_checkpoint_listens(tmp_path: Path, speech: Samples) -> None:
    vocabulary = {"<pad>": 0, "<unk>": 1, "|": 2, **{chr(97 + index): 3 + index for index in range(26)}}
    (tmp_path / "vocab.json").write_text(json.dumps(vocabulary))
    tokenizer = Wav2Vec2CTCTokenizer(
        str(tmp_path / "vocab.json"), pad_token="<pad>", unk_token="<unk>", bos_token=None, eos_token=None
    )
    torch.manual_seed(0)
    config = Wav2Vec2Config(
        vocab_size=len(vocabulary), hidden_size=16, num_hidden_layers=1, num_attention_heads=2,
        intermediate_size=16, conv_dim=(8,) * 7, pad_token_id=0,
    )  # fmt: skip
    Wav2Vec2ForCTC(config).save_pretrained(tmp_path)
    tokenizer.save_pretrained(tmp_path)
    Wav2Vec2FeatureExtractor().save_pretrained(tmp_path)
    recogniser = open_recogniser(str(tmp_path))
    assert isinstance(recogniser, TransformersRecogniser)
    assert recogniser.transcribe(speech) == recogniser.transcribe(speech)


def test_an_unreachable_recogniser_says_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(QualityError, match="--asr pocketsphinx"):
        open_recogniser(str(tmp_path / "nothing"))
