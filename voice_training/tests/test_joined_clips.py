"""Long clips made of short ones."""

import numpy as np
import pytest

from voice_training.corpus import HOP, Clip
from voice_training.joined_clips import joined_clips

_LIMITS = (100, 240)


def _clip(text: str, speaker: str, frames: int) -> Clip:
    centres = np.linspace(0.05, frames * 0.016 - 0.02, len(text) + 2, dtype=np.float32)
    samples = np.full(frames * HOP, frames, np.int16)
    return Clip(text, speaker, samples, np.full((frames, 80), frames, np.float16), centres)


@pytest.fixture
def sentences() -> list[Clip]:
    return [_clip(f"sentence {n}.", ("ann", "ben")[n % 2], 40 + 4 * (n % 10)) for n in range(60)]


def test_sentences_of_one_speaker_are_read_end_to_end(sentences: list[Clip]) -> None:
    by_text = {clip.text: clip for clip in sentences}
    joined = joined_clips(sentences, 1.0, _LIMITS, 3)
    assert len(joined) >= 12
    for clip in joined:
        parts = [by_text[f"{text}."] for text in clip.text.removesuffix(".").split(". ")]
        assert len(parts) > 1
        assert {part.speaker for part in parts} == {clip.speaker}
        assert _LIMITS[0] <= clip.frames <= _LIMITS[1]
        np.testing.assert_array_equal(clip.mel, np.concatenate([part.mel for part in parts]))
        np.testing.assert_array_equal(clip.samples, np.concatenate([part.samples for part in parts]))


def test_every_letter_is_spoken_when_its_own_clip_says_it(sentences: list[Clip]) -> None:
    by_text = {clip.text: clip for clip in sentences}
    for clip in joined_clips(sentences, 1.0, _LIMITS, 3):
        assert len(clip.centres) == len(clip.text) + 2
        assert (np.diff(clip.centres) >= 0).all()
        place, frames = 1, 0
        for text in clip.text.removesuffix(".").split(". "):
            part = by_text[f"{text}."]
            spoken = clip.centres[place : place + len(part.text)]
            np.testing.assert_allclose(spoken, part.centres[1:-1] + 0.016 * frames, atol=1e-5)
            place, frames = place + len(part.text) + 1, frames + part.frames


def test_no_sentence_is_joined_twice_and_a_share_of_them_is(sentences: list[Clip]) -> None:
    def texts(share: float) -> list[str]:
        return [text for clip in joined_clips(sentences, share, _LIMITS, 3) for text in clip.text.split(". ")]

    assert texts(0.0) == []
    assert 0 < len(texts(0.5)) <= 30 < len(texts(1.0))
    assert len(set(texts(1.0))) == len(texts(1.0))


def test_what_is_no_whole_sentence_or_too_long_is_left_alone() -> None:
    clips = [_clip("a phrase", "ann", 60)] * 9 + [_clip("much too long.", "ann", 124)] * 9
    assert joined_clips(clips, 1.0, _LIMITS, 3) == []


def test_another_seed_joins_others(sentences: list[Clip]) -> None:
    first, again, other = (
        [clip.text for clip in joined_clips(sentences, 1.0, _LIMITS, seed)] for seed in (3, 3, 4)
    )
    assert first == again != other
