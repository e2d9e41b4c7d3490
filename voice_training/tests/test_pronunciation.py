"""Texts that nobody reads teach the encoder what letters sound like."""

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest
import torch
from transformers import SpeechT5Processor

from voice_training.acoustic_training import AcousticTraining
from voice_training.graph_training import GraphedAcousticTraining
from voice_training.pronunciation import Pronounced, PronouncedTexts, Reading, pronounce
from voice_training.run_folder import StageFiles
from voice_training.settings import MINIATURE
from voice_training.teachers import Flite
from voice_training.tests.acoustic_examples import CPU, clips_of, small_model
from voice_training.tests.journals import entries
from voice_training.training_loop import Budget

_LETTERS = "abcdefgh"
_SETTINGS = replace(MINIATURE.acoustic, learning_rate=1e-3, batch_frames=600, phoneme_tokens=150)
KINDS = (AcousticTraining, GraphedAcousticTraining)
Files = Callable[..., StageFiles]


def shouted(text: str) -> tuple[str, str]:
    """Two accents of a language whose every letter has one sound, in one of them twice."""
    return text.upper(), "".join(2 * letter.upper() for letter in text)


@dataclass(frozen=True)
class Shouting(Flite):
    """A teacher that tells phonemes, and remembers of which texts it was asked."""

    asked: list[str] = field(default_factory=list)

    def pronounced(self, text: str) -> Sequence[str]:
        self.asked.append(text)
        return shouted(text)


def words(count: int) -> list[str]:
    chance = random.Random(0)
    return ["".join(chance.choices(_LETTERS, k=chance.randrange(2, 9))) for _ in range(count)]


@pytest.fixture
def texts(processor: SpeechT5Processor) -> PronouncedTexts:
    return PronouncedTexts([Pronounced(word, shouted(word)) for word in words(80)], processor.tokenizer, CPU)


def test_a_teacher_is_asked_once_for_each_text(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("voice_training.pronunciation._SHARD_TEXTS", 3)
    told = [pronounce(words(7), Shouting(), tmp_path, 1, print)]
    (tmp_path / "pronounced-0001.json").unlink()
    teacher, said = Shouting(), list[str]()
    told.append(pronounce(words(7), teacher, tmp_path, 1, said.append))
    assert told[0] == told[1] == [Pronounced(word, shouted(word)) for word in words(7)]
    assert teacher.asked == words(7)[3:6]
    assert said == ["pronunciation: shard 1 of 1"]


def test_a_batch_holds_texts_of_like_length_with_the_sounds_of_each(
    texts: PronouncedTexts, processor: SpeechT5Processor
) -> None:
    chance = random.Random(1)
    for _ in range(20):
        ids, counts, said = texts.random_batch(60, chance)
        assert len(said) == texts.accents == 2
        assert ids.shape == (len(counts), int(counts.max()))
        assert len(counts) == 1 or len(counts) * int(counts.max()) <= 80
        for row, count, once, twice in zip(ids, counts, *said, strict=True):
            text = processor.tokenizer.decode(row[:count], skip_special_tokens=True)
            assert "".join(texts.symbols[place - 1] for place in once) == text.upper()
            assert torch.equal(twice, once.repeat_interleave(2))


@pytest.mark.parametrize("kind", KINDS)
def test_phonemes_are_learned_beside_the_clips_and_go_on_from_a_state(
    kind: type[AcousticTraining], texts: PronouncedTexts, files: Files
) -> None:
    def training() -> AcousticTraining:
        return kind(
            small_model(reduction=4),
            _SETTINGS,
            clips_of([*range(40, 160, 8)]),
            files(),
            True,
            pronounced=texts,
        )

    first = training()
    costs = [float(first.advance(0.1)["phonemes"]) for _ in range(30)]
    assert sum(costs[-10:]) < 0.8 * sum(costs[:10])
    first.run(Budget(seconds=0.0, save_seconds=1e9, report_steps=1), lambda *_: {"score": 0.0})
    second = training()
    assert entries(second.files.state.parent)[-1]["momentum"] == "kept"
    assert float(second.advance(0.1)["phonemes"]) < 0.8 * costs[0]


@pytest.mark.parametrize(("step", "learns"), [(0, False), (_SETTINGS.phonemes_from, True)])
def test_the_encoder_learns_once_the_heads_have(texts: PronouncedTexts, step: int, learns: bool) -> None:
    model = small_model().train()
    reading = Reading(model, texts, _SETTINGS, seed=1)
    reading.backward(step, random.Random(0))
    assert any(weights.grad is not None for weights in model.speecht5.encoder.parameters()) == learns
    assert all(weights.grad is None for weights in model.speecht5.decoder.parameters())
    assert reading.gradients
