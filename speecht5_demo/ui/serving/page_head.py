"""A page as it is sent: with a head of its own, in its visitor's language, and no larger than it has to be.

The head says what a link to the page shows elsewhere, instead of that of the library it is made with, and names the
files that the page will ask for.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from html import escape
from pathlib import Path

from starlette.datastructures import URL, Headers
from starlette.requests import Request
from starlette.responses import FileResponse
from starlette.routing import Route
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from speecht5_demo.ui.languages import Catalog, chosen
from speecht5_demo.ui.languages.page import in_language
from speecht5_demo.ui.serving.packing import accepted, packed, packed_headers
from speecht5_demo.ui.serving.page_files import preloads
from speecht5_demo.ui.serving.page_size import slim

_LIBRARY = re.compile(
    rb'<meta\s[^>]*?(?:property="og:|name="twitter:)[^>]*>\s*|<title>.*?</title>', re.DOTALL
)

PICTURE = "/preview.png"
PICTURE_SIZE = (1200, 630)
PICTURE_TEXT = (
    "A comparison after it was rated: what was said of each version beside its latency and its size"
)
_FILE = Path(__file__).parents[1] / "preview.png"
KEPT_PAGES = 24
"""All visitors get the same; translating one takes 20 to 30 ms of a core."""
QUALITY = 6

_KEEP = """{
  const title = document.querySelector('title');
  const own = title.textContent;
  new MutationObserver(() => { if (document.title !== own) document.title = own; }).observe(title, { childList: true });
}"""
"""The library writes one title over that of every page."""


@dataclass(frozen=True)
class Preview:
    """Of one page.

    Attributes:
        title: of the tab and of links.
        description: one sentence.
    """

    title: str
    description: str

    def head(self, root: str, catalog: Catalog) -> bytes:
        """As it stands in the head of a page of the server at `root`, in a language."""
        title, description, shown = (
            escape(catalog.page.get(text, text)) for text in (self.title, self.description, PICTURE_TEXT)
        )
        (width, height), picture = PICTURE_SIZE, escape(root + PICTURE)
        return (
            f'<title>{title}</title><meta name="description" content="{description}">'
            f'<meta property="og:type" content="website"><meta property="og:title" content="{title}">'
            f'<meta property="og:description" content="{description}">'
            '<meta name="twitter:card" content="summary_large_image">'
            f'<meta property="og:image" content="{picture}"><meta property="og:image:type" content="image/png">'
            f'<meta property="og:image:width" content="{width}"><meta property="og:image:height" content="{height}">'
            f'<meta property="og:image:alt" content="{shown}"><meta name="twitter:image" content="{picture}">'
            f'<meta name="twitter:title" content="{title}"><meta name="twitter:description" content="{description}">'
            f"<script>{_KEEP}</script>"
        ).encode()


class PageHead:
    """An ASGI layer that gives pages their own head, and says them in their visitor's language.

    Args:
        app: what makes the pages.
        previews: by address, without a slash at the end.
        root: path that a proxy takes off before it asks; a page names it, so that what it asks for is found below it
            with and without a slash at the end of its address.
        said: messages that stand in the pages.
        framed: whether another site's frame holds them.
    """

    def __init__(
        self,
        app: ASGIApp,
        previews: Mapping[str, Preview],
        root: str = "",
        said: Sequence[str] = (),
        framed: bool = False,
    ) -> None:
        self._app = app
        self._previews = previews
        self._said = tuple(said)
        self._framed = framed
        self._made = lru_cache(maxsize=KEPT_PAGES)(self._make)
        self._packed = lru_cache(maxsize=KEPT_PAGES)(packed)
        self._base = f'<base href="{escape(root.rstrip("/"))}/">'.encode() if root.strip("/") else b""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve; a page is held back until its head is known."""
        address = scope["path"].rstrip("/") if scope["type"] == "http" else ""
        if scope["type"] != "http" or scope["method"] != "GET" or address not in self._previews:
            await self._app(scope, receive, send)
            return
        base = self._base
        if scope["path"].rstrip("/") and scope["path"].endswith("/"):
            # Served as it is: a redirect would leave out the prefix that a proxy took off.
            scope = {
                **scope,
                "path": scope["path"].rstrip("/"),
                "raw_path": scope["path"].rstrip("/").encode(),
            }
            base = base or b'<base href="/">'
        begun: Message = {}
        body = bytearray()

        async def hold(message: Message) -> None:
            nonlocal begun
            if message["type"] == "http.response.start":
                begun = message
                return
            body.extend(message.get("body", b""))
            if message.get("more_body", False):
                return
            asked = Headers(scope=scope)
            catalog, named = chosen(scope["query_string"].decode("latin-1"), asked.get("accept-language", ""))
            encoding = accepted(asked)
            page = self._made(bytes(body), address, base, _root(scope), catalog, named)
            html = self._packed(page, encoding, QUALITY)
            headers = [(name, value) for name, value in begun["headers"] if name.lower() != b"content-length"]
            own = {**packed_headers(html, encoding), "content-language": catalog.language}
            own["vary"] = "accept-language, accept-encoding"
            headers += [(name.encode(), value.encode()) for name, value in own.items()]
            await send({**begun, "headers": headers})
            await send({"type": "http.response.body", "body": html})

        await self._app(scope, receive, hold)

    def _make(
        self, body: bytes, address: str, base: bytes, root: str, catalog: Catalog, named: bool
    ) -> bytes:
        """The library's page as it is sent, before it is compressed."""
        preview = self._previews[address]
        page, kinds = slim(_LIBRARY.sub(b"", body), address, self._framed)
        head = base + preview.head(root, catalog) + preloads(kinds, catalog.language)
        html = in_language(page, catalog, named, self._said)
        return html.replace(b"<head>", b"<head>" + head, 1)


def _root(scope: Scope) -> str:
    """Where the server is for who asks; a proxy in front of it says so."""
    headers = Headers(scope=scope)
    url = URL(scope=scope)
    scheme = headers.get("x-forwarded-proto", url.scheme).split(",")[0].strip()
    host = headers.get("x-forwarded-host", url.netloc).split(",")[0].strip()
    known = scheme if scheme in ("http", "https") else url.scheme
    return f"{known}://{host}{scope.get('root_path', '').rstrip('/')}"


def _picture(request: Request) -> FileResponse:
    return FileResponse(_FILE, headers={"cache-control": "public, max-age=86400"})


PICTURE_ROUTE = Route(PICTURE, _picture, methods=["GET"])
