"""A page of figures as one HTML file that needs nothing else: no script, no font, no picture from elsewhere.

It prints well.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from speecht5_demo import __version__
from speecht5_demo.clock import moment
from speecht5_demo.messages import Message, reader
from speecht5_demo.rendering.html_text import escaped, heading, paragraph

_STYLES = tuple(Path(__file__).with_name(name) for name in ("report.css", "page.css"))


def page(title: str, lead: str, sections: Iterable[tuple[str, str]]) -> str:
    """A stand-alone page in the reader's language.

    Args:
        title: heading.
        lead: what is shown, in a sentence or two.
        sections: (heading, HTML); those without content are left out, an empty heading is not written.
    """
    body = "".join(
        f"<section>{heading(name) if name else ''}{content}</section>"
        for name, content in sections
        if content
    )
    when = moment().strftime("%Y-%m-%d %H:%M UTC")
    made = Message("Made {when} by speecht5_demo {version}.", when=when, version=__version__)
    now = reader()
    direction = ' dir="rtl"' if now and now.direction == "rtl" else ""
    style = "\n".join(path.read_text(encoding="utf-8") for path in _STYLES)
    return (
        f'<!doctype html>\n<html lang="{now.language if now else "en"}"{direction}><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{escaped(title)}</title><style>{style}</style></head>"
        f'<body><main class="chart-report">{heading(title, 1)}<p>{escaped(lead)}</p>{body}'
        f"{paragraph(made, 'key')}</main></body></html>\n"
    )


def player(label: str, source: str) -> str:
    """An audio player in a paragraph, named by what it plays."""
    name = escaped(label)
    return (
        f'<p>{name}<br><audio controls preload="none" aria-label="{name}" '
        f'src="{escaped(source)}"></audio></p>'
    )
