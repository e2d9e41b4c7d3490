"""A recogniser says the same of the same speech, whatever it heard before, and makes nothing up."""

import json
from pathlib import Path

import numpy as np
import pytest
import torch
from transformers import Wav2Vec2Config, Wav2Vec2CTCTokenizer, Wav2Vec2FeatureExtractor, Wav2Vec2ForCTC

from speecht5_demo.errors import QualityError
from speecht5_demo.quality.measuring import measure
from speecht5_demo.quality.metrics.words import word_errors
from speecht5_demo.quality.plan import Task
from speecht5_demo.quality.recognisers import (
    SPHINX,
    FoundRecogniser,
    PocketSphinx,
    Recogniser,
    TransformersRecogniser,
    open_recogniser,
)
from speecht5_demo.quality.signals import SAMPLING_RATE, Samples
from speecht5_demo.quality.subject import Subject
from speecht5_demo.quality.transcript import NO_SPEECH, REPEATED
from speecht5_demo.quality.whisper import Whisper, repeats_itself
from tests.quality.conftest import TEXT, noisy

SILENCE = np.zeros(2 * SAMPLING_RATE, np.float32)
HISS = np.random.default_rng(0).normal(0, 0.05, 2 * SAMPLING_RATE).astype(np.float32)
TONE = (0.3 * np.sin(2 * np.pi * 300 * np.arange(2 * SAMPLING_RATE) / SAMPLING_RATE)).astype(np.float32)


@pytest.fixture(scope="module")
def pocketsphinx() -> Recogniser:
    return open_recogniser(SPHINX)


@pytest.mark.parametrize("name", ["whisper", "pocketsphinx"])
def test_what_is_heard_does_not_depend_on_what_was_heard_before(
    name: str, speech: Samples, request: pytest.FixtureRequest
) -> None:
    recogniser = request.getfixturevalue(name)
    first = recogniser.transcribe(speech)
    recogniser.transcribe(noisy(speech[: len(speech) // 2], 5))
    assert recogniser.transcribe(speech) == first


def test_whisper_is_the_default_and_understands_the_built_in_voice(
    whisper: Recogniser, speech: Samples
) -> None:
    assert isinstance(whisper, Whisper)
    assert word_errors(TEXT, whisper.transcribe(speech).text).wer < 0.3


def test_speech_longer_than_a_window_is_heard_to_its_end(whisper: Recogniser, speech: Samples) -> None:
    second = int(30.2 * SAMPLING_RATE)
    long = np.zeros(second + len(speech), np.float32)
    long[SAMPLING_RATE : SAMPLING_RATE + len(speech)] = long[second:] = speech
    assert whisper.transcribe(long).text.lower().count("depth") == 2


@pytest.mark.parametrize("sound", [SILENCE, HISS, TONE], ids=["silence", "hiss", "tone"])
def test_whisper_makes_up_no_words_for_what_is_no_speech(whisper: Recogniser, sound: Samples) -> None:
    heard = whisper.transcribe(sound)
    assert (heard.text, heard.remark) == ("", NO_SPEECH)


@pytest.mark.parametrize(
    ("text", "made_up"),
    [
        ("thank you. " * 12, True),
        ("the " * 40, True),
        ("", False),
        (TEXT, False),
        ("no no no", False),
        ("Four hours of steady work faced us. Four hours of steady work faced us.", False),
    ],
)
def test_a_text_that_only_repeats_itself_is_told_from_one_that_says_something(
    text: str, made_up: bool
) -> None:
    assert repeats_itself(text) is made_up


def test_an_endless_repeat_counts_as_missed_words_and_is_bounded(
    whisper: Whisper, speech: Samples, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(whisper._tokens, "decode", lambda _: "you " * 60)
    row = measure(Task("pruned", "bf_emma", 1, ()), "wer", Subject("go on then", speech, whisper))
    assert (row.value, row.weight, row.reason) == (1.0, 3, REPEATED)


def test_a_hiss_counts_as_missed_words_with_a_remark(whisper: Recogniser) -> None:
    row = measure(Task("pruned", "bf_emma", 1, ()), "wer", Subject("go on then", HISS, whisper))
    assert (row.value, row.reason) == (1.0, NO_SPEECH)


def test_pocketsphinx_understands_part_of_the_built_in_voice(
    pocketsphinx: PocketSphinx, speech: Samples
) -> None:
    assert word_errors(TEXT, pocketsphinx.transcribe(speech).text).wer < 0.9


def test_silence_has_no_words(pocketsphinx: PocketSphinx) -> None:
    assert pocketsphinx.transcribe(SILENCE).text == ""


def test_any_whisper_in_a_folder_listens(
    whisper: Recogniser, found_whisper: FoundRecogniser, speech: Samples
) -> None:
    assert found_whisper.weights is not None
    other = open_recogniser(str(found_whisper.weights.folder))
    assert isinstance(other, Whisper)
    assert other.transcribe(speech) == whisper.transcribe(speech)


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
    with pytest.raises(QualityError, match=r"--asr whisper-tiny\.en"):
        open_recogniser(str(tmp_path / "nothing"))
