"""What a reader of this code may rely on: blocks in docstrings stay blocks, and a file is one idea long.

Import layers are import-linter's, in pyproject.toml; `make lint` checks them.
"""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
SOURCES = sorted(
    path for folder in ("speecht5_demo", "voice_training") for path in (ROOT / folder).rglob("*.py")
)
LONGEST_FILE = 400
SHORT_LINE = 70
"""A line that ends before here, though its paragraph goes on with a word that would have fitted."""


def docstrings(source: str) -> Iterator[tuple[int, str]]:
    """Every string that stands for itself, with its line: of modules, classes, functions and attributes."""
    for node in ast.walk(ast.parse(source)):
        body = getattr(node, "body", None)
        for statement in body if isinstance(body, list) else []:
            value = statement.value if isinstance(statement, ast.Expr) else None
            if isinstance(value, ast.Constant) and isinstance(value.value, str):
                yield statement.lineno, value.value


def glued(docstring: str) -> list[str]:
    """The lines in which a table row, a list item or a paragraph's end was run into other text."""
    lines = docstring.splitlines()
    found = []
    for number, line in enumerate(lines):
        text = line.strip()
        following = lines[number + 1].strip() if number + 1 < len(lines) else ""
        in_table = text.startswith("|")
        row_inside = "| |" in text or (not in_table and re.search(r"\|[-:| ]{3,}\|", text))
        columns_inside = not in_table and len(re.findall(r"\S {3,}(?=\S)", text)) >= 2
        item_inside = (
            re.search(r"[.:;,] [-*•] \w", text) or len(re.findall(r"\S [-*•] (?=[a-zA-Z])", text)) >= 3
        )
        column = (len(line) - len(line.lstrip()) if number else 4) + len(text)
        goes_on = re.match(r"[a-z(]", following) and not re.match(r"[\w, *]+:", following)
        is_prose = not re.search(r"[:=]|\s{2}", text + following)
        broken_early = text and goes_on and is_prose and column + 1 + len(following.split()[0]) < SHORT_LINE
        if row_inside or columns_inside or item_inside or broken_early:
            found.append(text)
    return found


@pytest.mark.parametrize(
    ("docstring", "faulty"),
    [
        ("A list:\n\n- one\n- two", False),
        ("| a | b |\n|---|---|\n| 1 | 2 |", False),
        ("role: test | repeat | anchor.", False),
        ("A paragraph that is as long as a line of this project usually is, and goes on\nhere.", False),
        ("A list: - one - two", True),
        ("Words | a | b | | 1 | 2 |", True),
        ("schema              1 created             UTC time, ISO 8601", True),
        ("Taken before the next\ntask starts, and so on.", True),
    ],
)
def test_a_block_run_into_a_paragraph_is_found(docstring: str, faulty: bool) -> None:
    assert bool(glued(docstring)) == faulty


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: str(path.relative_to(ROOT)))
def test_no_docstring_runs_a_table_or_a_list_into_a_paragraph(path: Path) -> None:
    faults = [
        f"line {line}: {text}"
        for line, docstring in docstrings(path.read_text(encoding="utf-8"))
        for text in glued(docstring)
    ]
    assert not faults, "\n".join(faults)


def test_no_file_is_longer_than_one_idea() -> None:
    lengths = {str(path.relative_to(ROOT)): len(path.read_text().splitlines()) for path in SOURCES}
    assert {name: lines for name, lines in lengths.items() if lines > LONGEST_FILE} == {}
