"""Tables with a column a clip, a variant or a listener, turned to one row a rating.

| columns that name something | the other columns are | example of a header          |
|-----------------------------|-----------------------|------------------------------|
| listener and sentence       | variants              | `listener,sentence,A,B`      |
| sentence and variant        | listeners             | `sentence,variant,w1,w2`     |
| listener                    | variant and sentence  | `listener,A_s1,A_s2,B_s1,..` |
| a clip                      | listeners             | `clip,w1,w2`                 |

A clip's name may stand in brackets behind a question, or in the label of a column.
"""

import re
from collections.abc import Mapping, Sequence

from speecht5_demo.listening.cell_words import rating_of
from speecht5_demo.listening.column_names import plain_name
from speecht5_demo.listening.methods import ACR
from speecht5_demo.listening.rows import RATING_COLUMNS
from speecht5_demo.listening.survey_files import PERSONS, parts_in_brackets, short_labels

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
_ABOUT_WORDS = re.compile(
    r"(?:^|[\W_])(?:time|times|duration|seconds|secs|ms|date|age|progress|finished|seed|page|lastpage|serial|latitude|"
    r"longitude|status|mode|started|ended|version|index|order|position|confidence|payment|reward|approvals)(?:$|[\W_])"
)
_SEPARATORS = ("/", "|", ":", "__", " ", ".", "-", "_")


def long_form(
    table: Mapping[str, list[str]], header: Sequence[str], labels: Mapping[str, str], notes: list[str]
) -> Table | None:
    """The same ratings, one a row; None where the table is not of these kinds.

    Args:
        labels: of columns whose names are codes; empty where the file has none.
    """
    table = _with_persons(table, notes)
    named = [name for name in ("listener_id", "sentence_id", "variant") if name in table]
    values = [
        name
        for name in header
        if name in table
        and name not in RATING_COLUMNS
        and name.strip().casefold() not in _ABOUT
        and not _ABOUT_WORDS.search(name.casefold())
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
    if not named and "stimulus_id" in table and (clips := _variant_and_sentence(table["stimulus_id"])):
        notes.append(f"a table with one column for each listener ({', '.join(values)[:120]}).")
        of_clips = {
            **table,
            "variant": [variant for variant, _ in clips],
            "sentence_id": [sentence for _, sentence in clips],
        }
        return _melted(of_clips, [*kept, "variant", "sentence_id"], values,
                       {"listener_id": dict(zip(values, values, strict=True))})  # fmt: skip
    if named == ["listener_id"] and (parts := _named_clips(values, labels)):
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
            found = _variants_first([(one[0], one[2]) for one in parts])
            if found:
                return found
    return None


def _variants_first(pairs: Sequence[tuple[str, str]]) -> list[tuple[str, str]] | None:
    """Pairs as (variant, sentence); None where that would be a single variant."""
    first, second = {one for one, _ in pairs}, {two for _, two in pairs}
    plain = [{name.casefold() for name in names} for names in (first, second)]
    swapped = "baseline" in plain[1] or ("baseline" not in plain[0] and len(second) < len(first))
    if swapped and len(second) == 1:
        swapped = False
    variants = second if swapped else first
    return [(two, one) if swapped else (one, two) for one, two in pairs] if len(variants) > 1 else None


def _named_clips(names: Sequence[str], labels: Mapping[str, str]) -> list[tuple[str, str]] | None:
    """The variant and the sentence of each column: from its label, from what stands in brackets, or from its name."""
    given = [labels.get(name, "") for name in names]
    for shown in (short_labels(given) if all(given) else [], names):
        inside = parts_in_brackets(shown) if shown else None
        if inside and isinstance(inside[0], tuple):
            pairs = [(one[0], one[1]) for one in inside]
            grid = len({one for one, _ in pairs}) * len({two for _, two in pairs}) == len(set(pairs))
            if grid and (found := _variants_first(pairs)):
                return found
        elif inside:
            if found := _variant_and_sentence([str(part) for part in inside]):
                return found
        elif shown and (found := _variant_and_sentence(shown)):
            return found
    return None


def _with_persons(table: Mapping[str, list[str]], notes: list[str]) -> Mapping[str, list[str]]:
    """Each row is a person's answers where no column names a listener, but one names each row."""
    if "listener_id" in table or "stimulus_id" in table or "variant" in table or "sentence_id" in table:
        return table
    plain = {plain_name(name): name for name in table}
    for name in PERSONS:
        cells = table.get(plain.get(name, ""), [])
        if cells and all(cells) and len(set(cells)) == len(cells):
            notes.append(f"each row is a listener, named by {plain[name]}.")
            return {
                **{one: cells for one, cells in table.items() if one != plain[name]},
                "listener_id": cells,
            }
    return table
