"""Buttons that share an event, so that what is asked by the last that was pressed is answered last.

Gradio's page sends an event again that came while an answer was on its way, but in the name of the button that was
pressed first: so the page tells which was pressed last, by `pressed.js`.
"""

from __future__ import annotations


def with_pressed_last(*buttons: str) -> str:
    """A script for an event: which of the buttons was pressed last takes the place of its second input.

    Args:
        buttons: their elem_ids.
    """
    return f"(key, _, ...fields) => [key, window.speecht5.pressedLast(...{list(buttons)}), ...fields]"
