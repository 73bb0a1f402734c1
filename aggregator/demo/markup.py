"""The demo texts' few marks, written as the markup of different content management systems.

Marks: `[words](address)` is a link, `_words_` emphasis, `## ` a heading, `> ` a quoted paragraph; all else is text.
Our own files are the only input, so the marks need no escape.
"""

from __future__ import annotations

import re
from html import escape
from html.entities import codepoint2name

LINK = re.compile(r"\[([^\]]+)\]\((https?://[^)\s]+)\)")
EMPHASIS = re.compile(r"(?<!\w)_([^_]+)_(?!\w)")
TYPOGRAPHY = re.compile("[\u2013\u2014\u2018\u2019\u201c\u201d\u2026]")
"""The characters that WordPress and older systems write as references; letters of any script stay as they are."""


def as_html(paragraphs: tuple[str, ...]) -> str:
    """Plain HTML, one element a line, every character as itself."""
    return "\n".join(_block(paragraph) for paragraph in paragraphs)


def with_numeric_references(html: str) -> str:
    """Typographic characters as WordPress writes them: `&#8217;`."""
    return TYPOGRAPHY.sub(lambda match: f"&#{ord(match[0])};", html)


def with_named_references(html: str) -> str:
    """Typographic characters as older systems write them: `&rsquo;`."""
    return TYPOGRAPHY.sub(lambda match: f"&{codepoint2name[ord(match[0])]};", html)


def as_text(paragraphs: tuple[str, ...]) -> str:
    """One line without marks."""
    bare = (paragraph.removeprefix("## ").removeprefix("> ") for paragraph in paragraphs)
    return " ".join(EMPHASIS.sub(r"\1", LINK.sub(r"\1", paragraph)) for paragraph in bare)


def excerpt(paragraphs: tuple[str, ...], words: int) -> str:
    """The first `words` words as one line, `[…]` behind it where more follows."""
    everything = as_text(paragraphs).split()
    return " ".join(everything[:words]) + (" […]" if len(everything) > words else "")


def _block(paragraph: str) -> str:
    if paragraph.startswith("## "):
        return f"<h2>{_inline(paragraph[3:])}</h2>"
    if paragraph.startswith("> "):
        return f"<blockquote><p>{_inline(paragraph[2:])}</p></blockquote>"
    return f"<p>{_inline(paragraph)}</p>"


def _inline(text: str) -> str:
    linked = LINK.sub(lambda match: f'<a href="{match[2]}">{match[1]}</a>', escape(text, quote=False))
    return EMPHASIS.sub(r"<em>\1</em>", linked)
