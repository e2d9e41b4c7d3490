"""Many ratings files become one table, and everything that was not taken is named.

Files of our own writer are read in blocks, and columns that repeat themselves (nearly all of them) are kept as
categories: a million ratings fit into a few hundred megabytes. A live folder can be read while servers write to it:
each file is read up to its last complete line. Every other file goes through `foreign`.
"""

import csv
import io
import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
from pyarrow import csv as arrow_csv

from speecht5_demo.errors import RatingsError
from speecht5_demo.listening.append_only import complete_length
from speecht5_demo.listening.cells import restore
from speecht5_demo.listening.decided import leave_out_deleted
from speecht5_demo.listening.decisions import read_decisions
from speecht5_demo.listening.duplicates import UNNAMED, ReadProblem, each_once
from speecht5_demo.listening.foreign import ForeignTable, ReadingOptions, Scale, read_foreign
from speecht5_demo.listening.methods import ACR
from speecht5_demo.listening.rows import INTEGER_COLUMNS, NUMBER_COLUMNS, RATING_COLUMNS, REQUIRED_COLUMNS
from speecht5_demo.messages import Message
from speecht5_demo.rendering.wording import counted, of_count

_BLOCK = 4 << 20
_READERS = 2
_DEFAULTS: Mapping[str, str] = {
    "schema_version": "1",
    "source": "study",
    "blind": "true",
    "method": ACR.name,
    "role": "test",
}
_CATEGORY = pa.dictionary(pa.int32(), pa.utf8())
DECIDING = ("rating", "blind")
_ONE_ANSWER = (
    "study_id", "session_id", "listener_id", "sentence_id", "variant", "stimulus_id", "method", "question",
    "compared_with", "trial", "position", "role", "checkpoint", "speaker", "seed",
)  # fmt: skip


@dataclass(frozen=True)
class RatingsTable:
    """All ratings of some files, each once.

    Attributes:
        frame: one row a rating, every column of `RATING_COLUMNS` first, unknown ones behind. Text is categorical
            (`rating_id` is str), "" when empty; `blind` bool; `submitted_at` datetime64[us, UTC]; `rating`,
            `heard_fraction`, `response_s` float64 with NaN when absent or unreadable; counts and seeds Int64.
            Ratings outside their scale are kept: judging them is the analysis' business. So is another answer under a
            rating_id, which stands behind the first by time with the flag `conflict`.
        problems: what was skipped or could not be read.
        files: the files read, sorted.
    """

    frame: pd.DataFrame
    problems: tuple[ReadProblem, ...]
    files: tuple[Path, ...]


def read_ratings(
    sources: str | Path | Iterable[str | Path],
    columns: Mapping[str, str] | None = None,
    only: Collection[str] | None = None,
    scale: Scale | None = None,
    sentence_from: re.Pattern[str] | None = None,
) -> RatingsTable:
    """Merge ratings files and folders of them (`ratings*.csv`); of each rating_id the first row by time counts.

    Args:
        sources: files, folders, or a mix.
        columns: our name -> the name in the file, for CSVs of other tools: `{"rating": "score"}`.
        only: take no columns but these and the ones that decide which rows count; what is not parsed costs neither time
            nor memory.
        scale: the ends of the scale of files by other tools, where it is not 1 to 5.
        sentence_from: finds the sentence, and perhaps the variant, in the name of a clip; see `ReadingOptions`.

    Raises:
        RatingsError: a source does not exist, or a file named explicitly cannot be read as ratings. Unreadable files
            found in a folder are reported in `problems` instead.
    """
    given = [sources] if isinstance(sources, str | Path) else list(sources)
    options = ReadingOptions(dict(columns or {}), scale, sentence_from)
    decisions = read_decisions(given)
    decided = ("session_id", "flags") if decisions else ()
    wanted = None if only is None else frozenset((*only, "rating_id", "blind", "corrects", *decided))
    problems: list[ReadProblem] = []
    tables: list[pa.Table] = []
    files: list[Path] = []
    with ThreadPoolExecutor(_READERS) as readers:
        asked = list(_files_of(Path(source) for source in given))
        answers = readers.map(lambda file: _read_file(file[0], options, wanted), asked)
        for (path, explicit), (table, found) in zip(asked, answers, strict=True):
            if table is None and found and explicit:
                raise RatingsError(found[-1].message)
            problems += found
            if table is not None:
                files.append(path)
                tables.append(table)
    unnamed = any(str(table["rating_id"][0]).startswith(UNNAMED) for table in tables if table.num_rows)
    frame, repeated = each_once(_to_frame(tables), unnamed)
    frame, left_out = leave_out_deleted(frame, decisions) if decisions else (frame, [])
    return RatingsTable(frame, (*problems, *repeated, *left_out), tuple(files))


def _files_of(sources: Iterable[Path]) -> Iterator[tuple[Path, bool]]:
    seen: set[Path] = set()
    for source in sources:
        if not source.exists():
            raise RatingsError(
                f"{source} does not exist. Name a ratings CSV, or a folder that holds ratings-*.csv files."
            )
        for path in sorted(source.glob("ratings*.csv")) if source.is_dir() else [source]:
            if path.resolve() not in seen and not path.is_dir():
                seen.add(path.resolve())
                yield path, not source.is_dir()


