"""The Results page in a real browser: sealed for visitors, whole for the owner, usable on a phone and in the
dark.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest
from playwright.sync_api import Page, expect

from speecht5_demo.listening.analysis import analyse
from speecht5_demo.listening.ratings import RATING_COLUMNS, read_ratings
from speecht5_demo.report.document import document
from tests.support.rated_study import SENTENCES, make_study, write_ratings

from .conftest import Server
from .wire import recorded

KEY = "open sesame"
PATIENCE_MS = 60_000  # the machine may be busy with other tests


@pytest.fixture(scope="module")
def deployment(serve: Callable[..., Server], tmp_path_factory: pytest.TempPathFactory) -> Server:
    """A server with a running study of 20 listeners and three casual ones."""
    data = tmp_path_factory.mktemp("results")
    make_study(data / "study")
    write_ratings(data / "ratings", "study", 20, seed=1)
    write_ratings(data / "ratings", "compare", 3, seed=5)
    return serve(data, OWNER_KEY=KEY, PREPARE_STUDY="0")


def visit(page: Page, server: Server) -> Page:
    page.goto(f"{server.url}/results")
    expect(page.locator("#results-lead h1")).to_be_visible(timeout=PATIENCE_MS)
    return page


def open_as_owner(page: Page, key: str = KEY) -> None:
    page.locator("#results-owner button").first.click()
    page.locator("#results-key input").fill(key)
    page.locator("#results-open").click()


def scores_of(page: Page) -> dict[str, str]:
    """Variant -> MOS as the first table shows it."""
    rows = page.get_by_role("region", name="Mean opinion scores").get_by_role("row").all()[1:]
    return {row.locator("th").inner_text(): row.locator("td").first.inner_text() for row in rows}


def test_a_running_study_stays_sealed_for_visitors(new_page: Callable[..., Page], deployment: Server) -> None:
    page = new_page()
    with recorded(deployment.url) as wire:
        page.goto(f"{wire.url}/results")
        expect(page.locator("#results-lead")).to_contain_text("stay sealed", timeout=PATIENCE_MS)
        expect(page.locator("#results-lead")).to_contain_text("54 casual blind ratings", timeout=PATIENCE_MS)
        open_as_owner(page, "guess")
        expect(page.get_by_role("alert")).to_contain_text("not the owner's key", timeout=PATIENCE_MS)
        page.locator("#results-get-ratings").click()
        expect(page.get_by_text("Raw ratings are for the study's owner")).to_be_visible(timeout=PATIENCE_MS)
        with page.expect_download(timeout=PATIENCE_MS) as waiting:
            page.locator("#results-get-json").click()
        told = json.loads(Path(waiting.value.path()).read_text())
        received = wire.since((0, 0))[1].decode(errors="replace")
    assert told["settings"]["source"] == "compare"
    casual = [f"MOS {one['mos']:.3f}" for one in told["variants"]]
    assert all(score in received for score in casual), "the record would have to show scores"
    sealed = analyse(read_ratings(deployment.data / "ratings")).headline.variants
    assert not any(f"MOS {one.mos:.3f}" in received for one in sealed)


def test_the_owner_sees_what_the_command_line_computes(
    new_page: Callable[..., Page], deployment: Server
) -> None:
    page = visit(new_page(), deployment)
    open_as_owner(page)
    expect(page.locator("#results-lead")).to_contain_text("Not complete", timeout=PATIENCE_MS)
    expect(page.locator("#results-lead")).to_contain_text("360 blind ratings", timeout=PATIENCE_MS)
    found = analyse(read_ratings(deployment.data / "ratings")).headline.variants
    assert scores_of(page) == {one.variant: f"{one.mos:.2f}" for one in found}
    chart = page.locator("svg.chart:visible").first
    assert f"baseline {found[0].mos:.2f}" in (chart.get_attribute("aria-label") or "")
    said = chart.locator("title").all_text_contents()
    assert any(f"MOS {found[0].mos:.3f}" in one for one in said)
    page.get_by_role("tab", name="Against the baseline").click()
    row = page.get_by_role("region", name=re.compile("Differences to the baseline")).get_by_role(
        "row", name="pruned"
    )
    expect(row.locator(".verdict")).to_have_text("worse", timeout=PATIENCE_MS)


def test_a_sentence_opens_to_its_clips(new_page: Callable[..., Page], deployment: Server) -> None:
    page = visit(new_page(), deployment)
    open_as_owner(page)
    expect(page.locator("#results-lead")).to_contain_text("Not complete", timeout=PATIENCE_MS)
    page.get_by_role("tab", name="Sentences").click()
    page.locator("#results-sentence input").click()
    page.get_by_role("option", name="Sentence number 3.").click()
    expect(page.locator("#results-drill blockquote")).to_have_text("Sentence number 3.", timeout=PATIENCE_MS)
    players = page.locator("#results-drill audio")
    expect(players).to_have_count(3)
    seconds = players.first.evaluate(
        "a => new Promise(d => { a.onloadedmetadata = () => d(a.duration); a.load() })"
    )
    assert seconds == pytest.approx(0.5, abs=0.01)


def test_downloads_are_made_at_the_click(new_page: Callable[..., Page], deployment: Server) -> None:
    page = visit(new_page(), deployment)
    open_as_owner(page)
    expect(page.locator("#results-lead")).to_contain_text("Not complete", timeout=PATIENCE_MS)
    files: dict[str, Path] = {}
    for kind in ("ratings", "summary", "json", "report"):
        with page.expect_download(timeout=PATIENCE_MS) as waiting:
            page.locator(f"#results-get-{kind}").click()
        files[kind] = Path(waiting.value.path())
        assert re.match(r"(ratings|scores|results|report)-\d{8}-\d{6}\.", waiting.value.suggested_filename)
    assert len(pd.read_csv(files["ratings"])) == (20 + 3) * SENTENCES * 3
    assert list(pd.read_csv(files["ratings"]).columns[: len(RATING_COLUMNS)]) == list(RATING_COLUMNS)
    assert "all" in set(pd.read_csv(files["summary"])["view"])
    assert json.loads(files["json"].read_text())["variants"][0]["n_ratings"] == 20 * SENTENCES
    assert "<script" not in files["report"].read_text()
    write_ratings(deployment.data / "ratings", "compare", 1, seed=3)
    with page.expect_download(timeout=PATIENCE_MS) as waiting:
        page.locator("#results-get-ratings").click()
    assert len(pd.read_csv(waiting.value.path())) == (20 + 4) * SENTENCES * 3


def test_nothing_is_wider_than_a_phone(new_page: Callable[..., Page], deployment: Server) -> None:
    page = visit(new_page(width=360, height=740, touch=True), deployment)
    open_as_owner(page)
    expect(page.locator("#results-lead")).to_contain_text("Not complete", timeout=PATIENCE_MS)
    expect(page.locator("svg.chart-narrow").first).to_be_visible(timeout=PATIENCE_MS)
    expect(page.locator("svg.chart-wide").first).to_be_hidden()
    assert page.evaluate("document.documentElement.scrollWidth") <= 360


def test_published_results_are_for_everybody(new_page: Callable[..., Page], deployment: Server) -> None:
    owner, visitor = visit(new_page(), deployment), new_page()
    open_as_owner(owner)
    expect(owner.locator("#results-lead")).to_contain_text("360 blind ratings", timeout=PATIENCE_MS)
    owner.locator("#results-publish").click()
    expect(owner.get_by_role("alert")).to_contain_text("Tick the box first", timeout=PATIENCE_MS)
    owner.locator("#results-sure input").check()
    owner.locator("#results-publish").click()
    expect(owner.get_by_role("status").filter(has_text="Published")).to_be_visible(timeout=PATIENCE_MS)
    expect(visit(visitor, deployment).locator("#results-lead")).to_contain_text(
        "360 blind ratings", timeout=PATIENCE_MS
    )
    owner.locator("#results-seal").click()
    expect(owner.get_by_role("status").filter(has_text="Sealed")).to_be_visible(timeout=PATIENCE_MS)
    visitor.reload()
    expect(visitor.locator("#results-lead")).to_contain_text("stay sealed", timeout=PATIENCE_MS)


def test_the_report_prints_within_a_page(
    new_page: Callable[..., Page], deployment: Server, tmp_path: Path
) -> None:
    path = tmp_path / "report.html"
    path.write_text(document(analyse(read_ratings(deployment.data / "ratings"))), encoding="utf-8")
    page = new_page(width=700)
    page.emulate_media(media="print")
    page.goto(path.as_uri())
    cut = "[...document.querySelectorAll('.scroll')].map(each => each.scrollWidth - each.clientWidth)"
    assert max(page.evaluate(cut)) <= 0
    assert page.locator("svg.chart-narrow:visible").count() == 0
