"""Who speaks into the microphone compares with their own voice."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from io import BytesIO

import numpy as np
import pytest
import soundfile
from playwright.sync_api import Browser, Playwright, expect

from speecht5_demo.checkpoints import Checkpoint
from speecht5_demo.quality.recorded_speakers import SHORTEST_S
from speecht5_demo.synthesis import Synthesizer
from speecht5_demo.wav import wav_bytes
from tests.browser.compare_page import LONG_WAIT_MS, ComparePage, rows
from tests.browser.conftest import PATIENCE_MS, QUIET, Server, chromium_path
from tests.support.published import save_tiny_checkpoint

READ = "The birch canoe slid on the smooth planks. Glue the sheet to the dark blue background."


@pytest.fixture(scope="module")
def server(serve: Callable[..., Server], tmp_path_factory: pytest.TempPathFactory) -> Server:
    """A small checkpoint whose speakers are vectors of an encoder that is installed."""
    folder = tmp_path_factory.mktemp("hearing")
    save_tiny_checkpoint(folder, speaker_embedding_dim=256)
    limits = {"max_characters": 110, "max_length_ratio": 10, "speaker_encoder": "resemblyzer"}
    (folder / "speaking.json").write_text(json.dumps(limits))
    for path in (folder / "speakers").glob("*.npy"):
        np.save(path, np.random.default_rng(1).normal(size=256).astype(np.float32))
    return serve(CHECKPOINT=str(folder))


@pytest.fixture(scope="module")
def with_microphone(
    playwright: Playwright, embedded: Checkpoint, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Browser]:
    """A Chromium into whose microphone somebody reads two sentences, again and again."""
    said = tmp_path_factory.mktemp("said") / "said.wav"
    speech = Synthesizer(embedded).speak(READ, "am_michael", "turbo-int8")
    said.write_bytes(wav_bytes(speech.samples, speech.sampling_rate))
    fakes = [
        "--use-fake-device-for-media-stream",
        "--use-fake-ui-for-media-stream",
        f"--use-file-for-fake-audio-capture={said}",
    ]
    browser = playwright.chromium.launch(executable_path=chromium_path(), args=[*QUIET, *fakes])
    yield browser
    browser.close()


def test_a_voice_from_the_microphone_speaks_the_next_comparison(
    server: Server, with_microphone: Browser
) -> None:
    context = with_microphone.new_context(permissions=["microphone"])
    context.set_default_timeout(PATIENCE_MS)
    page = ComparePage(context.new_page(), server.url)
    page.page.get_by_role("button", name="Another voice").click()
    record = page.page.locator("#upload .upload-record")
    with page.page.expect_request("**/compare/voice", timeout=LONG_WAIT_MS) as sent:
        record.click()
        expect(record).to_have_text("Stop recording")
    samples, rate = soundfile.read(BytesIO(sent.value.post_data_buffer or b""))
    assert (rate, samples.ndim) == (16_000, 1)
    assert len(samples) >= SHORTEST_S * rate
    assert np.abs(samples).max() > 0.05
    expect(page.page.locator("#upload")).to_contain_text(
        "speaks from the next comparison on", timeout=LONG_WAIT_MS
    )
    chosen = page.page.locator("#speaker input")
    expect(chosen).to_have_value(re.compile("^Your recording"))
    named = chosen.input_value()
    page.say("My own voice.")
    page.choose("Dynamic INT8")
    page.speak(samples=1)
    expect(page.page.locator(".board .spoken")).to_contain_text(f"{named} says")
    page.rate(0, 4)
    (row,) = rows(server.data)
    assert row["speaker"].startswith("recording-")
    context.close()