def _read_file(
    path: Path, options: ReadingOptions, wanted: frozenset[str] | None
) -> tuple[pa.Table | None, list[ReadProblem]]:
    """The complete lines of one file with our column names, or None when there is nothing to take."""
    problems: list[ReadProblem] = []
    try:
        with path.open("rb") as stream:
            first = stream.readline(65536).decode("utf-8-sig", errors="replace")
            names = next(csv.reader([first.split("\r")[0]]), [])
            if "rating_id" in names and set(REQUIRED_COLUMNS) <= set(names) and len(set(names)) == len(names):
                found: list[ReadProblem] = []
                table = _parse(path, _Prefix(stream, _whole(path, stream, found)), names, wanted, found)
                if not any(one.kind == "bad-value" and one.column in DECIDING for one in found):
                    return table, found
            stream.seek(0)
            whole = stream.read()
        if not whole.removeprefix(b"\xef\xbb\xbf").strip(b"\x00\r\n\t "):
            return None, problems
        read = read_foreign(path, whole, options)
        return _foreign_table(path, read, wanted, problems), problems
    except RatingsError as error:
        problems.append(ReadProblem("unreadable", str(path), 1, str(error)))
    except (OSError, UnicodeError, csv.Error, pa.ArrowInvalid) as error:
        why = str(error).splitlines()[0][:160]
        message = Message("{path} cannot be read as CSV ({why}).", path=path, why=why)
        problems.append(ReadProblem("unreadable", str(path), 1, message))
    return None, problems


def _whole(path: Path, stream: BinaryIO, problems: list[ReadProblem]) -> int:
    """Bytes up to the last complete line of a file that a server may be writing; `stream` is at its start again."""
    whole = complete_length(stream)
    size = stream.seek(0, io.SEEK_END)
    stream.seek(0)
    if size > whole:
        message = Message(
            "{file}: the last line is torn ({bytes} bytes, no line end) and was skipped.",
            file=path.name,
            bytes=size - whole,
        )
        problems.append(ReadProblem("torn-line", str(path), 1, message))
    return whole


def _foreign_table(
    path: Path, read: ForeignTable, wanted: frozenset[str] | None, problems: list[ReadProblem]
) -> pa.Table | None:
    taken = {name: cells for name, cells in read.columns.items() if wanted is None or name in wanted}
    arrays = [
        pa.array(cells, pa.utf8())
        if name in _PARSED or name == "rating_id"
        else pa.array(cells).cast(_CATEGORY)
        for name, cells in taken.items()
    ]
    bad: dict[str, int] = {}
    rows = len(read.columns["rating"])
    table = _typed(path, pa.record_batch(arrays, names=list(taken)), 0, wanted, bad) if rows else None
    problems += [ReadProblem("note", str(path), 0, note) for note in read.notes]
    if read.skipped:
        problems.append(_broken_lines(path, read.skipped))
    if read.empty_ratings:
        message: str = of_count(
            read.empty_ratings,
            "{file}: 1 row has no rating.",
            "{file}: {n} rows have no rating.",
            file=path.name,
        )
        problems.append(ReadProblem("empty-rating", str(path), read.empty_ratings, message))
    problems += _bad_values(path, bad)
    if again := _given_again(read):
        rows_rate = counted(again, "row rates", "rows rate")
        message = f"{path.name}: {rows_rate} a clip that the same listener has rated before; all count."
        problems.append(ReadProblem("note", str(path), 0, message))
    return table


def _given_again(read: ForeignTable) -> int:
    """Rows beyond the first of a listener, a clip and a question, in a file without ids of its ratings."""
    names = [name for name in _ONE_ANSWER if name in read.columns]
    if "rating_id" in read.columns:
        return 0
    answers = list(zip(*(read.columns[name] for name in names), strict=True))
    return len(answers) - len(set(answers))


def _broken_lines(path: Path, count: int) -> ReadProblem:
    message = of_count(
        count,
        "{file}: 1 line has another number of cells than the header and was skipped.",
        "{file}: {n} lines have another number of cells than the header and were skipped.",
        file=path.name,
    )
    return ReadProblem("broken-line", str(path), count, message)


def _bad_values(path: Path, bad: Mapping[str, int]) -> list[ReadProblem]:
    return [
        ReadProblem(
            "bad-value",
            str(path),
            count,
            of_count(
                count,
                "{file}: 1 cell of {column} cannot be read and counts as empty.",
                "{file}: {n} cells of {column} cannot be read and count as empty.",
                file=path.name,
                column=name,
            ),
            name,
        )
        for name, count in bad.items()
    ]


