"""The Listen page as a listener meets it: by keyboard, by thumb, on a bad connection, and blind."""

from __future__ import annotations

import json
import re
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, Route, expect

from speecht5_demo.listening.manifest import Manifest
from speecht5_demo.listening.preparation import prepare
from speecht5_demo.listening.ratings import read_ratings
from speecht5_demo.listening.sessions import read_sessions
from speecht5_demo.listening.study import Sentence, SessionPlan
from tests.browser.conftest import PATIENCE_MS, Server
from tests.browser.test_compare import serious
from tests.browser.wire import recorded
from tests.listening.conftest import VOICE, make_study, one_by_one, say
from tests.support.random_words import without_random_words

# Names that occur nowhere else, so that all traffic can be searched for them, the page's own code included.
ANIMALS = ("ocelot", "quokka", "wombat", "narwhal")
KEYS = "4321" * 5
LOADED = ".listen .sample-player:has(audio[src])"
RECEIPT_BYTES = 68
SENTENCES = tuple(
    Sentence(f"zzid-{k}", f"The {word} was never mentioned aloud.") for k, word in enumerate("abcd")
)
QUICK_NOISES = """
AudioBufferSourceNode.prototype.start = function () { setTimeout(() => this.onended?.(), 10); };
"""
CONTEXTS = """
window.contexts = [];
window.AudioContext = class extends AudioContext { constructor() { super(); window.contexts.push(this); } };
"""


@dataclass(frozen=True)
class Open:
    """A served study."""

    server: Server
    manifest: Manifest
    folder: Path

    @property
    def ratings(self) -> Path:
        return self.server.data / "ratings"


@pytest.fixture(scope="module")
def study(tmp_path_factory: pytest.TempPathFactory, serve: Callable[..., Server]) -> Open:
    folder = tmp_path_factory.mktemp("study")
    recipe = make_study(
        variants=ANIMALS,
        baseline="ocelot",
        sentences=SENTENCES,
        practice_sentences=(Sentence("zzid-p", "The practice was never mentioned either."),),
        session=SessionPlan(sentences=1, practice=1, break_after=3),
    )
    manifest = prepare(recipe, VOICE, folder)
    return Open(serve(STUDY_DIR=str(folder)), manifest, folder)


@dataclass(frozen=True)
class Session:
    """What one listener did, and everything that could be seen of it.

    Attributes:
        code: the completion code shown.
        sent, received: every byte that crossed the wire.
        kept: storage, cookies and the page itself.
        clips: addresses of the clips.
    """

    code: str
    sent: bytes
    received: bytes
    kept: str
    clips: list[str]


def step(page: Page) -> str:
    return page.locator(".listen").get_attribute("data-step") or ""


def wait_for_step(page: Page, name: str) -> None:
    page.wait_for_selector(f'.listen[data-step="{name}"]')


def tab_to(page: Page, selector: str) -> None:
    """Press Tab until the focus is where a keyboard user would want it."""
    for _ in range(40):
        if page.evaluate("(s) => document.activeElement?.matches(s) ?? false", selector):
            return
        page.keyboard.press("Tab")
    raise AssertionError(f"{selector} cannot be reached with Tab")


def rate_by_keys(page: Page, key: str) -> None:
    before = page.inner_text(".listen h1")
    page.wait_for_function("document.querySelector('.listen audio')?.src")
    page.keyboard.press("Space")
    page.wait_for_selector(".listen fieldset.rating:not([disabled])")
    page.keyboard.press(key)
    page.keyboard.press("Enter")
    page.wait_for_function(
        "(before) => document.querySelector('.listen h1').innerText !== before", arg=before
    )


