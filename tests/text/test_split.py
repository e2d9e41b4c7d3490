"""Long text is cut where a speaker would breathe, and nothing is lost."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from speecht5_demo.text import Piece, respell_letters, split_for_speech
from speecht5_demo.text.split import CLAUSE_PAUSE_S, PARAGRAPH_PAUSE_S, SENTENCE_PAUSE_S

SENTENCE = "The birch canoe slid on the smooth planks."
SPOKEN = st.text(alphabet="abcdefg ABC'-,.?!;:\n", max_size=300)


def letters(text):
    return re.sub(r"[\s,.?!;:]", "", text)


def test_a_short_text_is_one_piece_without_a_pause():
    assert split_for_speech(SENTENCE, 100) == [Piece(SENTENCE, 0.0)]


def test_sentences_are_pieces_of_their_own():
    pieces = split_for_speech(f"{SENTENCE} {SENTENCE}", 100)
    assert pieces == [Piece(SENTENCE, SENTENCE_PAUSE_S), Piece(SENTENCE, 0.0)]


def test_a_very_short_sentence_stays_with_its_neighbour():
    assert [piece.text for piece in split_for_speech(f"Oh no. {SENTENCE}", 100)] == [f"Oh no. {SENTENCE}"]


def test_a_long_sentence_is_cut_at_clauses_before_words():
    text = "When the sun went down behind the hills, the birds fell silent; only the river kept on talking."
    assert split_for_speech(text, 60) == [
        Piece("When the sun went down behind the hills,", CLAUSE_PAUSE_S),
        Piece("the birds fell silent; only the river kept on talking.", 0.0),
    ]


def test_without_clauses_a_cut_falls_before_a_linking_word():
    text = "The boy carried the heavy wooden box home and his sister opened the old garden gate."
    assert [piece.text for piece in split_for_speech(text, 60)] == [
        "The boy carried the heavy wooden box home,",
        "and his sister opened the old garden gate.",
    ]


def test_paragraphs_are_separated_by_the_longest_pause():
    pieces = split_for_speech(f"{SENTENCE}\n{SENTENCE}", 100)
    assert [piece.pause_after_s for piece in pieces] == [PARAGRAPH_PAUSE_S, 0.0]


def test_a_word_longer_than_the_limit_is_cut_without_a_pause_and_without_loss():
    pieces = split_for_speech("a" * 95, 10)
    assert letters("".join(piece.text for piece in pieces)) == "a" * 95
    assert {piece.pause_after_s for piece in pieces} == {0.0}


def test_a_limit_too_small_to_speak_is_a_programming_error():
    with pytest.raises(ValueError, match="max_characters is 1"):
        split_for_speech(SENTENCE, 1)


@pytest.mark.parametrize(
    ("spoken", "heard"),
    [
        ("the F B I", "the eff bee eye"),
        ("at nine a m", "at nine ay em"),
        ("w w w dot", "double you double you double you dot"),
        ("two G P Us", "two gee pee yous"),
        ("the C I A's plan", "the see eye ay's plan"),
        ("Plan B", "Plan bee"),
        ("an x-ray", "an ex-ray"),
        ("I saw a cat", "I saw a cat"),
        ("a B movie", "a bee movie"),
        ("at five o'clock, O'Neil", "at five o'clock, O'Neil"),
        ("it's Tom's", "it's Tom's"),
        ("vitamin A", "vitamin A"),
    ],
)
def test_single_letters_reach_the_model_by_their_names(spoken, heard):
    assert respell_letters(spoken) == heard
    assert split_for_speech(spoken, 100)[0].text.rstrip(".") == heard


@given(SPOKEN, st.integers(4, 120))
def test_no_piece_exceeds_the_limit_and_no_letter_is_lost(spoken, limit):
    pieces = split_for_speech(spoken, limit)
    assert all(len(piece.text) <= limit for piece in pieces)
    assert all(piece.text[-1] in ",.?!;:" for piece in pieces)
    assert letters("".join(piece.text for piece in pieces)) == letters(respell_letters(spoken))


@given(SPOKEN)
def test_the_words_of_the_pieces_are_the_words_of_the_text(spoken):
    pieces = split_for_speech(spoken, 301)
    words = " ".join(piece.text for piece in pieces).split()
    assert [letters(word) for word in words if letters(word)] == [
        letters(word) for word in respell_letters(spoken).split() if letters(word)
    ]