def _parse(
    path: Path,
    stream: "_Prefix",
    names: list[str],
    wanted: frozenset[str] | None,
    problems: list[ReadProblem],
) -> pa.Table:
    broken = 0
    taken = names if wanted is None else [name for name in names if name in wanted]

    def skip(row: arrow_csv.InvalidRow) -> str:
        nonlocal broken
        broken += 1
        return "skip"

    types = {name: pa.utf8() if name in _PARSED or name == "rating_id" else _CATEGORY for name in taken}
    reader = arrow_csv.open_csv(
        pa.PythonFile(stream, mode="r"),
        read_options=arrow_csv.ReadOptions(
            column_names=names, skip_rows=1, block_size=_BLOCK, use_threads=False
        ),
        parse_options=arrow_csv.ParseOptions(newlines_in_values=True, invalid_row_handler=skip),
        convert_options=arrow_csv.ConvertOptions(
            column_types=types, strings_can_be_null=False, include_columns=taken
        ),
    )
    bad: dict[str, int] = {}
    batches = []
    row = 0
    for batch in reader:
        batches.append(_typed(path, batch, row, wanted, bad))
        row += batch.num_rows
    if broken:
        problems.append(_broken_lines(path, broken))
    problems += _bad_values(path, bad)
    return pa.concat_tables(batches, promote_options="default") if batches else None


def _typed(
    path: Path, batch: pa.RecordBatch, first_row: int, wanted: frozenset[str] | None, bad: dict[str, int]
) -> pa.Table:
    """A batch with every known column that is wanted present and of its type."""
    columns: dict[str, pa.Array] = {}
    known = [name for name in RATING_COLUMNS if wanted is None or name in wanted]
    for name in (*known, *(name for name in batch.schema.names if name not in known)):
        if name not in batch.schema.names:
            if name == "rating_id":
                values = [f"{UNNAMED}{path}:{first_row + k}" for k in range(batch.num_rows)]
                columns[name] = pa.array(values, pa.utf8())
                continue
            absent = pa.DictionaryArray.from_arrays(
                pa.array([0] * batch.num_rows, pa.int32()), pa.array([_DEFAULTS.get(name, "")], pa.utf8())
            )
            column = absent.dictionary_decode() if name in _PARSED else absent
        else:
            column = batch.column(batch.schema.get_field_index(name))
        if name == "rating_id":
            columns[name] = column
        elif name in _PARSED:
            parsed = _parsed(column, _PARSED[name])
            lost = parsed.null_count - int(pc.sum(pc.equal(column, "")).as_py() or 0)
            if lost > 0:
                bad[name] = bad.get(name, 0) + lost
            columns[name] = parsed
        else:
            words = [restore(word) for word in column.dictionary.to_pylist()]
            columns[name] = pa.DictionaryArray.from_arrays(column.indices, pa.array(words, pa.utf8()))
    return pa.table(columns)


def _parsed(column: pa.Array, kind: pa.DataType) -> pa.Array:
    empty = pc.equal(column, "")
    given = pc.if_else(empty, pa.scalar(None, pa.utf8()), column)
    try:
        return pc.cast(given, kind)
    except pa.ArrowInvalid:
        return pa.array([_value(cell.as_py(), kind) for cell in given], kind)


def _value(cell: str | None, kind: pa.DataType) -> object:
    """One cell by itself, for columns in which some cannot be read; None for those."""
    if cell is None:
        return None
    try:
        return pc.cast(pa.scalar(cell.strip()), kind).as_py()
    except pa.ArrowInvalid:
        return None


def _to_frame(tables: list[pa.Table]) -> pd.DataFrame:
    if not tables:
        tables = [pa.table({name: pa.array([], _PARSED.get(name, pa.utf8())) for name in RATING_COLUMNS})]
    merged = pa.concat_tables(tables, promote_options="default").unify_dictionaries()
    tables.clear()
    frame = merged.to_pandas(split_blocks=True, self_destruct=True, types_mapper=_pandas_type)
    for name in frame.columns:
        if isinstance(frame[name].dtype, pd.CategoricalDtype):
            if frame[name].isna().any():
                words = frame[name].cat
                frame[name] = (frame[name] if "" in words.categories else words.add_categories([""])).fillna(
                    ""
                )
        elif name not in _PARSED and name != "rating_id":
            frame[name] = frame[name].astype("category")
    frame["blind"] = frame["blind"].fillna(False).astype(bool)
    known = [name for name in RATING_COLUMNS if name in frame.columns]
    known_first: pd.DataFrame = frame[[*known, *(name for name in frame.columns if name not in known)]]
    return known_first


def _pandas_type(kind: pa.DataType) -> object:
    return pd.Int64Dtype() if kind == pa.int64() else pd.BooleanDtype() if kind == pa.bool_() else None


class _Prefix(io.RawIOBase):
    """The first `length` bytes of a file: what is appended while we read stays out."""

    def __init__(self, stream: io.BufferedReader, length: int) -> None:
        self._stream = stream
        self._left = length

    def readable(self) -> bool:
        return True

    def read(self, size: int = -1) -> bytes:
        data = self._stream.read(self._left if size < 0 else min(size, self._left))
        self._left -= len(data)
        return data


_PARSED: Mapping[str, pa.DataType] = {
    **{name: pa.int64() for name in INTEGER_COLUMNS},
    **{name: pa.float64() for name in NUMBER_COLUMNS},
    "submitted_at": pa.timestamp("us", "UTC"),
    "blind": pa.bool_(),
}
