"""What the library writes into every page, though this page does not need it: left out before it is sent."""

from __future__ import annotations

import json
import re

from speecht5_demo.ui.languages.page import CONFIG, config_json

TRANSLATED = ("/listen",)
"""Pages that say texts of the library's own translations: all languages of one page stand in each of them."""
_FRAME = re.compile(
    rb"<script>(?:(?!</script>).)*iframeResizer\.contentWindow(?:(?!</script>).)*</script>", re.DOTALL
)


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
    written = config_json({**config, "i18n_translations": None})
    return before + begun + (written + text[end:]).encode(), kinds
