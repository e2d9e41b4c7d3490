"""The Compare page as visitors use it: by phone, by keyboard, in company, impatiently, wrongly."""

from __future__ import annotations

import json
import re
import urllib.error
import urllib.request
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from axe_playwright_python.sync_playwright import Axe
from gradio_client import Client
from gradio_client.exceptions import AppError
from playwright.sync_api import Page, expect

from tests.browser.compare_page import LONG_WAIT_MS, ComparePage, rows
from tests.browser.conftest import Server

TWO = ("Baseline fp32", "Dynamic INT8")
ONLY_KEYS = "Only keys, and a sentence long enough to be seen playing on a machine that is very busy."
NewPage = Callable[..., Page]


def serious(page: Page) -> list[str]:
    """Accessibility rules of serious or critical weight that the page breaks."""
    found = Axe().run(page).response["violations"]
    return [
        f"{rule['id']}: {node['html'][:160]}"
        for rule in found
        if rule["impact"] in ("serious", "critical")
        for node in rule["nodes"]
    ]


def test_a_phone_speaks_rates_by_touch_and_never_scrolls_sideways(server: Server, new_page: NewPage) -> None:
    page = ComparePage(new_page(width=360, height=740, dark=True, touch=True), server.url)
    page.say("A phone in the dark.")
    page.choose(*TWO)
    page.page.locator("#speak").tap()
    expect(page.status).to_be_in_viewport()
    expect(page.cards).to_have_count(2, timeout=LONG_WAIT_MS)
    for index in (0, 1):
        page.cards.nth(index).locator(".play").tap()
        page.cards.nth(index).locator(".scale label").nth(3).tap()
        page.cards.nth(index).locator(".save").tap()
        expect(page.cards.nth(index).locator(".rated")).to_contain_text("Saved")
    expect(page.page.locator(".reveal")).to_be_visible()
    assert page.page.evaluate("document.documentElement.scrollWidth") <= 360
    assert page.page.evaluate("document.body.classList.contains('dark')")
    mine = [row for row in rows(server.data) if row["text"] == "A phone in the dark."]
    assert [row["device"] for row in mine] == ["touch", "touch"]


def test_the_keyboard_alone_is_enough(server: Server, new_page: NewPage) -> None:
    page = ComparePage(new_page(), server.url)
    page.say(ONLY_KEYS)
    page.choose(*TWO)
    keys = page.page.keyboard
    page.page.locator("#speak").focus()
    keys.press("Enter")
    expect(page.cards).to_have_count(2, timeout=LONG_WAIT_MS)
    page.cards.nth(0).get_by_role("button", name="Play").focus()
    for index, score in enumerate((5, 3)):
        keys.press("Space")
        expect(page.cards.nth(index).get_by_role("button", name="Pause")).to_be_visible()
        keys.press("2")
        keys.press(str(score))
        keys.press("Enter")
        expect(page.page.locator(".rated").filter(has_text=f"rated it {score}")).to_be_visible()
    expect(page.page.locator(".reveal")).to_be_focused()
    mine = [row for row in rows(server.data) if row["text"] == ONLY_KEYS]
    assert [row["rating"] for row in mine] == ["5", "3"]


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
def test_no_serious_accessibility_finding(server: Server, new_page: NewPage, dark: bool) -> None:
    page = ComparePage(new_page(dark=dark), server.url)
    assert serious(page.page) == []
    page.choose(*TWO)
    page.hide_names(False)
    page.say("Open names.")
    page.speak(samples=2)
    expect(page.page.locator(".reveal")).to_be_visible()
    expect(page.page.locator("#stop")).to_be_hidden(timeout=LONG_WAIT_MS)
    assert serious(page.page) == []


NOTE_PLACES = """() => {
    window.places = [];
    const top = (node) => node ? node.offsetTop + top(node.offsetParent) : -scrollY;
    const note = () => {
        const play = document.querySelector('.card:not(.waiting) .play');
        if (play) window.places.push([Boolean(document.querySelector('.reveal')), top(play)]);
        requestAnimationFrame(note);
    };
    requestAnimationFrame(note);
}"""
"""Where the first sample is laid out in each frame, not where it is drawn: that its coming in moves by some pixels."""


