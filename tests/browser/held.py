"""Questions of a page that are held on their way to the server, or their answers on the way back: a slow line."""

from __future__ import annotations

import json
import time
from collections.abc import Callable

from playwright.sync_api import Page, Route

from tests.browser.compare_page import LONG_WAIT_MS

COMPONENT = "name => gradio_config.components.find(one => one.props.elem_id === name).id"


class Held:
    """Questions of the page that wait on their way to the server until they are let go.

    Args:
        tab: the page.
        asked_by: elem_ids of what asks them; all are held where none is named.
        answers: the server is asked at once, and it is its answers that wait.
        address: where they go.
    """

    def __init__(self, tab: Page, *asked_by: str, answers: bool = False, address: str = "**/predict") -> None:
        self._tab = tab
        self._asked_by = {tab.evaluate(COMPONENT, name) for name in asked_by}
        self._answers = answers
        self._waiting: list[Callable[[], None]] = []
        self._holding = True
        tab.route(address, self._hold)

    def _hold(self, route: Route) -> None:
        asked_by = json.loads(route.request.post_data or "{}").get("trigger_id")
        if not self._holding or (self._asked_by and asked_by not in self._asked_by):
            route.continue_()
        elif self._answers:
            answer = route.fetch()
            self._waiting.append(lambda: route.fulfill(response=answer))
        else:
            self._waiting.append(route.continue_)

    def wait_for_one(self) -> None:
        self.wait_for(1)

    def wait_for(self, number: int) -> None:
        deadline = time.monotonic() + LONG_WAIT_MS / 1000
        while len(self._waiting) < number:
            assert time.monotonic() < deadline, f"the page asked {len(self._waiting)} of {number}"
            self._tab.wait_for_timeout(20)

    def let_one_go(self) -> None:
        self._waiting.pop(0)()

    def hold_no_more(self) -> None:
        """What is asked from now on goes through."""
        self._holding = False

    def let_go(self, last_first: bool = False) -> None:
        self.hold_no_more()
        if last_first:
            self._waiting.reverse()
        while self._waiting:
            self.let_one_go()
