"""From what a person typed to a feed: one request for a feed or a page that names its feeds (etiquette 24).

Whether bytes look like a feed is told here by their first kilobytes only; reading them is `parse`'s work.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from html.parser import HTMLParser
from urllib.parse import urljoin, urlsplit

from aggregator.fetch.request import Getter, Request
from aggregator.model import FailureKind, Fetched, FetchFailed

FEED_TYPES = {
    "application/atom+xml": "atom",
    "application/rss+xml": "rss",
    "application/rdf+xml": "rss",
    "application/feed+json": "json",
    "application/json": "json",
    "application/xml": "xml",
    "text/xml": "xml",
}
"""Media types of a link that may lead to a feed. Plain JSON and XML count only where the link says `alternate`."""

WELL_KNOWN = ("/feed", "/feed.xml", "/rss.xml", "/atom.xml", "/index.xml")
"""Tried in this order, until one is a feed, where a page names none: WordPress first, then static site makers."""

SNIFFED = 4096
"""Bytes looked at: a feed's root element stands after at most a declaration, a stylesheet and a licence comment."""

SEARCHED = 512_000
"""Characters of a page searched for links: they stand in its head."""

MOST_CANDIDATES = 50
"""Links kept. Wikis and shops name one feed per page element; nobody chooses among more."""

_XML_ROOT = re.compile(rb"<(?:[a-z]\w*:)?(rss|feed|rdf|urlset|sitemapindex)[\s>]", re.IGNORECASE)
"""Roots of feeds; a news sitemap is read as one where somebody names it, and of an index of them it is said so."""
_BEFORE_ROOT = re.compile(
    rb"\A\s*(?:<\?.*?\?>\s*|<!--.*?-->\s*|<!DOCTYPE[^>\[]*(?:\[.*?\])?>\s*)*", re.DOTALL | re.IGNORECASE
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """A feed that a page names: its absolute address, the page's title for it, and `atom`, `rss`, `json` or `xml`."""

    url: str
    title: str = ""
    format: str = "xml"


@dataclass(frozen=True, slots=True, kw_only=True)
class Discovery:
    """What stands at an address: itself a feed (`feed`), feeds that it names, or why nothing was found."""

    url: str
    """The address after redirects."""
    feed: Fetched | None = None
    candidates: tuple[Candidate, ...] = ()
    problem: str | None = None


def looks_like_feed(body: bytes) -> bool:
    """True when the bytes begin as RSS, RDF, Atom, JSON Feed or a sitemap do; cheap, and no promise that it is one."""
    start = _as_ascii(body[:SNIFFED])
    if start.lstrip().startswith(b"{"):
        return b"jsonfeed.org/version" in start.replace(b"\\/", b"/")
    before = _BEFORE_ROOT.match(start)
    return before is not None and _XML_ROOT.match(start, before.end()) is not None


async def discover(client: Getter, url: str, *, is_feed: Callable[[bytes], bool] = looks_like_feed) -> Discovery:
    """The feed at `url`, or the feeds that its page names, best first. One request, unless the page names none."""
    address = url if "://" in url else f"https://{url}"
    answer = await client.get(Request(url=address))
    if not isinstance(answer, Fetched):
        detail = answer.detail if isinstance(answer, FetchFailed) else "no document came"
        return Discovery(url=address, problem=detail)
    if is_feed(answer.body):
        return Discovery(url=answer.url, feed=answer)
    named = candidates(answer.body, answer.url)
    return Discovery(url=answer.url, candidates=named) if named else await _guess(client, answer.url, is_feed)


async def _guess(client: Getter, page: str, is_feed: Callable[[bytes], bool]) -> Discovery:
    """The first well-known place on the page's host that holds a feed; a host that refuses us is not asked again."""
    for path in WELL_KNOWN:
        answer = await client.get(Request(url=urljoin(page, path)))
        if isinstance(answer, Fetched) and is_feed(answer.body):
            return Discovery(url=answer.url, feed=answer)
        if isinstance(answer, FetchFailed) and answer.kind is not FailureKind.NOT_FOUND:
            break
    return Discovery(url=page, problem=f"a web page that names no feed, and none in the usual places at {_host(page)}")


def candidates(body: bytes, base: str) -> tuple[Candidate, ...]:
    """The feeds that a page's `link rel=alternate` (and `rel=feed`) elements name, in page order, no address twice."""
    reader = _LinkReader(base)
    # Not closed: what stands unfinished at the end holds no link, and `close` takes quadratic time over `<!--<!--…`.
    reader.feed(_as_text(body)[:SEARCHED])
    return tuple(reader.found.values())


class _LinkReader(HTMLParser):
    """Collects the feed links of one page, and honours its first `base`."""

    def __init__(self, base: str) -> None:
        super().__init__(convert_charrefs=True)
        self._base, self._has_base = base, False
        self.found: dict[str, Candidate] = {}

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """See each start tag; `link` and `base` matter."""
        values = {name: value or "" for name, value in attrs}
        if tag == "base" and "href" in values and not self._has_base:
            self._base, self._has_base = _joined(self._base, values["href"]) or self._base, True
        if tag in {"link", "a"} and len(self.found) < MOST_CANDIDATES:
            self._keep(values)

    def _keep(self, values: dict[str, str]) -> None:
        relations = set(values.get("rel", "").lower().split())
        media = values.get("type", "").partition(";")[0].strip().lower()
        is_alternate = "alternate" in relations and media in FEED_TYPES and "stylesheet" not in relations
        url = _joined(self._base, values.get("href", "")) if is_alternate or "feed" in relations else None
        if url is not None:
            title = " ".join(values.get("title", "").split())[:200]
            self.found.setdefault(url, Candidate(url=url, title=title, format=FEED_TYPES.get(media, "xml")))


def _joined(base: str, href: str) -> str | None:
    """`href` as an absolute http(s) address, else None."""
    try:
        url = urljoin(base, href.strip())
        return url if href.strip() and urlsplit(url).scheme in {"http", "https"} else None
    except ValueError:
        return None


def _host(url: str) -> str:
    return urlsplit(url).hostname or url


def _as_ascii(start: bytes) -> bytes:
    """The bytes with what UTF-16, UTF-32 and byte order marks add taken out: enough to see a root element."""
    return start.replace(b"\x00", b"").lstrip(b"\xef\xbb\xbf\xff\xfe")


def _as_text(body: bytes) -> str:
    """The page as text: addresses and attribute names are ASCII in every charset that matters."""
    return _as_ascii(body).decode("utf-8", "replace")
