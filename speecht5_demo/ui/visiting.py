"""Who sent a Gradio event."""

from __future__ import annotations

import gradio as gr

from speecht5_demo.ui.serving.visitor import UNKNOWN, Visitor, address_of


def visitor_of(request: gr.Request | None) -> Visitor:
    """The session and address of an event; everybody without one counts as one visitor."""
    if request is None:
        return Visitor(UNKNOWN)
    return Visitor(request.session_hash or UNKNOWN, source_of(request))


def source_of(request: gr.Request) -> str:
    """The address of an event, or of a component's call, which has no session."""
    peer = request.client.host if request.client else None
    return address_of(peer, {name.lower(): value for name, value in dict(request.headers).items()})
