"""Pages speak their visitor's language: all of it, from the first word to errors, and it stays on the way."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Browser, Page, expect

from speecht5_demo.checkpoints import open_checkpoint
from speecht5_demo.text import spoken_form
from speecht5_demo.ui.compare.preview import EXAMPLES
from speecht5_demo.variants import all_variants
from tests.browser.compare_page import LONG_WAIT_MS, REPORT_LABELS
from tests.browser.conftest import PATIENCE_MS, Server
from tests.browser.languages import BRACKETED, untranslated, write_bracketed
from tests.browser.test_compare_sweep import a_sweep

NewPage = Callable[..., Page]
SENTENCE = "Hello there."
PATTERNS = "*.prenet.*, *.feat_out, *.prob_out"
CHART_WORDS = """() => [...document.querySelectorAll('#sweep svg title, #sweep svg g[id*="text_"]')]
  .map((each) => [...each.querySelectorAll('text')].map((line) => line.textContent).join(' ') || each.textContent)
  .filter((text) => /[a-z]{3}/i.test(text.replace(/⟦[^]*⟧/g, '')))"""
"""What the charts say with no brackets around it, in one line or several, on hover too."""


@pytest.fixture(scope="module")
def bracketed(serve: Callable[..., Server], tmp_path_factory: pytest.TempPathFactory) -> Server:
    """A server with one more language, in which every text stands in brackets; it has a sweep of its own."""
    folder, data = tmp_path_factory.mktemp("languages"), tmp_path_factory.mktemp("data")
    write_bracketed(folder)
    a_sweep(data / "sweeps" / "mine", open_checkpoint("embedded").digest)
    return serve(data, LANGUAGES_DIR=str(folder))


@pytest.fixture(scope="module")
def data() -> list[str]:
    """What the Compare page shows of no language."""
    speakers = [speaker.label for speaker in open_checkpoint("embedded").speakers.values()]
    versions = [each for variant in all_variants() for each in (variant.label, variant.name)]
    return [*speakers, *versions, *EXAMPLES, *map(spoken_form, EXAMPLES), SENTENCE, PATTERNS, "mp4"]


def test_no_text_of_a_comparison_is_left_untranslated(
    bracketed: Server, new_page: NewPage, data: list[str]
) -> None:
    page = new_page()
    page.goto(f"{bracketed.url}/?__theme=dark&lang={BRACKETED}")
    expect(page.locator("#speak")).to_be_enabled(timeout=LONG_WAIT_MS)
    assert page.evaluate("[document.documentElement.lang, document.documentElement.dir]") == [
        BRACKETED,
        "rtl",
    ]
    assert page.title() == "⟦Hear what optimisation costs⟧"
    sections = page.locator(".options button.label-wrap")
    expect(sections).to_have_count(3)
    for section in sections.all():
        section.click()
    page.locator("#variant-lines summary").click()
    page.locator("#show-command").click()
    expect(page.locator("#command pre")).to_be_visible()
    page.locator("#include textarea").fill("nothing.like.this")
    expect(page.locator("#patterns")).to_contain_text("⟦“nothing.like.this” matches none")
    page.locator("#include textarea").fill("*")
    page.locator(".layer-show").click()
    expect(page.locator(".layer-tree li").first).to_be_visible()
    assert untranslated(page, *data) == []

    page.locator("#text textarea").fill("...")
    page.locator("#speak").click()
    expect(page.locator(".board .problem")).to_contain_text("⟦The text has only punctuation")
    page.locator("#text textarea").fill(SENTENCE)
    for version in REPORT_LABELS[2:]:
        page.get_by_label(version, exact=True).uncheck()
    page.locator("#speak").click()
    cards = page.locator(".card:not(.waiting)")
    expect(cards).to_have_count(2, timeout=LONG_WAIT_MS)
    expect(page.locator(".board .status")).to_contain_text("⟦⟦Listen, then rate⟧: 0 of 2 rated.")
    expect(page.locator("#spoken")).to_contain_text(f"{len(SENTENCE)} of 2,000")
    assert untranslated(page, *data) == []

    for card in cards.all():
        card.locator(".play").click()
        page.wait_for_function("node => node.currentTime > 0.05", arg=card.locator("audio").element_handle())
        card.locator(".scale label").nth(2).click()
        card.locator(".save").click()
        expect(card.locator(".rated")).to_contain_text("⟦Saved. You rated it 3 ⟦Fair⟧.⟧")
    expect(page.locator("#stop")).to_be_hidden(timeout=LONG_WAIT_MS)
    expect(page.locator(".reveal table")).to_be_visible()
    assert untranslated(page, *data, page.locator(".reveal > .note").first.inner_text()) == []

    link = page.evaluate("location.hash")
    page.locator(".languages a[lang=de]").click()
    expect(page.locator("#speak")).to_have_text("Sprechen", timeout=LONG_WAIT_MS)
    assert page.evaluate("location.search") == "?__theme=dark&lang=de"
    assert page.evaluate("location.hash") == link
    expect(page.locator(".board .status")).to_have_text("Alles bewertet. Das haben Sie gehört.")
    page.get_by_role("link", name="Ergebnisse").click()
    expect(page).to_have_url(re.compile(r"/results/?\?.*lang=de"))
    assert page.evaluate("document.documentElement.lang") == "de"


def test_no_text_of_pairs_of_what_is_heard_and_of_the_sweep_is_left_untranslated(
    bracketed: Server, new_page: NewPage, data: list[str]
) -> None:
    page = new_page()
    page.goto(f"{bracketed.url}/?lang={BRACKETED}")
    expect(page.locator("#speak")).to_be_enabled(timeout=LONG_WAIT_MS)
    page.get_by_role("button", name="Where does it break?").click()
    expect(page.locator("#sweep svg.chart-wide").first).to_be_visible(timeout=LONG_WAIT_MS)
    expect(page.locator("#sweep .mark").last).to_contain_text(
        re.compile(r"it breaks at \d+%. ⟦A voice counts as broken")
    )
    assert untranslated(page, *data) == []
    assert page.evaluate(CHART_WORDS) == []

    page.locator("#text textarea").fill(SENTENCE)
    for version in REPORT_LABELS[2:]:
        page.get_by_label(version, exact=True).uncheck()
    page.get_by_label("Vote by pairs, both orders").check()
    page.locator("#speak").click()
    pair = page.locator(".card.pair")
    for number in (1, 2):
        expect(pair).to_contain_text(f"⟦Pair {number} of 2⟧", timeout=LONG_WAIT_MS)
        assert untranslated(page, *data) == []
        for which, play in enumerate(pair.locator(".play").all()):
            play.click()
            page.wait_for_function(
                "i => document.querySelectorAll('.pair audio')[i].currentTime > 0.05", arg=which
            )
        pair.locator(".scale label").nth(1).click()
        assert untranslated(page, *data) == []
        pair.locator(".save").click()
    expect(page.locator(".reveal table")).to_be_visible(timeout=LONG_WAIT_MS)
    expect(page.locator("#stop")).to_be_hidden(timeout=LONG_WAIT_MS)
    told = [*data, page.locator(".reveal > .note").first.inner_text()]
    assert untranslated(page, *told) == []

    page.get_by_role("button", name="What a recogniser hears").click()
    expect(page.locator(".heard li")).to_have_count(2, timeout=2 * LONG_WAIT_MS)
    heard = re.sub(r"⟦[^⟦⟧]*⟧", "", " ".join(page.locator(".heard .words").all_inner_texts()))
    assert untranslated(page, *told, *heard.split()) == []


def test_a_browser_chooses_until_the_address_does(server: Server, chromium: Browser) -> None:
    context = chromium.new_context(locale="de-DE")
    context.set_default_timeout(PATIENCE_MS)
    page = context.new_page()
    page.goto(server.url)
    expect(page.locator("#speak")).to_have_text("Sprechen", timeout=LONG_WAIT_MS)
    page.locator("#text textarea").fill("...")
    expect(page.locator("#spoken .wrong")).to_contain_text("nur aus Satzzeichen")
    page.locator(".languages a[lang=en]").click()
    expect(page.locator("#speak")).to_have_text("Speak", timeout=LONG_WAIT_MS)
    expect(page.locator("#spoken .wrong")).to_contain_text("only punctuation")
    assert page.evaluate("document.documentElement.lang") == "en"
    page.get_by_role("link", name="Listen").click()
    expect(page.locator("#listen h1")).to_have_text("No listening test is open", timeout=LONG_WAIT_MS)
    page.locator(".languages a[lang=fr]").click()
    expect(page.locator("#listen h1")).to_have_text(re.compile("test d.écoute"), timeout=LONG_WAIT_MS)
    context.close()


def test_an_english_visitor_is_sent_no_other_language(server: Server, new_page: NewPage) -> None:
    page = new_page()
    with page.expect_response(server.url + "/") as answer:
        page.goto(server.url)
    assert "speecht5Language = {" not in answer.value.text()
    assert "Sprechen" not in answer.value.text()
