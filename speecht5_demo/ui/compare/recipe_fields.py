"""What stands beside the fields of recipes: for whom each variant is, the layers as a tree, what patterns choose."""

from __future__ import annotations

from html import escape
from pathlib import Path
from typing import Any

import gradio as gr

from speecht5_demo.ui.compare.recipes import GOOD_FOR, LayersOf
from speecht5_demo.ui.languages import IN_ENGLISH, Catalog
from speecht5_demo.variants import all_variants

_TREE = """<div class="layer-field">
<button type="button" class="upload-clear layer-show">Pick layers from the model</button>
<div class="layer-tree" role="group" aria-label="Layers of the model with their size in fp32"><ul></ul></div></div>"""


def variant_lines() -> gr.HTML:
    """A line for each variant, folded away: what it does, and for whom."""
    lines = "".join(
        f"<dt>{escape(variant.label)}</dt><dd><span>{escape(variant.explanation)}</span> "
        f"<span>{escape(GOOD_FOR[variant.name])}</span></dd>"
        for variant in all_variants()
    )
    return gr.HTML(
        "<details><summary>What each version does, and for whom</summary>"
        f'<dl class="variant-lines">{lines}</dl></details>',
        elem_id="variant-lines",
        apply_default_css=False,
    )


def layer_tree(layers: LayersOf) -> gr.HTML:
    """The tree; its value is the patterns of what is ticked."""

    def listed(_: Any = None) -> dict[str, object]:
        return layers().tree()

    listed.__name__ = "layers"
    return gr.HTML(
        value=None,
        label="Layers",
        html_template=_TREE,
        js_on_load=(Path(__file__).parent / "layer_tree.js").read_text(encoding="utf-8"),
        apply_default_css=False,
        elem_id="layer-tree",
        server_functions=[listed],
    )


def pattern_note(layers: LayersOf, include: Any, exclude: Any, catalog: Catalog = IN_ENGLISH) -> str:
    """What the patterns choose, as markup for beside the fields."""
    sentence, wrong = layers().said_of(include, exclude)
    said = escape(catalog.said(sentence))
    return f'<p class="pattern-note{" wrong" if wrong else ""}" role="status">{said}</p>'
