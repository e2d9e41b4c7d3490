"""What a visitor typed, heard and rated is not lost, and can be shared."""

from __future__ import annotations

import hashlib
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.browser.compare_page import LONG_WAIT_MS, ComparePage, rows
from tests.browser.conftest import Server
from tests.browser.held import Held

NewPage = Callable[..., Page]
TWO = ("Baseline fp32", "Dynamic INT8")


def sounds(page: ComparePage) -> list[str]:
    """The samples, whatever order they have."""
    addresses = [str(audio.get_attribute("src")) for audio in page.cards.locator("audio").all()]
    return sorted(
        hashlib.sha256(page.page.context.request.get(each).body()).hexdigest() for each in addresses
    )


def test_a_blind_comparison_survives_reload_and_the_way_back_and_is_shared_blind(
    server: Server, new_page: NewPage
) -> None:
    ann = ComparePage(new_page(), server.url)
    ann.say("Shared & kept, #1.")
    ann.choose(*TWO)
    ann.speak(samples=2)
    heard = sounds(ann)
    ann.rate(0, 4)
    link = ann.page.url
    assert "seed" not in link

    ann.cards.nth(0).get_by_role("button", name="Change the rating of sample A").click()
    ann.page.keyboard.press("5")
    ann.page.keyboard.press("Enter")
    expect(ann.cards.nth(0).locator(".rated")).to_contain_text("You rated it 5")

    ann.page.reload()
    expect(ann.cards).to_have_count(2, timeout=LONG_WAIT_MS)
    expect(ann.cards.nth(0).locator(".rated")).to_contain_text("You rated it 5")
    expect(ann.page.get_by_label("What should it say?")).to_have_value("Shared & kept, #1.")
    expect(ann.page.locator("#variants input:checked")).to_have_count(2)
    ann.rate(1, 3)
    expect(ann.page.locator(".reveal")).to_be_visible()
    expect(ann.page.locator(".rated-change")).to_have_count(0)

    ann.page.goto(f"{server.url}/results")
    ann.page.go_back()
    expect(ann.page.locator(".reveal")).to_be_visible(timeout=LONG_WAIT_MS)

    bob = ComparePage(new_page(), link)
    expect(bob.cards).to_have_count(2, timeout=LONG_WAIT_MS)
    expect(bob.status).to_contain_text("0 of 2 rated")
    expect(bob.page.locator(".reveal")).to_have_count(0)
    assert sounds(bob) == heard
    bob.rate(0, 2)
    mine = [row for row in rows(server.data) if row["text"] == "Shared & kept, #1."]
    assert [(row["rating"], row["blind"]) for row in mine] == [(score, "true") for score in "4532"]
    assert [row["corrects"] for row in mine] == ["", mine[0]["rating_id"], "", ""]
    assert len({row["listener_id"] for row in mine}) == 2


def test_an_open_comparison_is_shared_with_its_seed_and_names(server: Server, new_page: NewPage) -> None:
    ann = ComparePage(new_page(), server.url)
    ann.say("Open to all.")
    ann.choose(*TWO)
    ann.hide_names(False)
    ann.page.locator("#seed input").fill("7")
    ann.speak(samples=2)
    expect(ann.page.get_by_role("button", name="Copy a link to this comparison")).to_be_visible()
    assert "seed=7" in ann.page.url
    bob = ComparePage(new_page(), ann.page.url)
    expect(bob.cards).to_have_count(2, timeout=LONG_WAIT_MS)
    expect(bob.cards.nth(0).locator("h3")).to_have_text("Baseline fp32")
    expect(bob.page.get_by_label("Hide names until I have rated")).not_to_be_checked()
    assert sounds(bob) == sounds(ann)


