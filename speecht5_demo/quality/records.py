"""Rows on disk: appended as they come, never rewritten, so that a killed run goes on where it was.

FOLDER/settings.json     what is being measured; a folder holds one evaluation
FOLDER/rows.jsonl        one row a (sentence, speaker, variant, metric), in the order they were made
FOLDER/rows.csv          the same rows, sorted, once the run is complete
FOLDER/baseline/         the baseline's speech, which variants are compared with
"""

from __future__ import annotations

import csv
import json
import os
from collections.abc import Iterable
from dataclasses import asdict, dataclass, fields, replace
from pathlib import Path

from speecht5_demo.errors import QualityError, ResultsError
from speecht5_demo.files import whole_file
from speecht5_demo.results import EvaluationSettings, RunDocument, read, write

ROWS, TABLE, SETTINGS = "rows.jsonl", "rows.csv", "settings.json"
FIXED = ("asr", "asr_sha256", "references", "speaker_model", "seed", "seeds")
"""Settings that rows of one folder must share."""
RowKey = tuple[str, str, int, str]


@dataclass(frozen=True, order=True)
class Row:
    """One figure.

    Attributes:
        variant: a variant's name, or a floor.
        speaker: who spoke.
        sentence: number of the sentence, from 1.
        metric: name of the metric.
        value: the figure, or None where it could not be had.
        weight: what it counts in a pooled rate: words for WER, characters for CER, else 1.
        reason: why there is no value, or why it is what it is; empty otherwise.
        detail: what a person wants to see beside it, such as what the recogniser heard.
    """

    variant: str
    speaker: str
    sentence: int
    metric: str
    value: float | None
    weight: float = 1.0
    reason: str = ""
    detail: str = ""

    @property
    def key(self) -> RowKey:
        """What a folder holds once."""
        return self.variant, self.speaker, self.sentence, self.metric


class Records:
    """The rows of one folder.

    Args:
        folder: of this evaluation alone.
        settings: what its rows are of.
        digest: of the checkpoint's weights.

    Raises:
        QualityError: when the folder holds another evaluation, or cannot be written.
    """

    def __init__(self, folder: Path, settings: EvaluationSettings, digest: str = "") -> None:
        self.folder = folder
        self.digest = digest
        self.rows: dict[RowKey, Row] = {}
        try:
            folder.mkdir(parents=True, exist_ok=True)
            self._claim(RunDocument(digest, settings))
            self._load()
            self._file = (folder / ROWS).open("a", encoding="utf-8")
        except OSError as error:
            raise QualityError(
                f"Cannot write to {folder}: {error.strerror}. Choose another with -o."
            ) from error

    def append(self, rows: Iterable[Row]) -> None:
        """Keep rows: on disk before this returns."""
        fresh = [row for row in rows if row.key not in self.rows]
        self._file.write("".join(json.dumps(asdict(row), ensure_ascii=False) + "\n" for row in fresh))
        self._file.flush()
        os.fsync(self._file.fileno())
        self.rows.update((row.key, row) for row in fresh)

    def write_table(self) -> Path:
        """All rows as CSV, sorted: two runs with equal settings write equal bytes."""
        path = self.folder / TABLE
        with whole_file(path) as aside, aside.open("w", encoding="utf-8", newline="") as file:
            writer = csv.DictWriter(file, [field.name for field in fields(Row)])
            writer.writeheader()
            writer.writerows(asdict(self.rows[key]) for key in sorted(self.rows))
        return path

    def close(self) -> None:
        """Let go of the file."""
        self._file.close()

    def _claim(self, run: RunDocument) -> None:
        path = self.folder / SETTINGS
        if path.exists():
            try:
                before = read(path, RunDocument)
            except ResultsError as error:
                raise QualityError(f"{error} Or choose another folder with -o.") from error
            run = _joined(before, run, self.folder)
        write(run, path)

    def _load(self) -> None:
        path = self.folder / ROWS
        if not path.exists():
            return
        self.rows, whole = _rows_of(path)
        if whole < path.stat().st_size:  # the writer was killed inside a line
            os.truncate(path, whole)


def read_rows(folder: Path) -> list[Row]:
    """The rows of a folder, sorted; a torn last line is left out.

    Raises:
        QualityError: when there are none.
    """
    path = folder / ROWS
    if not path.exists():
        raise QualityError(
            f"{folder} holds no evaluation: run `python -m speecht5_demo evaluate -o {folder}`."
        )
    return sorted(_rows_of(path)[0].values())


def _rows_of(path: Path) -> tuple[dict[RowKey, Row], int]:
    """The rows of a file by what they are of, and how many bytes its whole lines have."""
    content = path.read_bytes()
    whole = content[: content.rfind(b"\n") + 1]
    rows = (Row(**json.loads(line)) for line in whole.decode("utf-8").splitlines())
    return {row.key: row for row in rows}, len(whole)


def read_table(folder: Path) -> list[Row]:
    """The rows of a complete evaluation, from its `rows.csv`.

    Raises:
        QualityError: when there is none, or it is damaged.
    """
    path = folder / TABLE
    try:
        with path.open(encoding="utf-8", newline="") as file:
            return [
                Row(
                    variant=cells["variant"],
                    speaker=cells["speaker"],
                    sentence=int(cells["sentence"]),
                    metric=cells["metric"],
                    value=float(cells["value"]) if cells["value"] else None,
                    weight=float(cells["weight"]),
                    reason=cells["reason"],
                    detail=cells["detail"],
                )
                for cells in csv.DictReader(file)
            ]
    except (OSError, KeyError, ValueError) as error:
        raise QualityError(f"{path} is no table of an evaluation ({error}).") from error


def _joined(before: RunDocument, run: RunDocument, folder: Path) -> RunDocument:
    """What a folder holds once this run is added to what it held before."""
    old, new = before.settings, run.settings
    changed = ["checkpoint"] if before.digest != run.digest else []
    changed += [name for name in FIXED if getattr(old, name) != getattr(new, name)]
    for name, was, now in (
        ("variants", old.variants, new.variants),
        ("speakers", old.speakers, new.speakers),
    ):
        changed += [name] if any(was[key] != now[key] for key in was.keys() & now.keys()) else []
    shared = min(len(old.sentences), len(new.sentences))
    changed += ["sentences"] if old.sentences[:shared] != new.sentences[:shared] else []
    if changed:
        raise QualityError(
            f"{folder} holds an evaluation with other settings ({', '.join(changed)}). Choose another folder with -o."
        )
    return RunDocument(
        run.digest,
        replace(
            new,
            variants={**old.variants, **new.variants},
            speakers={**old.speakers, **new.speakers},
            sentences=max(old.sentences, new.sentences, key=len),
        ),
    )
