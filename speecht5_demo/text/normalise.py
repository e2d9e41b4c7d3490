"""From written to spoken English: the order in which the small rules of this package apply.

The order is the design. Characters come first, so that every later rule sees plain ASCII letters
and digits; things with an inner grammar (addresses, dates, money) come before the bare numbers they
contain; punctuation comes last."""

from __future__ import annotations

from collections.abc import Callable

from speecht5_demo.errors import TextError
from speecht5_demo.messages import Message
from speecht5_demo.text import (
    abbreviations,
    acronyms,
    addresses,
    algebra,
    cardinals,
    characters,
    clock,
    codes,
    counts,
    dates,
    durations,
    emoji_names,
    formulas,
    fractions,
    grouping,
    links,
    markup,
    money,
    punctuation,
    ranges,
    roman,
    symbols,
    units,
    years,
)
from speecht5_demo.text.other_languages import spoken_in

MAX_CHARACTERS = 5_000
ONLY_PUNCTUATION = Message(
    "The text has only punctuation, nothing to speak: add at least one word or number."
)
"""Longest text accepted, as written and as spoken: about six minutes of speech."""

_RULES: tuple[Callable[[str], str], ...] = (
    markup.strip_markup,
    emoji_names.name_emoji,
    characters.to_plain_characters,
    markup.join_lines,
    links.speak_links,
    emoji_names.name_emoticons,
    punctuation.part_sentences,
    formulas.speak_formulas,
    grouping.to_english_grouping,
    cardinals.lower_ordinal_suffixes,
    addresses.speak_addresses,
    abbreviations.expand_before_numbers,
    roman.speak_roman_lists,
    durations.speak_durations,
    dates.speak_dates,
    clock.speak_times,
    codes.speak_codes,
    money.speak_money,
    algebra.speak_algebra,
    units.speak_fractions_of_units,
    fractions.speak_fractions,
    ranges.speak_ranges,
    counts.speak_counts,
    units.speak_units,
    years.speak_years,
    roman.speak_roman,
    abbreviations.expand,
    codes.split_letters_from_digits,
    acronyms.speak_acronyms,
    symbols.speak_operators,
    cardinals.speak_numbers,
    symbols.speak_symbols,
    punctuation.tidy,
)

_MOST_PASSES = 5  # two are enough for nearly all text: one that writes out, one that finds nothing to do


def spoken_form(text: str, letters: frozenset[str] = frozenset(), language: str = "en") -> str:
    """Write text out the way a speaker reads it aloud.

    Args:
        text: English, at most `MAX_CHARACTERS` characters as written and as spoken; accents, emoji, links and
            markup are fine.
        letters: those beyond a-z that the checkpoint's tokenizer knows; they are kept.
        language: code of what the checkpoint speaks; for another one than English only numbers are written out.

    Returns:
        Only letters a-z and A-Z and `letters`, apostrophes, hyphens inside words, spaces and ``, . ? ! ; :``; a newline
        stands between two paragraphs. The spoken form of a spoken form is itself.

    Raises:
        TextError: the text is empty, holds only punctuation, is too long, is damaged or is in a script that
            the voice cannot speak.
    """
    if len(text) > MAX_CHARACTERS:
        raise TextError(
            Message(
                "The text has {characters} characters and the limit is {most}: "
                "shorten it, or speak it in several parts.",
                characters=f"{len(text):,}",
                most=f"{MAX_CHARACTERS:,}",
            )
        )
    characters.refuse_damage(text)
    if characters.is_blank(text):
        raise TextError(Message("There is no text to speak: write a sentence first."))
    if not any(character.isalnum() or not character.isascii() for character in text):
        raise TextError(ONLY_PUNCTUATION)
    text = _settled(text, letters) if language == "en" else spoken_in(language, text, letters)
    if not any(character.isalpha() for character in text):
        raise TextError(ONLY_PUNCTUATION)
    return text


def _settled(text: str, letters: frozenset[str]) -> str:
    """Apply the rules until they change nothing, as when quotation marks hid an abbreviation: "Mr" Lee.

    What is shown as spoken must be spoken the same when somebody pastes it back.
    """
    written = len(text)
    for _ in range(_MOST_PASSES):
        before = text
        for rule in _RULES:
            plain = rule is characters.to_plain_characters
            text = characters.to_plain_characters(text, letters) if plain else rule(text)
            if len(text) > MAX_CHARACTERS:
                raise TextError(
                    Message(
                        "Written out in words, this text of {characters} characters grows past the limit of "
                        "{most}: shorten it, or speak it in several parts.",
                        characters=f"{written:,}",
                        most=f"{MAX_CHARACTERS:,}",
                    )
                )
        if text == before:
            break
    return text
