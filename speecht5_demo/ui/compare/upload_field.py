"""A file field for a speaker of one's own: the file is checked when it is chosen, and its value is a token."""

from __future__ import annotations

from html import escape
from pathlib import Path
from typing import Any

import gradio as gr

from speecht5_demo.ui.compare.uploads import UploadedSpeakers
from speecht5_demo.ui.languages import spoken_to
from speecht5_demo.ui.visiting import source_of

LABEL = "Record a voice"


def speaker_upload(uploads: UploadedSpeakers, missing: str = "") -> gr.HTML:
    """The field; its value is None or the token of a speaker in `uploads`.

    Args:
        uploads: where vectors are kept.
        missing: why no recording can become a speaker here.
    """

    def check(sent: Any, request: gr.Request) -> Any:
        return spoken_to(request).said(uploads.check(sent, source_of(request)))

    kinds = ".npy,.pt" if missing else ".npy,.pt,.wav,audio/*"
    label = (
        "Your own speaker: one vector, .npy or .pt"
        if missing
        else "Your own speaker: a recording of some seconds, or one vector, .npy or .pt"
    )
    template = (
        f'<div class="upload-field"><label for="speaker-file">{label}</label>'
        f'<input id="speaker-file" type="file" accept="{kinds}">'
        f'<button type="button" class="upload-clear upload-record" data-label="{LABEL}" '
        f'data-missing="{escape(missing)}">{LABEL}</button>'
        '<button type="button" class="upload-clear upload-again" hidden>Use the chosen speaker again</button>'
        '<p class="upload-said" role="status"></p></div>'
    )
    return gr.HTML(
        value=None,
        label="Your own speaker",
        html_template=template,
        js_on_load=(Path(__file__).parent / "upload.js").read_text(encoding="utf-8"),
        apply_default_css=False,
        elem_id="upload",
        server_functions=[check],
    )
