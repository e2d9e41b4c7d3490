"""Ratings as other tools and spreadsheets write them, brought to our columns and our words for a cell.

Found without being told, and said in a note: encoding, delimiter (also Excel's `sep=` line), decimal commas, headers in
another case or with spaces, the words of a scale, TRUE and FALSE in other languages, tables with a column a clip, and
the `votes_per_worker` files of the P.808 toolkit. What decides about a score, `rating` and `blind`, is never guessed: a
cell of them that cannot be read, or a rating off the scale, refuses the file.
"""

from __future__ import annotations

import csv
import io
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from speecht5_demo.errors import RatingsError
from speecht5_demo.listening.cell_words import number_of, rating_of, truth_of
from speecht5_demo.listening.column_names import ALIASES, is_known, our_name, plain_name
from speecht5_demo.listening.methods import ACR, METHODS
from speecht5_demo.listening.rows import (
    INTEGER_COLUMNS,
    NUMBER_COLUMNS,
    RATING_COLUMNS,
    REQUIRED_COLUMNS,
    ROLES,
)
from speecht5_demo.listening.survey_files import (
    answer_codes,
    below_titles,
    joined_headers,
    joined_points,
    likely_delimiter,
    plain_cell,
    without_second_headers,
)
from speecht5_demo.listening.wide_tables import long_form
from speecht5_demo.rendering.wording import counted

Scale = tuple[float, float]

_MISSING = frozenset({"", "na", "n/a", "nan", "null", "none", "-", "–", "?"})
_SEP_LINE = re.compile(r'"?sep=(.)"?\s*', re.IGNORECASE)


@dataclass(frozen=True)
class ReadingOptions:
    """What the reader of a file is told.

    Attributes:
        columns: our name -> the name in the file.
        scale: the ends of the scale that ratings are on; 1 to 5 when None.
        sentence_from: a pattern searched for in the name of the clip. Its group `sentence`, or its first one, is the
            sentence; its group `variant`, where it has one, the variant.
    """

    columns: Mapping[str, str] = field(default_factory=dict)
    scale: Scale | None = None
    sentence_from: re.Pattern[str] | None = None


@dataclass(frozen=True)
class ForeignTable:
    """A file in our terms: cells are text as our own files would hold it.

    Attributes:
        columns: our name, or the file's where we have none -> one cell a row.
        notes: what was found out and how it was read, one sentence each.
        skipped: lines with another number of cells than the header.
        empty_ratings: rows without a rating.
    """

    columns: Mapping[str, list[str]]
    notes: tuple[str, ...]
    skipped: int
    empty_ratings: int


def read_foreign(path: Path, data: bytes, options: ReadingOptions) -> ForeignTable:
    """Read a file that our own writer has not made.

    Raises:
        RatingsError: it lacks a column, holds cells of `rating` or `blind` that cannot be read, or ratings off the
            scale. The message names how many, an example and the way out.
    """
    notes: list[str] = []
    text = _decoded(path, data, notes)
    if "\n" not in text:
        text = text.replace("\r", "\n")  # line ends of an old Mac
    mark, lines = _delimiter(text, notes)
    rows = [
        [plain_cell(cell) for cell in row]
        for row in csv.reader(io.StringIO(lines, newline=""), delimiter=mark)
    ]
    rows = below_titles(joined_headers([row for row in rows if any(row)], notes), is_known, notes)
    header, body = (rows[0], rows[1:]) if rows else ([], [])
    header, body, skipped = _squared(header, body, notes)
    if skipped and "rating_id" not in header:
        raise RatingsError(
            f"{path}: {counted(skipped, 'line has', 'lines have')} another number of cells than the header "
            f"({len(header)}). Correct them; "
            "a cell with the delimiter in it, such as 3,5, needs quotes."
        )
    body, labels = without_second_headers(header, body, notes)
    named = dict(zip(header, labels, strict=True)) if any(labels) else {}
    header, body = joined_points(header, body, notes)
    names = _our_names(path, header, options, notes)
    table = {name: [row[k] for row in body] for k, name in enumerate(names) if name}
    _split_clip_names(path, table, options)
    if "rating" not in table:
        table = long_form(table, header, named, notes) or table
    _refuse_codes(path, table)
    if missing := [name for name in REQUIRED_COLUMNS if name not in table]:
        raise RatingsError(_missing_columns(path, header, table, missing))
    _known_words(table, notes)
    empty = _read_deciding_columns(path, table, options, notes)
    for name in (*INTEGER_COLUMNS, *(name for name in NUMBER_COLUMNS if name != "rating")):
        if name in table:
            table[name] = [number_of(cell) or cell for cell in table[name]]
    return ForeignTable(table, tuple(f"{path.name}: {note}" for note in notes), skipped, empty)


