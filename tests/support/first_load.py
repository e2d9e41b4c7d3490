"""What a browser's first visit to a page is sent, by the network's own count."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

from playwright.sync_api import Browser, Page, expect

STREAMS = ("/gradio_api/heartbeat/", "/gradio_api/queue/data")
"""Answers that last as long as the page."""
QUIET_LOOKS, LOOK_MS = 10, 50
PATIENCE_MS = 90_000


@dataclass
class Resource:
    """One answer.

    Attributes:
        url: asked for.
        kind: as the browser names it.
        encoding: how its body was compressed; empty where it was not.
        kept: what `cache-control` says.
        wire_bytes: head and body as they came over the wire.
    """

    url: str
    kind: str
    encoding: str = ""
    kept: str = ""
    wire_bytes: int = 0

    @property
    def path(self) -> str:
        """Of the address."""
        return urlsplit(self.url).path


@dataclass
class FirstLoad:
    """A visit.

    Attributes:
        resources: all that was asked for, streams left out.
        usable_ms: from the first request to the element that can be used.
    """

    resources: list[Resource] = field(default_factory=list)
    usable_ms: float = 0.0

    @property
    def wire_bytes(self) -> int:
        """Of all."""
        return sum(one.wire_bytes for one in self.resources)


def first_load(browser: Browser, url: str, usable: str) -> FirstLoad:
    """Visit a page with an empty cache until an element of it can be used and nothing is on its way any more."""
    return loads(browser, url, usable, 1)[0]


def loads(browser: Browser, url: str, usable: str, visits: int) -> list[FirstLoad]:
    """The first visit and further ones of somebody whose cache was empty."""
    visitor = browser.new_context()
    visitor.set_default_timeout(PATIENCE_MS)
    try:
        return [_load(visitor.new_page(), url, usable) for _ in range(visits)]
    finally:
        visitor.close()


def _load(page: Page, url: str, usable: str) -> FirstLoad:
    with _counted(page) as (load, pending):
        begun = time.perf_counter()
        page.goto(url)
        expect(page.locator(usable).first).to_be_enabled(timeout=PATIENCE_MS)
        load.usable_ms = 1000 * (time.perf_counter() - begun)
        looks = 0
        while looks < QUIET_LOOKS:
            page.wait_for_timeout(LOOK_MS)
            looks = 0 if pending else looks + 1
    page.close()
    return load


@contextmanager
def _counted(page: Page) -> Iterator[tuple[FirstLoad, dict[str, Resource]]]:
    """What is asked for from now on, and what of it is on its way."""
    load, pending = FirstLoad(), dict[str, Resource]()
    session = page.context.new_cdp_session(page)

    def asked(event: dict[str, Any]) -> None:
        url = event["request"]["url"]
        if url.startswith("http") and not urlsplit(url).path.startswith(STREAMS):
            one = pending[event["requestId"]] = Resource(url, event.get("type", ""))
            load.resources.append(one)

    def answered(event: dict[str, Any]) -> None:
        if one := pending.get(event["requestId"]):
            headers = {name.lower(): value for name, value in event["response"]["headers"].items()}
            one.encoding, one.kept = headers.get("content-encoding", ""), headers.get("cache-control", "")

    def ended(event: dict[str, Any]) -> None:
        if one := pending.pop(event["requestId"], None):
            one.wire_bytes = int(event.get("encodedDataLength", 0))

    session.on("Network.requestWillBeSent", asked)
    session.on("Network.responseReceived", answered)
    session.on("Network.loadingFinished", ended)
    session.on("Network.loadingFailed", ended)
    session.send("Network.enable")
    yield load, pending
    session.detach()
