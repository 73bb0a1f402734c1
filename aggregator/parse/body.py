"""Which of an entry's texts is its body, and which its summary. Knows feedparser's dictionaries, not feedparser."""

from __future__ import annotations

from typing import Any

from aggregator.text.html import MAX_MARKUP, extract

_NO_TEXT = ("image/", "audio/", "video/")


def choose(entry: dict[str, Any]) -> tuple[str, str]:
    """The fullest text as HTML, and the feed's shorter one ("" when there is only one).

    Candidates are content:encoded, Atom and XHTML content and the summary; the longest plain text wins, since feeds put
    teasers into any of them. A media:description is a caption, never a body (feedparser issue 53: 998 of 13,757 real
    entries); only where an entry has nothing else does the one of its media:group serve as summary, as on YouTube.
    """
    candidates = _distinct(_contents(entry))
    if not candidates:
        return "", str(dict.get(entry, "group_description") or "")[:MAX_MARKUP]
    if len(candidates) == 1:
        return candidates[0], ""
    lengths = {candidate: len(extract(candidate, None).text) for candidate in candidates}
    body = max(candidates, key=lengths.__getitem__)
    others = [candidate for candidate in candidates if candidate != body and 0 < lengths[candidate] < lengths[body]]
    return body, others[-1] if others else ""


def declared_language(entry: dict[str, Any]) -> str | None:
    """The language that the entry's content or title carries (xml:lang, its own or inherited)."""
    details = [*(dict.get(entry, "content") or ()), dict.get(entry, "title_detail"), dict.get(entry, "summary_detail")]
    found = next((detail["language"] for detail in details if detail and detail.get("language")), None)
    return str(found) if found else None


def _contents(entry: dict[str, Any]) -> list[str]:
    """Every text, contents first, the summary last."""
    contents = [
        str(part.get("value") or "")
        for part in dict.get(entry, "content") or ()
        if not str(part.get("type") or "").startswith(_NO_TEXT)
    ]
    return [*contents, str(dict.get(entry, "summary") or "")]


def _distinct(texts: list[str]) -> list[str]:
    return list(dict.fromkeys(cut for text in texts if (cut := text[:MAX_MARKUP].strip())))