def _decoded(path: Path, data: bytes, notes: list[str]) -> str:
    if b"\x00" in data[:1000].rstrip(b"\x00") and not data.startswith((b"\xff\xfe", b"\xfe\xff")):
        raise RatingsError(
            f"{path} is no text file in UTF-8 or Windows-1252. Export the ratings as CSV in UTF-8."
        )
    for start, encoding in ((b"\xff\xfe", "utf-16"), (b"\xfe\xff", "utf-16"), (b"", "utf-8-sig")):
        if data.startswith(start):
            try:
                text = (
                    data.rstrip(b"\x00").decode(encoding) if encoding != "utf-16" else data.decode(encoding)
                )
            except UnicodeDecodeError:
                continue
            if encoding == "utf-16":
                notes.append("read as UTF-16.")
            return text
    notes.append("not UTF-8; read as Windows-1252.")
    return data.decode("cp1252", errors="replace")


def _delimiter(text: str, notes: list[str]) -> tuple[str, str]:
    """The delimiter, and the text without a `sep=` line."""
    first, _, rest = text.partition("\n")
    first = first.removesuffix("\r")
    if found := _SEP_LINE.fullmatch(first):
        return found.group(1), rest
    mark = likely_delimiter(text)
    if mark != ",":
        notes.append(f"cells are separated by {'tabs' if mark == chr(9) else repr(mark)}.")
    return mark, text


def _squared(
    header: list[str], body: list[list[str]], notes: list[str]
) -> tuple[list[str], list[list[str]], int]:
    """All rows as wide as the header; a spreadsheet's empty columns go, an unquoted decimal comma is put together."""
    width = len(header)
    while width > 1 and not header[width - 1] and not any(any(row[width - 1 :]) for row in body):
        width -= 1
    body = [row[:width] if not any(row[width:]) else row for row in body]
    long = [row for row in body if len(row) == width + 1]
    if long and all(row[-2].isdigit() and row[-1].isdigit() and len(row[-1]) <= 2 for row in long):
        notes.append(f"{counted(len(long), 'rating is', 'ratings are')} written with a decimal comma.")
        body = [[*row[:-2], f"{row[-2]}.{row[-1]}"] if len(row) == width + 1 else row for row in body]
    whole = [row for row in body if len(row) == width]
    return header[:width], whole, len(body) - len(whole)


def _our_names(path: Path, header: Sequence[str], options: ReadingOptions, notes: list[str]) -> list[str]:
    asked = {plain_name(theirs): ours for ours, theirs in options.columns.items()}
    plain = [plain_name(name) for name in header]
    names = [asked.get(name) or our_name(name) for name in plain]
    if unknown := [theirs for theirs in options.columns.values() if plain_name(theirs) not in plain]:
        raise RatingsError(f"{path} has no column {unknown[0]!r}; it has {', '.join(header)[:200]}.")
    for ours, theirs in ALIASES.items():
        found = [name for name in theirs if name in names]
        if ours == "rating" and ours not in names and len(found) > 1:
            raise RatingsError(
                f"{path} has several columns that may be the rating ({', '.join(found)}). "
                f"Name the right one: --map rating={found[0]}"
            )
        if ours not in names and found:
            names[names.index(found[0])] = ours
            notes.append(f"the column {found[0]} is taken for {ours}.")
    twice = [name for name, n in Counter(filter(None, names)).items() if n > 1]
    if twice:
        raise RatingsError(f"{path} names a column twice ({twice[0]}). Rename or map its columns.")
    # What we have no name for keeps its own, as it is written.
    return [name if name in RATING_COLUMNS else given for name, given in zip(names, header, strict=True)]


def _refuse_codes(path: Path, table: Mapping[str, list[str]]) -> None:
    """Codes of answers are no ratings: A1 is the best answer in one survey, and the worst in the next."""
    unknown = [name for name in table if name not in RATING_COLUMNS]
    for name in ["rating"] if "rating" in table else unknown:
        if codes := answer_codes(table[name]):
            raise RatingsError(
                f"{path}: {name} holds the codes of answers ({', '.join(codes[:5])}), which do not say what was "
                'answered. Export the answers in full, in LimeSurvey by "Full answers", or write numbers for the codes.'
            )


def _known_words(table: dict[str, list[str]], notes: list[str]) -> None:
    """Methods and roles in any case, and one spelling for names of variants that differ in case alone."""
    methods = {name.casefold(): name for name in METHODS} | {"mos": ACR.name, "acr-mos": ACR.name}
    for column, words in (("method", methods), ("role", {name: name for name in ROLES})):
        if column in table:
            table[column] = [words.get(cell.casefold(), cell) for cell in table[column]]
    if "variant" not in table:
        return
    spelled: dict[str, Counter[str]] = {}
    for cell in table["variant"]:
        spelled.setdefault(cell.casefold(), Counter())[cell] += 1
    chosen = {
        name: "baseline" if name == "baseline" else found.most_common(1)[0][0]
        for name, found in spelled.items()
    }
    for name, found in spelled.items():
        if others := sorted(set(found) - {chosen[name]}):
            notes.append(f"{', '.join(others)} is read as the variant {chosen[name]}.")
    table["variant"] = [chosen[cell.casefold()] for cell in table["variant"]]


