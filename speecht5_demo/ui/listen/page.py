"""The Listen page: one component, drawn in the browser from what the server lets it know."""

from __future__ import annotations

from pathlib import Path

import gradio as gr

from speecht5_demo.ui.listen.texts import I18N, KEY
from speecht5_demo.ui.player import script_with_player

HERE = Path(__file__).parent
SCRIPTS = ("clips.js", "headphones.js", "steps.js", "page.js")


def listen_page() -> gr.HTML:
    """Lay the page out in the open context."""
    return gr.HTML(
        value=I18N(KEY),
        html_template='<div class="listen" aria-busy="true"></div>',
        css_template=(HERE / "page.css").read_text(encoding="utf-8"),
        js_on_load=script_with_player(HERE, *SCRIPTS),
        apply_default_css=False,
        elem_id="listen",
    )
