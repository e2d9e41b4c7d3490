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
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any

from speecht5_demo.errors import QualityError
from speecht5_demo.files import whole_file, write_json

ROWS, TABLE, SETTINGS = "rows.jsonl", "rows.csv", "settings.json"
FIXED = ("asr", "references", "speaker_model", "seed", "digest")
"""Settings that rows of one folder must share."""
GROWING = ("variants", "speakers")
"""Settings that may gain entries, but whose entries must stay what they were."""


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
    def key(self) -> tuple[str, str, int, str]:
        """What a folder holds once."""
        return self.variant, self.speaker, self.sentence, self.metric


class Records:
    """The rows of one folder.

    Raises:
        QualityError: when the folder holds another evaluation, or cannot be written.
    """

    def __init__(self, folder: Path, settings: dict[str, Any]) -> None:
        self.folder = folder
        self.rows: dict[tuple[str, str, int, str], Row] = {}
        try:
            folder.mkdir(parents=True, exist_ok=True)
            self._claim(settings)
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
        names = [field.name for field in fields(Row)]
        with whole_file(path) as aside, aside.open("w", encoding="utf-8", newline="") as file:
            writer = csv.DictWriter(file, names)
            writer.writeheader()
            writer.writerows(asdict(self.rows[key]) for key in sorted(self.rows))
        return path

    def close(self) -> None:
        """Let go of the file."""
        self._file.close()

    def _claim(self, settings: dict[str, Any]) -> None:
        path = self.folder / SETTINGS
        if path.exists():
            try:
                before = json.loads(path.read_text(encoding="utf-8"))
            except json.JSONDecodeError as error:
                raise QualityError(f"{path} is damaged. Choose another folder with -o.") from error
            changed = [name for name in FIXED if before.get(name) != settings.get(name)]
            changed += [name for name in GROWING if not _agree(before.get(name, {}), settings[name])]
            shared = list(zip(before.get("sentences", []), settings["sentences"], strict=False))
            changed += ["sentences"] if any(one != other for one, other in shared) else []
            if changed:
                raise QualityError(
                    f"{self.folder} holds an evaluation with other settings ({', '.join(changed)}). "
                    "Choose another folder with -o."
                )
            for name in GROWING:
                settings = {**settings, name: {**before.get(name, {}), **settings[name]}}
            if len(before.get("sentences", [])) > len(settings["sentences"]):
                settings = {**settings, "sentences": before["sentences"]}
        write_json(path, settings, indent=2)

    def _load(self) -> None:
        path = self.folder / ROWS
        if not path.exists():
            return
        content = path.read_bytes()
        whole = content[: content.rfind(b"\n") + 1]
        if len(whole) < len(content):  # the writer was killed inside a line
            os.truncate(path, len(whole))
        for line in whole.decode("utf-8").splitlines():
            row = Row(**json.loads(line))
            self.rows.setdefault(row.key, row)


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
    content = path.read_bytes()
    lines = content[: content.rfind(b"\n") + 1].decode("utf-8").splitlines()
    return sorted({row.key: row for row in (Row(**json.loads(line)) for line in lines)}.values())


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


def _agree(before: dict[str, Any], now: dict[str, Any]) -> bool:
    plain = json.loads(json.dumps(now))
    return all(before[name] == plain[name] for name in before.keys() & plain.keys())
