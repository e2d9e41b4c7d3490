"""A page of figures as one HTML file that needs nothing else: no script, no font, no picture from elsewhere.

It prints well.
"""

from __future__ import annotations

import html
from collections.abc import Iterable
from pathlib import Path

from speecht5_demo import __version__
from speecht5_demo.clock import moment

_STYLES = tuple(Path(__file__).with_name(name) for name in ("report.css", "page.css"))


def page(title: str, lead: str, sections: Iterable[tuple[str, str]]) -> str:
    """A stand-alone page.

    Args:
        title: heading.
        lead: what is shown, in a sentence or two.
        sections: (heading, HTML); those without content are left out, an empty heading is not written.
    """
    body = "".join(
        f"<section>{f'<h2>{html.escape(heading)}</h2>' if heading else ''}{content}</section>"
        for heading, content in sections
        if content
    )
    made = moment().strftime("%Y-%m-%d %H:%M UTC")
    style = "\n".join(path.read_text(encoding="utf-8") for path in _STYLES)
    return (
        '<!doctype html>\n<html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{html.escape(title)}</title><style>{style}</style></head>"
        f'<body><main class="chart-report"><h1>{html.escape(title)}</h1><p>{html.escape(lead)}</p>{body}'
        f'<p class="key">Made {made} by speecht5_demo {__version__}.</p></main></body></html>\n'
    )


def player(label: str, source: str) -> str:
    """An audio player in a paragraph, named by what it plays."""
    name = html.escape(label, quote=True)
    return (
        f'<p>{name}<br><audio controls preload="none" aria-label="{name}" '
        f'src="{html.escape(source, quote=True)}"></audio></p>'
    )
