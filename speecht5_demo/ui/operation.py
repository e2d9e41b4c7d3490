"""What whoever runs the server asks it: `/healthz`, open to all, and `/metrics`, for its owner.

| address      | who                              | answer                                                        |
|--------------|----------------------------------|---------------------------------------------------------------|
| GET /healthz | everybody                        | `{status, reasons}`: ready, loading or degraded; 503 until    |
|              |                                  | the voice is loaded                                           |
| GET /metrics | the owner's key, or this machine | figures for Prometheus                                        |

The key comes in a header, `Authorization: Bearer KEY`. Without it only a program on this machine is answered, and only
where no proxy stands between: behind one, everybody would seem to come from this machine.
"""

from __future__ import annotations

import ipaddress
import logging
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import anyio
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from speecht5_demo import __version__
from speecht5_demo.hosting.health import Check, Finding, look
from speecht5_demo.hosting.metrics import MEDIA_TYPE, Figure, Metrics
from speecht5_demo.hosting.uploader import RatingsUploader
from speecht5_demo.hosting.writer import ServedRatingsWriter
from speecht5_demo.ui.compare.service import CompareService
from speecht5_demo.ui.listen.served_study import ServedStudy
from speecht5_demo.ui.results.owner import GuessedTooOftenError, Owner
from speecht5_demo.ui.serving.disk import WARN_BYTES, DiskWatch
from speecht5_demo.ui.serving.visitor import is_behind_proxy, sender_of

HEADERS = {"cache-control": "no-store"}
FORWARDED = ("x-forwarded-for", "forwarded", "x-real-ip", "via", "x-forwarded-proto", "x-forwarded-host")
LOG_FORMAT = "%(asctime)s %(levelname)s %(message)s"
SCHEME = "bearer "


def log_operation() -> None:
    """Write the log with times, and in it what is carried off the disk; of visitors nothing but refusals is told."""
    logging.basicConfig(format=LOG_FORMAT, level=logging.WARNING)
    for name in ("speecht5_demo.hosting", "speecht5_demo.listening.session_decisions"):
        logging.getLogger(name).setLevel(logging.INFO)


class Operation:
    """The two addresses of one server.

    Args:
        data: folder whose disk is watched.
        owner: who holds the key.
        service: of the Compare page, which loads the voice.
        study: that is served.
        writer: of this process' ratings.
        uploader: of them, where they leave the disk.
        expects_study: whether a server without a listening test lacks something.
    """

    def __init__(
        self,
        data: Path,
        owner: Owner,
        service: CompareService,
        study: ServedStudy,
        writer: ServedRatingsWriter,
        uploader: RatingsUploader | None,
        expects_study: bool = True,
    ) -> None:
        self._expects_study = expects_study
        self._owner = owner
        self._service = service
        self._study = study
        self._writer = writer
        self._uploader = uploader
        self._disk = DiskWatch(data)
        self._checks: tuple[Check, ...] = (self._voice, self._listening, self._uploading, self._room_on_disk)
        self._metrics = Metrics(self._figures())
        self.routes: Sequence[Route] = [
            Route("/healthz", self._healthz, methods=["GET"]),
            Route("/metrics", self._told_metrics, methods=["GET"]),
        ]

    async def _healthz(self, request: Request) -> Response:
        health = await anyio.to_thread.run_sync(look, self._checks)
        return JSONResponse(health.as_json(), 200 if health.serving else 503, HEADERS)

    async def _told_metrics(self, request: Request) -> Response:
        try:
            if not self._may(request):
                sentence = "Send the owner's key: Authorization: Bearer KEY."
                return JSONResponse(
                    {"detail": sentence}, 401, {**HEADERS, "www-authenticate": 'Bearer realm="owner"'}
                )
        except GuessedTooOftenError as error:
            return JSONResponse({"detail": str(error)}, 429, HEADERS)
        text = await anyio.to_thread.run_sync(self._metrics.text)
        return Response(text, 200, {**HEADERS, "content-type": MEDIA_TYPE})

    def _may(self, request: Request) -> bool:
        given = request.headers.get("authorization", "")
        if given[: len(SCHEME)].lower() == SCHEME:
            return self._owner.is_known(given[len(SCHEME) :], sender_of(request))
        return is_this_machine(request.client.host if request.client else None, request.headers)

    def _voice(self) -> Finding | None:
        if not self._service.warmed_up.is_set():
            return Finding("The voice is being loaded.", loading=True, blocking=True)
        if self._service.warm_up_failed:
            return Finding("The voice could not be loaded.")
        return None

    def _listening(self) -> Finding | None:
        preparing = self._study.preparing
        if self._study.test is not None or not self._expects_study:
            return None
        if preparing.problem:
            return Finding("No listening test is open.")
        return Finding(
            f"The listening test is being prepared: {preparing.done} of {preparing.total} clips.",
            loading=True,
        )

    def _uploading(self) -> Finding | None:
        if self._uploader is None or not self._uploader.state.problem:
            return None
        return Finding("Ratings are kept, but do not leave this disk at present.")

    def _room_on_disk(self) -> Finding | None:
        return Finding("The disk is nearly full.") if self._disk.free_bytes() < WARN_BYTES else None

    def _figures(self) -> tuple[Figure, ...]:
        def uploaded(name: str) -> float | None:
            state = self._uploader.state if self._uploader else None
            found = getattr(state, name) if state else None
            return None if found is None else float(found)

        def refused() -> dict[str, float]:
            test = self._study.test
            return {} if test is None else {reason: float(n) for reason, n in sorted(test.refused.items())}

        def told(read: Callable[[], float]) -> Callable[[], float]:
            return lambda: float(read())

        test_is_open = told(lambda: self._study.test is not None)
        return (
            Figure("info", "Version of the app.", lambda: {__version__: 1.0}, "version"),
            Figure("voice_loaded", "1 when the voice can speak.", told(self._service.warmed_up.is_set)),
            Figure("voice_waiting", "Who waits for the voice.", told(lambda: self._service.queue.waiting)),
            Figure("study_open", "1 when a listening test is open.", test_is_open),
            Figure("ratings", "Acknowledged since the start.", self._writer.acknowledged, "source", True),
            Figure("answers_refused", "Listeners' answers not taken.", refused, "reason", True),
            Figure("disk_free_bytes", "Left on the fuller disk.", told(self._disk.free_bytes)),
            Figure(
                "uploaded_timestamp_seconds", "Last time that ratings left.", lambda: uploaded("last_success")
            ),
            Figure("upload_failures", "Attempts that failed.", lambda: uploaded("failures"), "", True),
        )


def is_this_machine(peer: str | None, headers: Mapping[str, str]) -> bool:
    """Whether a program on this machine asks, and no proxy for somebody else."""
    if is_behind_proxy():
        return False
    try:
        return ipaddress.ip_address(peer or "").is_loopback and not any(name in headers for name in FORWARDED)
    except ValueError:
        return False
