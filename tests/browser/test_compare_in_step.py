"""A long text in blind samples: all are heard from the first piece on, and nothing that a browser gets tells them."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

from playwright.sync_api import Page, expect

from tests.browser.compare_page import LONG_WAIT_MS, ComparePage, rows
from tests.browser.conftest import Server
from tests.browser.wire import recorded
from tests.support.random_words import without_random_words
from tests.support.served_app import until
from tests.support.slow_voice import GATE

NewPage = Callable[..., Page]
TEXT = " ".join(f"This is sentence number {number} of a text that takes its time." for number in range(1, 5))
TELLING = re.compile(rb"baseline|int8|pruned|quant|fp32|turbo", re.IGNORECASE)
CHOSEN = b"versions=baseline+turbo-int8&"
"""What the visitor chose, in the order of the page: the link says that, and no more."""
SAMPLES = re.compile(rb"moof|data")
"""Where the sound of an audio file begins, which spells anything by chance."""
WATCHED = """
window.seen = [];
new MutationObserver(() => {
  const live = document.querySelectorAll('.card.live').length;
  const whole = document.querySelectorAll('.card .download').length;
  const now = JSON.stringify([live, whole]);
  if (window.seen.at(-1) !== now) window.seen.push(now);
}).observe(document, { childList: true, subtree: true, attributes: true });
"""


def audio_of(answers: list[bytes]) -> list[bytes]:
    """Those that carry sound."""
    return [one for one in answers if b"content-type: audio/" in one.partition(b"\r\n\r\n")[0].lower()]


def test_blind_samples_of_a_long_text_are_heard_early_all_together_and_stay_unknown(
    serve: Callable[..., Server], new_page: NewPage, tmp_path: Path
) -> None:
    goes_on = tmp_path / "goes-on"
    server = serve(**{GATE: str(goes_on)})
    visitor = new_page()
    visitor.add_init_script(WATCHED)
    asked: list[str] = []
    visitor.on("request", lambda request: asked.append(request.url))
    with recorded(server.url) as wire:
        page = ComparePage(visitor, wire.url)
        page.say(TEXT)
        page.choose("Baseline fp32")
        page.page.locator("#variants").get_by_label("Turbo INT8", exact=True).check()
        page.repeats(1)
        begun = wire.mark()
        page.speak(samples=2)
        page.listen(1)
        page.listen(0)
        page.page.wait_for_function("document.querySelectorAll('.card audio')[1].paused")
        goes_on.touch()
        expect(page.page.locator(".card .download")).to_have_count(2, timeout=LONG_WAIT_MS)
        # Two samples while they were made, and the same two when they were whole.
        until(lambda: len(audio_of(wire.answers(begun))) >= 4, what="the browser has the whole samples")
        answers = wire.answers(begun)
        assert page.page.evaluate("window.seen.map(JSON.parse)") == [[0, 0], [2, 0], [0, 2]]
        assert len([url for url in asked if "/compare/live/" in url]) == 2
        audio = audio_of(answers)
        told = b"".join(SAMPLES.split(answer, 1)[0] if answer in audio else answer for answer in answers)
        assert b"ticket" in told, "the record is readable"
        assert not TELLING.findall(without_random_words(told).replace(CHOSEN, b""))
        page.rate(0, 3)
        page.rate(1, 4)
        expect(page.page.locator(".reveal")).to_contain_text("Turbo INT8")
    mine = [row for row in rows(server.data) if row["text"] == TEXT]
    assert [row["blind"] for row in mine] == ["true", "true"]