@pytest.fixture(scope="module")
def keyboard(study: Open, chromium: Browser) -> Iterator[Session]:
    """A whole session without a mouse, every byte of it recorded."""
    with recorded(study.server.url) as wire:
        context = chromium.new_context(locale="en-GB")
        context.set_default_timeout(PATIENCE_MS)
        page = context.new_page()
        asked: list[str] = []
        page.on("request", lambda request: asked.append(request.url))
        page.goto(f"{wire.url}/listen?PROLIFIC_PID=worker-7&STUDY_ID=st-1&SESSION_ID=se-1")
        to_practice_by_keys(page)
        keys = iter(KEYS)
        while step(page) != "end":
            if step(page) == "break":
                tab_to(page, ".listen button.go")
                page.keyboard.press("Enter")
                page.wait_for_selector('.listen:not([data-step="break"])')
            else:
                rate_by_keys(page, next(keys))
        storage = "JSON.stringify([{...localStorage}, {...sessionStorage}, document.cookie, location.href])"
        sent, received = wire.since((0, 0))
        yield Session(
            code=page.inner_text(".listen code"),
            sent=sent,
            received=received,
            kept=page.evaluate(storage) + page.content(),
            clips=[url for url in asked if "/listening/clip/" in url],
        )
        context.close()


def to_practice_by_keys(page: Page) -> None:
    wait_for_step(page, "consent")
    tab_to(page, ".listen button.go")
    page.keyboard.press("Enter")
    wait_for_step(page, "about")
    for name in ("device", "headphones"):
        tab_to(page, f".listen input[name={name}]")
        page.keyboard.press("ArrowDown")
    tab_to(page, ".listen button.go")
    page.keyboard.press("Enter")
    wait_for_step(page, "level")
    tab_to(page, ".listen .play")
    page.wait_for_function("document.querySelector('.listen audio').readyState >= 3")
    page.keyboard.press("Space")
    page.wait_for_selector(".listen button.go:not([disabled])")
    tab_to(page, ".listen button.go")
    page.keyboard.press("Enter")
    wait_for_step(page, "headphone-check")
    tab_to(page, ".listen button.quiet")
    page.keyboard.press("Enter")
    wait_for_step(page, "practice")


def test_a_session_is_done_with_the_keyboard_alone(study: Open, keyboard: Session) -> None:
    sessions = read_sessions(study.ratings)
    mine = sessions[sessions["platform_participant"] == "worker-7"]
    assert mine["completion_code"].tolist() == [keyboard.code]
    assert (mine["platform_study"].item(), mine["platform_session"].item()) == ("st-1", "se-1")
    assert (mine["device"].item(), mine["headphones"].item()) == ("phone", "earphones")
    assert mine["headphone_check"].item() == "skipped"
    frame = read_ratings(study.ratings).frame
    rows = frame[frame["session_id"] == mine.index[0]]
    assert rows["rating"].tolist() == [float(key) for key in KEYS[: len(rows)]]
    assert sorted(rows["role"]) == ["anchor", "practice", "repeat", "test", "test", "test", "test", "trap"]
    assert (rows["heard_fraction"] >= 0.95).all()
    assert (rows["plays"] == 1).all()
    assert not rows["flags"].str.contains("fast|heard|impossible").any()


def test_nothing_on_the_wire_or_in_the_browser_tells_a_variant(study: Open, keyboard: Session) -> None:
    secrets = {*ANIMALS, "am_michael", str(study.folder)}
    for clip in study.manifest.stimuli:
        secrets |= {clip.id, clip.sha256, clip.sentence_id, clip.text}
    assert len(keyboard.received) > 8 * study.manifest.clip_bytes
    length = len(keyboard.clips[0].rpartition("/")[2])
    assert length not in map(len, secrets)
    sealed = set(re.findall(rb"(?<![\w-])[\w-]{%d}(?![\w-])" % length, keyboard.sent + keyboard.received))
    assert len(sealed) >= 16, "a clip and a ticket of each of eight trials"
    everything = keyboard.sent + keyboard.received + keyboard.kept.encode()
    seen, received = (without_random_words(said, sealed) for said in (everything, keyboard.received))
    assert [secret for secret in secrets if secret.encode() in seen] == []
    views = re.findall(rb'\{"view":.*?\}\}?', received)
    assert len(views) >= 12
    assert not [view for view in views if re.search(rb"trap|anchor|repeat|baseline|int8", view)]


