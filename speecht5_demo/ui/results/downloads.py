"""Files made at the moment they are asked for."""

from __future__ import annotations

import json
import tempfile
from datetime import UTC, datetime
from pathlib import Path

from speecht5_demo.hosting.dataset import csv_text
from speecht5_demo.listening.analysis import as_json
from speecht5_demo.report.claims_table import claims_json, claims_piece
from speecht5_demo.report.document import document
from speecht5_demo.report.summary_csv import summary_csv
from speecht5_demo.ui.results.service import ResultsService, ResultsView
from speecht5_demo.ui.results.view import cost_piece

KINDS = {
    "ratings": "Merged ratings (CSV)",
    "summary": "Score table (CSV)",
    "json": "Everything (JSON)",
    "report": "Report (HTML)",
}


def make_file(kind: str, service: ResultsService, seen: ResultsView) -> Path:
    """A fresh file of one of `KINDS`; `ratings` is for the owner, and the caller checks that."""
    stamp = datetime.now(UTC).strftime("%Y%m%d-%H%M%S")
    folder = Path(tempfile.mkdtemp(prefix="results-"))
    if kind == "ratings":
        path = folder / f"ratings-{stamp}.csv"
        # With the mark a spreadsheet takes it for UTF-8.
        path.write_text(csv_text(service.table().frame), encoding="utf-8-sig")
        return path
    if kind == "summary":
        path = folder / f"scores-{stamp}.csv"
        path.write_text(summary_csv(seen.analysis), encoding="utf-8-sig")
        return path
    if kind == "json":
        path = folder / f"results-{stamp}.json"
        found = {**as_json(seen.analysis), "claims": claims_json(seen.claims)}
        if not seen.owner:
            found["screened"] = {**found["screened"], "removed": []}
        path.write_text(json.dumps(found, ensure_ascii=False, indent=1, allow_nan=False), encoding="utf-8")
        return path
    path = folder / f"report-{stamp}.html"
    extra = (("What it costs", cost_piece(seen)), ("Claimed versus measured", claims_piece(seen.claims)))
    path.write_text(document(seen.analysis, extra, seen.owner), encoding="utf-8")
    return path
