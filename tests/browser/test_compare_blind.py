"""One blind comparison from the first click to the reveal, with every byte on the wire written down."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect

from speecht5_demo.listening.levelling import measure
from speecht5_demo.wav import read_wav
from tests.browser.compare_page import REPORT_LABELS, ComparePage, rows
from tests.browser.conftest import PATIENCE_MS, QUIET, Server
from tests.browser.wire import recorded
from tests.support.random_words import TICKETS, without_random_words

TEXT = "Tea costs $2.50 on May 3rd."
VARIANTS = ("baseline", "int8", "pruned", "pruned-int8")
TELLING = re.compile(rb"baseline|int8|pruned|quant|fp32", re.IGNORECASE)
CHOSEN = re.compile(rb"versions=baseline\+int8\+pruned\+pruned-int8\b(&own=0&pruned=60&int8=0\b)?")
"""What the visitor chose, in the order of the page: the link says that, and a draft what was left, and no more."""
SCORES = (4, 2, 5, 3)


@dataclass(frozen=True)
class Session:
    """What one visitor did and what could be seen of it."""

    sent: bytes
    received: bytes
    board_before: str
    storage_before: str
    status_before: str
    labels: list[str]
    table: str
    images: int
    differences: int
    origins: set[str]
    rows: list[dict[str, str]]
    audio: dict[str, bytes]
    downloads: list[str]


@pytest.fixture(scope="module")
def session(server: Server, chromium: Browser) -> Iterator[Session]:
    """Speak four variants blind, rate them all, look at the reveal."""
    assert "--disable-background-networking" in QUIET
    with recorded(server.url) as wire:
        context = chromium.new_context(viewport={"width": 1280, "height": 900}, reduced_motion="reduce")
        context.set_default_timeout(PATIENCE_MS)
        tab = context.new_page()
        requested: set[str] = set()
        tab.on("request", lambda request: requested.add(request.url))
        page = ComparePage(tab, wire.url)
        page.say(TEXT)
        start = wire.mark()
        page.speak(samples=4)
        for index, score in enumerate(SCORES[:3]):
            page.rate(index, score)
        page.listen(3)
        page.choose_score(3, SCORES[3])
        sent, received = wire.since(start)
        tickets = TICKETS.findall(received)
        before = tab.locator("#board").inner_html()
        storage = tab.evaluate(
            "JSON.stringify([{...localStorage}, {...sessionStorage}, document.cookie, location.href])"
        )
        status = page.status.inner_text()
        clips = [card.get_attribute("src") for card in page.cards.locator("audio").all()]
        names = [str(link.get_attribute("download")) for link in page.cards.locator(".download").all()]
        page.cards.nth(3).locator(".save").click()
        expect(tab.locator(".reveal")).to_be_visible()
        expect(page.status).to_have_text(re.compile("All rated"), timeout=60_000)
        yield Session(
            sent=without_random_words(sent),
            received=without_random_words(received),
            board_before=without_random_words(before.encode(), tickets).decode(),
            storage_before=storage,
            status_before=status,
            labels=page.cards.locator("h3").all_inner_texts(),
            table=tab.locator(".reveal").inner_text(),
            images=tab.locator(".card figure:not(.difference) img:visible").count(),
            differences=tab.locator(".card figure.difference img:visible").count(),
            origins={re.match(r"[a-z]+:(//[^/]*)?", url).group() for url in requested},  # type: ignore[union-attr]
            rows=[row for row in rows(server.data) if row["text"] == TEXT],
            audio={str(clip): context.request.get(str(clip)).body() for clip in clips},
            downloads=names,
        )
        context.close()


def test_all_four_names_are_revealed_after_the_last_rating(session: Session) -> None:
    assert sorted(session.labels) == sorted(REPORT_LABELS)


def test_the_reveal_sets_latency_and_size_beside_what_was_rated(session: Session) -> None:
    for words in ("You said", "Latency", "On disk", "5 Excellent", "2 Poor", " MB", "smaller"):
        assert words in session.table


def test_a_spectrogram_of_each_sample_appears_with_the_reveal(session: Session) -> None:
    assert session.images == 4
    assert session.differences == 3, "what each version changed, the baseline excepted"
    assert "<img" not in session.board_before


def test_every_rating_is_a_row_with_the_score_that_was_given(session: Session) -> None:
    by_letter = {row["position"]: row for row in session.rows}
    assert [int(by_letter[str(place)]["rating"]) for place in (1, 2, 3, 4)] == list(SCORES)
    assert sorted(row["variant"] for row in session.rows) == sorted(VARIANTS)
    assert {(row["source"], row["blind"], row["method"], row["role"]) for row in session.rows} == {
        ("compare", "true", "ACR", "test")
    }
    assert len({row["listener_id"] for row in session.rows}) == 1
    assert len({row["rating_id"] for row in session.rows}) == 4


def test_the_revealed_name_is_the_one_in_the_row(session: Session) -> None:
    named = dict(zip(REPORT_LABELS, VARIANTS, strict=True))
    for place, label in enumerate(session.labels, start=1):
        row = next(row for row in session.rows if row["position"] == str(place))
        assert row["variant"] == named[label]


def test_a_row_names_the_very_audio_that_was_heard(session: Session) -> None:
    heard = [hashlib.sha256(audio).hexdigest() for audio in session.audio.values()]
    assert heard == [
        row["audio_sha256"] for row in sorted(session.rows, key=lambda row: int(row["position"]))
    ]


def test_nothing_that_reaches_the_browser_tells_a_blind_sample(session: Session) -> None:
    assert b"ticket" in session.received, "the record is readable"
    assert not TELLING.findall(CHOSEN.sub(b"", session.received))


def test_the_browser_names_variants_only_when_it_asks_for_the_run(session: Session) -> None:
    asking = [part for part in session.sent.split(b"POST ") if TELLING.search(part)]
    assert len(asking) == 1
    assert b"/run/predict" in asking[0]


def test_page_storage_and_download_names_stay_silent(session: Session) -> None:
    for seen in (session.board_before, session.storage_before, session.status_before, *session.downloads):
        assert not TELLING.search(CHOSEN.sub(b"", seen.encode()))
    assert session.downloads == [f"sample-{letter}.wav" for letter in "ABCD"]


def test_all_samples_are_equally_loud(session: Session) -> None:
    heard = [measure(*read_wav(audio)).lufs for audio in session.audio.values()]
    assert heard == pytest.approx([-26.0] * 4, abs=0.1)


def test_no_figure_is_known_before_the_last_rating(session: Session) -> None:
    said = re.sub(rb"\brun=[\w-]+", b"", session.received).lower()  # the link's random word spells anything
    for telling in (b"latency", b"rtf", b"disk", b"spectrogram", b'encode"', b".png"):
        assert telling not in said


def test_files_of_samples_do_not_tell_when_they_were_made(session: Session) -> None:
    answers = re.findall(rb"http/1\.1 20\d .*?\r\n\r\n", session.received.lower(), re.DOTALL)
    samples = [answer for answer in answers if b"content-type: audio/" in answer]
    times = [time for answer in samples for time in re.findall(rb"last-modified: ([^\r]+)\r", answer)]
    assert len(times) == len(samples) >= 4
    assert len(set(times)) == 1


def test_no_request_leaves_the_server(session: Session) -> None:
    assert len({origin for origin in session.origins if not origin.startswith(("data:", "blob:"))}) == 1


def test_the_ratings_file_opens_in_a_spreadsheet(session: Session, server: Server) -> None:
    (path,) = Path(server.data / "ratings").glob("ratings-*.csv")
    assert path.read_text(encoding="utf-8").startswith("schema_version,rating_id,")