def test_clips_cannot_be_told_apart_without_listening(study: Open, keyboard: Session) -> None:
    assert len(set(keyboard.clips)) == len(keyboard.clips) == 8
    headers = set()
    for url in keyboard.clips:
        with urllib.request.urlopen(f"{study.server.url}/listening/{url.split('/listening/')[1]}") as reply:
            assert len(reply.read()) == study.manifest.clip_bytes + RECEIPT_BYTES
            headers.add(str([header for header in reply.getheaders() if header[0] != "date"]))
    assert len(headers) == 1
    assert len({len(url) for url in keyboard.clips}) == 1


def test_a_session_is_done_with_one_thumb_at_360_pixels(study: Open, new_page: Callable[..., Page]) -> None:
    page = new_page(width=360, height=740, touch=True)
    page.add_init_script(QUICK_NOISES)
    page.goto(f"{study.server.url}/listen")
    wait_for_step(page, "consent")
    findings = serious(page)
    page.tap(".listen button.go")
    wait_for_step(page, "about")
    findings += serious(page)
    page.locator(".listen .device label").nth(1).tap()
    page.locator(".listen .headphones label").nth(1).tap()
    page.tap(".listen button.go")
    wait_for_step(page, "level")
    findings += serious(page)
    page.wait_for_selector(LOADED)
    page.locator(".listen audio").evaluate("audio => audio.play()")
    page.wait_for_selector(".listen button.go:not([disabled])")
    page.tap(".listen button.go")
    wait_for_step(page, "headphone-check")
    findings += serious(page)
    for n in range(6):
        page.tap(".listen button.go")
        page.wait_for_selector(".listen fieldset.noises:not([disabled])")
        page.locator(".listen fieldset.noises button").nth(n % 3).tap()
    wait_for_step(page, "practice")
    seen = set()
    while step(page) != "end":
        if step(page) == "break":
            findings += serious(page)
            page.tap(".listen button.go")
            page.wait_for_selector('.listen:not([data-step="break"])')
            continue
        before = page.inner_text(".listen h1")
        page.wait_for_function("document.querySelector('.listen audio')?.src")
        if "trial" not in seen:
            page.reload()  # at the very same clip, with nothing lost
            page.wait_for_selector(LOADED)
            assert page.inner_text(".listen h1") == before
            findings += serious(page)
        seen.add(step(page))
        assert page.locator(".listen input:checked").count() == 0
        page.locator(".listen audio").evaluate("audio => audio.play()")
        page.wait_for_selector(".listen fieldset.rating:not([disabled])")
        page.locator(".listen label", has_text="Fair").tap()
        page.tap(".listen button.go")
        page.wait_for_function(
            "(before) => document.querySelector('.listen h1').innerText !== before", arg=before
        )
        assert page.evaluate("document.documentElement.scrollWidth") <= 360
    findings += serious(page)
    assert findings == []
    assert len(page.inner_text(".listen code")) == 8
    sessions = read_sessions(study.ratings)
    mine = sessions[sessions["completion_code"] == page.inner_text(".listen code")]
    assert re.fullmatch(r"[0-6]/6", mine["headphone_check"].item())
    assert (mine["device"].item(), mine["headphones"].item()) == ("phone", "earphones")
    frame = read_ratings(study.ratings).frame
    assert (frame["session_id"] == mine.index[0]).sum() == 8


def to_headphone_check(page: Page, url: str, query: str = "") -> None:
    page.goto(f"{url}/listen{query}")
    wait_for_step(page, "consent")
    page.click(".listen button.go")
    wait_for_step(page, "about")
    page.check("input[value=computer]")
    page.check("input[value=headphones]")
    page.click(".listen button.go")
    wait_for_step(page, "level")
    page.wait_for_selector(LOADED)
    page.locator(".listen audio").evaluate("audio => audio.play()")
    page.click(".listen button.go:not([disabled])")
    wait_for_step(page, "headphone-check")


def to_first_clip(page: Page, url: str, query: str = "") -> None:
    to_headphone_check(page, url, query)
    page.click(".listen button.quiet")
    wait_for_step(page, "practice")
    page.wait_for_selector(LOADED)


