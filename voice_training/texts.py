"""What the teacher is asked to say, and how the voice reads it: one token a character.

Sentences are chosen so that the small voice can say what people type. Four sources are mixed:

- books (ARCTIC prompts, LJ Speech transcripts): running English in pieces of 8 to 200 characters and in passages of
  several pieces;
- random strings of modern and of common words: vocabulary;
- templates: questions, lists, numbers, names and greetings;
- single words: the shortest inputs.

The Harvard sentences are the test set: nothing here reads them, except to make sure that none of them is in the
training, development or pronounced texts.
"""

from __future__ import annotations

import random
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import sentencepiece
from num2words import num2words
from transformers import SpeechT5FeatureExtractor, SpeechT5Processor, SpeechT5Tokenizer

CHARACTERS = "abcdefghijklmnopqrstuvwxyz',.?!;:-"
"""Every character that the voice knows, apart from the space."""

TEXT_FOLDER = Path(__file__).parents[1] / "assets" / "text"
LONGEST_TEXT = 200
_SHORTEST_PASSAGE = 150
_PARTLY_HELD_OUT = 130
"""The first so many of the books' sentences, of which some are held out."""

TOKENIZER_FILE = "spm_char.model"
_SPECIAL = ("<s>", "<pad>", "</s>", "<unk>")
START, PADDING, END = 0, 1, 2
VOCABULARY = len(_SPECIAL) + 1 + len(CHARACTERS)
_MAX_TOKENS = 600

_SPEAKABLE = re.compile(r"^[a-z' ,.?!;:-]+$")
_ABBREVIATION = re.compile(r"\b(mr|mrs|dr|st|jr|etc|messrs|vs|no)\.")


def _words(spaced: str) -> tuple[str, ...]:
    return tuple(spaced.split())


_FUNCTION_WORDS = _words(
    "the a of and to in is it that for on with as was are be at this by from or not your my we you i"
    " he she they can will what do have"
)
_ADJECTIVES = _words(
    "good bad nice great small large happy sad sunny rainy cloudy warm cold windy beautiful strange"
    " old young new blue red green yellow black white funny clever quiet loud quick slow easy"
    " difficult wonderful terrible bright dark"
)
_DAYS = _words(
    "monday tuesday wednesday thursday friday saturday sunday january february march april may june"
    " july august september october november december"
)


@dataclass(frozen=True)
class TextSets:
    """Normalised texts, each of 2 to 200 characters of `CHARACTERS` and spaces.

    Attributes:
        training: what the teacher reads for training, in random order.
        development: held out; models are chosen on these.
    """

    training: tuple[str, ...]
    development: tuple[str, ...]


def normalised(sentence: str) -> str | None:
    """`sentence` in the voice's characters, or None where it has others (digits, foreign letters)."""
    text = sentence.lower().replace("’", "'").replace("--", ", ").replace("—", ", ")
    text = re.sub(r'[“”"\[\]]', "", text)
    text = re.sub(r"[()]", ", ", text)
    text = re.sub(r"\s+([,.;:?!])", r"\1", text)
    text = re.sub(r"([,;:])[,;:.\s]*([,;:.?!])", r"\2", text)
    text = re.sub(r"\s+", " ", text).strip().strip(",;:").strip()
    text = re.sub(r"(^|\s)'(\S)", r"\1\2", text)
    text = re.sub(r"'(\s|$|[,.;])", r"\1", text)
    if not _SPEAKABLE.match(text) or _ABBREVIATION.search(text) or len(text) < 2:
        return None
    return text


def read_lines(name: str) -> list[str]:
    """The non-empty lines of one list of assets/text."""
    return [
        line.strip() for line in (TEXT_FOLDER / name).read_text(encoding="utf-8").splitlines() if line.strip()
    ]


@cache
def normalised_lines(name: str) -> tuple[str, ...]:
    """Those lines of a list that are in the voice's characters once normalised."""
    return tuple(text for line in read_lines(name) if (text := normalised(line)))


