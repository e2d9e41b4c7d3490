"""The board of samples: its value is a snapshot, and it calls two things on the server, `rate` and `hear`."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import gradio as gr

from speecht5_demo.listening.methods import AB, ACR
from speecht5_demo.ui.compare.fragments import MIME
from speecht5_demo.ui.compare.pairs import QUESTION as QUESTION_OF_PAIRS
from speecht5_demo.ui.compare.rating import QUESTION
from speecht5_demo.ui.languages import spoken_to
from speecht5_demo.ui.player import script_with_player

Answer = Callable[[Any], dict[str, object]]
_PARTS = (
    "live.js",
    "card.js",
    "pairs.js",
    "reveal.js",
    "hearing.js",
    "transport_bar.js",
    "asked.js",
    "board.js",
)
_SCRIPT = "\n".join(
    [
        f"const WORDS = {json.dumps(ACR.labels)};",
        f"const QUESTION = {json.dumps(QUESTION)};",
        f"const PAIR_ANSWERS = {json.dumps(AB.labels)};",
        f"const PAIR_QUESTION = {json.dumps(QUESTION_OF_PAIRS)};",
        f"const MIME = {json.dumps(MIME)};",
        script_with_player(Path(__file__).parent, *_PARTS),
    ]
)

_EMPTY = """<div class="board"><ol class="steps">
<li><b>Speak</b> <span>Every chosen variant says your sentence, with the same speaker and seed.</span></li>
<li><b>Listen blind</b> <span>Samples are shuffled and unnamed, and come at one pace, so that a quick version
does not give itself away. Rate each, 1 Bad to 5 Excellent. With the names shown, a turbo version plays while it is
made.</span></li>
<li><b>See the price</b> <span>All rated? Names, latency and size appear beside what you heard.</span></li>
</ol></div>"""


def board(rate: Answer, hear: Answer) -> gr.HTML:
    """Draws what `view.board_view` returns.

    Args:
        rate: takes the card's ticket, the rating and how it was heard; returns `{"saved": bool, ...}`.
        hear: takes a card's ticket; returns what a recogniser heard of its run, or how far that is.
    """

    def saved(sent: Any, request: gr.Request) -> Any:
        return spoken_to(request).said(rate(sent))

    def heard(sent: Any, request: gr.Request) -> Any:
        return spoken_to(request).said(hear(sent))

    saved.__name__, heard.__name__ = "rate", "hear"
    return gr.HTML(
        value=None,
        label="Samples",
        html_template=_EMPTY,
        js_on_load=_SCRIPT,
        apply_default_css=False,
        elem_id="board",
        server_functions=[saved, heard],
    )