def test_a_headphone_check_that_is_skipped_falls_silent(study: Open, new_page: Callable[..., Page]) -> None:
    page = new_page()
    page.add_init_script(CONTEXTS)
    to_headphone_check(page, study.server.url)
    page.get_by_role("button", name="Play").click()
    page.wait_for_function("window.contexts.at(-1)?.state === 'running'")
    page.click(".listen button.quiet")
    wait_for_step(page, "practice")
    page.wait_for_function("window.contexts.at(-1).state === 'closed'", timeout=500)


def test_a_preview_shows_the_consent_and_an_unfilled_link_says_what_is_wrong(
    study: Open, new_page: Callable[..., Page]
) -> None:
    page = new_page()
    page.goto(f"{study.server.url}/listen?assignmentId=ASSIGNMENT_ID_NOT_AVAILABLE&hitId=h")
    wait_for_step(page, "consent")
    expect(page.locator(".listen button.go")).to_be_disabled()
    expect(page.locator(".listen .banner").last).to_contain_text("preview")
    page.goto(f"{study.server.url}/listen?PROLIFIC_PID={{{{%25PROLIFIC_PID%25}}}}")
    wait_for_step(page, "closed")
    expect(page.locator(".listen")).to_contain_text("still says PROLIFIC_PID={{%PROLIFIC_PID%}}")


def test_another_browser_goes_on_only_with_the_link_to_go_on(
    study: Open, new_page: Callable[..., Page]
) -> None:
    link = f"{study.server.url}/listen?PROLIFIC_PID=worker-two-devices"
    first = new_page()
    first.goto(link)
    wait_for_step(first, "consent")
    first.click(".listen button.go")
    wait_for_step(first, "about")
    first.click(".listen .elsewhere button")
    go_on = first.inner_text(".listen .elsewhere code")
    second = new_page()
    second.goto(link)
    wait_for_step(second, "closed")
    expect(second.locator(".listen")).to_contain_text("another browser")
    second.goto("about:blank")
    second.goto(go_on)
    wait_for_step(second, "about")
    assert "#" not in second.url
    first.reload()
    wait_for_step(first, "about")


def test_nothing_leads_away_while_the_test_is_taken(study: Open, new_page: Callable[..., Page]) -> None:
    page = new_page()
    page.goto(f"{study.server.url}/listen")
    wait_for_step(page, "consent")
    expect(page.locator(".nav-holder")).to_be_visible()
    page.click(".listen button.go")
    wait_for_step(page, "about")
    expect(page.locator(".nav-holder")).to_be_hidden()


def test_jumping_to_the_end_of_a_clip_is_not_hearing_it(study: Open, new_page: Callable[..., Page]) -> None:
    page = new_page(dark=True)
    to_first_clip(page, study.server.url)
    assert serious(page) == []
    audio = page.locator(".listen audio")
    audio.evaluate("audio => { audio.currentTime = audio.duration * 0.8; return audio.play(); }")
    page.wait_for_function("document.querySelector('.listen audio').ended")
    page.keyboard.press("5")
    page.keyboard.press("Enter")
    assert page.locator(".listen fieldset.rating:disabled").count() == 1
    assert page.locator(".listen input:checked").count() == 0
    page.keyboard.press("Space")
    page.wait_for_selector(".listen fieldset.rating:not([disabled])")


def test_an_answer_given_without_a_connection_is_saved_once_it_is_back(
    study: Open, new_page: Callable[..., Page]
) -> None:
    page = new_page()
    to_first_clip(page, study.server.url)
    page.context.set_offline(True)
    page.keyboard.press("Space")
    page.wait_for_selector(".listen fieldset.rating:not([disabled])")
    page.keyboard.press("2")
    page.keyboard.press("Enter")
    expect(page.locator(".listen .banner")).to_contain_text("No connection")
    assert step(page) == "practice"
    page.context.set_offline(False)
    wait_for_step(page, "trial")
    expect(page.locator(".listen .banner")).to_be_hidden()
    assert page.inner_text(".listen h1") == "Clip 1 of 7"
    assert page.evaluate("localStorage.getItem('listening-unsent')") is None


