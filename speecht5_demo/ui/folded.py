"""Fields behind a heading, closed at first and made with the page."""

from __future__ import annotations

from typing import Any

import gradio as gr


def folded(label: str, **options: Any) -> gr.Accordion:
    """A closed accordion whose fields are there before it is opened.

    Of an accordion that starts with `open` false, Gradio's page makes the fields when it is opened, and a moment later
    sets them back to what they start with: what was typed in that moment is lost. It asks for the very value `false`;
    0 is as closed, and its fields are made with all others of the page.
    """
    accordion = gr.Accordion(label, **options)
    accordion.open = 0  # type: ignore[assignment]
    return accordion
