"""What a copied text brings along: HTML tags and entities, Markdown, bullets and line breaks."""

from __future__ import annotations

import html
import re

_BLOCK = "br|p|div|li|ul|ol|tr|table|h[1-6]|hr|blockquote|pre|section|article|header|footer"
_INLINE = (
    "a|b|i|u|s|em|strong|span|code|sub|sup|small|big|mark|del|ins|font|img|td|th|tbody|thead|html|body|head|title|"
    "abbr|cite|q|kbd|var|center|label|button|speak|break|prosody|emphasis|say-as|voice"
)
_ATTRIBUTES = (
    r"(?:\s+[A-Za-z:-]{1,40}\s?=\s?(?:\"[^\"<>]{0,500}\"|'[^'<>]{0,500}'|[^\s\"'<>]{1,200})){0,20}\s?"
)
_NAME = r"[A-Za-z][\w:.-]{0,40}"
_BLOCK_TAG = re.compile(rf"</?(?P<name>{_BLOCK})\b{_ATTRIBUTES}/?>", re.IGNORECASE)
_INLINE_TAG = re.compile(rf"</?(?P<name>{_INLINE})\b{_ATTRIBUTES}/?>", re.IGNORECASE)
_CLOSING = re.compile(rf"</(?P<name>{_NAME})\s?>")
_WITH_ATTRIBUTES = re.compile(
    rf"<(?P<name>{_NAME})(?=\s+[A-Za-z:-]{{1,40}}\s?=){_ATTRIBUTES}/?>|<(?P<empty>{_NAME})\s?/>"
)
_BARE = re.compile(rf"<(?P<name>{_NAME})\s?>")
_PROLOG = re.compile(r"<[?!](?:xml|DOCTYPE|doctype)\b[^<>]{0,500}>")
_CDATA = re.compile(r"<!\[CDATA\[|\]\]>")
_TERMINAL = re.compile(r"\x1b(?:\[[0-9;?]{0,20}[A-Za-z]|\][^\x07\x1b]{0,300}(?:\x07|\x1b\\)|[@-Z\\^_])")
COMMENT = re.compile(r"<!--[^<>]{0,1000}-->")
LINK = re.compile(r"!?\[([^\[\]\n]{1,300})\]\([^()\s]{1,500}\)")
_SUBSTITUTE = re.compile(
    r"<sub\s[^<>]{0,200}?\balias\s?=\s?(?:\"([^\"<>]{1,300})\"|'([^'<>]{1,300})')[^<>]{0,200}>[^<>]{0,500}</sub\s?>",
    re.IGNORECASE,
)
"""SSML: what is to be said in the place of what is written."""
_FENCE = re.compile(r"^[ \t]*```[\w+-]*[ \t]*$", re.MULTILINE)
_RULE = re.compile(
    r"^[ \t]*(?:[-*_=~#][ \t]?){3,}$|^[ \t]*\|?(?:[ \t]?:?-{2,}:?[ \t]?\|?)+[ \t]*$", re.MULTILINE
)
_HEADING = re.compile(r"^[ \t]{0,3}#{1,6}[ \t]+", re.MULTILINE)
_QUOTED = re.compile(r"^[ \t]{0,3}(?:>[ \t]?){1,5}(?=[ \t\w\"'*])", re.MULTILINE)
_EMPHASIS = (
    re.compile(r"(?<![\w*\\])(\*{1,3})(?=[^\s*])([^*\n]+)(?<=\S)\1(?![\w*])"),
    re.compile(r"(?<![\w_\\])(_{1,3})(?=[^\s_])([^_\n]+)(?<=\S)\1(?![\w_])"),
    re.compile(r"(?<![\w~\\])(~~)(?=[^\s~])([^~\n]+)(?<=\S)\1(?![\w~])"),
    re.compile(r"(?<![`\\])(`{1,2})([^`\n]+)\1(?!`)"),
    re.compile(r"(?<![\w=])(==)(?=[^\s=])([^=\n]+)(?<=[^\s])\1(?![\w=])"),
    re.compile(r"(?<![\w+])(\+\+)(?=[^\s+])([^+\n]+)(?<=[^\s])\1(?![\w+])"),
    re.compile(r"(?<![\w|])(\|\|)(?=[^\s|])([^|\n]+)(?<=[^\s])\1(?![\w|])"),
    re.compile(r"(?<=[A-Za-z0-9])(~)([A-Za-z0-9]{1,8})~(?!~)"),
)
_RAISED = re.compile(r"(?<=[A-Za-z0-9])\^([A-Za-z0-9]{1,8})\^(?!\^)")
_ESCAPED = re.compile(r"\\(?:[`*_~]|(?=[\\{}\[\]()#+.!|>=-]))")
FOOTNOTE = re.compile(r"\[\^[^\]\s]{1,40}\]:?")
_REFERENCE_LINK = re.compile(r"!?\[([^\[\]\n]{1,300})\]\[[^\[\]\n]{0,100}\]")
_WIKI_LINK = re.compile(r"\[\[(?:[^\[\]|\n]{1,200}\|)?([^\[\]|\n]{1,200})\]\]")
_AUTOLINK = re.compile(r"<((?:https?://|mailto:)[^<>\s]{1,500})>")
_BULLET = re.compile(r"^(?:[-*+–—•]|\[[ xX]\])\s+(?:\[[ xX]\]\s+)?")
_NUMBERED = re.compile(r"^(?:\(?([0-9]{1,2})[.)]|\(([a-z])\))\s+(?=\S)")
_CLOSED = re.compile(r"[.?!][\"')\]]*$")
_OPEN = re.compile(r"[,;:–—-]$")
_SHORT_LINE = (
    50  # characters; a shorter line that begins anew is a heading or a list item, not a wrapped paragraph
)