def test_a_rating_whose_answer_was_lost_goes_on_without_a_word(
    study: Open, new_page: Callable[..., Page]
) -> None:
    def lose(route: Route) -> None:
        assert route.fetch().ok
        route.abort("connectionreset")

    page = new_page()
    to_first_clip(page, study.server.url)
    page.route("**/listening/rate", lose, times=1)
    rate_by_keys(page, "2")
    assert page.inner_text(".listen h1") == "Clip 1 of 7"
    expect(page.locator(".listen .banner")).to_be_hidden()


@pytest.mark.parametrize(("locale", "agree", "good"), [
    ("de-DE", "Einverstanden, beginnen", "Ausgezeichnet"),
    ("fr-FR", "J'accepte, commencer", "Excellente"),
    ("es-MX", "Acepto, empezar", "Excelente"),
    ("hi-IN", "मैं सहमत हूँ, शुरू करें", "उत्कृष्ट"),
    ("zh-CN", "我同意，开始", "优"),
    ("sv-SE", "I agree, begin", "Excellent"),
])  # fmt: skip
def test_the_page_speaks_the_listeners_language(
    study: Open, chromium: Browser, locale: str, agree: str, good: str
) -> None:
    context = chromium.new_context(locale=locale)
    context.set_default_timeout(PATIENCE_MS)
    page = context.new_page()
    page.goto(f"{study.server.url}/listen")
    expect(page.locator(".listen button.go")).to_have_text(agree)
    assert locale.startswith(page.locator(".listen").get_attribute("lang") or "-") or locale == "sv-SE"
    told = page.evaluate("window.gradio_config.i18n_translations")
    words = json.loads(told.get(locale, told.get(locale.split("-")[0], told["en"]))["listen"])
    assert words["methods"]["ACR"]["scale"]["5"] == good
    context.close()


def test_files_of_a_study_cannot_be_fetched_around_the_page(study: Open, keyboard: Session) -> None:
    clip = next((study.folder / "clips").iterdir())
    ratings = next(study.ratings.glob("ratings-*.csv"))
    secret = study.server.data / "listening-secret"
    assert secret.is_file()
    for path in (study.folder / "manifest.json", clip, ratings, secret):
        for address in (f"/gradio_api/file={path}", f"/file={path}", f"/listening/clip/{path.name}"):
            with pytest.raises(urllib.error.HTTPError):
                urllib.request.urlopen(study.server.url + address)


@pytest.mark.parametrize(
    ("method", "question", "keys"),
    [("AB", "preference", "Keys: 1 to 3 choose"), ("CCR", "comparison", "Keys: 1 (−3) to 7 (+3) choose")],
    ids=["AB", "CCR"],
)
def test_the_clips_of_a_pair_are_switched_at_the_same_place(
    serve: Callable[..., Server],
    new_page: Callable[..., Page],
    tmp_path: Path,
    method: str,
    question: str,
    keys: str,
) -> None:
    recipe = make_study(
        variants=ANIMALS[:2],
        baseline="ocelot",
        sentences=SENTENCES,
        method=method,
        question=question,
        session=SessionPlan(sentences=1, practice=1, break_after=9),
    )
    # Nothing here may depend on how much of a clip is over before the browser is asked again.
    slow = replace(VOICE, speak=one_by_one(lambda *line: say(*line, seconds=10.0)))
    prepare(recipe, slow, tmp_path / "pairs")
    page = new_page()
    to_first_clip(page, serve(STUDY_DIR=str(tmp_path / "pairs")).url)
    expect(page.locator(".listen .play")).to_have_count(2)
    expect(page.locator(".listen .keys")).to_contain_text(keys)
    expect(page.locator(".listen .keys")).to_contain_text("switch between the clips at the same place")
    assert page.locator(".listen .timeline.drawn").count() == 0, "a picture of the sound would be a hint"
    page.keyboard.press("Space")
    time, plays = (
        f"document.querySelectorAll('.listen audio')[{{}}].{what}" for what in ("currentTime", "paused")
    )
    page.wait_for_function(f"{time.format(0)} > 0.2")
    page.keyboard.press("ArrowRight")
    page.wait_for_function(f"!{plays.format(1)} && {time.format(1)} > 0.2")
    assert page.evaluate(plays.format(0))
    page.keyboard.press("a")
    page.wait_for_function(f"!{plays.format(0)}")
