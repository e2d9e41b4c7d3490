"""Which language a request is answered in.

Only the address of a page names a language. A page so named tells its own requests apart by `Accept-Language`, as a
browser of that language would; so every request is read in one way, and no session is kept for it.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qs

import gradio as gr

from speecht5_demo.ui.languages.catalog import IN_ENGLISH, Catalog, of_tag

LANGUAGE = "lang"
"""In the address of a page."""
MOST_TAGS = 20


def language_of(accepted: str) -> Catalog:
    """The first language of an `Accept-Language` that there is; English where there is none."""
    wanted = []
    for place, part in enumerate(accepted[:1000].split(",")[:MOST_TAGS]):
        tag, _, weight = part.partition(";")
        wanted.append((-_quality(weight), place, tag))
    for _, _, tag in sorted(wanted):
        if found := of_tag(tag):
            return found
    return IN_ENGLISH


def chosen(query: str, accepted: str) -> tuple[Catalog, bool]:
    """Of a page: its language, and whether its address names it."""
    try:
        asked = parse_qs(query, max_num_fields=40).get(LANGUAGE, [""])[-1]
    except ValueError:
        asked = ""
    named = of_tag(asked[:40]) if asked else None
    return (named, True) if named else (language_of(accepted), False)


def spoken_to(request: gr.Request | None) -> Catalog:
    """Of a Gradio event, or of a component's call."""
    if request is None:
        return IN_ENGLISH
    headers: Mapping[str, Any] = {name.lower(): value for name, value in dict(request.headers).items()}
    return language_of(str(headers.get("accept-language", "")))


def _quality(weight: str) -> float:
    try:
        return min(1.0, max(0.0, float(weight.strip().removeprefix("q=")))) if weight.strip() else 1.0
    except ValueError:
        return 0.0
