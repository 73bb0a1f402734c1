"""News sitemaps as feeds (https://www.google.com/schemas/sitemap-news/0.9): titles, dates and links without bodies."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from io import BytesIO

from lxml import etree

from aggregator.model import ParsedEntry, ParsedFeed, Unreadable
from aggregator.parse import dates
from aggregator.parse.bounds import refusal
from aggregator.parse.entries import MAX_TAGS
from aggregator.text.html import plain
from aggregator.text.urls import shown

MAX_URLS = 50_000
"""Addresses that one sitemap may hold by its standard (sitemaps.org)."""


def parse_sitemap(body: bytes, *, url: str, now: datetime, max_entries: int) -> ParsedFeed | Unreadable:
    """Read a sitemap; the newest `max_entries` pages are kept, those without news data too. Never raises.

    No entity is resolved and no network used (lxml with `resolve_entities` off); a damaged document is read as far as
    it goes.
    """
    if (problem := refusal(body)) is not None:
        return Unreadable(reason=problem)
    try:
        root, pages = _read(body, url, now)
    except (etree.XMLSyntaxError, ValueError):
        return Unreadable(reason="a damaged sitemap")
    if root != "urlset":
        return Unreadable(reason="an index of sitemaps, not a feed: add one of the sitemaps it names")
    entries = sorted((page for page in pages if page.link), key=_recency(now), reverse=True)
    left = len(entries) - max_entries
    notices = (
        (f"left out {left} of {len(entries)} entries: max_entries keeps the newest {max_entries}",) if left > 0 else ()
    )
    titles = {entry.source_name for entry in entries if entry.source_name}
    return ParsedFeed(
        format="sitemap",
        title=titles.pop() if len(titles) == 1 else "",
        entries=tuple(entries[:max_entries]),
        notices=notices,
    )


def _read(body: bytes, url: str, now: datetime) -> tuple[str, list[ParsedEntry]]:
    """The root's name and the pages, each let go by the parser once it is read. Raises etree.XMLSyntaxError."""
    events = etree.iterparse(
        BytesIO(body), events=("start", "end"), resolve_entities=False, no_network=True, load_dtd=False, recover=True
    )
    root = ""
    pages: list[ParsedEntry] = []
    for event, element in events:
        root = root or etree.QName(element).localname
        if event == "end" and element.getparent() is not None and element.getparent().getparent() is None:
            if etree.QName(element).localname == "url" and len(pages) < MAX_URLS:
                pages.append(_entry(element, url, now))
            element.getparent().remove(element)
    return root, pages


def _recency(now: datetime) -> Callable[[ParsedEntry], datetime]:
    """A sort key: pages without a date come last."""
    return lambda entry: entry.published or entry.updated or now.replace(year=dates.FIRST_YEAR, month=1, day=1)


def _entry(page: etree._Element, base: str, now: datetime) -> ParsedEntry:
    address = _text(page, "loc")
    news = page.find("{*}news")
    name = news.find("{*}publication") if news is not None else None
    keywords = _text(news, "keywords").split(",") if news is not None else []
    return ParsedEntry(
        guid=address or None,
        link=shown(address, base),
        title=plain(_text(news, "title")) if news is not None else "",
        published=dates.repair(_text(news, "publication_date"), None, now) if news is not None else None,
        updated=dates.repair(_text(page, "lastmod"), None, now),
        language=(_text(name, "language") or None) if name is not None else None,
        tags=tuple(dict.fromkeys(tag for keyword in keywords if (tag := plain(keyword))))[:MAX_TAGS],
        source_name=plain(_text(name, "name")) or None if name is not None else None,
    )


def _text(element: etree._Element, child: str) -> str:
    return (element.findtext(f"{{*}}{child}") or "").strip()