def _closed_names(text: str) -> frozenset[str]:
    return frozenset(match["name"].lower() for match in _CLOSING.finditer(text))


def tag_names(text: str) -> list[str]:
    """The tags of a text in their order: those of HTML and SSML, any with an attribute, closed or empty."""
    text = _substituted(html.unescape(text) if "&" in text else text)
    closed = _closed_names(text)
    found = [
        (match.start(), match["name"] or match.groupdict().get("empty") or "")
        for pattern in (_BLOCK_TAG, _INLINE_TAG, _CLOSING, _WITH_ATTRIBUTES)
        for match in pattern.finditer(text)
    ]
    found += [
        (match.start(), match["name"]) for match in _BARE.finditer(text) if match["name"].lower() in closed
    ]
    found += [
        (match.start(), "?xml" if match[0].startswith("<?") else "!doctype")
        for match in _PROLOG.finditer(text)
    ]
    return [name for _, name in sorted(found)]


def _substituted(text: str) -> str:
    return _SUBSTITUTE.sub(lambda match: match[1] or match[2], text)


def _strip_tags(text: str) -> str:
    text = _substituted(text)
    text = _CDATA.sub(" ", _PROLOG.sub(" ", COMMENT.sub(" ", text)))
    text = _INLINE_TAG.sub("", _BLOCK_TAG.sub("\n", text))
    closed = _closed_names(text)
    text = _CLOSING.sub("", _WITH_ATTRIBUTES.sub("", text))
    return _BARE.sub(lambda match: "" if match["name"].lower() in closed else match[0], text)


def strip_markup(text: str) -> str:
    """Take tags, entities, Markdown and the colours of terminals away and keep what they enclose."""
    text = _TERMINAL.sub("", html.unescape(text) if "&" in text else text)
    text = _strip_tags(text)
    text = _AUTOLINK.sub(lambda match: match[1].removeprefix("mailto:"), text)
    text = _WIKI_LINK.sub(r"\1", LINK.sub(r"\1", text))
    text = FOOTNOTE.sub("", _REFERENCE_LINK.sub(r"\1", text))
    text = _HEADING.sub("", _RULE.sub("\n", _FENCE.sub("", text)))
    text = _QUOTED.sub("", text)
    for emphasis in _EMPHASIS:
        text = emphasis.sub(r"\2", text)
    return _ESCAPED.sub("", _RAISED.sub(r"^\1", text))


def join_lines(text: str) -> str:
    """One line a paragraph: wrapped lines are joined, list items and headings become sentences."""
    joined = ""
    new_paragraph = False
    for raw in text.split("\n"):
        line = raw.strip()
        if not line:
            new_paragraph = bool(joined)
            continue
        bullet = _BULLET.match(line)
        numbered = _NUMBERED.match(line)
        if bullet and len(line) > bullet.end():
            line = line[bullet.end() :]
        elif numbered:
            line = f"{numbered[1] or numbered[2]}, {line[numbered.end() :]}"
        last_line = joined.rpartition("\n")[2]
        if not joined:
            joined = line
        elif new_paragraph or _CLOSED.search(joined[-9:]):
            joined += f"\n{line}"
        elif (
            bullet or numbered or (len(last_line) < _SHORT_LINE and line[0].isupper())
        ) and not _OPEN.search(joined[-1:]):
            joined += f". {line}"
        else:
            joined += f" {line}"
        new_paragraph = False
    return joined
