"""Scripts and styles of the library: compressed once for all visitors, and kept by browsers for a year.

Their names hold a digest of their content, so another version of the library asks for others.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import cache, lru_cache
from pathlib import Path

import gradio as gr
from starlette.requests import Request
from starlette.responses import FileResponse, Response
from starlette.routing import Route

from speecht5_demo.ui.serving.packing import Encoding, accepted, packed, packed_headers

FOLDER = Path(gr.__file__).parent / "templates" / "frontend" / "assets"
ADDRESS = "/assets/"
FOREVER = "public, max-age=31536000, immutable"
KEPT_FILES = 400
"""Compressed; a page takes some fifty."""
QUALITY = 9
TYPES = {".js": "text/javascript; charset=utf-8", ".css": "text/css; charset=utf-8"}
_DIGEST = re.compile(r"-[\w-]{8,}\.(?:js|css)$")


@cache
def names() -> frozenset[str]:
    """Files that there are."""
    return frozenset(path.name for path in FOLDER.iterdir() if path.is_file())


@lru_cache(maxsize=KEPT_FILES)
def content(name: str, encoding: Encoding) -> bytes:
    """A file as it is sent."""
    return packed((FOLDER / name).read_bytes(), encoding, QUALITY)


def _serve(request: Request) -> Response:
    name = str(request.path_params["name"])
    if name not in names():
        return Response("There is no such file.", 404, media_type="text/plain")
    kind = TYPES.get(Path(name).suffix)
    if kind is None:
        return FileResponse(FOLDER / name)
    encoding = accepted(request.headers)
    body = content(name, encoding)
    kept = FOREVER if _DIGEST.search(name) else "no-cache"
    return Response(
        body, 200, {**packed_headers(body, encoding), "cache-control": kept, "content-type": kind}
    )


ASSETS = Route(ADDRESS + "{name}", _serve, methods=["GET"])


def theme_route(theme: Callable[[], tuple[str, str]]) -> Route:
    """Serves the theme's style.

    Args:
        theme: the style and its digest, which pages ask for it with.
    """

    @lru_cache(maxsize=4)
    def made(style: str, encoding: Encoding) -> bytes:
        return packed(style.encode(), encoding, QUALITY)

    def serve(request: Request) -> Response:
        style, digest = theme()
        encoding = accepted(request.headers)
        body = made(style, encoding)
        kept = FOREVER if request.query_params.get("v") == digest else "no-cache"
        headers = {
            **packed_headers(body, encoding),
            "cache-control": kept,
            "content-type": TYPES[".css"],
        }
        return Response(body, 200, headers)

    return Route("/theme.css", serve, methods=["GET"])
