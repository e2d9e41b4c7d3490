"""Read what was measured from the files that commands wrote; nothing else may fill a cell.

Three kinds of file are known by their shape, wherever they lie: the JSON of `benchmark` (speed and size), the
`summary.json` of `evaluate` (objective quality), the JSON of `mos` (listeners).
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from speecht5_demo.report.measured import BASELINE, Measured, Measurement

RECORDED = "pesq-recording"
FULL_SIZE_PARAMETERS = 100_000_000  # SpeechT5 has 144 million and more; the built-in voice a few


@dataclass
class _File:
    """A result file being read."""

    path: Path
    document: Mapping[str, Any]
    found: list[Measurement] = field(default_factory=list)

    @property
    def date(self) -> str:
        for place in (self.document, self.document.get("machine") or {}):
            for key in ("created", "measured_at", "date"):
                if isinstance(place, Mapping) and place.get(key):
                    return str(place[key])
        return datetime.fromtimestamp(self.path.stat().st_mtime, UTC).isoformat(timespec="seconds")

    @property
    def threads(self) -> int:
        for place in (self.document.get("settings"), self.document.get("machine")):
            if isinstance(place, Mapping) and place.get("threads"):
                return int(place["threads"])
        return 0

    @property
    def cpu(self) -> str:
        machine = self.document.get("machine")
        if not isinstance(machine, Mapping):
            return ""
        threads = self.threads
        name = str(machine.get("cpu") or machine.get("processor") or "")
        count = f"{threads} thread" if threads == 1 else f"{threads} threads"
        return f"{name}, {count}" if threads else name

    @property
    def checkpoint(self) -> str:
        given = self.document.get("checkpoint")
        return (
            str(given.get("spec") or given.get("title")) if isinstance(given, Mapping) else str(given or "")
        )

    def add(
        self,
        quantity: str,
        variant: str,
        value: float,
        ends: object,
        n: str,
        full_size: bool | None,
        note: str = "",
    ) -> None:
        low, high = (
            (float(ends[0]), float(ends[1]))
            if isinstance(ends, list | tuple) and len(ends) == 2
            else (None, None)
        )
        self.found.append(
            Measurement(
                quantity,
                variant,
                value,
                low,
                high,
                n,
                self.cpu,
                self.checkpoint,
                self.date,
                self.path.name,
                full_size,
                note,
                self.threads,
            )
        )


def read_results(places: Iterable[Path]) -> Measured:
    """Every result file among `places`: files, or folders searched to any depth."""
    found: list[Measurement] = []
    files: list[Path] = []
    problems: list[str] = []
    for path in _json_files(places):
        try:
            document = json.loads(path.read_text(encoding="utf-8"))
        except (OSError, ValueError) as error:
            problems.append(f"{path.name} cannot be read as JSON ({error}).")
            continue
        reader = _reader_of(document)
        if reader is None:
            continue
        file = _File(path, document)
        try:
            reader(file)
        except (KeyError, TypeError, ValueError, IndexError) as error:
            problems.append(
                f"{path.name} is not the result file it looks like ({type(error).__name__}: {error})."
            )
            continue
        found += file.found
        files.append(path)
    return Measured(tuple(found), tuple(files), tuple(problems))


def _json_files(places: Iterable[Path]) -> list[Path]:
    found: dict[Path, None] = {}
    for place in places:
        if place.is_dir():
            found.update(dict.fromkeys(sorted(place.rglob("*.json"))))
        elif place.is_file():
            found[place] = None
    return list(found)


def _reader_of(document: object) -> Any:
    if not isinstance(document, Mapping):
        return None
    if "comparisons" in document and "variants" in document:
        return _read_mos
    rows = document.get("rows")
    if not isinstance(rows, list) or not rows or not isinstance(rows[0], Mapping):
        return None
    if "rtf" in rows[0]:
        return _read_benchmark
    return _read_evaluation if "metric" in rows[0] else None


def _read_benchmark(file: _File) -> None:
    """Rows of `{variant, rtf {median,p10,p90}, ratio_to_baseline, sizes}`.

    One sentence lasts settings.audio_s.
    """
    rows = {row["variant"]: row for row in file.document["rows"]}
    base = rows.get(BASELINE)
    full = _full_size(base or next(iter(rows.values())))
    repeats = (file.document.get("settings") or {}).get("repeats")
    runs = f"{repeats} rounds" if repeats else "interleaved rounds"
    for name, row in rows.items():
        sizes = row.get("sizes") or {}
        if sizes.get("disk_bytes"):
            zipped = sizes.get("zip_bytes")
            note = f"{zipped / 1e6:.0f} MB zipped" if zipped else ""
            file.add("megabytes", name, sizes["disk_bytes"] / 1e6, None, "1 artifact", full, note)
        seconds = _seconds(file.document, row)
        if seconds:
            file.add("seconds", name, seconds[0], seconds[1:], runs, full)
        if base is None or name == BASELINE:
            continue
        if sizes.get("disk_bytes") and (base.get("sizes") or {}).get("disk_bytes"):
            saved = 1 - sizes["disk_bytes"] / base["sizes"]["disk_bytes"]
            file.add("megabytes_change", name, 100 * saved, None, "1 artifact", full)
        saved_time = 1 - row["rtf"]["median"] / base["rtf"]["median"]
        file.add("seconds_change", name, 100 * saved_time, _saved(row, base), runs, full)
    both, int8 = rows.get("pruned-int8"), rows.get("int8")
    if both and int8 and both.get("sizes") and int8.get("sizes"):
        saved = 1 - both["sizes"]["disk_bytes"] / int8["sizes"]["disk_bytes"]
        zipped = (
            1 - both["sizes"]["zip_bytes"] / int8["sizes"]["zip_bytes"]
            if int8["sizes"].get("zip_bytes")
            else None
        )
        note = f"{100 * zipped:.0f} % less once zipped" if zipped is not None else ""
        file.add("megabytes_change_after_int8", "pruned-int8", 100 * saved, None, "1 artifact", full, note)


def _seconds(document: Mapping[str, Any], row: Mapping[str, Any]) -> tuple[float, float, float] | None:
    """Median, 10th and 90th percentile of the time for one sentence."""
    audio = (document.get("settings") or {}).get("audio_s")
    if audio:
        return tuple(float(row["rtf"][key]) * float(audio) for key in ("median", "p10", "p90"))  # type: ignore[return-value]
    return None


def _saved(row: Mapping[str, Any], base: Mapping[str, Any]) -> list[float] | None:
    """Share of time saved in percent, from the pairwise ratios; None where the file holds none.

    Whether a ratio is a share of the time or a speed-up shows in the two medians beside it.
    """
    ratio = row.get("ratio_to_baseline")
    if not isinstance(ratio, Mapping) or "p10" not in ratio:
        return None
    is_share = (ratio["median"] <= 1) == (row["rtf"]["median"] <= base["rtf"]["median"])
    return sorted(100 * (1 - (ratio[key] if is_share else 1 / ratio[key])) for key in ("p10", "p90"))


def _full_size(row: Mapping[str, Any]) -> bool | None:
    parameters = (row.get("sizes") or {}).get("parameters")
    return None if parameters is None else parameters >= FULL_SIZE_PARAMETERS


def _read_evaluation(file: _File) -> None:
    """Rows of `{metric, variant, mean, ci95, n, difference {mean, ci95, n}}`.

    PESQ against natural recordings goes before that against the baseline, which the baseline itself cannot have.
    """
    full = _stands_for_the_published(file.checkpoint)
    rows = [row for row in file.document["rows"] if row.get("mean") is not None and not row.get("speaker")]
    natural = any(row["metric"] == RECORDED for row in rows)
    quantities = {"wer": "wer", RECORDED if natural else "pesq": "pesq"}
    for row in rows:
        quantity, label = quantities.get(row["metric"]), str(row.get("label") or "")
        if quantity is None or (row["variant"] == BASELINE and "against baseline" in label):
            continue  # a signal against itself says nothing
        scale = 100.0 if quantity == "wer" else 1.0
        note = label if quantity == "pesq" else ""
        ends = _scaled(row.get("ci95"), scale)
        file.add(quantity, row["variant"], scale * row["mean"], ends, f"{row['n']} utterances", full, note)
        other = row.get("difference")
        if isinstance(other, Mapping):
            ends, n = _scaled(other.get("ci95"), scale), f"{other['n']} utterances"
            file.add(f"{quantity}_change", row["variant"], scale * other["mean"], ends, n, full, note)


def _scaled(ends: object, scale: float) -> list[float] | None:
    return [scale * float(end) for end in ends] if isinstance(ends, list | tuple) else None


def _read_mos(file: _File) -> None:
    """The document of `mos --json`."""
    collected = file.document.get("collected") or {}
    if collected.get("simulated"):
        return
    checkpoints = ", ".join(collected.get("checkpoints") or [])
    full = _stands_for_the_published(checkpoints) if checkpoints else None
    casual = (file.document.get("settings") or {}).get("source") == "compare"
    note = "casual ratings from the Compare page" if casual else ""
    start = len(file.found)
    for one in file.document["variants"]:
        n = f"{one['n_ratings']} ratings, {one['n_listeners']} listeners"
        file.add("mos", one["variant"], one["mos"], one.get("ci95"), n, full, note)
    for one in file.document["comparisons"]:
        if one.get("difference") is not None:
            ends = one.get("ci95")
            lost = [-ends[1], -ends[0]] if ends else None
            n = f"{one.get('n_pairs', 0)} pairs, {one.get('n_listeners', 0)} listeners"
            file.add("mos_change", one["variant"], -one["difference"], lost, n, full, note)
    date = collected.get("last") or file.date
    file.found[start:] = [
        Measurement(**{**vars(one), "checkpoint": checkpoints, "date": date, "cpu": ""})
        for one in file.found[start:]
    ]


def _stands_for_the_published(checkpoint: str) -> bool:
    return "speecht5_tts" in checkpoint


def measured_by_listeners(document: Mapping[str, Any], name: str = "live ratings") -> Measured:
    """The figures of an analysis that lies in no file yet: the document of `mos --json`."""
    file = _File(Path(name), {**document, "created": datetime.now(UTC).isoformat(timespec="seconds")})
    _read_mos(file)
    return Measured(tuple(file.found))
