"""Words that the sentence lists lack: a voice that spells its way through English has to have met them.

Modern words ("server", "download", "button") are in no public-domain book of 1900: assets/text/modern_words.txt was
made once with :func:`frequent_words` from the documentation strings of installed Python packages. Common words
("birch", "kittens") are in few books of any one kind, too: assets/text/common_words.txt was made once with
:func:`common_words` from the frequencies of wordfreq (Speer 2022). Both are committed, so that every training run
reads the same words. Only words with an entry in CMUdict (pocketsphinx carries it) are kept, so that the teacher
pronounces them from its dictionary.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Container, Iterable
from itertools import islice
from pathlib import Path

_DOCUMENTATION = re.compile(r'"""(.*?)"""|#\s(.*)', re.DOTALL)
_WORD = re.compile(r"(?<![\w.])[A-Za-z]?[a-z]+(?![\w(])")
_COMMENT_CHARACTERS = 200


def dictionary_words(cmudict: Path) -> set[str]:
    """Plain words (two letters or more, no apostrophe) that a CMUdict file pronounces."""
    words = (line.split(maxsplit=1)[0] for line in cmudict.read_text(encoding="utf-8").splitlines() if line)
    return {word for word in words if re.fullmatch(r"[a-z]{2,}", word)}


def frequent_words(folder: Path, known: set[str], count: int) -> list[str]:
    """The `count` words of `known` found in the documentation of most Python files under `folder`, most
    frequent first.

    A word counts once a file, so that one long table of names does not outweigh a hundred ordinary files.
    """
    files_with: Counter[str] = Counter()
    for path in sorted(folder.rglob("*.py")):
        source = path.read_text(encoding="utf-8", errors="ignore")
        found: set[str] = set()
        for docstring, comment in _DOCUMENTATION.findall(source):
            found.update(
                word.lower() for word in _WORD.findall(f"{docstring} {comment[:_COMMENT_CHARACTERS]}")
            )
        files_with.update(word for word in found if len(word) > 2 and word in known)
    ranked = sorted(files_with.items(), key=lambda item: (-item[1], item[0]))
    return [word for word, _ in ranked[:count]]


def common_words(
    ranked: Iterable[str], known: Container[str], unwanted: Container[str], count: int
) -> list[str]:
    """The first `count` words of `ranked` (most frequent first) that are `known` and not `unwanted`, in alphabetic
    order.

    Args:
        unwanted: words that nobody should have to hear from a demonstration.
    """
    wanted = (word for word in ranked if len(word) > 2 and word in known and word not in unwanted)
    return sorted(islice(wanted, count))
