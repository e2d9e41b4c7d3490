"""What stands below the text: what of it will be spoken, and how long it is; and sentences to begin with."""

from __future__ import annotations

from html import escape
from typing import Any

import gradio as gr

from speecht5_demo.checkpoints import Checkpoint
from speecht5_demo.errors import DemoError
from speecht5_demo.messages import Message, joined
from speecht5_demo.text import dropped, spoken_form
from speecht5_demo.ui.compare.budget import check_length
from speecht5_demo.ui.compare.plan import MAX_CHARACTERS, checked_text
from speecht5_demo.ui.compare.problems import problem_of
from speecht5_demo.ui.languages import Catalog

EXAMPLES = (
    "The train leaves at 9:45 on March 3rd; a ticket is $12.50.",
    "Glue the sheet to the dark blue background.",
    "Dr. Lee paid £7.99 for 3 apples on 12/24/2025.",
    "Would you rather hear it fast, or hear it well?",
)


def preview(written: object, checkpoint: Checkpoint, catalog: Catalog) -> str:
    """What will be spoken and what is left out, as markup; while typing, a problem is only mentioned."""
    say = catalog.said
    if not isinstance(written, str) or not written.strip():
        return ""
    try:
        said = spoken_form(checked_text(written), checkpoint.letters, checkpoint.language)
        check_length(said)
    except DemoError as error:
        return f'<p class="preview wrong">{escape(say(problem_of(error)))}</p>'
    left_out = dropped(written, checkpoint.language)
    remarks = [Message("Left out: {parts}.", parts=joined("; ", left_out))] if left_out else []
    if checkpoint.language != "en":
        remarks.append(Message("The voice is taken to speak “{language}”.", language=checkpoint.language))
    remark = "".join(f" {escape(say(each))}" for each in remarks)
    count = say(_count(written))
    return (
        f'<p class="preview">{say(Message("Will be spoken as"))} <q translate="no">{escape(said)}</q>{remark} '
        f'<span class="count">{count}</span></p>'
    )


def _count(written: str) -> Message:
    return Message("{written} of {most} characters", written=f"{len(written):,}", most=f"{MAX_CHARACTERS:,}")


def first_messages(checkpoint: Checkpoint) -> list[str]:
    """What the page says, of values, before anything is asked of the server."""
    return [checkpoint.notice, _count(EXAMPLES[0])]


def example_text(number: object) -> Any:
    """The sentence of an example by its number from 0; anything else that is posted changes nothing."""
    if isinstance(number, int) and not isinstance(number, bool) and 0 <= number < len(EXAMPLES):
        return EXAMPLES[number]
    return gr.skip()
