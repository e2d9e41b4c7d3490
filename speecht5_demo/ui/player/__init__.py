"""The one player of all pages: a sample with its timeline, and the transport over several of them.

Pages are single components, so their scripts are put together from files: these first, then the page's own.
"""

from __future__ import annotations

from pathlib import Path

HERE = Path(__file__).parent
STYLESHEET = HERE / "player.css"
_PARTS = ("dom.js", "timeline.js", "player.js", "transport.js")


def script_with_player(folder: Path, *parts: str) -> str:
    """The player's scripts followed by those of a page.

    Args:
        folder: where the page's scripts lie.
        parts: their names, in order.
    """
    files = [*(HERE / part for part in _PARTS), *(folder / part for part in parts)]
    return "\n".join(file.read_text(encoding="utf-8") for file in files)
