"""Tools for assistants: an MCP client against the running app."""

from __future__ import annotations

import asyncio
import io
import json
import time
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, TypeVar

import httpx
import pytest
import soundfile
from mcp import ClientSession
from mcp.client.streamable_http import streamable_http_client
from mcp.types import CallToolResult, TextContent

from speecht5_demo.checkpoints import Checkpoint
from speecht5_demo.ui.app import App, build_app, launch_options
from speecht5_demo.ui.settings import Settings
from speecht5_demo.ui.speech_api.tools import OFF
from tests.attack.client import PATIENCE_S, Client
from tests.browser.conftest import Server

Result = TypeVar("Result")
MCP = "/gradio_api/mcp/"


def with_session(
    server: Server, act: Callable[[ClientSession], Awaitable[Result]], source: str = "127.0.0.1"
) -> Result:
    async def run() -> Result:
        network = httpx.AsyncHTTPTransport(local_address=source)
        async with (
            httpx.AsyncClient(transport=network, timeout=PATIENCE_S) as client,
            streamable_http_client(server.url + MCP, http_client=client) as (reading, writing, _),
            ClientSession(reading, writing) as session,
        ):
            await session.initialize()
            return await act(session)

    with ThreadPoolExecutor(1) as apart:  # the browser's tests may have left a loop in this thread
        return apart.submit(asyncio.run, run()).result()


def called(server: Server, name: str, **arguments: Any) -> CallToolResult:
    return with_session(server, lambda session: session.call_tool(name, arguments))


def told(result: CallToolResult) -> Any:
    (content,) = result.content
    assert isinstance(content, TextContent)
    assert not result.isError, content.text
    return json.loads(content.text)


def test_there_are_two_tools_and_each_says_what_its_arguments_are(server: Server) -> None:
    tools = with_session(server, lambda session: session.list_tools()).tools
    assert [tool.name for tool in tools] == ["speak", "compare"]
    for tool in tools:
        assert "up to 2,000 characters" in tool.inputSchema["properties"]["text"]["description"]
        assert all(field["description"] for field in tool.inputSchema["properties"].values())
        assert tool.inputSchema["required"] == ["text"]
        assert "synthetic" in str(tool.description) or "measure" in str(tool.description)


def test_speak_returns_an_address_of_speech_that_says_it_is_synthetic(server: Server) -> None:
    document = told(called(server, "speak", text="Hello there.", speaker="am_michael", seed=3))
    assert document["variant"] == "turbo-int8"
    assert document["audio"].startswith(server.url)
    audio = Client(server.url).send("GET", document["audio"].removeprefix(server.url)).body
    with soundfile.SoundFile(io.BytesIO(audio)) as file:
        assert file.frames / file.samplerate == pytest.approx(document["audio_seconds"], abs=0.01)
        assert file.comment.startswith("Synthetic speech")


def test_compare_returns_the_figures_of_each_variant(server: Server) -> None:
    documents = told(called(server, "compare", text="Hello there.", variants=["baseline", "int8"]))
    assert [document["variant"] for document in documents] == ["baseline", "int8"]
    assert documents[1]["sizes"]["disk_bytes"] < documents[0]["sizes"]["disk_bytes"]
    assert str(server.data) not in json.dumps(documents), "no path of the server"


@pytest.mark.parametrize(
    ("name", "arguments", "words"),
    [
        ("speak", {"text": "Hello.", "variant": "nope"}, "no variant"),
        ("speak", {"text": "Hello.", "speaker": "nobody"}, "Choose one of"),
        ("speak", {"text": "x" * 2001}, "2,000"),
        ("speak", {"text": ""}, "text"),
        ("compare", {"text": "Hello.", "repeats": 500}, "1 to 10"),
        ("compare", {"text": "Hello.", "variants": []}, "at least one"),
    ],
)
def test_what_cannot_be_served_is_said_in_a_sentence(
    server: Server, name: str, arguments: dict[str, Any], words: str
) -> None:
    result = called(server, name, **arguments)
    assert result.isError
    assert words in str(result.content[0])


def test_an_address_has_as_many_places_as_a_page(server: Server) -> None:
    async def crowd(session: ClientSession) -> list[CallToolResult]:
        text = "This sentence is here to take a while. " * 10
        return await asyncio.gather(
            *(session.call_tool("speak", {"text": text, "variant": "baseline"}) for _ in range(4))
        )

    results = with_session(server, crowd)
    refused = [result for result in results if result.isError]
    assert len(refused) == 2
    assert all("under way" in str(result.content[0]) for result in refused)


def test_the_voice_is_free_when_an_assistant_leaves(server: Server) -> None:
    async def leave(session: ClientSession) -> None:
        text = "This sentence is here to take a while. " * 40
        calls = []
        refused = None
        while refused is None:  # until all places are taken
            calls.append(asyncio.ensure_future(session.call_tool("compare", {"text": text, "repeats": 5})))
            await asyncio.sleep(0.2)
            another = await session.call_tool("speak", {"text": "Free?"})
            refused = another if another.isError else None
        assert "under way" in str(refused.content[0])
        for call in calls:
            call.cancel()

    async def come_back(session: ClientSession) -> CallToolResult:
        until = time.monotonic() + 60
        while True:
            result = await session.call_tool("speak", {"text": "Free?"})
            if not result.isError or time.monotonic() > until:
                return result
            await asyncio.sleep(1.0)

    # An address of its own: how much it may ask is not used up by the tests before.
    with_session(server, leave, "127.0.1.9")
    assert not with_session(server, come_back, "127.0.1.9").isError


@pytest.mark.parametrize(
    ("message", "status"),
    [
        ({"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": {"name": "comparison"}}, 404),
        ({"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": {"name": ["speak"]}}, 404),
        ({"jsonrpc": "2.0", "id": 1, "method": "tools/call"}, 404),
        (
            {"jsonrpc": "2.0", "id": 1, "method": "resources/read", "params": {"uri": "file:///etc/passwd"}},
            404,
        ),
        ({"jsonrpc": "2.0", "id": 1, "method": "prompts/get", "params": {"name": "x"}}, 404),
        ({"method": 3}, 404),
        ([], 422),
        ({"x": "y" * 99_000}, 413),
    ],
)
def test_nothing_but_the_tools_is_reached(server: Server, message: Any, status: int) -> None:
    client = Client(server.url)
    while (
        answer := client.post(MCP, message)
    ).status == 429:  # the tests before it came from the same address
        time.sleep(1.0)
    assert answer.status == status


def test_no_call_leaves_a_traceback(server: Server) -> None:
    log = Path(server.log).read_text(errors="replace")
    assert "Traceback" not in log


def test_without_the_package_the_app_says_that_it_is_off(
    tiny: Checkpoint, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("speecht5_demo.ui.app.mcp_installed", lambda: False)
    settings = Settings(checkpoint=tiny.spec, prepare_study=False, data=tmp_path, study=tmp_path / "study")
    demo = build_app(settings)
    assert isinstance(demo, App)
    assert demo.surface.tools == ()
    assert not launch_options(settings)["mcp_server"]
    assert OFF in capsys.readouterr().out
