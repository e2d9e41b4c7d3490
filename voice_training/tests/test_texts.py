"""The sentences that the teacher is asked to read, and how they are read."""

import re

import pytest
from transformers import SpeechT5Processor

from voice_training.texts import (
    CHARACTERS,
    LONGEST_TEXT,
    TextSets,
    make_texts,
    normalised,
    phrases,
    read_lines,
    vocabulary_texts,
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


def test_pronounced_texts_hold_every_common_word_and_nothing_that_voices_are_chosen_or_measured_by(
    texts: TextSets,
) -> None:
    pronounced = vocabulary_texts(14_000, seed=1)
    assert pronounced == vocabulary_texts(14_000, seed=1)
    assert {normalised(line) for line in read_lines("harvard.txt")}.isdisjoint(pronounced)
    held_out = [text.rstrip(".?!") for text in texts.development if len(text) > 25]
    assert not [text for text in held_out if any(text in asked for asked in pronounced)]
    words = {word for text in pronounced for word in re.findall(r"[a-z']+", text)}
    assert set(read_lines("common_words.txt")) <= words


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


def test_every_character_has_a_token_of_its_own(processor: SpeechT5Processor) -> None:
    ids = [processor.tokenizer(character)["input_ids"][1] for character in CHARACTERS]
    assert len(set(ids)) == len(CHARACTERS)
    assert processor.tokenizer.unk_token_id not in ids
    assert processor.tokenizer("ABC")["input_ids"] == processor.tokenizer("abc")["input_ids"]


def test_few_words_of_unknown_sentences_were_never_met() -> None:
    met = {word for text in make_texts(20_000, seed=1).training for word in re.findall(r"[a-z']+", text)}
    harvard = [text for line in read_lines("harvard.txt") if (text := normalised(line))]
    words = [word for text in harvard for word in re.findall(r"[a-z']+", text)]
    assert len(words) > 5000
    assert sum(word not in met for word in words) < 0.05 * len(words)


def test_the_lists_are_words_of_the_voices_letters_each_once() -> None:
    for name, count in (("modern_words.txt", 7000), ("common_words.txt", 30_000)):
        words = read_lines(name)
        assert len(set(words)) == len(words) == count
        assert all(set(word) <= set(CHARACTERS) for word in words)
