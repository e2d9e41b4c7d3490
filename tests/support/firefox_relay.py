"""Firefox as Playwright can start it: `firefox_relay.py FIREFOX ARGUMENTS...`.

Playwright drives a Firefox that it did not build over WebDriver BiDi, and asks each new window for a colour scheme. The
long-term release does not know that command yet, and Playwright takes its refusal for the end. So this stands between
the two: it passes everything on, and answers for Firefox where Firefox says that a command of `OPTIONAL` is unknown.
"""

from __future__ import annotations

import asyncio
import json
import re
import sys

from websockets.asyncio.client import ClientConnection, connect
from websockets.asyncio.server import ServerConnection, serve

OPTIONAL = {"emulation.setMediaFeaturesOverride"}
_LISTENS = re.compile(r"WebDriver BiDi listening on (ws://\S+)")


async def _relay(driver: ServerConnection, address: str) -> None:
    assert driver.request is not None
    asked: set[int] = set()
    async with connect(address + driver.request.path, max_size=None, ping_interval=None) as browser:

        async def there() -> None:
            async for said in driver:
                command = json.loads(said)
                if command["method"] in OPTIONAL:
                    asked.add(command["id"])
                await browser.send(said)
            await browser.close()

        await asyncio.gather(there(), _back(browser, driver, asked))


async def _back(browser: ClientConnection, driver: ServerConnection, asked: set[int]) -> None:
    async for said in browser:
        answer = json.loads(said) if asked else {}
        if answer.get("id") in asked:
            asked.discard(answer["id"])
            if answer.get("error") == "unknown command":
                said = json.dumps({"type": "success", "id": answer["id"], "result": {}})
        await driver.send(said)
    await driver.close()


async def main(command: list[str]) -> int:
    """Run Firefox; where it says that it listens, name the relay's address instead."""
    firefox = await asyncio.create_subprocess_exec(*command, stderr=asyncio.subprocess.PIPE)
    assert firefox.stderr is not None
    address = ""
    async with serve(
        lambda driver: _relay(driver, address), "127.0.0.1", 0, max_size=None, ping_interval=None
    ) as server:
        port = next(iter(server.sockets)).getsockname()[1]
        async for line in firefox.stderr:
            said = line.decode(errors="replace")
            if found := _LISTENS.search(said):
                address = found[1]
                said = said.replace(address, f"ws://127.0.0.1:{port}")
            print(said, end="", file=sys.stderr, flush=True)
        return await firefox.wait()


if __name__ == "__main__":
    sys.exit(asyncio.run(main(sys.argv[1:])))
