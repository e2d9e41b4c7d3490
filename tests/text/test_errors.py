"""What cannot be spoken is said so, in one sentence, at once."""

import pytest

from speecht5_demo.errors import TextError
from speecht5_demo.text import MAX_CHARACTERS, normalise, spoken_form


def refusal(text):
    with pytest.raises(TextError) as caught:
        spoken_form(text)
    return str(caught.value)


@pytest.mark.parametrize("text", ["", " ", "\n\t \u00a0", "\u200b\ufeff"])
def test_nothing_to_speak_asks_for_a_sentence(text):
    assert refusal(text) == "There is no text to speak: write a sentence first."


@pytest.mark.parametrize("text", ["!!!", "...", "-", "(?!)", "“ ” — …", "=====", "#$%&*"])
def test_punctuation_alone_asks_for_a_word(text):
    assert (
        refusal(text) == "The text has only punctuation, nothing to speak: add at least one word or number."
    )


@pytest.mark.parametrize("length", [MAX_CHARACTERS + 1, 100_000])
def test_too_long_text_is_refused_before_any_rule_reads_it(length, monkeypatch):
    monkeypatch.setattr(normalise, "_RULES", ())
    message = refusal("a" * length)
    assert f"{length:,}" in message
    assert f"{MAX_CHARACTERS:,}" in message


@pytest.mark.parametrize("pattern", ["½", "1 ", "$1 ", "5%", "111,", "€", "2026-11-23 "])
def test_text_that_grows_too_long_in_words_is_refused_with_the_limit(pattern):
    message = refusal(pattern * (MAX_CHARACTERS // len(pattern)))
    assert "Written out in words" in message
    assert f"{MAX_CHARACTERS:,}" in message


def test_the_longest_text_of_plain_words_is_spoken():
    text = ("so " * MAX_CHARACTERS)[:MAX_CHARACTERS].strip()
    assert spoken_form(text) == text


@pytest.mark.parametrize(
    ("text", "script", "example"),
    [
        ("Hello Привет", "Cyrillic", "Привет"),
        ("你好 world", "Chinese", "你好"),
        ("カタカナ", "Japanese", "カタカナ"),
        ("안녕", "Korean", "안녕"),
        ("مرحبا", "Arabic", "مرحبا"),
        ("שלום", "Hebrew", "שלום"),
        ("नमस्ते", "Devanagari", "नमस्ते"),
        ("καλημέρα", "Greek", "καλημέρα"),
        ("สวัสดี", "Thai", "สวัสดี"),
    ],
)
def test_another_script_is_named_with_an_example(text, script, example):
    message = refusal(text)
    assert script in message
    assert example in message


def test_every_other_script_is_named():
    message = refusal("Привет hello 你好")
    assert "Cyrillic" in message
    assert "Chinese" in message


def test_a_lone_surrogate_is_located():
    assert refusal("ab\ud83dc").startswith("Character 3 of the text is damaged (U+D83D)")


def test_a_private_character_is_refused():
    assert "U+E000" in refusal("a\ue000")
