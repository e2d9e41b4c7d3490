"""Questions of a page that are held on their way to the server, as a slow line holds them."""

from __future__ import annotations

import time

from playwright.sync_api import Page, Route

from tests.browser.compare_page import LONG_WAIT_MS


class Held:
    """Questions of the page that wait on their way to the server until they are let go."""

    def __init__(self, tab: Page) -> None:
        self._tab = tab
        self._routes: list[Route] = []
        self._holding = True
        tab.route("**/predict", self._hold)

    def _hold(self, route: Route) -> None:
        if self._holding:
            self._routes.append(route)
        else:
            route.continue_()

    def wait_for_one(self) -> None:
        deadline = time.monotonic() + LONG_WAIT_MS / 1000
        while not self._routes:
            assert time.monotonic() < deadline, "the page asked nothing"
            self._tab.wait_for_timeout(20)

    def let_one_go(self) -> None:
        self._routes.pop(0).continue_()

    def let_go(self) -> None:
        self._holding = False
        while self._routes:
            self.let_one_go()
