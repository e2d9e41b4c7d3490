"""Tables with a column a clip, a variant or a listener, turned to one row a rating.

| columns that name something | the other columns are | example of a header          |
|-----------------------------|-----------------------|------------------------------|
| listener and sentence       | variants              | `listener,sentence,A,B`      |
| sentence and variant        | listeners             | `sentence,variant,w1,w2`     |
| listener                    | variant and sentence  | `listener,A_s1,A_s2,B_s1,..` |
"""

from collections.abc import Mapping, Sequence

from speecht5_demo.listening.cell_words import rating_of
from speecht5_demo.listening.methods import ACR
from speecht5_demo.listening.rows import RATING_COLUMNS

Table = dict[str, list[str]]

_LONG = {
    ("listener_id", "sentence_id"): "variant",
    ("sentence_id", "variant"): "listener_id",
    ("listener_id", "variant"): "sentence_id",
}
_ABOUT = frozenset((
    "age", "gender", "sex", "year", "index", "row", "nr", "no", "number", "trial", "order", "page", "time", "duration",
    "duration_s", "mean", "average", "avg", "median", "total", "sum", "std", "sd", "n", "count",
    "version", "block", "group",
))  # fmt: skip
"""Columns of numbers that stand beside the ratings in a table and are none themselves."""
_SEPARATORS = ("/", "|", ":", "__", " ", ".", "-", "_")


def long_form(table: Mapping[str, list[str]], header: Sequence[str], notes: list[str]) -> Table | None:
    """The same ratings, one a row; None where the table is not of these kinds."""
    named = [name for name in ("listener_id", "sentence_id", "variant") if name in table]
    values = [
        name
        for name in header
        if name in table
        and name not in RATING_COLUMNS
        and name.strip().casefold() not in _ABOUT
        and _holds_ratings(table[name])
    ]
    if len(values) < 2:
        return None
    kept = [name for name in table if name in RATING_COLUMNS]
    if across := _LONG.get((named[0], named[1]) if len(named) == 2 else ("", "")):
        notes.append(
            f"a table with one column for each {across.removesuffix('_id')} ({', '.join(values)[:120]})."
        )
        return _melted(table, kept, values, {across: dict(zip(values, values, strict=True))})
    if named == ["listener_id"] and (parts := _variant_and_sentence(values)):
        notes.append(
            f"a table with one column a clip; variants are {', '.join(sorted({v for v, _ in parts}))}."
        )
        variants = {name: variant for name, (variant, _) in zip(values, parts, strict=True)}
        sentences = {name: sentence for name, (_, sentence) in zip(values, parts, strict=True)}
        return _melted(table, kept, values, {"variant": variants, "sentence_id": sentences})
    return None


def _melted(
    table: Mapping[str, list[str]],
    kept: list[str],
    values: list[str],
    named_by: Mapping[str, Mapping[str, str]],
) -> Table:
    """One row for each cell of `values` that is not empty; `named_by` says what a column's name stands for."""
    rows = range(len(table[values[0]]))
    cells = [(name, row) for row in rows for name in values if table[name][row]]
    melted: Table = {name: [table[name][row] for _, row in cells] for name in kept}
    melted["rating"] = [table[name][row] for name, row in cells]
    for column, words in named_by.items():
        melted[column] = [words[name] for name, _ in cells]
    return melted


def _holds_ratings(cells: Sequence[str]) -> bool:
    """Most of the cells can be read: a column with a few that cannot is refused later, not left out."""
    given = [cell for cell in cells if cell]
    return bool(given) and 2 * sum(rating_of(cell, ACR) is not None for cell in given) > len(given)


def _variant_and_sentence(names: Sequence[str]) -> list[tuple[str, str]] | None:
    """Names of clips as (variant, sentence), where they split into a grid of the two.

    The part with `baseline` in it is the variant; else the part that takes fewer values; else the first.
    """
    for mark in _SEPARATORS:
        for split in (str.partition, str.rpartition):
            parts = [split(name.removesuffix(".wav"), mark) for name in names]
            first, second = {one[0] for one in parts}, {one[2] for one in parts}
            grid = all(one[0] and one[2] for one in parts) and len(first) * len(second) == len(names)
            if not grid or (min(len(first), len(second)) < 2 and len(names) > 2 and len(first) == len(names)):
                continue
            swapped = "baseline" in second or ("baseline" not in first and len(second) < len(first))
            return [(one[2], one[0]) if swapped else (one[0], one[2]) for one in parts]
    return None
