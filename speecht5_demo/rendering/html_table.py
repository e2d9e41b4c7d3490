"""HTML tables that a screen reader can walk and a phone can scroll."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from speecht5_demo.messages import Message, told
from speecht5_demo.rendering.html_text import escaped


def table(caption: str, head: Sequence[str], rows: Iterable[Sequence[object]], numbers: int = 1) -> str:
    """A table; the first column heads its row, columns from `numbers` on are aligned as numbers.

    Cells are escaped, and messages among them are in the reader's language; None shows as a dash.
    """
    heads = "".join(f'<th scope="col">{escaped(name)}</th>' for name in head)
    body = []
    for cells in rows:
        first, *others = cells
        row = f'<th scope="row">{_text(first)}</th>'
        for place, cell in enumerate(others, start=1):
            kind = ' class="num"' if place >= numbers and not _wordy(cell) else ""
            row += f"<td{kind}>{_text(cell)}</td>"
        body.append(f"<tr>{row}</tr>")
    if not body:
        nothing = escaped(Message("nothing yet"))
        body.append(f'<tr><td colspan="{len(head)}">{nothing}</td></tr>')
    label = escaped(caption)
    return (
        f'<div class="scroll" role="region" tabindex="0" aria-label="{label}"><table>'
        f"<caption>{label}</caption><thead><tr>{heads}</tr></thead><tbody>{''.join(body)}</tbody></table></div>"
    )


def _text(cell: object) -> str:
    if cell is None:
        return "–"
    return escaped(cell if isinstance(cell, str) else str(cell))


def _wordy(cell: object) -> bool:
    return isinstance(cell, str) and len(told(cell)) > 24
