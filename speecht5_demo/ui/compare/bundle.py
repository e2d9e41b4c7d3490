"""One file to take away: a revealed comparison's samples under readable names, and its figures."""

from __future__ import annotations

import csv
import io
import json
import zipfile

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from speecht5_demo.listening.cells import neutralise
from speecht5_demo.synthesis.tags import speech_tags
from speecht5_demo.ui.compare.cards import Card
from speecht5_demo.ui.compare.clips import HEADERS
from speecht5_demo.ui.compare.heard import COLUMNS as HEARD
from speecht5_demo.ui.compare.heard import HeardFigures, heard_row
from speecht5_demo.ui.compare.runs import Run, Runs
from speecht5_demo.ui.compare.taken import tagged_clip

ADDRESS = "/compare/bundle/"
COLUMNS = (
    "sample", "variant", "label", "rating", "speaker", "seed", "text", "latency_median_s", "latency_runs_s",
    "real_time_factor", "first_audio_s", "audio_s", "disk_bytes", "zip_bytes", "resident_bytes", *HEARD, "file",
)  # fmt: skip
NOTE = """The speech in these files is synthetic: it was made by a text-to-speech model, not spoken by a person.
figures.csv and figures.json say which checkpoint, variant, speaker and seed made each file.
All files have the same loudness (ITU-R BS.1770), by one gain each, as they were heard on the page.
"""


def bundle_route(runs: Runs) -> Route:
    """Serves the bundle of a run whose names its visitor knows; the run's id is a secret of its page."""

    def serve(request: Request) -> Response:
        run = runs.find(request.path_params["run"])
        if run is None or not run.revealed or not run.over or not run.plan.listenable:
            return Response("There is nothing to take away here (yet).", 404, HEADERS, "text/plain")
        headers = {**HEADERS, "content-disposition": 'attachment; filename="comparison.zip"'}
        return Response(bundle(run), 200, headers, "application/zip")

    return Route(ADDRESS + "{run}", serve, methods=["GET"])


def bundle(run: Run) -> bytes:
    """The ZIP."""
    rows = [_row(run, card) for card in run.cards]
    table = io.StringIO()
    writer = csv.DictWriter(table, COLUMNS, lineterminator="\n")
    writer.writeheader()
    for row in rows:
        seconds = " ".join(f"{each:.4f}" for each in row["latency_runs_s"])
        words = {name: neutralise(row[name] or "") for name in ("text", "heard")}
        writer.writerow({**row, **words, "latency_runs_s": seconds})
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("README.txt", NOTE)
        archive.writestr("figures.csv", b"\xef\xbb\xbf" + table.getvalue().encode())
        archive.writestr("figures.json", json.dumps(rows, ensure_ascii=False, indent=1))
        for card, row in zip(run.cards, rows, strict=True):
            archive.writestr(row["file"], tagged_clip(card.clip.audio, speech_tags(card.sample)))
    return content.getvalue()


class Figures(HeardFigures):
    """A sample's line in figures.csv and figures.json; None where a size or the first sound was not measured."""

    sample: str
    variant: str
    label: str
    rating: int | None
    speaker: str
    seed: int
    text: str
    latency_median_s: float
    latency_runs_s: list[float]
    real_time_factor: float
    first_audio_s: float | None
    audio_s: float
    disk_bytes: int | None
    zip_bytes: int | None
    resident_bytes: int | None
    file: str


def _row(run: Run, card: Card) -> Figures:
    sample, sizes = card.sample, card.sizes
    return {
        "sample": card.letter,
        "variant": card.variant.name,
        "label": card.variant.label,
        "rating": card.rating,
        "speaker": sample.speaker,
        "seed": sample.seed,
        "text": sample.text,
        "latency_median_s": sample.latency.median,
        "latency_runs_s": list(sample.latency.runs),
        "real_time_factor": sample.rtf,
        "first_audio_s": card.first_audio_s,
        "audio_s": sample.audio_seconds,
        "disk_bytes": sizes.disk_bytes if sizes else None,
        "zip_bytes": sizes.zip_bytes if sizes else None,
        "resident_bytes": sizes.resident_bytes if sizes else None,
        **heard_row(run, card),
        "file": f"{card.letter}-{card.variant.name}.wav",
    }
