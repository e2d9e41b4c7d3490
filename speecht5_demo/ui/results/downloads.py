"""Files made at the moment they are asked for."""

from __future__ import annotations

import io
import json
import secrets
import threading
import time
import zipfile
from collections import OrderedDict
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from speecht5_demo.hosting.dataset import csv_text
from speecht5_demo.listening.analysis import as_json
from speecht5_demo.listening.append_only import complete_length
from speecht5_demo.messages import Message, drawn_for
from speecht5_demo.report.claims_table import claim_rows, claims_piece
from speecht5_demo.report.document import document
from speecht5_demo.report.summary_csv import summary_csv
from speecht5_demo.ui.languages import IN_ENGLISH, Catalog, language_of
from speecht5_demo.ui.results.service import ResultsService, ResultsView
from speecht5_demo.ui.results.view import cost_piece

ADDRESS = "results/file/"
KEPT_AN_ADDRESS = 6
KEPT = 120
KEPT_S = 600.0
OWNERS = ("ratings", "backup")
BOM = b"\xef\xbb\xbf"
"""A spreadsheet then reads accents right."""
KINDS = {
    "ratings": "Merged ratings (CSV)",
    "backup": "Backup (ZIP)",
    "summary": "Score table (CSV)",
    "json": "Everything (JSON)",
    "report": "Report (HTML)",
}


@dataclass(frozen=True)
class MadeFile:
    """A file that waits to be fetched.

    Attributes:
        name: as it is saved.
        content: of it.
        media_type: of the content.
        made: monotonic time.
    """

    name: str
    content: bytes
    media_type: str
    made: float = field(default_factory=time.monotonic)


class Downloads:
    """Files by a random word, in memory, for some minutes; nobody's push out another's."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._kept: OrderedDict[str, tuple[str, MadeFile]] = OrderedDict()
        self.routes = [Route(f"/{ADDRESS}{{token}}/{{name}}", self._serve, methods=["GET"])]

    def keep(self, file: MadeFile, address: str) -> str:
        """The file's address below the page's root.

        Args:
            address: whose file it is: the oldest of an address gives way to its newest.
        """
        token = secrets.token_urlsafe(18)
        with self._lock:
            self._kept[token] = (address, file)
            old = [one for one, (_, kept) in self._kept.items() if kept.made < time.monotonic() - KEPT_S]
            mine = [one for one, (whose, _) in self._kept.items() if whose == address]
            for one in dict.fromkeys((*old, *mine[:-KEPT_AN_ADDRESS])):
                del self._kept[one]
            while len(self._kept) > KEPT:
                self._kept.popitem(last=False)
        return f"{ADDRESS}{token}/{file.name}"

    def forget(self) -> None:
        """Keep none: what a file says is no longer so."""
        with self._lock:
            self._kept.clear()

    def _serve(self, request: Request) -> Response:
        with self._lock:
            _, file = self._kept.get(request.path_params["token"], ("", None))
        if file is None or file.name != request.path_params["name"]:
            gone = Message("This file is no longer here. Ask for it again.")
            catalog = language_of(request.headers.get("accept-language", ""))
            return Response(catalog.said(gone), 404, media_type="text/plain")
        headers = {"content-disposition": f'attachment; filename="{file.name}"', "cache-control": "no-store"}
        return Response(file.content, 200, headers, file.media_type)


def backup(service: ResultsService) -> bytes:
    """Ratings, sessions and what describes the study, as they lie on this disk; put back, a server goes on with them.

    Each ratings file ends at its last whole line. Platform ids are in it: it is for who pays the listeners.
    """
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, path in service.kept_files():
            with path.open("rb") as stream:
                end = complete_length(stream) if path.suffix == ".csv" else path.stat().st_size
                stream.seek(0)
                archive.writestr(name, stream.read(end))
    return buffer.getvalue()


def make_file(
    kind: str, service: ResultsService, seen: ResultsView, catalog: Catalog = IN_ENGLISH
) -> MadeFile:
    """A fresh file of one of `KINDS`; `OWNERS` are for the owner, and the caller checks that.

    The report is in a language; data are the same in all.
    """
    stamp = datetime.now(UTC).strftime("%Y%m%d-%H%M%S")
    if kind == "ratings":
        return MadeFile(f"ratings-{stamp}.csv", BOM + csv_text(service.table().frame).encode(), "text/csv")
    if kind == "backup":
        return MadeFile(f"backup-{stamp}.zip", backup(service), "application/zip")
    if kind == "summary":
        return MadeFile(f"scores-{stamp}.csv", BOM + summary_csv(seen.analysis).encode(), "text/csv")
    if kind == "json":
        claims = [asdict(row) for row in claim_rows(seen.claims)]
        found = {**as_json(seen.analysis, seen.owner), "claims": claims}
        content = json.dumps(found, ensure_ascii=False, indent=1, allow_nan=False)
        return MadeFile(f"results-{stamp}.json", content.encode(), "application/json")
    with drawn_for(catalog):
        extra = (
            (Message("What it costs"), cost_piece(seen)),
            (Message("Claimed versus measured"), claims_piece(seen.claims)),
        )
        report = document(seen.analysis, extra, seen.owner)
    return MadeFile(f"report-{stamp}.html", report.encode(), "text/html")
