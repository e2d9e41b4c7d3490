"""Matplotlib figures as SVG that belongs to the page it stands on.

A picture drawn once must read by day, by night and on paper. Matplotlib draws with stand-in colours, which
become CSS variables; text stays text and takes the page's font; marks carry their numbers as `<title>`, which
browsers show on hover and screen readers read; ids are made unique, so that several charts can share one
document.
"""

from __future__ import annotations

import html
import io
import re
import textwrap
import threading
import warnings
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import matplotlib as mpl
from matplotlib.backends.backend_svg import FigureCanvasSVG
from matplotlib.figure import Figure

from speecht5_demo.messages import told

# Stand-in colour -> CSS. Matplotlib must never see two equal ones.
INK, MUTED, GRID, PAPER = "#010101", "#020202", "#030303", "#040404"
ACCENT, SOFT, GOOD, BAD = "#050505", "#060606", "#070707", "#080808"
POINTS = ("#0a0a01", "#0a0a02", "#0a0a03", "#0a0a04", "#0a0a05")
_CSS: Mapping[str, str] = {
    INK: "var(--body-text-color, #1c1b19)",
    MUTED: "var(--body-text-color-subdued, #5d5a54)",
    GRID: "var(--border-color-primary, #e0dbd0)",
    PAPER: "var(--background-fill-primary, #ffffff)",
    ACCENT: "var(--chart-accent, #0f766e)",
    SOFT: "var(--chart-soft, #8bbab4)",
    GOOD: "var(--good, #0b6b3a)",
    BAD: "var(--bad, #a3341b)",
    **{colour: f"var(--chart-point-{k})" for k, colour in enumerate(POINTS, start=1)},
}
_LABEL_CHARACTER = 7.5
"""CSS pixels of the picture's width for each character of a line below an axis, which is narrower than the picture."""

_DRAWING = threading.Lock()  # matplotlib's settings are global


@dataclass
class Canvas:
    """A figure being drawn, and the words that go with its marks.

    Attributes:
        figure: to draw on.
        words: gid of an artist -> what it says on hover.
    """

    figure: Figure
    words: dict[str, str] = field(default_factory=dict)

    def say(self, words: str) -> str:
        """A gid for the next artist, which will say `words` in the reader's language."""
        gid = f"mark-{len(self.words)}"
        self.words[gid] = told(words)
        return gid


def draw(
    name: str, label: str, width: float, height: float, paint: Callable[[Canvas], None], css_class: str = ""
) -> str:
    """An inline SVG of what `paint` draws.

    Args:
        name: prefix of all ids in the picture, unique on its page.
        label: what the picture shows, in one sentence; its text alternative.
        width, height: in CSS pixels that it is drawn for; it takes the width of its column.
        paint: draws on the canvas.
        css_class: added to the svg element.
    """
    settings: Any = {
        "svg.fonttype": "none",
        "svg.hashsalt": name,
        "font.family": "sans-serif",
        "font.size": 10.5,
        "text.color": INK,
        "axes.edgecolor": GRID,
        "axes.facecolor": "none",
        "axes.labelcolor": MUTED,
        "axes.labelsize": 10.5,
        "xtick.color": MUTED,
        "ytick.color": INK,
        "grid.color": GRID,
        "axes.spines.top": False,
        "axes.spines.right": False,
        "axes.spines.left": False,
        "legend.frameon": False,
        "legend.fontsize": 10,
    }
    stream = io.StringIO()
    with _DRAWING, warnings.catch_warnings(), mpl.rc_context(settings):
        # The font that measures words lacks some scripts; the page's font, which writes them, has them.
        warnings.filterwarnings("ignore", "Glyph .* missing from", UserWarning)
        canvas = Canvas(Figure(figsize=(width / 72, height / 72), dpi=72, layout="constrained"))
        canvas.figure.patch.set_alpha(0)
        paint(canvas)
        for axes in canvas.figure.axes:
            axes.set_xlabel(textwrap.fill(axes.get_xlabel(), int(width / _LABEL_CHARACTER)))
        # Figure.savefig would draw all of it once more, to lay it out, which drawing does by itself.
        FigureCanvasSVG(canvas.figure).print_svg(stream, metadata={"Date": None, "Creator": None})
    return _themed(stream.getvalue(), name, told(label), canvas.words, css_class)


def _themed(svg: str, name: str, label: str, words: Mapping[str, str], css_class: str) -> str:
    body = svg[svg.index("<svg") :]
    body = re.sub(r"<metadata>.*?</metadata>", "", body, flags=re.DOTALL)
    body = re.sub(r'\bid="([^"]+)"', rf'id="{name}-\1"', body)
    body = re.sub(r'href="#', f'href="#{name}-', body)
    body = re.sub(r"url\(#", f"url(#{name}-", body)
    for colour, css in _CSS.items():
        body = body.replace(colour, css)
    body = re.sub(r"font: ([\d.]+px) [^;\"]*", r"font-size: \1; font-family: inherit", body)
    for gid, said in words.items():
        body = body.replace(
            f'<g id="{name}-{gid}">', f'<g id="{name}-{gid}"><title>{html.escape(said)}</title>', 1
        )
    opening = body[: body.index(">") + 1]
    box = re.search(r'viewBox="[^"]+"', opening)
    start = (
        f'<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" '
        f'{box.group(0) if box else ""} role="img" aria-label="{html.escape(label)}" '
        f'class="chart {css_class}" '
        f'style="width:100%;height:auto;display:block">'
    )
    return start + body[len(opening) :].strip()


def for_page(name: str, label: str, height: float, paint: Callable[[Canvas], None]) -> str:
    """The same picture drawn for three widths of a page; its CSS shows the one that fits, over the whole width."""
    return "\n".join(
        draw(f"{name}-{size[0]}", label, width, height, paint, f"chart-{size}")
        for size, width in (("wide", 1000), ("medium", 640), ("narrow", 340))
    )


def for_file(name: str, label: str, height: float, paint: Callable[[Canvas], None]) -> str:
    """The picture on paper of its own colour, for an SVG file that stands on any background."""
    drawn = draw(name, label, 720, height, paint)
    end = drawn.index(">") + 1
    return f'{drawn[:end]}<rect width="100%" height="100%" fill="{_CSS[PAPER]}"/>{drawn[end:]}\n'