def phrases(sentence: str, longest: int, shortest: int = 8) -> list[str]:
    """`sentence` in pieces of about `longest` characters, cut at punctuation, inside a phrase only where needed."""
    pieces: list[str] = []
    current = ""
    for part in re.findall(r"[^,.;:?!]+[,.;:?!]*\s*", sentence):
        if current and len(current) + len(part) > longest:
            pieces.append(current.strip())
            current = ""
        current += part
    pieces.append(current.strip())
    short: list[str] = []
    for piece in pieces:
        if len(piece) <= longest * 1.3:
            short.append(piece)
            continue
        words = piece.split()
        words_each = -(-len(words) // -(-len(piece) // longest))
        short.extend(" ".join(words[i : i + words_each]) for i in range(0, len(words), words_each))
    return [piece for piece in short if shortest <= len(piece) <= LONGEST_TEXT]


def make_texts(count: int, seed: int, held_out: int = 56) -> TextSets:
    """`count` training texts and up to `held_out` development texts, the same for the same seed and lists."""
    chance, arctic, books = _shuffled(seed)
    long_development = [text for text in books[:100] if 150 <= len(text) <= LONGEST_TEXT][:12]
    short_development = [piece for text in books[100:_PARTLY_HELD_OUT] for piece in phrases(text, 70)][:20]
    development = arctic[:32] + long_development + short_development
    sources = (
        (0.08, _in_turn(arctic[32:], chance)),
        (0.04, _joined(arctic[32:], chance)),
        (0.16, _book_phrases(books[_PARTLY_HELD_OUT:], chance, (30, 50, 70, 95), shortest=8)),
        (0.10, _book_phrases(books[_PARTLY_HELD_OUT:], chance, (150, 170, 190), shortest=110)),
        (0.10, _passages(arctic[32:] + books[_PARTLY_HELD_OUT:], chance)),
        (0.10, _word_strings(read_lines("modern_words.txt"), chance, (1, 1, 2, 3, 4, 5, 6))),
        (0.20, _word_strings(read_lines("common_words.txt"), chance, (3, 4, 5, 6, 7))),
        (0.22, _filled_templates(chance)),
    )
    training = _drawn(count, sources, frozenset(development), chance)
    spread = development[:: max(1, len(development) // held_out)][:held_out]
    return TextSets(training=tuple(training), development=tuple(spread))


def _shuffled(seed: int) -> tuple[random.Random, list[str], list[str]]:
    """What is drawn from, ARCTIC's prompts and the books' sentences, both in random order."""
    chance = random.Random(seed)
    arctic, books = list(normalised_lines("arctic.txt")), list(normalised_lines("ljspeech.txt"))
    chance.shuffle(arctic)
    chance.shuffle(books)
    return chance, arctic, books


def vocabulary_texts(count: int, seed: int) -> tuple[str, ...]:
    """`count` texts that hold more words than anybody reads, for their phonemes; the same for the same seed and lists.

    Half of them are strings of common words, each of which comes in turn. None has a part of what `make_texts` of that
    seed holds out.
    """
    chance, _, books = _shuffled(seed)
    sources = (
        (0.25, _book_phrases(books[_PARTLY_HELD_OUT:], chance, (30, 50, 70, 95), shortest=8)),
        (0.50, _word_strings(read_lines("common_words.txt"), chance, (3, 4, 5, 6, 7))),
        (0.15, _word_strings(read_lines("modern_words.txt"), chance, (3, 4, 5, 6, 7))),
        (0.10, _filled_templates(chance)),
    )
    return tuple(_drawn(count, sources, frozenset(), chance))


def _drawn(
    count: int,
    sources: Sequence[tuple[float, Iterator[str]]],
    unseen: frozenset[str],
    chance: random.Random,
) -> list[str]:
    """Texts from sources by their weights, without Harvard sentences and the `unseen`."""
    unseen |= {*normalised_lines("harvard.txt")}
    weights = [weight for weight, _ in sources]
    drawn: list[str] = []
    while len(drawn) < count:
        _, source = chance.choices(sources, weights)[0]
        text = _ending(next(source), chance)
        if text not in unseen and 2 <= len(text) <= LONGEST_TEXT and _SPEAKABLE.match(text):
            drawn.append(text)
    return drawn


def _ending(text: str, chance: random.Random) -> str:
    """Most texts end in a full stop, some in nothing: people type both."""
    if chance.random() < 0.08:
        return text.rstrip(".,;:")
    if text[-1] in ",;:":
        return text[:-1] + "."
    if text[-1] not in ".?!" and chance.random() < 0.6:
        return text + "."
    return text


def _in_turn(texts: list[str], chance: random.Random) -> Iterator[str]:
    while True:
        chance.shuffle(texts)
        yield from texts


def _joined(texts: list[str], chance: random.Random) -> Iterator[str]:
    while True:
        yield " ".join(chance.sample(texts, chance.choice((2, 3))))


def _passages(sentences: list[str], chance: random.Random) -> Iterator[str]:
    """Phrases of several sentences, one after the other, in all 150 to 200 characters.

    Single sentences that long are rare, and attention gets lost where training never went.
    """
    while True:
        passage = ""
        while len(passage) < _SHORTEST_PASSAGE:
            pieces = phrases(chance.choice(sentences), chance.choice((40, 70, 110)))
            if not pieces:
                continue
            joined = f"{passage} {_ending(chance.choice(pieces), chance)}".strip()
            if len(joined) <= LONGEST_TEXT:
                passage = joined
        yield passage


def _book_phrases(
    books: list[str], chance: random.Random, lengths: tuple[int, ...], shortest: int
) -> Iterator[str]:
    while True:
        for text in chance.sample(books, len(books)):
            yield from phrases(text, chance.choice(lengths), shortest)


def _word_strings(words: list[str], chance: random.Random, sizes: tuple[int, ...]) -> Iterator[str]:
    while True:
        pool = chance.sample(words, len(words))
        while pool:
            size = chance.choice(sizes)
            text = pool.pop()
            for _ in range(min(size - 1, len(pool))):
                text += chance.choice((" ", " ", ", ", f" {chance.choice(_FUNCTION_WORDS)} ")) + pool.pop()
            yield text + chance.choice((".", ".", "?", "!", ""))


def _number(chance: random.Random) -> str:
    largest = chance.choice((12, 20, 100, 100, 1000, 1_000_000))
    return str(num2words(chance.randrange(largest)))


def _filled_templates(chance: random.Random) -> Iterator[str]:
    words = read_lines("modern_words.txt")
    templates = read_lines("templates.txt")
    names = " ".join(read_lines("names.txt")).lower().split()
    while True:
        adjectives = chance.sample(_ADJECTIVES, 2)
        nouns = chance.sample(words, 4)
        people = chance.sample(names, 3)
        fields = {
            "n": people[0],
            "n2": people[1],
            "n3": people[2],
            "w": nouns[0],
            "w2": nouns[1],
            "w3": nouns[2],
            "w4": nouns[3],
            "a": adjectives[0],
            "a2": adjectives[1],
            "k": _number(chance),
            "k2": _number(chance),
            "k3": _number(chance),
            "d": chance.choice(_DAYS),
            "y": num2words(chance.randrange(1700, 2040), to="year"),
            "o": num2words(chance.randrange(1, 32), to="ordinal"),
            "m": num2words(round(chance.uniform(1, 200), 2), to="currency", currency="USD"),
            "p": num2words(chance.randrange(1, 101)) + " percent",
            "f": num2words(round(chance.uniform(-20, 110), 1)),
        }
        yield chance.choice(templates).format(**fields)


def make_processor(folder: Path) -> SpeechT5Processor:
    """Build the tokenizer in `folder`, of the stock SpeechT5 class, letters folded to lower case.

    The text it is built from only fixes the order of the tokens: every character once with each other one.
    """
    folder.mkdir(parents=True, exist_ok=True)
    chance = random.Random(0)
    lines = [" ".join(chance.sample(CHARACTERS, len(CHARACTERS))) for _ in range(200)]
    prefix = (folder / TOKENIZER_FILE).with_suffix("")
    sentencepiece.SentencePieceTrainer.train(
        sentence_iterator=iter(lines),
        model_prefix=str(prefix),
        model_type="char",
        vocab_size=VOCABULARY,
        character_coverage=1.0,
        bos_id=START,
        pad_id=PADDING,
        eos_id=END,
        unk_id=3,
        bos_piece=_SPECIAL[0],
        pad_piece=_SPECIAL[1],
        eos_piece=_SPECIAL[2],
        unk_piece=_SPECIAL[3],
        normalization_rule_name="nmt_nfkc_cf",
        hard_vocab_limit=False,
        minloglevel=2,
    )
    prefix.with_suffix(".vocab").unlink(missing_ok=True)
    tokenizer = SpeechT5Tokenizer(str(folder / TOKENIZER_FILE), model_max_length=_MAX_TOKENS, normalize=False)
    return SpeechT5Processor(SpeechT5FeatureExtractor(), tokenizer)