def _split_clip_names(path: Path, table: dict[str, list[str]], options: ReadingOptions) -> None:
    pattern = options.sentence_from
    if pattern is None:
        return
    if "stimulus_id" not in table:
        raise RatingsError(
            f"{path} has no column with names of clips for --sentence-from. Name it: --map stimulus=COLUMN"
        )
    found = [pattern.search(name) for name in table["stimulus_id"]]
    lost = [name for name, one in zip(table["stimulus_id"], found, strict=True) if one is None]
    if lost:
        raise RatingsError(
            f"{path}: {counted(len(lost), 'clip does', 'clips do')} not match "
            f"--sentence-from {pattern.pattern!r}, such as {lost[0]!r}."
        )
    group: str | int = "sentence" if "sentence" in pattern.groupindex else min(1, pattern.groups)
    table["sentence_id"] = [one[group] or "" for one in found if one]
    if "variant" in pattern.groupindex:
        table["variant"] = [one["variant"] or "" for one in found if one]


def _missing_columns(
    path: Path, header: Sequence[str], table: Mapping[str, object], missing: list[str]
) -> str:
    names = ", ".join(header)[:200]
    what = f"{path} has no column {', '.join(missing)}; it has {names}."
    if "stimulus_id" in table and {"sentence_id", "variant"} & set(missing):
        return (
            f"{what} Name the sentence within the name of the clip: "
            "--sentence-from '(?P<variant>[^/_]+)_(?P<sentence>[^/]+)[.]wav'"
        )
    return (
        f"{what} Rename or map its columns: --map rating=COLUMN,listener=COLUMN,sentence=COLUMN,system=COLUMN"
    )


def _read_deciding_columns(
    path: Path, table: dict[str, list[str]], options: ReadingOptions, notes: list[str]
) -> int:
    """Bring `rating` and `blind` to our words for a cell; returns how many rows have no rating."""
    if "blind" in table:
        read = [truth_of(cell) for cell in table["blind"]]
        _all_read(path, "blind", table["blind"], read, "Write TRUE or FALSE.")
        others = {cell for cell in table["blind"] if cell.casefold() not in ("true", "false", "")}
        if others:
            notes.append(f"blind is written {', '.join(sorted(others)[:3])}.")
        table["blind"] = [cell or "" for cell in read]
    written = table["rating"]
    methods = table.get("method") or [ACR.name] * len(written)
    missing = [cell.casefold() in _MISSING for cell in written]
    read = [
        "" if gone else rating_of(cell, METHODS.get(method, ACR))
        for cell, method, gone in zip(written, methods, missing, strict=True)
    ]
    _all_read(path, "rating", written, read, "Write a number, or a word of the scale such as Excellent.")
    if any("," in cell for cell in written):
        notes.append("ratings are written with a decimal comma.")
    if any(
        any(letter.isalpha() for letter in cell)
        for cell, gone in zip(written, missing, strict=True)
        if not gone
    ):
        notes.append("ratings are written in the words of the scale.")
    _on_the_scale(path, read, methods, options, notes)
    table["rating"] = [cell or "" for cell in read]
    return sum(missing)


def _all_read(path: Path, name: str, written: list[str], read: Sequence[str | None], way_out: str) -> None:
    lost = [(k, cell) for k, (cell, one) in enumerate(zip(written, read, strict=True)) if one is None]
    if lost:
        row, example = lost[0]
        raise RatingsError(
            f"{path}: {len(lost)} of {len(written)} cells of {name} cannot be read, such as {example[:40]!r} in row "
            f"{row + 2}. {way_out}"
        )


def _on_the_scale(
    path: Path, read: Sequence[str | None], methods: Sequence[str], options: ReadingOptions, notes: list[str]
) -> None:
    for name in sorted(set(methods)):
        if (method := METHODS.get(name)) is None:
            continue
        values = [float(cell) for cell, one in zip(read, methods, strict=True) if one == name and cell]
        stated = options.scale if name == ACR.name else None
        low, high = stated or (method.low, method.high)
        if values and not low <= min(values) <= max(values) <= high:
            found = f"{min(values):g} to {max(values):g}"
            way_out = (
                f"State the right scale: --scale LOW:HIGH, such as --scale {_likely(min(values), max(values))}."
                if name == ACR.name
                else "Correct them, or rename the method."
            )
            raise RatingsError(f"{path}: {name} ratings run from {found}, not {low:g} to {high:g}. {way_out}")
        if fractions := sum(not value.is_integer() for value in values):
            notes.append(
                f"{fractions} of {len(values)} ratings are not whole numbers; they count as they are."
            )


def _likely(low: float, high: float) -> str:
    """The usual scale that holds such ratings."""
    usual = ((0, 1), (0, 4), (0, 5), (1, 7), (1, 10), (0, 10), (0, 100))
    found = next(((a, b) for a, b in usual if a <= low and high <= b), None)
    return f"{found[0]}:{found[1]}" if found else f"{low:g}:{high:g}"
