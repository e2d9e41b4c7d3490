"""`/compare` for programs: the same comparison, not blind, all results at once.

    client = gradio_client.Client("http://127.0.0.1:7860")
    results = client.predict("Glue the sheet to the blue background.", ["baseline", "int8"], api_name="/compare")

It opens a run of its own, in the queue and within the limits of the page, and takes no ticket or run of anybody else,
so it cannot tell what a blind page hides.
"""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable, Coroutine
from functools import partial
from typing import Any

import anyio
import anyio.to_thread
import gradio as gr

from speecht5_demo.errors import DemoError, SynthesisError
from speecht5_demo.synthesis.document import speech_document
from speecht5_demo.ui.compare.cards import Card
from speecht5_demo.ui.compare.clips import ADDRESS
from speecht5_demo.ui.compare.plan import OwnVariant, VoiceChoice
from speecht5_demo.ui.compare.runs import Run
from speecht5_demo.ui.compare.service import CompareService
from speecht5_demo.ui.serving.visitor import Visitor
from speecht5_demo.ui.visiting import visitor_of
from speecht5_demo.variants import REPORT_VARIANTS

POLL_S = 0.05
GONE_POLL_S = 0.5

CompareEndpoint = Callable[..., Coroutine[Any, Any, list[dict[str, object]]]]


def compare_endpoint(service: CompareService) -> CompareEndpoint:
    """The function behind `/compare`."""
    context = service.context
    report, first_speaker = list(REPORT_VARIANTS), context.checkpoint.speaker().name

    async def comparison(
        text: str,
        variants: list[str] = report,
        speaker: str = first_speaker,
        seed: int = 0,
        repeats: int = 1,
        request: gr.Request | None = None,
    ) -> list[dict[str, object]]:
        """Speak a text with several variants, and measure them. It ends when its caller leaves.

        Args:
            text: up to 2,000 characters.
            variants: names such as baseline, int8, pruned, pruned-int8.
            speaker: a name.
            seed: of the dropout masks.
            repeats: timed runs of each, interleaved, while nobody waits to hear something.

        Returns:
            One object a variant: variant, text, spoken_text, speaker, seed, checkpoint, sampling_rate,
            audio_seconds, latency_s {median, p90, runs, encode, decode, vocode}, first_audio_s, rtf,
            sizes {disk_bytes, zip_bytes, resident_bytes, parameters, nonzero_parameters, acoustic_disk_bytes,
            vocoder_disk_bytes}, stopped (true when the model ended by itself) and audio (a WAV file).
        """
        try:
            run = await spoken_run(
                service,
                visitor_of(request),
                text=text,
                voice=VoiceChoice(speaker),
                seed=seed,
                variants=variants,
                repeats=repeats,
            )
        except DemoError as error:
            raise gr.Error(str(error), print_exception=False) from error
        root = (
            str(request.request.base_url)
            if request is not None and request.request is not None
            else "http://clips/"
        )
        return [_document(card, root) for card in run.made]

    comparison._mcp_type = "no tool"  # type: ignore[attr-defined]  # assistants have tools of their own
    return comparison


async def _stays() -> bool:
    return False


async def spoken_run(
    service: CompareService,
    visitor: Visitor,
    gone: Callable[[], Awaitable[bool]] = _stays,
    *,
    text: Any,
    voice: VoiceChoice,
    seed: Any,
    variants: Any,
    repeats: Any,
) -> Run:
    """An open run of a program from its start to its end, whatever becomes of the program.

    Args:
        gone: whether the caller has left; others are known to be here by their streams.

    Raises:
        DemoError: an input is unusable, the server has too much to do, or the run broke off.
    """
    start = partial(
        service.start,
        text=text,
        voice=voice,
        seed=seed,
        variants=variants,
        own=OwnVariant(),
        repeats=repeats,
        blind=False,
        visitor=visitor,
        for_program=True,
    )
    run = await anyio.to_thread.run_sync(start)  # a long text takes long to write out
    looking = time.monotonic()
    try:
        while not run.over:
            service.is_wanted(run)  # or it ends
            if time.monotonic() - looking > GONE_POLL_S:
                looking = time.monotonic()
                if await gone():
                    break
            await anyio.sleep(POLL_S)
    finally:
        run.cancel.set()
    if run.problem or len(run.made) < len(run.order):
        raise SynthesisError(run.problem or "The comparison was ended before all samples were made.")
    return run


def _document(card: Card, root: str) -> dict[str, object]:
    """The document of one sample, its audio as an address that a client downloads from: no path of the server."""
    assert card.sizes is not None  # a run that is over has measured them
    document = speech_document(card.sample, card.sizes, card.clip.audio, card.first_audio_s)
    address = f"{root.rstrip('/')}{ADDRESS}{card.clip.audio.name}"
    return {**document, "audio": gr.FileData(path=address, url=address).model_dump()}