def test_what_was_typed_and_not_spoken_survives_a_reload(server: Server, new_page: NewPage) -> None:
    page = ComparePage(new_page(), server.url)
    page.choose("Turbo INT8", "Dynamic INT8")
    page.hide_names(False)
    page.say("Not spoken yet.")
    page.page.wait_for_function("sessionStorage.getItem('speecht5-draft')?.includes('Not+spoken+yet')")
    page.page.reload()
    expect(page.page.get_by_label("What should it say?")).to_have_value("Not spoken yet.")
    expect(page.page.locator("#variants").get_by_label("Dynamic INT8", exact=True)).to_be_checked()
    expect(page.page.locator("#variants input:checked")).to_have_count(1)
    expect(page.page.get_by_label("Hide names until I have rated")).not_to_be_checked()
    expect(page.cards).to_have_count(0)


def test_a_version_of_ones_own_that_is_left_out_survives_a_reload(server: Server, new_page: NewPage) -> None:
    page = ComparePage(new_page(), server.url)
    tab = page.page
    for again in (False, True):
        tab.get_by_role("button", name="Your own version").click()
        amount = tab.locator("#amount input[type=number]")
        if not again:
            expect(amount).to_have_value("60")
            amount.fill("35")
            tab.get_by_label("Then quantise to INT8").check()
            tab.get_by_label("Layers to leave alone").fill("*.prenet.*")
            tab.wait_for_function("sessionStorage.getItem('speecht5-draft')?.includes('prenet')")
            tab.reload()
    expect(amount).to_have_value("35")
    expect(tab.get_by_label("Then quantise to INT8")).to_be_checked()
    expect(tab.get_by_label("Layers to change")).to_have_value("*")
    expect(tab.get_by_label("Layers to leave alone")).to_have_value("*.prenet.*")
    expect(tab.get_by_label("Add it to the comparison")).not_to_be_checked()


TYPE_AT_ONCE = """async ([heading, field, value]) => {
  [...document.querySelectorAll('button')].find((each) => each.textContent.includes(heading)).click();
  const there = () => document.querySelector(field);
  if (!there()) await new Promise((made) => new MutationObserver(() => there() && made()).observe(
    document.body, { subtree: true, childList: true }));
  there().value = value;
  there().dispatchEvent(new Event('input', { bubbles: true }));
}"""


@pytest.mark.parametrize(
    ("heading", "field", "value"),
    [
        ("Another voice: upload or blend", "#share input[type=number]", "35"),
        ("Your own version", "#amount input[type=number]", "35"),
        ("Your own version", "#exclude textarea", "*.prenet.*"),
        ("Timing and command line", "#repeats input[type=number]", "5"),
    ],
)
def test_what_is_typed_as_a_panel_opens_stays(
    server: Server, new_page: NewPage, heading: str, field: str, value: str
) -> None:
    tab = ComparePage(new_page(), server.url).page
    expect(tab.get_by_role("button", name=heading)).to_be_visible()
    expect(tab.locator(field)).to_be_hidden()
    tab.evaluate(TYPE_AT_ONCE, [heading, field, value])
    tab.wait_for_timeout(500)
    expect(tab.locator(field)).to_be_visible()
    expect(tab.locator(field)).to_have_value(value)


def test_what_is_typed_while_the_earlier_text_is_on_its_way_stays(server: Server, new_page: NewPage) -> None:
    page = ComparePage(new_page(), server.url)
    tab = page.page
    page.say("Written before.")
    page.choose("Turbo INT8", "Dynamic INT8")
    tab.wait_for_function("sessionStorage.getItem('speecht5-draft')?.includes('Written+before')")
    held = Held(tab)
    tab.reload()
    held.wait_for_one()
    page.say("Written since.")
    held.let_go()
    expect(tab.locator("#variants input:checked")).to_have_count(1)
    tab.wait_for_timeout(500)
    expect(tab.get_by_label("What should it say?")).to_have_value("Written since.")
    expect(tab.locator("#spoken")).to_contain_text("14 of 2,000 characters")
    tab.wait_for_function("sessionStorage.getItem('speecht5-draft').includes('Written+since')")


def test_a_broken_link_says_so_and_the_page_works(server: Server, new_page: NewPage) -> None:
    page = ComparePage(new_page(), f"{server.url}/#text=Hello&voice=nobody&versions=int8&run=abcdefgh")
    expect(page.problem).to_contain_text("nobody")
    page.choose("Dynamic INT8")
    page.say("It works.")
    page.speak(samples=1)
