"""Long text in pieces that the model can hold, cut where a speaker would breathe.

Characters beyond a model's limit make it loop or crash. Sentences stay whole where they fit; a
longer one is cut at the cheapest set of borders: clause marks first, then a place before a linking
word, then any space, and only at last inside a word."""

from __future__ import annotations

import re
from dataclasses import dataclass

from speecht5_demo.text.letters import respell_letters
from speecht5_demo.text.wordlists import words

SENTENCE_PAUSE_S = 0.35
CLAUSE_PAUSE_S = 0.15
PARAGRAPH_PAUSE_S = 0.6
_MERGED_BELOW = 25  # characters; a sentence as short as "Oh no." sounds better with its neighbour
_SHORTEST_LIMIT = 4  # characters: one letter, its mark, and room to make progress

_SENTENCE_END = re.compile(r"(?<=[.?!])\s+")
_LINKING = words(
    "and but or nor so yet because although though while when where which who that than if until unless",
)
_PIECE_COST = 3.0
_CLAUSE_COST = {";": 0.5, ":": 0.5, ",": 1.0}
_LINKING_COST = 20.0
_WORD_COST = 50.0
_INSIDE_WORD_COST = 500.0


@dataclass(frozen=True)
class Piece:
    """Text for one run of the model.

    Attributes:
        text: at most the limit asked for; ends with a punctuation mark; letters are written by
            their names ("eff bee eye").
        pause_after_s: silence before the next piece, in seconds; 0 at the end and after a cut between words.
    """

    text: str
    pause_after_s: float


def split_for_speech(spoken: str, max_characters: int, language: str = "en") -> list[Piece]:
    """Cut a spoken form into pieces.

    Args:
        spoken: what `spoken_form` returns; a newline separates paragraphs.
        max_characters: longest piece, in characters, at least 4.
        language: single letters are respelled in English alone.

    Returns:
        Pieces in order, holding the words of `spoken` with single letters respelled; only a word
        longer than the limit is cut.
    """
    if max_characters < _SHORTEST_LIMIT:
        raise ValueError(
            f"max_characters is {max_characters}; the shortest piece has {_SHORTEST_LIMIT} characters"
        )
    pieces: list[Piece] = []
    respelled = respell_letters(spoken) if language == "en" else spoken
    for paragraph in respelled.split("\n"):
        sentences = _merge_short(_SENTENCE_END.split(" ".join(paragraph.split())), max_characters)
        for sentence in filter(None, sentences):
            pieces += _split_sentence(sentence, max_characters)
        if pieces:
            pieces[-1] = Piece(pieces[-1].text, PARAGRAPH_PAUSE_S)
    if pieces:
        pieces[-1] = Piece(pieces[-1].text, 0.0)
    return pieces


def _merge_short(sentences: list[str], limit: int) -> list[str]:
    merged: list[str] = []
    for sentence in sentences:
        fits = bool(merged) and len(merged[-1]) + 1 + len(_closed(sentence, ".")) <= limit
        if fits and min(len(merged[-1]), len(sentence)) < _MERGED_BELOW:
            merged[-1] = f"{merged[-1]} {sentence}"
        else:
            merged.append(sentence)
    return merged


def _closed(text: str, mark: str) -> str:
    return text if text[-1:] in tuple(".,?!;:") else text + mark


def _split_sentence(sentence: str, limit: int) -> list[Piece]:
    sentence = _closed(sentence, ".")
    if len(sentence) <= limit:
        return [Piece(sentence, SENTENCE_PAUSE_S)]
    tokens = _tokens(sentence, limit)
    borders = _cheapest_borders(tokens, limit)
    pieces = []
    for start, end in zip([0, *borders], [*borders, len(tokens)], strict=True):
        text = _joined(tokens, start, end)
        if end == len(tokens):
            pieces.append(Piece(_closed(text, "."), SENTENCE_PAUSE_S))
        else:
            pieces.append(Piece(_closed(text, ","), CLAUSE_PAUSE_S if text[-1] in _CLAUSE_COST else 0.0))
    return pieces


@dataclass(frozen=True)
class _Token:
    text: str
    glued: bool  # continues the word before it


def _tokens(sentence: str, limit: int) -> list[_Token]:
    """Words; one that cannot fit is cut into parts that leave room for a closing mark."""
    tokens = []
    for word in sentence.split(" "):
        size = limit - 1
        parts = (
            [word]
            if len(_closed(word, ",")) <= limit
            else [word[at : at + size] for at in range(0, len(word), size)]
        )
        tokens += [_Token(part, glued=index > 0) for index, part in enumerate(parts)]
    return tokens


def _joined(tokens: list[_Token], start: int, end: int) -> str:
    return "".join(
        token.text if index == 0 or token.glued else f" {token.text}"
        for index, token in enumerate(tokens[start:end])
    )


def _border_cost(before: _Token, after: _Token) -> float:
    if after.glued:
        return _INSIDE_WORD_COST
    if before.text[-1] in _CLAUSE_COST:
        return _CLAUSE_COST[before.text[-1]]
    return _LINKING_COST if after.text.lower().rstrip(",") in _LINKING else _WORD_COST


def _cheapest_borders(tokens: list[_Token], limit: int) -> list[int]:
    """Positions to cut at, by dynamic programming: few, natural and even pieces, none over the limit."""
    sizes = [len(token.text) for token in tokens]
    spaces = [0 if token.glued else 1 for token in tokens]
    begun: list[float] = []  # what a piece that starts here costs with all before it, but for its length
    cost = 0.0
    came_from = [0] * (len(tokens) + 1)
    for end in range(1, len(tokens) + 1):
        border = _border_cost(tokens[end - 2], tokens[end - 1]) if end > 1 else 0.0
        begun.append(cost + _PIECE_COST + border)
        cost = float("inf")
        length = 0 if tokens[end - 1].text[-1] in ".,?!;:" else 1
        for start in range(end - 1, -1, -1):
            length += sizes[start]
            if length > limit:
                break
            total = begun[start] + (1 - length / limit) ** 2
            if total < cost:
                cost, came_from[end] = total, start
            length += spaces[start]
    borders = []
    position = came_from[len(tokens)]
    while position:
        borders.append(position)
        position = came_from[position]
    return borders[::-1]
