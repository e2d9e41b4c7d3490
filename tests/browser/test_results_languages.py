"""The Results page in its visitor's language: every tab, the owner's fields, what they answer, and the report."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from speecht5_demo.checkpoints.hub_ids import PUBLISHED
from speecht5_demo.listening.analysis import analyse
from speecht5_demo.listening.ratings import read_ratings
from speecht5_demo.report.claims import CLAIMS
from speecht5_demo.report.claims_table import FILL, LISTENERS
from speecht5_demo.report.methods import methods
from speecht5_demo.ui.results.view import MEASURE
from tests.browser.conftest import Server
from tests.browser.languages import BRACKETED, untranslated, write_bracketed
from tests.browser.test_results import KEY, PATIENCE_MS, open_as_owner
from tests.support.rated_study import LOSSES, make_study, write_ratings

NewPage = Callable[..., Page]
TABS = ("Against the baseline", "Cost", "Sentences", "Listeners", "Claims", "Methods", "Scores")


@pytest.fixture(scope="module")
def deployment(serve: Callable[..., Server], tmp_path_factory: pytest.TempPathFactory) -> Server:
    """A running study with enough ratings, and casual ones that are too few; one more language, in brackets."""
    data, languages = tmp_path_factory.mktemp("results"), tmp_path_factory.mktemp("languages")
    write_bracketed(languages)
    make_study(data / "study")
    write_ratings(data / "ratings", "study", 20, seed=1)
    write_ratings(data / "ratings", "compare", 1, seed=5)
    return serve(data, OWNER_KEY=KEY, PREPARE_STUDY="0", LANGUAGES_DIR=str(languages))


@pytest.fixture(scope="module")
def data(deployment: Server) -> list[str]:
    """What the page shows of no language: names, quotations, formulas, and what stands in files."""
    found = analyse(read_ratings(deployment.data / "ratings"))
    sections = methods(found)
    sessions = [f"study-1-{who}" for who in range(20)] + ["compare-5-0"]
    return [
        *LOSSES, "Tones", "am_michael", "embedded", "UTC", *(f"Sentence number {what}." for what in range(6)),
        *(f"s{what}" for what in range(6)), *sessions, *(one[:8] for one in sessions),
        *(f"{claim.metric}: {claim.statement}" for claim in CLAIMS),
        *("; ".join(section.sources) for section in sections),
        *(" ".join(section.formula.split()) for section in sections),
        *found.collected.questions, *found.excluded, *found.screening.removed_by_rule,
        re.sub("<[^>]*>", "", MEASURE),
        *measured_names(),
    ]  # fmt: skip


def measured_names() -> list[str]:
    """Processors, checkpoints, variants and recognisers of the result files that come with the app."""
    names: set[str] = set()
    for path in Path("results").rglob("*.json"):
        document = json.loads(path.read_text(encoding="utf-8"))
        names.add(path.name)
        names.add(document.get("machine", {}).get("cpu", ""))
        names.update(
            document.get("checkpoint", {}).values() if isinstance(document.get("checkpoint"), dict) else ()
        )
        names.add(str(document.get("settings", {}).get("asr", "")))
        names.update(str(row.get("variant", "")) for row in document.get("rows", ()) if isinstance(row, dict))
    commands = (FILL, LISTENERS)
    return [*(name for name in names if isinstance(name, str) and name), PUBLISHED, *commands]


def test_no_text_of_the_results_is_left_untranslated(
    deployment: Server, new_page: NewPage, data: list[str]
) -> None:
    page = new_page()
    page.goto(f"{deployment.url}/results?lang={BRACKETED}")
    lead = page.locator("#results-lead")
    expect(lead).to_contain_text("⟦What listeners heard⟧", timeout=PATIENCE_MS)
    expect(lead).to_contain_text("⟦The blind study is running.⟧ Its scores stay sealed")
    assert page.locator("#results-lead .chart-report").get_attribute("dir") == "rtl"
    assert untranslated(page, *data) == []
    page.locator("#results-get-ratings").click()
    expect(page.get_by_role("alert")).to_contain_text("⟦Raw ratings are for the study's owner")

    open_as_owner(page, "guess")
    expect(page.locator("#results-said")).to_contain_text("⟦This is not the owner's key.⟧")
    page.locator("#results-key input").fill(KEY)
    page.locator("#results-open").click()
    expect(lead).to_contain_text("⟦Not complete.⟧", timeout=PATIENCE_MS)
    expect(page.locator("#results-sessions")).to_contain_text("⟦Began (UTC)⟧")
    page.locator("#results-publish").click()
    expect(page.locator("#results-said")).to_contain_text("⟦Tick the box first")
    for tab in TABS:
        chosen = page.get_by_role("tab", name=f"⟦{tab}⟧", exact=True)
        chosen.click()
        expect(chosen).to_have_attribute("aria-selected", "true")
        if tab == "Sentences":
            page.locator("#results-sentence input").click()
            page.get_by_role("option", name="Sentence number 3.").click()
            expect(page.locator("#results-drill")).to_contain_text("⟦Ratings of this sentence⟧")
        assert untranslated(page, *data) == [], tab

    page.locator("#results-session input").click()
    page.get_by_role("option").filter(has_text="study-1-").first.click()
    page.locator("#results-set-aside").click()
    expect(page.locator("#results-session-said")).to_contain_text("⟦Say why the session is set aside")
    page.locator("#results-session-reason textarea, #results-session-reason input").first.fill("REASON")
    page.locator("#results-set-aside").click()
    expect(page.locator("#results-question")).to_contain_text("⟦Set aside session study-1-")
    page.locator("#results-yes").click()
    expect(page.locator("#results-session-said")).to_contain_text("⟦Set aside.⟧", timeout=PATIENCE_MS)
    expect(page.locator("#results-sessions")).to_contain_text("⟦set aside ")
    assert untranslated(page, *data, "REASON", "set-aside") == []


def test_the_report_is_in_the_language_of_who_takes_it(deployment: Server, new_page: NewPage) -> None:
    page = new_page()
    page.goto(f"{deployment.url}/results?lang=de")
    expect(page.locator("#results-lead h1")).to_have_text("Was Hörer gehört haben", timeout=PATIENCE_MS)
    with page.expect_download(timeout=PATIENCE_MS) as waiting:
        page.locator("#results-get-report").click()
    report = Path(waiting.value.path()).read_text(encoding="utf-8")
    assert '<html lang="de">' in report
    assert "<h2>Methoden</h2>" in report
