"""What survey tools put around the ratings: titles, second headers, codes in brackets, one column a point of the scale.

| tool           | what it adds                                                              |
|----------------|---------------------------------------------------------------------------|
| any            | a title or a comment above the header; a header of two rows               |
| Qualtrics      | a row of questions and a row of `{"ImportId": ..}` below the header       |
| SoSci Survey   | a row of labels below the header                                          |
| LimeSurvey     | `Q1[baseline_s1]`, the code of a question and of its part; codes of the   |
|                | answers (A1 to A5), which do not say which one is best: these are refused |
| Google Forms   | `Question [part]`                                                         |
| Mechanical Turk| `Input.` and `Answer.` in front of names; a radio button as five columns  |

Nothing here guesses: what is found is said in a note, and what is not found is left for the reader to refuse.
"""

from __future__ import annotations

import csv
import re
from collections import Counter
from collections.abc import Callable, Sequence

from speecht5_demo.listening.cell_words import truth_of

Rows = list[list[str]]
MARKS = ",;\t|"
_LOOKED_AT = 12  # lines in which a header is looked for
_ESCAPES = re.compile(
    r"\x1b\[[0-9;?]*[A-Za-z]|\x1b\][^\x07\x1b]*(?:\x07|\x1b\\)|[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]"
)
_BRACKETED = re.compile(r"(.*?)\s*\[(.+)\]")
_POINT = re.compile(r"(.+)[._]([1-9])")
PERSONS = (
    "responseid", "response_id", "respondent_id", "email_address", "email", "e_mail", "e_mail_adresse", "username",
    "id", "case", "submission_id", "timestamp", "zeitstempel", "horodateur", "marca_temporal", "submitdate",
    "date_submitted",
)  # fmt: skip
"""What names the answers of one person where no column names a listener; tried in this order."""


_ANSWER_CODE = re.compile(r"(?:A|AO|SQ)0{0,2}[1-9][0-9]?")
"""How LimeSurvey names the answers of a list, in whatever order the researcher wrote them."""


def plain_cell(cell: str) -> str:
    """A cell without the colours of terminals and other control characters, which would reach the reader's screen."""
    return _ESCAPES.sub("", cell).strip()


def likely_delimiter(text: str) -> str:
    """The mark by which most of the first lines have the same number of cells; the wider ones, where that is equal."""
    lines = [line for line in text.splitlines()[: 2 * _LOOKED_AT] if line.strip()][:_LOOKED_AT]

    def agreement(mark: str) -> tuple[int, int]:
        widths = Counter(len(row) for row in csv.reader(lines, delimiter=mark) if len(row) > 1)
        width, rows = max(widths.items(), key=lambda one: (one[1], one[0]), default=(0, 0))
        return rows, width

    return max(MARKS, key=agreement)


def below_titles(rows: Rows, known: Callable[[str], bool], notes: list[str]) -> Rows:
    """The rows from the header on: the first one that names two of the columns that are needed, or more."""

    def named(row: Sequence[str]) -> int:
        return sum(known(cell) for cell in row)

    for k, row in enumerate(rows[:_LOOKED_AT]):
        if named(row) >= 2 and len(set(row)) > 1:
            if k:
                notes.append(f"the header is row {k + 1}; what stands above it is left out.")
            return rows[k:]
    if rows and len([cell for cell in rows[0] if cell]) == 1 and len(rows) > 1 and len(rows[1]) > 1:
        notes.append("the header is row 2; what stands above it is left out.")
        return rows[1:]
    return rows


