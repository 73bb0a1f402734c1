"""The full text of one article page, for feeds that only give summaries: asked once, and only where robots.txt lets us.

Page and robots.txt go through the same guarded client as feeds do; trafilatura finds the text.
"""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import urljoin
from urllib.robotparser import RobotFileParser

from aggregator.__about__ import NAME
from aggregator.fetch.request import Getter, Request
from aggregator.model import FailureKind, Fetched, FetchFailed

ACCEPT = "text/html, application/xhtml+xml;q=0.9, */*;q=0.1"
LARGEST_ROBOTS = 512_000
"""Bytes of robots.txt that are read: RFC 9309 2.5 asks for 500 KiB at least."""
LARGEST_PAGE = 3_000_000
"""Bytes of a page that are parsed; beyond that it is no article, and lxml takes seconds."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ArticleText:
    """An article's text, one paragraph a line, as its page at `url` (after redirects) gives it."""

    url: str
    text: str
    language: str | None = None


async def article(client: Getter, url: str) -> ArticleText | FetchFailed:
    """The text of the article at `url`, or why there is none. Two requests at most."""
    if not await _is_welcome(client, url):
        return FetchFailed(kind=FailureKind.FORBIDDEN, detail="robots.txt keeps us from this page")
    page = await client.get(Request(url=url, accept=ACCEPT))
    if isinstance(page, FetchFailed):
        return page
    if not isinstance(page, Fetched):
        return FetchFailed(kind=FailureKind.PROTOCOL, detail="no page came")
    return read_article(page)


def read_article(page: Fetched) -> ArticleText | FetchFailed:
    """The article's text in a fetched page. Takes some 10 ms a page, and half a second for the first."""
    kind = (page.content_type or "").partition(";")[0].strip().lower()
    if kind and "html" not in kind and "xml" not in kind:
        return FetchFailed(kind=FailureKind.UNREADABLE, detail=f"no web page ({kind[:60]})", status=page.status)
    if len(page.body) > LARGEST_PAGE:
        return FetchFailed(kind=FailureKind.TOO_LARGE, detail="too large for an article", status=page.status)
    import trafilatura  # noqa: PLC0415 - half a second to load, and few feeds want full text

    text = trafilatura.extract(page.body, url=page.url, include_comments=False, include_tables=False)
    if not text:
        return FetchFailed(kind=FailureKind.UNREADABLE, detail="no article text on the page", status=page.status)
    return ArticleText(url=page.url, text=text)


async def _is_welcome(client: Getter, url: str) -> bool:
    """What robots.txt says of `url` (RFC 9309): none there means yes, one that cannot be had means no."""
    answer = await client.get(Request(url=urljoin(url, "/robots.txt"), accept="text/plain, */*;q=0.1"))
    if isinstance(answer, FetchFailed):
        return _is_absent(answer)
    if not isinstance(answer, Fetched):
        return True
    rules = RobotFileParser()
    rules.parse(answer.body[:LARGEST_ROBOTS].decode("utf-8", "replace").removeprefix("\ufeff").splitlines())
    return rules.can_fetch(NAME, url)


def _is_absent(failure: FetchFailed) -> bool:
    """4xx except 429 and an empty file mean that there are no rules (RFC 9309 2.3.1.3)."""
    if failure.kind is FailureKind.EMPTY:
        return True
    return failure.status is not None and 400 <= failure.status < 500 and failure.kind is not FailureKind.RATE_LIMITED
