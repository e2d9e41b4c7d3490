"""A checkpoint of another language keeps its letters, and what is left out of a text is told."""

import pytest

from speecht5_demo.errors import TextError
from speecht5_demo.text import dropped, spoken_form

GERMAN = frozenset("äöüßÄÖÜ")


@pytest.mark.parametrize(
    ("written", "language", "letters", "spoken"),
    [
        ("Straße und Übung", "de", GERMAN, "Straße und Übung"),
        ("Ich habe 21 Äpfel.", "de", GERMAN, "Ich habe einundzwanzig Äpfel."),
        ("Es kostet 3,5 Prozent", "de", GERMAN, "Es kostet drei Komma fünf Prozent"),
        ("1.234 Leute", "de", GERMAN, "eintausendzweihundertvierunddreißig Leute"),
        ("<b>Hallo</b> & Welt", "de", GERMAN, "Hallo Welt"),
        ("el niño tiene 2 años", "es", frozenset("ñ"), "el niño tiene dos años"),
        ("naïve façade", "en", frozenset("ïç"), "naïve façade"),
        ("naïve façade", "en", frozenset(), "naive facade"),
    ],
)
def test_letters_that_the_tokenizer_knows_stay_and_numbers_are_of_the_language(
    written, language, letters, spoken
):
    assert spoken_form(written, letters, language) == spoken


def test_a_language_without_written_numbers_asks_for_words():
    with pytest.raises(TextError, match="'eu', in which numbers cannot be written out"):
        spoken_form("3 etxe", frozenset(), "eu")
    assert spoken_form("etxe bat", frozenset(), "eu") == "etxe bat"


@pytest.mark.parametrize(
    ("written", "told"),
    [
        ("Plain words, 5 % and 😀.", ()),
        ('<speak>Hi <break time="1s"/> there</speak>', ("tags (<speak>, <break>)",)),
        ("zero\u200bwidth\x07", ("2 control characters",)),
        ("[page](http://example.com)[^1]", ("the addresses of links", "footnote marks")),
        ("a <!-- note --> b", ("comments",)),
    ],
)
def test_what_is_not_spoken_is_told(written, told):
    assert dropped(written) == told