def joined_headers(rows: Rows, notes: list[str]) -> Rows:
    """The rows with a header of one row, `variant [sentence]`, where it has two: one label over several columns."""
    if len(rows) < 3 or len({len(row) for row in rows[:3]}) != 1:
        return rows
    above, below, *body = rows
    top, over = "", list[str]()
    for name, part in zip(above, below, strict=True):
        top = name or (top if part else "")
        over.append(top)
    spread = [
        k
        for k, part in enumerate(below)
        if part and over[k] and not _is_number(part) and any(row[k] for row in body if len(row) > k)
        and all(_is_number(row[k]) or not row[k] for row in body if len(row) > k)
    ]  # fmt: skip
    tops, pairs = {over[k] for k in spread}, {(over[k], below[k]) for k in spread}
    if not 2 <= len(tops) < len(spread) or len(pairs) < len(spread):
        return rows
    notes.append(f"the header has two rows, read together, such as {over[spread[0]]} [{below[spread[0]]}].")
    header = [f"{over[k]} [{below[k]}]" if k in spread else below[k] or above[k] for k in range(len(below))]
    return [header, *body]


def answer_codes(cells: Sequence[str]) -> list[str]:
    """The codes of a survey tool that stand in a column instead of its answers; none where one cell is another."""
    given = {cell for cell in cells if cell}
    return sorted(given) if given and all(_ANSWER_CODE.fullmatch(cell) for cell in given) else []


def _is_number(cell: str) -> bool:
    return cell.replace(",", ".", 1).replace(".", "", 1).isdigit()


def without_second_headers(header: Sequence[str], body: Rows, notes: list[str]) -> tuple[Rows, list[str]]:
    """The rows of answers, and a label for each column ("" for none) from the rows of labels above them."""
    imports = [k for k, row in enumerate(body[:3]) if any(cell.startswith('{"ImportId"') for cell in row)]
    if imports:
        notes.append("an export of Qualtrics; the rows of questions and of import ids are left out.")
        return body[imports[0] + 1 :], list(body[0]) if imports[0] else [""] * len(header)
    plain = [name.casefold() for name in header]
    if {"case", "questnnr"} <= set(plain) and body and not body[0][plain.index("case")].isdigit():
        notes.append("an export of SoSci Survey; the row of labels is left out.")
        return body[1:], list(body[0])
    return body, [""] * len(header)


def joined_points(header: list[str], body: Rows, notes: list[str]) -> tuple[list[str], Rows]:
    """A radio button written as one column a point, `Answer.rating.1` to `.5`, as one column of the point chosen."""
    groups: dict[str, dict[int, int]] = {}
    for k, name in enumerate(header):
        if found := _POINT.fullmatch(name):
            groups.setdefault(found[1], {})[int(found[2])] = k
    for name, points in groups.items():
        if len(points) < 3 or sorted(points) != list(range(1, len(points) + 1)):
            continue
        chosen = [[n for n, k in points.items() if truth_of(row[k]) == "true"] for row in body]
        unread = any(truth_of(row[k]) is None or not row[k] for row in body for k in points.values())
        if unread or any(len(one) > 1 for one in chosen):
            continue
        gone = set(points.values())
        notes.append(f"the columns {name}.1 to .{len(points)} are one answer.")
        header = [*(cell for k, cell in enumerate(header) if k not in gone), name]
        body = [
            [*(cell for k, cell in enumerate(row) if k not in gone), str(one[0]) if one else ""]
            for row, one in zip(body, chosen, strict=True)
        ]
        return header, body
    return header, body


def parts_in_brackets(names: Sequence[str]) -> list[tuple[str, str]] | list[str] | None:
    """`Question [part]` as pairs, as the parts alone where all are of one question; None for other names."""
    found = [_BRACKETED.fullmatch(name) for name in names]
    pairs = [(one[1].strip(" :"), one[2].strip()) for one in found if one]
    if len(pairs) != len(names):
        return None
    return [part for _, part in pairs] if len({question for question, _ in pairs}) == 1 else pairs


def short_labels(labels: Sequence[str]) -> list[str]:
    """Labels without the question that they all repeat: "How natural? - A" is "A"."""
    tails = [label.rpartition(" - ")[2] for label in labels]
    return (
        tails if all(" - " in label for label in labels) and len(set(tails)) == len(tails) else list(labels)
    )
