"""HTML tables that a screen reader can walk and a phone can scroll."""

from __future__ import annotations

import html
from collections.abc import Iterable, Sequence


def table(caption: str, head: Sequence[str], rows: Iterable[Sequence[object]], numbers: int = 1) -> str:
    """A table; the first column heads its row, columns from `numbers` on are aligned as numbers.

    Cells are escaped; None shows as a dash.
    """
    heads = "".join(f'<th scope="col">{html.escape(name)}</th>' for name in head)
    body = []
    for cells in rows:
        first, *others = cells
        row = f'<th scope="row">{_text(first)}</th>'
        for place, cell in enumerate(others, start=1):
            kind = ' class="num"' if place >= numbers and not _wordy(cell) else ""
            row += f"<td{kind}>{_text(cell)}</td>"
        body.append(f"<tr>{row}</tr>")
    if not body:
        body.append(f'<tr><td colspan="{len(head)}">nothing yet</td></tr>')
    label = html.escape(caption, quote=True)
    return (
        f'<div class="scroll" role="region" tabindex="0" aria-label="{label}"><table>'
        f"<caption>{html.escape(caption)}</caption><thead><tr>{heads}</tr></thead><tbody>{''.join(body)}</tbody></table></div>"
    )


class Markup(str):
    """HTML that is already escaped."""

    __slots__ = ()


def _text(cell: object) -> str:
    if cell is None:
        return "–"
    return str(cell) if isinstance(cell, Markup) else html.escape(str(cell))


def _wordy(cell: object) -> bool:
    return isinstance(cell, str) and len(cell) > 24
