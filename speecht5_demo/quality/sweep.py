"""Where a voice breaks: quality, latency and size along a row of pruning amounts.

    FOLDER/sweep.json    {schema, kind: "sweep", created, machine, checkpoint, settings, points, breaks_at, rule}
    FOLDER/sweep.html    the same as a page
    FOLDER/              rows, summary, page and audio of the evaluation behind it

A point: {amount, int8, variant, label, quality: {metric: {mean, ci95, difference, n, failed}}, latency_s, rtf,
sizes: bytes and counts as `Sizes`, audio: {speaker: path within the folder}}.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, replace
from pathlib import Path
from statistics import median
from typing import Any

from speecht5_demo.checkpoints import Checkpoint
from speecht5_demo.errors import QualityError
from speecht5_demo.files import write_json
from speecht5_demo.quality.evaluation import evaluate
from speecht5_demo.quality.measurer import PLAYED, audio_file
from speecht5_demo.quality.plan import Settings
from speecht5_demo.quality.runner import OnTask
from speecht5_demo.synthesis import Synthesizer, choose_threads
from speecht5_demo.variants import BASELINE, Variant, custom

SCHEMA = 1
SWEEP = "sweep.json"
MORE_WORDS, RUNAWAYS = 0.10, 0.05
RULE = (
    f"A voice counts as broken from the smallest amount on where the word error rate is surely more than "
    f"{MORE_WORDS:.0%} of the words above the baseline's (lower end of the 95 % interval), or where more than "
    f"{RUNAWAYS:.0%} of the sentences do not stop by themselves."
)
SHARPEST = 0.95


def amounts(grid: str) -> tuple[float, ...]:
    """The amounts of `START:STOP:STEP`, both ends included, or of a list with commas.

    Raises:
        QualityError: when it cannot be read, or an amount is not between 0 and 0.95.
    """
    try:
        if ":" in grid:
            start, stop, step = (float(part) for part in grid.split(":"))
            count = round((stop - start) / step)
            found = tuple(round(start + index * step, 6) for index in range(count + 1))
        else:
            found = tuple(float(part) for part in grid.split(","))
    except (ValueError, ZeroDivisionError) as error:
        raise QualityError(f"{grid!r} is no row of amounts: write 0:0.9:0.1, or 0,0.3,0.6.") from error
    if not found or not all(0.0 <= amount <= SHARPEST for amount in found):
        raise QualityError(f"{grid!r}: amounts of pruning lie between 0 and {SHARPEST}.")
    return tuple(sorted(set(found)))


def recipes(row: Sequence[float], int8: bool, exclude: Sequence[str] = ()) -> dict[float, Variant]:
    """The variant of each amount; the baseline itself where nothing is done."""
    return {amount: custom(amount, int8, exclude=exclude) if amount or int8 else BASELINE for amount in row}


def sweep(
    settings: Settings,
    checkpoint: Checkpoint,
    row: Sequence[float],
    int8: bool,
    folder: Path,
    jobs: int = 2,
    repeats: int = 5,
    on_task: OnTask | None = None,
    on_timing: Callable[[str], None] | None = None,
    exclude: Sequence[str] = (),
) -> dict[str, Any]:
    """Evaluate every amount, then time and weigh each; returns what `sweep.json` holds.

    Args:
        settings: of the evaluation; its variants are replaced by the row's.
        checkpoint: that `settings` names, open.
        row: amounts of pruning, 0 to 0.95.
        int8: quantise after pruning.
        folder: of this sweep.
        jobs: processes of the evaluation; timing is done by one alone, repeats of all points interleaved.
        repeats: timed runs of each point.
        on_task, on_timing: told how far it is.
        exclude: name patterns of layers that are left alone.
    """
    chosen = recipes(row, int8, exclude)
    summary = evaluate(
        replace(settings, variants=tuple(dict.fromkeys((BASELINE, *chosen.values())))), checkpoint, folder, jobs,
        on_task=on_task,
    )  # fmt: skip
    timings = _timings(settings, checkpoint, list(dict.fromkeys(chosen.values())), repeats, on_timing)
    synthesizer = Synthesizer(checkpoint, capacity=1)
    points = []
    for amount, variant in chosen.items():
        quality = {
            entry["metric"]: {key: entry[key] for key in ("mean", "ci95", "difference", "n", "failed")}
            for entry in summary["rows"]
            if entry["variant"] == variant.name
        }
        points.append(
            {
                "amount": amount,
                "int8": int8,
                "variant": variant.name,
                "label": variant.label,
                "quality": quality,
                **timings[variant.name],
                "sizes": asdict(synthesizer.sizes(variant)),
                "audio": _audio(settings, folder, variant),
            }
        )
    document = {
        "schema": SCHEMA,
        "kind": "sweep",
        "created": summary["created"],
        "machine": summary["machine"],
        "checkpoint": summary["checkpoint"],
        "settings": summary["settings"] | {"repeats": repeats, "exclude": list(exclude)},
        "points": points,
        "breaks_at": breaks_at(points),
        "rule": RULE,
    }
    write_json(folder / SWEEP, document)
    return json.loads(json.dumps(document))  # type: ignore[no-any-return]


def breaks_at(points: Iterable[Mapping[str, Any]]) -> float | None:
    """The smallest amount at which the voice is broken by `RULE`, None where it holds to the end."""
    for point in sorted(points, key=lambda point: point["amount"]):
        words, stops = point["quality"].get("wer") or {}, point["quality"].get("stop") or {}
        lost = words.get("difference") or {}
        surely = lost["ci95"][0] if lost.get("ci95") else 0.0
        if surely > MORE_WORDS or (stops.get("mean") or 0.0) > RUNAWAYS:
            return float(point["amount"])
    return None


def left_alone(document: Mapping[str, Any]) -> tuple[str, ...]:
    """Name patterns of the layers that a sweep did not touch."""
    return tuple(document["settings"].get("exclude", ()))


def read_sweep(path: Path) -> dict[str, Any]:
    """The sweep in a folder, or in the file itself.

    Raises:
        QualityError: when there is none, or it is of another schema.
    """
    file = path / SWEEP if path.is_dir() else path
    try:
        document: dict[str, Any] = json.loads(file.read_text(encoding="utf-8"))
    except (OSError, json.JSONDecodeError) as error:
        raise QualityError(
            f"{file} is no sweep ({error}). Run `python -m speecht5_demo evaluate sweep`."
        ) from error
    if (document.get("kind"), document.get("schema")) != ("sweep", SCHEMA):
        raise QualityError(f"{file} is not a sweep that this version reads. Run `evaluate sweep` again.")
    return document


def find_sweeps(places: Iterable[Path], digest: str) -> list[tuple[Path, dict[str, Any]]]:
    """The sweeps of a checkpoint below some folders, newest first, each with its folder."""
    found = []
    for place in places:
        for file in sorted(place.rglob(SWEEP)) if place.is_dir() else ():
            try:
                document = read_sweep(file)
            except QualityError:
                continue  # another version's; a page need not fail for it
            if document["checkpoint"]["digest"] == digest:
                found.append((file.parent, document))
    return sorted(found, key=lambda each: str(each[1]["created"]), reverse=True)


def _timings(
    settings: Settings,
    checkpoint: Checkpoint,
    variants: Sequence[Variant],
    repeats: int,
    on_timing: Callable[[str], None] | None,
) -> dict[str, dict[str, Any]]:
    """Latency of the first sentence by the first speaker, repeats interleaved over all points."""
    choose_threads(checkpoint)
    synthesizer = Synthesizer(checkpoint, capacity=len(variants))
    found = {}
    for speech in synthesizer.compare(
        settings.sentences[0].text, settings.speakers[0], variants, settings.seed, repeats
    ):
        found[speech.variant] = {
            "latency_s": {
                "median": speech.latency.median,
                "p90": speech.latency.p90,
                "runs": list(speech.latency.runs),
            },
            "rtf": median(speech.latency.runs) / speech.audio_seconds,
            "audio_seconds": speech.audio_seconds,
        }
        if on_timing is not None:
            on_timing(speech.variant)
    return found


def _audio(settings: Settings, folder: Path, variant: Variant) -> dict[str, str]:
    files = {
        speaker.name: audio_file(folder, variant.name, speaker.name, settings.sentences[0].number)
        for speaker in settings.speakers
    }
    return {
        name: path.relative_to(folder).as_posix() for name, path in files.items() if PLAYED and path.exists()
    }
