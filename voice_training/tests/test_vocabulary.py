"""Which words the voice meets."""

import re
from pathlib import Path

from voice_training.texts import CHARACTERS, make_texts, normalised, read_lines
from voice_training.vocabulary import common_words, dictionary_words, frequent_words


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


def test_common_words_are_the_most_frequent_that_can_be_pronounced_and_heard() -> None:
    ranked = ["the", "of", "lol", "rude", "birch", "kitten", "zebra"]
    known = {"the", "of", "rude", "birch", "kitten", "zebra"}
    assert common_words(ranked, known, {"rude"}, 3) == ["birch", "kitten", "the"]


def test_dictionary_words_are_plain_words_without_second_pronunciations(tmp_path: Path) -> None:
    cmudict = tmp_path / "cmudict.dict"
    cmudict.write_text("a AH\nread R EH D\nread(2) R IY D\nit's IH T S\nbirch B ER CH\n", encoding="utf-8")
    assert dictionary_words(cmudict) == {"read", "birch"}


def test_frequent_words_are_those_of_most_files(tmp_path: Path) -> None:
    (tmp_path / "one.py").write_text('"""Download the download."""\n# a server\n', encoding="utf-8")
    (tmp_path / "two.py").write_text('"""A server."""\nserver = download_button\n', encoding="utf-8")
    known = {"download", "server", "button"}
    assert frequent_words(tmp_path, known, 5) == ["server", "download"]
