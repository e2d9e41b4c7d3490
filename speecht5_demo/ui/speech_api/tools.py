"""Tools for assistants, over the MCP server that Gradio brings: `speak` and `compare`, and no other.

They run in the queue and within the limits of the pages, each address as one visitor, and end with who called them.
The server is on where the `mcp` package is installed (requirements-mcp.txt).
"""

from __future__ import annotations

import importlib.util
import json
from collections.abc import Callable, Coroutine
from typing import Any

import gradio as gr
from gradio.events import api as gradio_api
from starlette.requests import Request

from speecht5_demo.errors import DemoError
from speecht5_demo.synthesis.document import speech_document
from speecht5_demo.ui.compare.api import spoken_run
from speecht5_demo.ui.compare.cards import Card
from speecht5_demo.ui.compare.plan import VoiceChoice
from speecht5_demo.ui.compare.service import CompareService
from speecht5_demo.ui.compare.taken import ADDRESS
from speecht5_demo.ui.serving.presence import Presence
from speecht5_demo.ui.serving.visitor import Visitor, address_of
from speecht5_demo.variants import REPORT_VARIANTS

TOOLS = ("speak", "compare")
TOOL_EVENT = "tool_"
"""In front of a tool's name as an event of Gradio."""
OFF = (
    "MCP is off: the package mcp is not installed here. pip install -r requirements-mcp.txt brings it, and with it "
    "the tools speak and compare at /gradio_api/mcp/."
)


def mcp_installed() -> bool:
    """Whether Gradio can serve MCP."""
    return importlib.util.find_spec("mcp") is not None


def build_tools(service: CompareService, presence: Presence) -> None:
    """Define the tools in the open page."""
    report, first = list(REPORT_VARIANTS), service.context.checkpoint.speaker().name

    async def speak(
        text: str,
        variant: str = "turbo-int8",
        speaker: str = first,
        seed: int = 0,
        request: gr.Request | None = None,
    ) -> str:
        """Speak a text with one variant of the text-to-speech model. The speech is synthetic, and its file says so.

        Args:
            text: what to say, up to 2,000 characters; numbers, prices and dates are spoken out.
            variant: baseline, int8, pruned, pruned-int8, turbo, turbo-int8, turbo-pruned-int8 or turbo-small.
            speaker: the name of a speaker, or a blend such as am_michael+bf_emma:0.3.
            seed: another seed says it a little differently.

        Returns:
            A JSON object: audio (address of a WAV file, kept for some hours), spoken_text, speaker, variant, seed,
            checkpoint, audio_seconds, latency_s.
        """
        (document,) = await _documents(request, text, [variant], speaker, seed, 1)
        return json.dumps(document, ensure_ascii=False)

    async def compare(
        text: str,
        variants: list[str] = report,
        speaker: str = first,
        seed: int = 0,
        repeats: int = 1,
        request: gr.Request | None = None,
    ) -> str:
        """Speak one text with several variants of the model and measure what each costs in time and size.

        Args:
            text: what to say, up to 2,000 characters; numbers, prices and dates are spoken out.
            variants: names such as baseline, int8, pruned, pruned-int8, turbo-int8; up to 8.
            speaker: the name of a speaker, or a blend such as am_michael+bf_emma:0.3.
            seed: the same for all variants.
            repeats: timed runs of each variant, 1 to 10.

        Returns:
            A JSON list, one object a variant: audio (address of a WAV file, kept for some hours), spoken_text, speaker,
            variant, seed, checkpoint, audio_seconds, latency_s with its stages, first_audio_s, rtf, sizes in bytes.
        """
        return json.dumps(
            await _documents(request, text, variants, speaker, seed, repeats), ensure_ascii=False
        )

    async def _documents(
        request: Any, text: Any, variants: Any, speaker: Any, seed: Any, repeats: Any
    ) -> list[dict[str, object]]:
        asked = request if isinstance(request, Request) else getattr(request, "request", None)
        peer = asked.client.host if asked is not None and asked.client else None
        address = address_of(peer, asked.headers if asked is not None else {})
        visitor = Visitor(f"tools-{address}", address)

        async def gone() -> bool:
            return asked is not None and await asked.is_disconnected()

        try:
            with presence.stream(visitor.session):
                run = await spoken_run(
                    service,
                    visitor,
                    gone,
                    text=text,
                    voice=VoiceChoice(speaker),
                    seed=seed,
                    variants=variants,
                    repeats=repeats,
                )
        except DemoError as error:
            raise gr.Error(str(error), print_exception=False) from error
        root = str(asked.base_url) if asked is not None else "/"
        return [_document(card, root) for card in run.made]

    tools: tuple[Callable[..., Coroutine[Any, Any, str]], ...] = (speak, compare)
    for tool in tools:
        gradio_api(tool, api_name=TOOL_EVENT + tool.__name__, queue=False)


def _document(card: Card, root: str) -> dict[str, object]:
    """What an assistant is told of one sample: no path of the server."""
    assert card.sizes is not None  # a run that is over has measured them
    document = speech_document(card.sample, card.sizes, card.clip.audio, card.first_audio_s)
    return {**document, "audio": f"{root.rstrip('/')}{ADDRESS}{card.ticket}"}
