"""What a visitor does on the Compare page, in a visitor's words."""

from __future__ import annotations

import csv
import io
import re
from pathlib import Path

import numpy as np
from playwright.sync_api import Locator, Page, expect

LONG_WAIT_MS = 90_000
REPORT_LABELS = ("Baseline fp32", "Dynamic INT8", "Pruned 30 %", "Pruned 30 % + INT8")


class ComparePage:
    """The page, opened."""

    def __init__(self, page: Page, url: str) -> None:
        self.page = page
        page.goto(url)
        expect(page.locator("#speak")).to_be_enabled(timeout=LONG_WAIT_MS)

    @property
    def cards(self) -> Locator:
        return self.page.locator(".card:not(.waiting)")

    @property
    def status(self) -> Locator:
        return self.page.locator(".board .status")

    @property
    def problem(self) -> Locator:
        return self.page.locator(".board .problem:visible")

    def say(self, text: str) -> None:
        self.page.get_by_label("What should it say?").fill(text)

    def choose(self, *labels: str) -> None:
        for label in REPORT_LABELS:
            self.page.locator("#variants").get_by_label(label, exact=True).set_checked(label in labels)

    def choose_turbo(self, *labels: str) -> None:
        """These versions and no other."""
        self.choose()
        for label in labels:
            self.page.locator("#variants").get_by_label(label, exact=True).check()

    def repeats(self, count: int) -> None:
        self.page.get_by_role("button", name="Timing").click()
        field = self.page.locator("#repeats input[type=number]")
        expect(field).to_have_value(re.compile(r"\d"))  # what is typed before its value comes is lost
        field.fill(str(count))

    def bring_anna(self) -> None:
        """A speaker's vector of one's own, by the name of anna."""
        content = io.BytesIO()
        np.save(content, np.random.default_rng(1).normal(size=512).astype(np.float32))
        self.page.locator("#speaker-file").set_input_files(
            {"name": "anna.npy", "mimeType": "application/octet-stream", "buffer": content.getvalue()}
        )

    def hide_names(self, hidden: bool) -> None:
        self.page.get_by_label("Hide names until I have rated").set_checked(hidden)

    def speak(self, samples: int) -> None:
        self.page.locator("#speak").click()
        try:
            expect(self.cards).to_have_count(samples, timeout=LONG_WAIT_MS)
        except AssertionError as error:
            error.add_note(f"The page said: {self.page.locator('#board').inner_text()!r}")
            raise

    def listen(self, index: int) -> None:
        self.cards.nth(index).get_by_role("button", name="Play").click()
        self.page.wait_for_function(
            "i => document.querySelectorAll('.card:not(.waiting) audio')[i].currentTime > 0.1", arg=index
        )

    def choose_score(self, index: int, score: int) -> None:
        self.cards.nth(index).locator(".scale label").nth(score - 1).click()

    def rate(self, index: int, score: int) -> None:
        self.listen(index)
        self.choose_score(index, score)
        self.cards.nth(index).locator(".save").click()
        expect(self.cards.nth(index).locator(".rated")).to_contain_text(f"Saved. You rated it {score}")


def rows(data: Path) -> list[dict[str, str]]:
    """All rows of a server's ratings files, as a spreadsheet would show them."""
    found = []
    for path in sorted((data / "ratings").glob("ratings-*.csv")):
        with path.open(encoding="utf-8", newline="") as file:
            found += list(csv.DictReader(file))
    return found