@pytest.mark.parametrize("height", [900, 300])
def test_the_table_moves_no_sample_that_is_about_to_be_pressed(
    server: Server, new_page: NewPage, height: int
) -> None:
    page = ComparePage(new_page(height=height), server.url)
    page.say("Stay where you are.")
    page.choose(*TWO)
    page.hide_names(False)
    page.page.evaluate(NOTE_PLACES)
    page.speak(samples=2)
    expect(page.page.locator(".reveal")).to_be_visible(timeout=LONG_WAIT_MS)
    page.page.wait_for_function("window.places.at(-1)[0]")
    places = page.page.evaluate("window.places")
    (before, after) = ([top for shown, top in places if shown is table] for table in (False, True))
    # A busy machine may draw no frame between the sample and the table: nobody has seen it elsewhere then.
    seen = before[-1:] + after
    assert max(seen) - min(seen) < 4  # each is a sum of up to three offsets, which are rounded


def test_three_fast_clicks_on_save_make_one_row(server: Server, new_page: NewPage) -> None:
    page = ComparePage(new_page(), server.url)
    page.say("Click, click, click.")
    page.choose("Dynamic INT8")
    page.speak(samples=1)
    page.listen(0)
    page.choose_score(0, 2)
    page.cards.nth(0).locator(".save").evaluate(
        "button => { button.click(); button.click(); button.click(); }"
    )
    expect(page.cards.nth(0).locator(".rated")).to_be_visible()
    assert len([row for row in rows(server.data) if row["text"] == "Click, click, click."]) == 1


def test_a_ticket_counts_once_however_often_it_is_posted(server: Server, new_page: NewPage) -> None:
    page = ComparePage(new_page(), server.url)
    page.say("Post it again.")
    page.choose("Dynamic INT8")
    page.speak(samples=1)
    with page.page.expect_request(re.compile("component_server")) as posted:
        page.rate(0, 4)
    body = json.loads(posted.value.post_data or "")
    body["data"]["rating"] = 1
    for _ in range(2):
        request = urllib.request.Request(
            f"{server.url}/gradio_api/component_server/",
            json.dumps(body).encode(),
            {"Content-Type": "application/json"},
        )
        with urllib.request.urlopen(request) as answer:
            assert json.load(answer)["rating"] == 4
    assert [row["rating"] for row in rows(server.data) if row["text"] == "Post it again."] == ["4"]


def test_two_visitors_do_not_see_each_other(server: Server, new_page: NewPage) -> None:
    ann, bob = (ComparePage(new_page(), server.url) for _ in range(2))
    for visitor, text in ((ann, "This is Ann."), (bob, "This is Bob.")):
        visitor.say(text)
        visitor.choose(*TWO)
    ann.page.locator("#speak").click()
    bob.page.locator("#speak").click()
    for visitor, own, other in ((ann, "Ann", "Bob"), (bob, "Bob", "Ann")):
        expect(visitor.cards).to_have_count(2, timeout=LONG_WAIT_MS)
        expect(visitor.page.locator(".board .spoken")).to_contain_text(own)
        assert other not in visitor.page.locator("#board").inner_text()
    sources = [
        {audio.get_attribute("src") for audio in visitor.cards.locator("audio").all()}
        for visitor in (ann, bob)
    ]
    assert not sources[0] & sources[1]


def test_a_saved_rating_survives_sigkill_and_an_unsaved_one_is_not_called_saved(
    serve: Callable[..., Server], new_page: NewPage, tmp_path: Path
) -> None:
    server = serve(data=tmp_path / "killed")
    page = ComparePage(new_page(), server.url)
    page.choose(*TWO)
    page.speak(samples=2)
    page.rate(0, 3)
    page.listen(1)
    page.choose_score(1, 4)
    server.kill()
    page.cards.nth(1).locator(".save").click()
    expect(page.cards.nth(1).locator(".note")).to_contain_text("Not saved")
    expect(page.cards.nth(1).locator(".scale input").nth(3)).to_be_checked()
    (row,) = rows(server.data)
    assert row["rating"] == "3"
    assert row["position"] == "1"


def test_stop_stops_and_the_next_run_starts_at_once(server: Server, new_page: NewPage) -> None:
    page = ComparePage(new_page(), server.url)
    page.say("A long text that takes its time to speak. " * 40)
    page.page.locator("#speak").click()
    expect(page.status).to_contain_text(re.compile("samples are ready|Preparing"), timeout=LONG_WAIT_MS)
    page.page.locator("#stop").click()
    expect(page.status).to_contain_text("Stopped", timeout=LONG_WAIT_MS)
    page.say("Short now.")
    page.choose("Dynamic INT8")
    page.speak(samples=1)


