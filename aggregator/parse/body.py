"""Which of an entry's texts is its body, and which its summary. Knows feedparser's dictionaries, not feedparser."""

from __future__ import annotations

import re
from html import escape, unescape
from typing import Any

from aggregator.text.characters import tidy, without_directions
from aggregator.text.html import MAX_MARKUP, extract
from aggregator.text.markup import DROPPED, has_tags, without_markup
from aggregator.text.urls import shown

_NO_TEXT = ("image/", "audio/", "video/")
_ADDRESS = re.compile(
    r"(<[a-z][a-z0-9]*\s[^<>]*?\b(?:href|src)\s*+=\s*+)(\"[^\"<>]*+\"|'[^'<>]*+'|[^\s<>\"']++)", re.IGNORECASE
)
_NAMES = re.compile(r"<([a-z][^ \t\n\f\r/>]*)")
_WHOLE = re.compile(r"[a-z][a-z0-9+.-]*:|#|//|$", re.IGNORECASE)
_REFERRING = re.compile(r"&[^\s&]*+")


def choose(entry: dict[str, Any], base: str) -> tuple[str, str]:
    """The fullest text as HTML, and the feed's shorter one ("" when there is only one).

    Candidates are content:encoded, Atom and XHTML content and the summary; the longest plain text wins, since feeds put
    teasers into any of them. A media:description is a caption, never a body (feedparser issue 53: 998 of 13,757 real
    entries); only where an entry has nothing else does the one of its media:group serve as summary, as on YouTube, or
    a podcast's subtitle. Where the feed declares an `xml:base` (itself resolved against `base`), the addresses within a
    text are resolved against it here: the entry's link, against which all others are, may be on a redirector's host.
    """
    candidates = _distinct(_contents(entry, base))
    if not candidates:
        return "", str(dict.get(entry, "group_description") or dict.get(entry, "subtitle") or "")[:MAX_MARKUP]
    if len(candidates) == 1:
        return candidates[0], ""
    if len(candidates) == 2 and (told := _plainly_longer(*candidates)) is not None:
        return told
    lengths = _text_lengths(candidates)
    body = max(candidates, key=lengths.__getitem__)
    others = [candidate for candidate in candidates if candidate != body and 0 < lengths[candidate] < lengths[body]]
    return body, others[-1] if others else ""


def declared_language(entry: dict[str, Any]) -> str | None:
    """The language that the entry's content or title carries (xml:lang, its own or inherited)."""
    details = [*(dict.get(entry, "content") or ()), dict.get(entry, "title_detail"), dict.get(entry, "summary_detail")]
    found = next((detail["language"] for detail in details if detail and detail.get("language")), None)
    return str(found) if found else None


def _contents(entry: dict[str, Any], base: str) -> list[str]:
    """Every text, contents first, the summary last."""
    contents = [
        _resolved(str(part.get("value") or ""), part.get("base"), base)
        for part in dict.get(entry, "content") or ()
        if not str(part.get("type") or "").startswith(_NO_TEXT)
    ]
    detail = dict.get(entry, "summary_detail") or {}
    return [*contents, _resolved(str(dict.get(entry, "summary") or ""), detail.get("base"), base)]


def _plainly_longer(first: str, second: str) -> tuple[str, str] | None:
    """(the longer text, the other) where that shows without extracting them: for most entries with a teaser it does.

    No text is longer than its markup; none is shorter than what is left of its markup without tags, spaces and words
    that begin with a reference.
    """
    shorter, longer = sorted((first, second), key=len)
    end = longer.find("<", 2 * len(shorter) + 300)
    beginning = longer if end < 0 else longer[:end]
    return (longer, shorter) if 0 < _least(shorter) <= len(shorter) < _least(beginning) else None


def _least(markup: str) -> int:
    """Characters that the plain text of the markup has at least, or that of more that begins with it; 0 if unsure."""
    if ("&" in markup or "](" in markup) and not has_tags(markup):
        return 0  # tags that came escaped may be decoded, addresses written as Markdown does leave nothing
    if any(name in DROPPED for name in _NAMES.findall(markup.lower())):
        return 0
    words = _REFERRING.sub("", without_directions(tidy(without_markup(markup)))).split()
    return sum(map(len, words))


def _text_lengths(candidates: list[str]) -> dict[str, int]:
    """The characters of each candidate's plain text; of the longest markup no more than tells it from the others."""
    *shorter, longest = sorted(candidates, key=len)
    lengths = {candidate: len(extract(candidate, None).text) for candidate in shorter}
    most = max(lengths.values())
    beginning = longest[: longest.rfind("<", 0, 2 * most + 300) + 1][:-1]
    # what the beginning says, the whole says too, unless an element begins there that leaves nothing
    if has_tags(beginning) and not any(name in DROPPED for name in _NAMES.findall(beginning.lower())):
        lengths[longest] = len(extract(beginning, None).text)
    if lengths.get(longest, 0) <= most:
        lengths[longest] = len(extract(longest, None).text)
    return lengths


def _resolved(markup: str, declared: str | None, base: str) -> str:
    """The markup with its relative addresses resolved against the declared base; unchanged where none is declared."""
    own = shown(declared, base) if declared else None
    if own is None:
        return markup

    def whole(match: re.Match[str]) -> str:
        written = unescape(match[2].strip("\"'"))
        address = None if _WHOLE.match(written.strip()) else shown(written, own)
        return match[0] if address is None else f'{match[1]}"{escape(address)}"'

    return _ADDRESS.sub(whole, markup[:MAX_MARKUP])


def _distinct(texts: list[str]) -> list[str]:
    return list(dict.fromkeys(cut for text in texts if (cut := text[:MAX_MARKUP].strip())))
