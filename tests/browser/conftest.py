"""A real Chromium and a real server, each started once for all browser tests.

`chromium` is the browser; `new_page(...)` opens an isolated visitor; `serve(...)` starts a server of a test's
own and `server` is the one that tests share. Every process started here is ended here, by its own handle.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, Playwright, expect, sync_playwright

from tests.support import firefox_relay
from tests.support.app_process import COLD, AppProcess, start_app, warm_up
from tests.support.ports import free_port

START_LIMIT_S = 120
FIREFOX_START_MS = 180_000
FIREFOX = {
    "media.autoplay.default": 0,
    "media.volume_scale": "0.0",
    "layout.frame_rate": 10,  # nobody looks, and frames are drawn by the processor
    "ui.prefersReducedMotion": 1,
    "fission.autostart": False,  # one process of pages is enough for one page
    "dom.ipc.processCount": 1,
    "layout.css.prefers-color-scheme.content-override": 0,
}
PATIENCE_MS = 60_000  # a busy machine is no failure
expect.set_options(timeout=PATIENCE_MS)
UNUSED = (
    # A page behind the address bar of each window, which nobody sees and which costs as much as the page under test.
    "WebUIOmniboxPopup,WebUIOmniboxAimPopup,WebUIOmniboxFullPopup,"
    # What Playwright leaves out, for Chromium heeds the last list alone.
    "AimEnabled,AvoidCorsURLLoaderRestartOnRedirect,AvoidUnnecessaryBeforeUnloadCheckSync,"
    "DestroyProfileOnBrowserClose,HttpsFirstBalancedModeAutoEnable,HttpsUpgrades,LensOverlay,MediaRouter,"
    "NetworkTimeServiceQuerying,OptimizationHints,PaintHolding,PreconnectToSearch,TcpPortRandomizationWin,"
    "ThirdPartyStoragePartitioning"
)
QUIET = [
    f"--disable-features={UNUSED}",
    "--no-sandbox",
    "--disable-dev-shm-usage",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
    "--mute-audio",
    "--autoplay-policy=no-user-gesture-required",
    # What compiles a page's code for long use costs more than it saves in a page that is soon left.
    "--js-flags=--no-turbofan --no-maglev",
]


@dataclass(frozen=True)
class Server:
    """A running `python app.py`."""

    url: str
    data: Path
    log: Path
    process: AppProcess

    def kill(self) -> None:
        """SIGKILL, as a power cut would."""
        self.process.kill()
        self.process.join(60)


@contextmanager
def running_server(data: Path, **environment: str) -> Iterator[Server]:
    """`python app.py` on a free port with `data` as its DATA_DIR; killed on leaving.

    It speaks when it is asked to; with `COLD` empty, at its start too. `PORT` chooses the port.
    """
    port = int(environment.get("PORT", 0)) or free_port()
    data.mkdir(parents=True, exist_ok=True)
    log = data / "server.log"
    chosen = {
        "CHECKPOINT": "embedded",
        "OMP_NUM_THREADS": "1",
        "PREPARE_STUDY": "0",
        COLD: "1",
        **environment,
    }
    fixed = {"HOST": "127.0.0.1", "PORT": str(port), "DATA_DIR": str(data), "PYTHONUNBUFFERED": "1"}
    process = start_app(log, {**chosen, **fixed})
    try:
        url = f"http://127.0.0.1:{port}"
        wait_until_up(url, process, log)
        yield Server(url, data, log, process)
    finally:
        process.kill()
        process.join(60)


def wait_until_up(url: str, process: AppProcess | subprocess.Popen[bytes], log: Path) -> None:
    """Return when the page answers; fail with the server's own words when it does not."""
    deadline = time.monotonic() + START_LIMIT_S
    while time.monotonic() < deadline:
        if not (process.is_alive() if isinstance(process, AppProcess) else process.poll() is None):
            break
        try:
            with urllib.request.urlopen(f"{url}/config", timeout=30):
                return
        except (urllib.error.URLError, TimeoutError, ConnectionError):
            time.sleep(0.05)
    pytest.fail(f"The server did not come up at {url}:\n{log.read_text(errors='replace')[-4000:]}")


def chromium_path() -> str | None:
    """Where a Chromium is; None where there is Playwright's own."""
    names = (
        "chromium-headless-shell",
        *("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome"),
    )
    return os.environ.get("CHROMIUM") or next(filter(None, map(shutil.which, names)), None)


@pytest.fixture(scope="session")
def playwright() -> Iterator[Playwright]:
    """What drives browsers: one for all of them.

    It ends when its input does, so no copy of this process may be made with that input: the warm one comes first.
    """
    warm_up()
    with sync_playwright() as driver:
        yield driver


@pytest.fixture(scope="session")
def chromium(playwright: Playwright) -> Iterator[Browser]:
    """Debian's or Playwright's own Chromium, headless."""
    browser = playwright.chromium.launch(executable_path=chromium_path(), args=QUIET)
    yield browser
    browser.close()


@pytest.fixture(scope="session")
def firefox(playwright: Playwright, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    """The system's or Playwright's own Firefox, headless and in the dark: a page is light where its address says so."""
    found = os.environ.get("FIREFOX") or next(
        filter(None, map(shutil.which, ("firefox-esr", "firefox"))), None
    )
    start = tmp_path_factory.mktemp("firefox") / "start"
    start.write_text(f'#!/bin/sh\nexec "{sys.executable}" "{firefox_relay.__file__}" "{found}" "$@"\n')
    start.chmod(0o755)
    theirs = {"channel": "moz-firefox", "executable_path": start} if found else {}
    browser = playwright.firefox.launch(firefox_user_prefs=FIREFOX, timeout=FIREFOX_START_MS, **theirs)
    yield browser
    browser.close()


@pytest.fixture
def new_page(chromium: Browser) -> Iterator[Callable[..., Page]]:
    """`new_page(width=360, height=740, dark=True, touch=True, moving=True)`: a visitor of their own."""
    with ExitStack() as visitors:

        def open_page(
            width: int = 1280,
            height: int = 900,
            dark: bool = False,
            touch: bool = False,
            moving: bool = False,
        ) -> Page:
            context = chromium.new_context(
                viewport={"width": width, "height": height},
                color_scheme="dark" if dark else "light",
                # What moves is drawn sixty times a second by the processor, and seldom what a test is about.
                reduced_motion="no-preference" if moving else "reduce",
                has_touch=touch,
                is_mobile=touch,
                accept_downloads=True,
            )
            visitors.callback(context.close)
            context.set_default_timeout(PATIENCE_MS)
            return context.new_page()

        yield open_page


@pytest.fixture(scope="module")
def serve(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[..., Server]]:
    """`serve(CHECKPOINT="embedded", STUDY_DIR=...)`: a server of one's own, ended with the file of tests."""
    with ExitStack() as servers:

        def start(data: Path | None = None, **environment: str) -> Server:
            folder = data or tmp_path_factory.mktemp("data")
            return servers.enter_context(running_server(folder, **environment))

        yield start


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """The server that browser tests share: the embedded voice, no study."""
    with running_server(tmp_path_factory.mktemp("data")) as shared:
        yield shared
