"""The menu of languages at a page's end: links, each in its own language, to the same page in it."""

from __future__ import annotations

from html import escape

import gradio as gr

from speecht5_demo.ui.languages.catalog import catalogs
from speecht5_demo.ui.languages.choice import LANGUAGE


def language_menu() -> gr.HTML:
    """Lay the menu out; the page's script adds what else stands in its address."""
    links = " ".join(
        f'<a href="?{LANGUAGE}={each.language}" lang="{each.language}" dir="{each.direction}" '
        f'hreflang="{each.language}" data-language translate="no">{escape(each.name)}</a>'
        for each in catalogs().values()
    )
    return gr.HTML(
        f'<nav class="languages" aria-label="Language">{links}</nav>',
        apply_default_css=False,
    )
