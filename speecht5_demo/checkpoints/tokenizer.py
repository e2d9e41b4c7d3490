"""The character tokenizer: which letters it knows, found at once; and the tokenizer itself, made when it is needed."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from speecht5_demo.errors import CheckpointError

if TYPE_CHECKING:
    from transformers import SpeechT5Tokenizer

TOKENIZER_FILE = "spm_char.model"
TOKENIZER_FILES = (TOKENIZER_FILE, "tokenizer_config.json", "special_tokens_map.json", "added_tokens.json")


def known_letters(folder: Path) -> frozenset[str]:
    """Every letter, in either case, that the tokenizer in `folder` has a token for.

    Raises:
        CheckpointError: when its file is broken.
    """
    from sentencepiece import SentencePieceProcessor

    path = folder / TOKENIZER_FILE
    try:
        processor: Any = SentencePieceProcessor(model_file=str(path))
    except (OSError, RuntimeError, ValueError, TypeError) as error:
        raise _unreadable(path, error) from error
    pieces = {processor.id_to_piece(number) for number in range(processor.get_piece_size())}
    unknown = processor.unk_id()
    own = {letter for letter in _both_cases(pieces) if unknown not in processor.encode(letter)}
    return frozenset(own | {token for token in _added_tokens(folder) if len(token) == 1 and token.isalpha()})


def read_tokenizer(folder: Path) -> SpeechT5Tokenizer:
    """The character tokenizer in `folder`, its own number normaliser off: it is wrong on zeros and money.

    Raises:
        CheckpointError: when the file is broken.
    """
    from transformers import SpeechT5Tokenizer

    try:
        tokenizer: SpeechT5Tokenizer = SpeechT5Tokenizer.from_pretrained(
            folder, normalize=False, local_files_only=True
        )
    except (OSError, RuntimeError, ValueError, TypeError) as error:
        raise _unreadable(folder / TOKENIZER_FILE, error) from error
    return tokenizer


def _both_cases(pieces: set[str]) -> set[str]:
    letters = {piece for piece in pieces if len(piece) == 1 and piece.isalpha()}
    others = {other for letter in letters for other in (letter.lower(), letter.upper())}
    return letters | {other for other in others if len(other) == 1}


def _added_tokens(folder: Path) -> set[str]:
    """What a fine-tune added beside the tokenizer's own pieces, by either way of writing it down."""
    added = _read_object(folder / "added_tokens.json")
    described = _read_object(folder / "tokenizer_config.json").get("added_tokens_decoder")
    contents = described.values() if isinstance(described, dict) else ()
    return {*added, *(str(token.get("content")) for token in contents if isinstance(token, dict))}


def _read_object(path: Path) -> Mapping[str, object]:
    if not path.is_file():
        return {}
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise CheckpointError(
            f"{path} is not valid JSON ({error}). Copy it again from its source."
        ) from error
    return content if isinstance(content, dict) else {}


def _unreadable(path: Path, error: Exception) -> CheckpointError:
    return CheckpointError(f"{path} is not a readable tokenizer ({error}). Copy it again from its source.")
