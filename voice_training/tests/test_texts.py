"""The sentences that the teacher is asked to read."""

import pytest

from voice_training.texts import (
    LONGEST_TEXT,
    TextSets,
    make_texts,
    normalised,
    phrases,
    read_lines,
)


@pytest.fixture(scope="module")
def texts() -> TextSets:
    return make_texts(3000, seed=1)


def test_no_harvard_sentence_is_trained_on_or_chosen_by(texts: TextSets) -> None:
    harvard = {normalised(line) for line in read_lines("harvard.txt")}
    assert len(harvard) > 700
    assert harvard.isdisjoint(texts.training)
    assert harvard.isdisjoint(texts.development)


def test_development_texts_are_never_trained_on(texts: TextSets) -> None:
    assert len(texts.development) > 40
    assert set(texts.development).isdisjoint(texts.training)


def test_the_same_seed_gives_the_same_texts(texts: TextSets) -> None:
    assert make_texts(3000, seed=1) == texts
    assert make_texts(3000, seed=2).training != texts.training


def test_training_texts_cover_what_people_type(texts: TextSets) -> None:
    lengths = [len(text) for text in texts.training]
    assert max(lengths) <= LONGEST_TEXT
    assert sum(length >= 150 for length in lengths) > 300
    assert sum(length >= 180 for length in lengths) > 60
    assert sum(" " not in text for text in texts.training) > 50
    assert sum(text.endswith("?") for text in texts.training) > 100
    assert sum("percent" in text or "dollars" in text for text in texts.training) > 20


@pytest.mark.parametrize(
    ("written", "text"),
    [
        ("“Stop!” he cried — twice.", "stop! he cried, twice."),
        ("The king (of Spain) slept.", "the king, of spain, slept."),
        ("It's half past nine.", "it's half past nine."),
        ("There were 42 of them.", None),
        ("Mr. Smith went home.", None),
        ("a", None),
    ],
)
def test_sentences_are_written_in_the_voices_characters(written: str, text: str | None) -> None:
    assert normalised(written) == text


def test_long_sentences_are_cut_at_punctuation_first() -> None:
    assert phrases("when the rain stopped, we walked along the river; nobody spoke.", 30) == [
        "when the rain stopped,",
        "we walked along the river;",
        "nobody spoke.",
    ]
