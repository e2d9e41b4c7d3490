"""The folded panels below the form: another voice, a version of one's own, timing and command line."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import gradio as gr

from speecht5_demo.ui.compare.link_fields import NO_BLEND
from speecht5_demo.ui.compare.plan import MAX_PRUNED_PERCENT, MAX_REPEATS
from speecht5_demo.ui.compare.recipe_fields import layer_tree, pattern_note
from speecht5_demo.ui.compare.recipes import LayersOf
from speecht5_demo.ui.compare.service import CompareService
from speecht5_demo.ui.compare.upload_field import speaker_upload
from speecht5_demo.ui.folded import folded
from speecht5_demo.ui.languages import spoken_to


@dataclass(frozen=True)
class VoicePanel:
    """Another voice.

    Attributes:
        upload: a speaker's file or recording, as the token it is kept under.
        blend_with: the second speaker, or `NO_BLEND`. share: of the second speaker, in percent.
    """

    upload: gr.HTML
    blend_with: gr.Dropdown
    share: gr.Slider


@dataclass(frozen=True)
class OwnPanel:
    """A version of one's own.

    Attributes:
        added: whether it is compared. amount: pruned weights, in percent. int8: whether it is quantised then.
        include and exclude: patterns of names of layers.
    """

    added: gr.Checkbox
    amount: gr.Slider
    int8: gr.Checkbox
    include: gr.Textbox
    exclude: gr.Textbox


@dataclass(frozen=True)
class TimingPanel:
    """Timing and command line.

    Attributes:
        repeats: timed runs of each version. typed: asks for the command. shown: the command.
    """

    repeats: gr.Slider
    typed: gr.Button
    shown: gr.HTML


def voice_panel(service: CompareService, speakers: Sequence[tuple[str, str]]) -> VoicePanel:
    """Lay it out where the page is; `speakers` are labels and names."""
    with gr.Column(min_width=280), folded("Another voice: upload or blend"):
        return VoicePanel(
            upload=speaker_upload(service.uploads, service.recordings.missing),
            blend_with=gr.Dropdown([("Nobody", NO_BLEND), *speakers], value=NO_BLEND, label="Blend with"),
            share=gr.Slider(0, 100, 50, step=1, label="Share of the second voice, %", elem_id="share"),
        )


def own_panel(layers: LayersOf, events: Mapping[str, Any]) -> OwnPanel:
    """Lay it out where the page is; what the patterns match is said as they are typed, as such `events`."""
    with gr.Column(min_width=280), folded("Your own version"):
        panel = OwnPanel(
            added=gr.Checkbox(False, label="Add it to the comparison", elem_id="own"),
            amount=gr.Slider(0, MAX_PRUNED_PERCENT, 60, step=1, label="Pruned weights, %", elem_id="amount"),
            int8=gr.Checkbox(False, label="Then quantise to INT8"),
            include=gr.Textbox(
                "*", label="Layers to change", info="Name patterns, separated by commas.", elem_id="include"
            ),
            exclude=gr.Textbox(
                "",
                label="Layers to leave alone",
                placeholder="*.prenet.*, *.feat_out, *.prob_out",
                elem_id="exclude",
            ),
        )
        said = gr.HTML("", elem_id="patterns", apply_default_css=False)
        tree = layer_tree(layers)

    def say(changed: object, left: object, request: gr.Request) -> str:
        return pattern_note(layers, changed, left, spoken_to(request))

    def pick(ticked: object) -> str:
        return ticked if isinstance(ticked, str) and ticked else "*"

    patterns = [panel.include, panel.exclude]
    gr.on([panel.include.change, panel.exclude.change, panel.added.input], say, patterns, said, **events)
    tree.input(pick, tree, panel.include, **events)
    return panel


def timing_panel() -> TimingPanel:
    """Lay it out where the page is."""
    with gr.Column(min_width=280), folded("Timing and command line"):
        return TimingPanel(
            repeats=gr.Slider(
                1,
                MAX_REPEATS,
                3,
                step=1,
                label="Timed runs of each version",
                info="Runs are interleaved; the median is shown.",
                elem_id="repeats",
            ),
            typed=gr.Button("Show the command that does the same", size="sm", elem_id="show-command"),
            shown=gr.HTML("", elem_id="command", apply_default_css=False),
        )
