"""Own recipes and own voices in a real browser: layers from a tree, words beside a pattern, the command, the menu."""

from __future__ import annotations

import re
from collections.abc import Callable

import numpy as np
import pytest
from playwright.sync_api import Page, expect

from speecht5_demo.wav import wav_bytes
from tests.browser.compare_page import ComparePage
from tests.browser.conftest import Server

NewPage = Callable[..., Page]


@pytest.fixture
def page(server: Server, new_page: NewPage) -> ComparePage:
    return ComparePage(new_page(), server.url)


def test_layers_are_picked_from_a_tree_and_their_patterns_stand_in_the_field(page: ComparePage) -> None:
    tab = page.page
    tab.get_by_role("button", name="Your own version").click()
    tab.get_by_role("button", name="Pick layers from the model").click()
    tree = tab.locator("#layer-tree")
    expect(tree.locator(".layer-size").first).to_contain_text(re.compile(r"\d (MB|kB)"))
    first = tree.locator("input").first
    first.check()
    pattern = str(first.get_attribute("value"))
    expect(tab.get_by_label("Layers to change")).to_have_value(pattern)
    expect(tab.locator("#patterns")).to_contain_text(re.compile(r"\d+ of \d+ Linear layers"))
    first.uncheck()
    expect(tab.get_by_label("Layers to change")).to_have_value("*")


def test_patterns_that_were_written_by_hand_stay_beside_what_is_ticked(page: ComparePage) -> None:
    tab = page.page
    tab.get_by_role("button", name="Your own version").click()
    field = tab.get_by_label("Layers to change")
    expect(field).to_have_value("*")
    field.fill("*.feat_out, speech_decoder_postnet.*")
    tab.get_by_role("button", name="Pick layers from the model").click()
    boxes = tab.locator("#layer-tree input:visible")
    expect(boxes.nth(1)).to_be_checked()
    boxes.nth(0).check()
    expect(field).to_have_value("*.feat_out, speecht5.*, speech_decoder_postnet.*")
    boxes.nth(1).uncheck()
    expect(field).to_have_value("*.feat_out, speecht5.*")
    boxes.nth(0).uncheck()
    expect(field).to_have_value("*.feat_out")


def test_a_pattern_that_matches_nothing_is_said_beside_the_field(page: ComparePage) -> None:
    tab = page.page
    tab.get_by_role("button", name="Your own version").click()
    expect(tab.get_by_label("Layers to change")).to_have_value("*")  # the fields that came have their values
    tab.get_by_label("Layers to leave alone").fill("*.nothing")
    expect(tab.locator("#patterns .wrong")).to_contain_text("“*.nothing” matches none of the")
    tab.get_by_label("Layers to leave alone").fill("*.feat_out")
    expect(tab.locator("#patterns .wrong")).to_have_count(0)


def test_each_version_is_explained_beside_the_choice_and_the_command_is_shown(page: ComparePage) -> None:
    tab = page.page
    expect(tab.locator("#variant-lines")).to_contain_text("For production on a CPU")
    page.say("Hello there.")
    tab.get_by_role("button", name="Timing").click()
    tab.locator("#show-command").click()
    expect(tab.locator("#command")).to_contain_text(
        "python -m speecht5_demo compare 'Hello there.' --variants baseline,"
    )


def test_the_menu_names_the_voice_that_was_brought_until_another_is_chosen(page: ComparePage) -> None:
    tab = page.page
    tab.get_by_role("button", name="Another voice").click()
    before = tab.get_by_label("Speaker", exact=True).input_value()
    page.bring_anna()
    menu = tab.get_by_label("Speaker", exact=True)
    expect(menu).to_have_value("anna (uploaded)")
    menu.click()
    tab.get_by_role("option", name=before).click()
    expect(menu).to_have_value(before)
    expect(tab.locator("#upload .upload-again")).to_be_hidden()
    menu.click()
    expect(tab.get_by_role("option", name="anna (uploaded)")).to_have_count(0)


def test_a_recording_for_a_voice_without_an_encoder_is_answered_with_what_it_takes(page: ComparePage) -> None:
    tab = page.page
    tab.get_by_role("button", name="Another voice").click()
    tab.get_by_role("button", name="Record a voice").click()
    said = tab.locator("#upload .upload-said")
    expect(said).to_contain_text("names no speaker encoder")
    tab.locator("#speaker-file").set_input_files(
        {"name": "me.wav", "mimeType": "audio/wav", "buffer": wav_bytes(np.zeros(80_000), 16_000)}
    )
    expect(said).to_contain_text("names no speaker encoder")
