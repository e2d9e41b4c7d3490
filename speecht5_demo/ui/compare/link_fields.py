"""What stands in the page's fields after a link was opened, or a page loaded again."""

from __future__ import annotations

from typing import Any

import gradio as gr

from speecht5_demo.ui.compare.link import RunLink
from speecht5_demo.ui.compare.plan import VoiceChoice
from speecht5_demo.ui.compare.service import CompareService
from speecht5_demo.variants import all_variants

NO_BLEND = ""
UPLOADED = "uploaded"
"""In the menu of speakers, while a visitor's own is in use."""

Speakers = list[tuple[str, str]]
"""The menu: labels and names."""


def link_fields(sent: RunLink, service: CompareService, speakers: Speakers) -> list[Any]:
    """Values of the fields that a link says, in their order; what it names and is not here stays as it is."""
    voice, own, listenable = sent.voice, sent.own, service.context.checkpoint.listenable
    uploaded = voice.upload if voice.upload and service.uploads.knows(voice.upload) else None
    known = {variant.name for variant in all_variants()}
    recipe = [own.pruned_percent, own.int8, own.include, own.exclude]
    return [
        sent.text,
        _speaker(voice, uploaded, service, speakers),
        voice.blend_with if voice.blend_with in (name for _, name in speakers) else NO_BLEND,
        uploaded,
        voice.share_percent,
        gr.skip() if sent.seed is None else sent.seed,
        [name for name in sent.variants if name in known],
        own.wanted,
        *(recipe if sent.recipe else [gr.skip()] * len(recipe)),
        sent.repeats,
        sent.blind and listenable,
        sent.pairs and listenable,
    ]


def _speaker(voice: VoiceChoice, uploaded: str | None, service: CompareService, speakers: Speakers) -> Any:
    """The menu of speakers, with an uploaded one where it is in use."""
    if uploaded:
        return gr.update(
            choices=[(service.uploads.find(uploaded).label, UPLOADED), *speakers], value=UPLOADED
        )
    return voice.name if voice.name in (name for _, name in speakers) else gr.skip()
