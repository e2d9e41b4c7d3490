"""What the library writes into every page, though this page does not need it: left out before it is sent."""

from __future__ import annotations

import json
import re
from typing import Any

CONFIG = b"window.gradio_config = "
TRANSLATED = ("/listen",)
"""Pages that say texts of the library's own translations: all languages of one page stand in each of them."""
_FRAME = re.compile(
    rb"<script>(?:(?!</script>).)*iframeResizer\.contentWindow(?:(?!</script>).)*</script>", re.DOTALL
)
_ESCAPED = {"<": "\\u003c", ">": "\\u003e", "&": "\\u0026", "'": "\\u0027"}


def slim(page: bytes, address: str, framed: bool) -> tuple[bytes, frozenset[str]]:
    """A page without what it does not need, and the kinds of its components.

    Args:
        page: as the library wrote it.
        address: of the page, without a slash at the end.
        framed: whether it stands in another site's frame, as in a Space, and tells that its height.
    """
    if not framed:
        page = _FRAME.sub(b"", page)
    before, begun, after = page.partition(CONFIG)
    if not begun:
        return page, frozenset()
    text = after.decode()
    config, end = json.JSONDecoder().raw_decode(text)
    kinds = frozenset(str(each.get("type")) for each in config.get("components", []))
    if address in TRANSLATED or not config.get("i18n_translations"):
        return page, kinds
    written = _json({**config, "i18n_translations": None})
    return before + begun + (written + text[end:]).encode(), kinds


def _json(value: dict[str, Any]) -> str:
    written = json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    return "".join(_ESCAPED.get(letter, letter) for letter in written)
