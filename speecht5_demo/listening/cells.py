"""What may stand in a cell of a ratings file.

A ratings file is opened in spreadsheets, and a spreadsheet runs a cell that begins with `=`, `+`, `-`, `@`,
a tab or a carriage return. Such text gets one apostrophe in front, and loses it again in reading, so that
nothing changes for a program and nothing runs for a person. Text that already looks neutralised gets one
more, which keeps the way back exact.

One row is one physical line: a process that dies while writing can then only damage the last line of its
file, and a reader finds the damage without parsing what comes before. Line breaks inside a text are
therefore written as one space.
"""

import re

_RUNS_IN_A_SPREADSHEET = re.compile(r"'*[=+\-@\t\r]")
_NEUTRALISED = re.compile(r"'+[=+\-@\t\r]")
_LINE_BREAK = re.compile(r"[ \t]*[\n\r\v\f\x1c-\x1e\x85\u2028\u2029]\s*")


def neutralise(text: str) -> str:
    """`text` as it is safe in a cell: on one line, and not a formula."""
    line = _LINE_BREAK.sub(" ", text).replace("\x00", "")
    return "'" + line if _RUNS_IN_A_SPREADSHEET.match(line) else line


def restore(cell: str) -> str:
    """The text that `neutralise` was given, line breaks aside."""
    return cell[1:] if _NEUTRALISED.match(cell) else cell
