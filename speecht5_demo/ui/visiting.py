"""Who sent a Gradio event."""

from __future__ import annotations

import gradio as gr

from speecht5_demo.ui.serving.visitor import UNKNOWN, Visitor, address_of


def visitor_of(request: gr.Request | None) -> Visitor:
    """The session and address of an event; everybody without one counts as one visitor."""
    if request is None:
        return Visitor(UNKNOWN)
    peer = request.client.host if request.client else None
    headers = {name.lower(): value for name, value in dict(request.headers).items()}
    return Visitor(request.session_hash or UNKNOWN, address_of(peer, headers))
