"""The sweep on the Compare page: drawn when it is opened, every point plays, and it reads on a phone."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
from playwright.sync_api import Locator, Page, expect

from speecht5_demo.checkpoints import Checkpoint
from speecht5_demo.results import write
from speecht5_demo.wav import write_wav_file
from tests.browser.compare_page import LONG_WAIT_MS, ComparePage
from tests.browser.conftest import Server
from tests.support import results

SENTENCE = "The birch canoe slid on the smooth planks."


def a_sweep(folder: Path, digest: str) -> None:
    """Two points of a sweep that some machine measured, with a buzz for audio."""
    buzz = (0.2 * np.sign(np.sin(np.arange(8_000) / 10))).astype(np.float32)
    points = []
    for amount in (0.0, 0.8):
        path = f"audio/p{amount:g}/bf_emma-0001.wav"
        write_wav_file(buzz, 16_000, folder / path, parents=True)
        points.append(replace(results.point(amount), audio={"bf_emma": path}))
    document = results.sweep(*points, breaks_at=0.8)
    write(
        replace(
            document,
            created="2100-01-01T00:00:00+00:00",
            checkpoint=replace(document.checkpoint, digest=digest),
            settings=replace(document.settings, sentences=(SENTENCE,)),
        ),
        folder / "sweep.json",
    )


def test_the_sweep_is_drawn_when_opened_and_every_point_plays(
    serve: Callable[..., Server], new_page: Callable[..., Page], embedded: Checkpoint, tmp_path: Path
) -> None:
    a_sweep(tmp_path / "sweeps" / "mine", embedded.digest)
    server = serve(data=tmp_path)
    page = new_page(width=360, height=740, touch=True)
    page.goto(server.url)
    section = page.locator("#sweep")
    page.get_by_role("button", name="Where does it break?").tap()
    expect(section).to_contain_text("it breaks at 80%", timeout=LONG_WAIT_MS)
    expect(section).to_contain_text(SENTENCE)
    expect(section.locator("svg.chart-narrow").first).to_be_visible()
    expect(section.get_by_role("img", name="WER")).not_to_have_count(0)
    players = section.locator(".chart-report").first.locator("audio")
    expect(players).to_have_count(2)
    for index in (0, 1):
        players.nth(index).evaluate("player => player.play()")
        page.wait_for_function("player => player.ended", arg=players.nth(index).element_handle())
    assert page.evaluate("document.documentElement.scrollWidth") <= 360


def sounds(audio: Locator, playing: bool) -> None:
    """Whether it is heard."""
    expect(audio).to_have_js_property("paused", not playing)


def test_one_sound_is_heard_at_a_time_and_none_of_a_closed_section(
    serve: Callable[..., Server], new_page: Callable[..., Page], embedded: Checkpoint, tmp_path: Path
) -> None:
    a_sweep(tmp_path / "sweeps" / "mine", embedded.digest)
    page = ComparePage(new_page(), serve(data=tmp_path).url)
    page.choose("Dynamic INT8")
    page.hide_names(False)
    page.say("A sample beside the sweep.")
    page.speak(samples=1)
    title = page.page.get_by_role("button", name="Where does it break?")
    title.click()
    clip = page.page.locator("#sweep .chart-report").first.locator("audio").first
    sample = page.cards.locator("audio")
    clip.evaluate("clip => { clip.loop = true; return clip.play(); }")
    sounds(clip, True)
    sample.evaluate("sample => { sample.loop = true; }")
    page.cards.get_by_role("button", name="Play").click()
    sounds(sample, True)
    sounds(clip, False)
    clip.evaluate("clip => clip.play()")
    sounds(sample, False)
    sounds(clip, True)
    title.click()
    sounds(clip, False)
