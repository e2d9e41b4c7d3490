"""What a first visit to a page costs: bytes over the wire, requests, and the time until it can be used.

    python -m benchmarks.first_load [--page /] [--files] [--rounds 5]

Beside it stands Gradio's smallest app, one button as the library serves it: what is sent with any page that it makes.
Bytes are the network's own count in Chromium, heads of answers included. Times depend on what else the machine does.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from statistics import median

from playwright.sync_api import Browser, sync_playwright

from tests.browser.conftest import QUIET, chromium_path, free_port, running_server
from tests.support.app_process import warm_up
from tests.support.first_load import FirstLoad, first_load

USABLE = {"/": "#speak", "/listen": "#listen h1", "/results": "#results-get-json"}
SMALLEST = """
import sys, gradio
with gradio.Blocks(analytics_enabled=False) as demo:
    gradio.Button("Speak", elem_id="speak")
demo.launch(server_name="127.0.0.1", server_port=int(sys.argv[1]), quiet=True)
"""


@contextmanager
def smallest_app() -> Iterator[str]:
    """The address of one button."""
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    process = subprocess.Popen([sys.executable, "-c", SMALLEST, str(port)], stdout=subprocess.DEVNULL)
    try:
        for _ in range(600):
            try:
                urllib.request.urlopen(f"{url}/config", timeout=30).close()
                break
            except (urllib.error.URLError, ConnectionError):
                time.sleep(0.1)
        yield url
    finally:
        process.kill()
        process.wait()


def report(name: str, browser: Browser, url: str, usable: str, rounds: int, files: bool) -> None:
    """Print a line, and one of each file where that is asked for."""
    first_load(browser, url, usable)  # what the server makes once
    loads = [first_load(browser, url, usable) for _ in range(rounds)]
    load: FirstLoad = loads[-1]
    times = [each.usable_ms for each in loads]
    print(
        f"{name}: {load.wire_bytes / 1000:.0f} kB in {len(load.resources)} requests; usable after "
        f"{median(times):.0f} ms (median of {rounds}, {min(times):.0f} to {max(times):.0f})"
    )
    for one in sorted(load.resources, key=lambda each: -each.wire_bytes) if files else ():
        print(f"{one.wire_bytes:9,} {one.encoding or '-':5} {one.kind:10} {one.path}  [{one.kept}]")


def main() -> None:
    """Measure."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--page", default="/", choices=sorted(USABLE))
    parser.add_argument("--files", action="store_true", help="a line for each file")
    parser.add_argument("--rounds", type=int, default=5)
    chosen = parser.parse_args()
    warm_up()  # before the driver starts: it ends when its input does
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium_path(), args=QUIET)
        with smallest_app() as url:
            report("Gradio's smallest app", browser, url, "#speak", chosen.rounds, chosen.files)
        with running_server(Path(folder)) as server:
            address = server.url + chosen.page
            report(chosen.page, browser, address, USABLE[chosen.page], chosen.rounds, chosen.files)
        browser.close()


if __name__ == "__main__":
    main()
