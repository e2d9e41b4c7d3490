"""What of a text is not spoken, for a preview that hides nothing: tags, comments, control characters, addresses."""

from __future__ import annotations

import unicodedata

from speecht5_demo.messages import Message
from speecht5_demo.text import markup
from speecht5_demo.text.other_languages import unnamed_signs

_HEARD_OR_DRAWN = frozenset("\n\r\t\v\f\x85\u200d").union(map(chr, range(0xE0020, 0xE0080)))
"""Line ends, and what joins the parts of an emoji or spells the flag of a region."""


def dropped(text: str, language: str = "en") -> tuple[str, ...]:
    """What will not be heard, in the order tags, comments, links, footnotes, control characters, signs; empty for none.

    Args:
        text: as written.
        language: signs have English names alone, and are left out of any other language.
    """
    found: list[str] = []
    if tags := list(dict.fromkeys(f"<{name.lower()}>" for name in markup.tag_names(text))):
        found.append(Message("tags ({tags})", tags=", ".join(tags)))
    if markup.COMMENT.search(text):
        found.append(Message("comments"))
    if markup.LINK.search(text):
        found.append(Message("the addresses of links"))
    if markup.FOOTNOTE.search(text):
        found.append(Message("footnote marks"))
    hidden = sum(unicodedata.category(c) in ("Cc", "Cf") and c not in _HEARD_OR_DRAWN for c in text)
    if hidden:
        found.append(
            Message("1 control character")
            if hidden == 1
            else Message("{hidden} control characters", hidden=hidden)
        )
    if language != "en" and (signs := unnamed_signs(markup.strip_markup(text), language)):
        found.append(Message("signs ({signs})", signs=" ".join(signs)))
    return tuple(found)
