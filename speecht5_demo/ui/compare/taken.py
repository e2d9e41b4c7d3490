"""A sample that its visitor takes away: the same audio as on the page, and a file that says what it is.

While names are hidden, it says that it is synthetic and what it says, in the same bytes for every sample.
"""

from __future__ import annotations

from pathlib import Path

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from speecht5_demo.errors import RatingsError
from speecht5_demo.synthesis.tags import blind_tags, speech_tags
from speecht5_demo.ui.compare.clips import HEADERS
from speecht5_demo.ui.compare.runs import DROPPED, Runs
from speecht5_demo.wav import Tags, as_int16, read_wav, tagged_wav

ADDRESS = "/compare/taken/"


def taken_route(runs: Runs) -> Route:
    """Serves a sample by its card's ticket, which only its page knows."""

    def serve(request: Request) -> Response:
        try:
            run, card = runs.card(request.path_params["ticket"])
            if not run.plan.listenable:
                raise RatingsError(DROPPED)
            tags = speech_tags(card.sample) if run.revealed else blind_tags(card.sample.text)
            content = tagged_clip(card.clip.audio, tags)
        except (RatingsError, OSError):  # forgotten, perhaps in this moment
            return Response("This sample is no longer kept.", 404, HEADERS, "text/plain")
        headers = {"cache-control": "no-store"}  # the same address says more after the reveal
        return Response(content, 200, headers, "audio/wav")

    return Route(ADDRESS + "{ticket}", serve, methods=["GET"])


def tagged_clip(clip: Path, tags: Tags) -> bytes:
    """A kept WAV, with tags."""
    samples, rate = read_wav(clip)
    return tagged_wav(as_int16(samples), rate, tags)
