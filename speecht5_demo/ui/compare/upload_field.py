"""A file field for a speaker of one's own: the file is checked when it is chosen, and its value is a token."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import gradio as gr

from speecht5_demo.ui.compare.uploads import UploadedSpeakers
from speecht5_demo.ui.visiting import source_of

_TEMPLATE = """<div class="upload-field">
<label for="speaker-file">Your own speaker: one vector, .npy or .pt</label>
<input id="speaker-file" type="file" accept=".npy,.pt">
<button type="button" class="upload-clear" hidden>Use the chosen speaker again</button>
<p class="upload-said" role="status"></p></div>"""


def speaker_upload(uploads: UploadedSpeakers) -> gr.HTML:
    """The field; its value is None or the token of a speaker in `uploads`."""

    def check(sent: Any, request: gr.Request) -> dict[str, str]:
        return uploads.check(sent, source_of(request))

    return gr.HTML(
        value=None,
        label="Your own speaker",
        html_template=_TEMPLATE,
        js_on_load=(Path(__file__).parent / "upload.js").read_text(encoding="utf-8"),
        apply_default_css=False,
        elem_id="upload",
        server_functions=[check],
    )
