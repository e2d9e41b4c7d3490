"""A voice in training that speaks by itself."""

from pathlib import Path

import numpy as np
import torch
from PIL import Image
from transformers import SpeechT5Processor

from voice_training.settings import MINIATURE
from voice_training.teachers import Line
from voice_training.tests.acoustic_examples import ENCODINGS, small_model
from voice_training.vocoder_model import new_vocoder
from voice_training.voice import Voice, draw_attention


def test_sentences_spoken_together_sound_as_if_spoken_alone(processor: SpeechT5Processor) -> None:
    torch.manual_seed(0)
    vocoder = new_vocoder(MINIATURE.vocoder, torch.full((80,), -2.5), torch.ones(80)).eval()
    voice = Voice(small_model(), vocoder, processor.tokenizer, ENCODINGS)
    lines = [Line("hello.", "one"), Line("no!", "three")]
    together = voice.speak(lines, seed=1)
    assert [utterance.line for utterance in together] == lines
    for line, utterance in zip(lines, together, strict=True):
        alone = voice.speak([line], seed=1)[0]
        steps = min(len(alone.attention), len(utterance.attention), 10)
        assert utterance.attention.shape[1] == len(line.text) + 2
        np.testing.assert_allclose(utterance.attention[:steps], alone.attention[:steps], atol=1e-4)


def attention_along(path: list[int], tokens: int) -> np.ndarray:
    attention = np.full((len(path), tokens), 0.001, np.float32)
    attention[np.arange(len(path)), path] = 1
    return attention


def test_the_picture_shows_time_to_the_right_and_text_upwards(tmp_path: Path) -> None:
    draw_attention([attention_along([i // 3 for i in range(90)], 30)], tmp_path / "picture.png")
    with Image.open(tmp_path / "picture.png") as picture:
        pixels = np.asarray(picture)
    height = pixels.shape[0]
    assert pixels[height - 1, 0] < 60
    assert pixels[1, 176] < 60
    assert pixels[1, 0] > 200
