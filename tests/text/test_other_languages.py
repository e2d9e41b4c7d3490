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
        ("<b>Hallo</b> & Welt", "de", GERMAN, "Hallo und Welt"),
        ("Am 3. Oktober 1990", "de", GERMAN, "Am dritten Oktober neunzehnhundertneunzig"),
        (
            "Die 21. Ausgabe um 14:30 Uhr",
            "de",
            GERMAN,
            "Die einundzwanzigste Ausgabe um vierzehn Uhr dreißig",
        ),
        ("Er ist 21. Dann ging er.", "de", GERMAN, "Er ist einundzwanzig. Dann ging er."),
        ("03.10.1990", "de", GERMAN, "dritter zehnter neunzehnhundertneunzig"),
        ("Nr. 5, 10-20 Tage, 50 %", "de", GERMAN, "Nummer fünf, zehn bis zwanzig Tage, fünfzig Prozent"),
        ("$5,50 und 3,50 €", "de", GERMAN, "fünf Dollar fünfzig und drei Euro fünfzig"),
        (
            "À 14h30, 2e étage, 1er mai",
            "fr",
            frozenset("éèÀ"),
            "À quatorze heures trente, deuxième étage, premier mai",
        ),
        ("1 234,00 €", "fr", frozenset("é"), "mille deux cent trente-quatre euros"),
        ("0612", "fr", frozenset("é"), "zéro six un deux"),
        ("1º y 2ª", "es", frozenset("ñ"), "primero y segunda"),
        ("R$ 1.234,50", "pt", frozenset("ã"), "mil duzentos e trinta e quatro reais cinquenta"),
        ("007", "sv", frozenset("åäö"), "noll noll sju"),
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
        ('<lang xml:lang="fr">oui</lang> <token>t</token>', ("tags (<lang>, <token>)",)),
        ("x<y and y>z", ()),
        ("red \x1b[31mtext\x1b[0m", ("2 control characters",)),
    ],
)
def test_what_is_not_spoken_is_told(written, told):
    assert dropped(written) == told


@pytest.mark.parametrize(
    ("written", "spoken"),
    [
        (
            '<?xml version="1.0"?><speak>Hi <phoneme alphabet="ipa" ph="x">tomato</phoneme></speak>',
            "Hi tomato",
        ),
        ('<amazon:effect name="whispered">psst</amazon:effect> <mark name="x"/>there', "psst there"),
        ("<token>a</token> <![CDATA[word]]>", "a word"),
        ("x<y and y>z", "x less than y and y greater than z"),
        ("Hello \x1b[31mred\x1b[0m", "Hello red"),
    ],
)
def test_a_tag_that_is_told_as_dropped_is_not_heard(written, spoken):
    assert spoken_form(written) == spoken


def test_signs_without_a_name_in_the_language_are_told_and_others_are_not():
    assert dropped("5 € & 3 #", "de") == ("signs (#)",)
    assert dropped("l’été « x » n°5", "fr") == ()