def test_unusable_input_is_explained_and_loses_nothing(server: Server, new_page: NewPage) -> None:
    page = ComparePage(new_page(), server.url)
    page.say("Keep me.")
    page.choose("Dynamic INT8")
    page.speak(samples=1)
    expect(page.page.locator("#stop")).to_be_hidden(timeout=LONG_WAIT_MS)
    page.say("   ")
    page.page.locator("#speak").click()
    expect(page.problem).to_be_visible()
    expect(page.cards).to_have_count(1)
    page.say("Hello.")
    page.choose()
    page.page.locator("#speak").click()
    expect(page.problem).to_contain_text("Choose at least one variant")
    page.rate(0, 4)


def test_own_variant_and_uploaded_speaker_join_the_comparison(
    server: Server, new_page: NewPage, tmp_path: Path
) -> None:
    vector = tmp_path / "mine.npy"
    np.save(vector, np.random.default_rng(3).normal(size=512).astype(np.float32))
    page = ComparePage(new_page(), server.url)
    page.say("My own.")
    page.choose("Baseline fp32")
    page.hide_names(False)
    page.page.get_by_role("button", name="Another voice").click()
    page.page.locator("#upload input[type=file]").set_input_files(vector)
    expect(page.page.locator("#upload")).to_contain_text("mine (uploaded)", timeout=LONG_WAIT_MS)
    page.page.get_by_label("Blend with").click()
    page.page.get_by_role("option", name="Michael").click()
    page.page.get_by_role("button", name="Your own version").click()
    page.page.get_by_label("Add it to the comparison").check()
    page.page.get_by_label("Then quantise to INT8").check()
    page.speak(samples=2)
    expect(page.cards.nth(1).locator("h3")).to_have_text("Pruned 60 % + INT8")
    page.rate(1, 1)
    (row,) = [row for row in rows(server.data) if row["text"] == "My own."]
    assert row["blind"] == "false"
    assert row["variant"].startswith("custom-")
    assert re.fullmatch(r"upload-\w+\+am_michael:0.5", row["speaker"])


def test_a_speaker_file_is_judged_when_it_is_chosen(
    server: Server, new_page: NewPage, tmp_path: Path
) -> None:
    vector = tmp_path / "short.npy"
    np.save(vector, np.ones(7, dtype=np.float32))
    page = ComparePage(new_page(), server.url)
    page.page.get_by_role("button", name="Another voice").click()
    page.page.locator("#upload input[type=file]").set_input_files(vector)
    expect(page.page.locator("#upload")).to_contain_text("expected 512 values, found 7", timeout=LONG_WAIT_MS)
    page.choose("Dynamic INT8")
    page.speak(samples=1)


def test_the_compare_endpoint_returns_audio_and_figures(server: Server) -> None:
    client = Client(server.url, verbose=False)
    results = client.predict("Good day.", ["baseline", "int8"], "am_michael", 7, 2, api_name="/compare")
    assert [result["variant"] for result in results] == ["baseline", "int8"]
    for result in results:
        assert Path(result["audio"]).read_bytes().startswith(b"RIFF")
        assert len(result["latency_s"]["runs"]) == 2
        assert result["speaker"] == "am_michael"
        assert result["seed"] == 7
    assert results[1]["sizes"]["acoustic_disk_bytes"] < results[0]["sizes"]["acoustic_disk_bytes"]
    assert "variants" in json.dumps(client.view_api(return_format="dict")["named_endpoints"]["/compare"])


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (("", ["int8"]), "text"),
        (("Hello.", ["int9"]), "no variant 'int9'"),
        (("Hello.", "int8"), "list of names"),
        (("Hello.", ["int8"], "nobody"), "nobody"),
        (("Hello.", ["int8"], "am_michael", -1), "seed"),
        (("Hello.", ["int8"], "am_michael", 0, 99), "repeats"),
    ],
)
def test_the_compare_endpoint_explains_unusable_input(
    server: Server, arguments: tuple[object, ...], sentence: str
) -> None:
    client = Client(server.url, verbose=False)
    with pytest.raises(AppError, match=sentence):
        client.predict(*arguments, api_name="/compare")


def test_ratings_keys_and_sources_are_not_served(server: Server) -> None:
    for path in (
        *server.data.rglob("*.*"),
        server.data / "owner-key",
        Path("app.py").resolve(),
        "/etc/passwd",
        "app.py",
    ):
        with pytest.raises(urllib.error.HTTPError, match="404"):
            urllib.request.urlopen(f"{server.url}/gradio_api/file={path}")
