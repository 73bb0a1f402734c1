"""The full text of one article page, for feeds that only give summaries, and the robots.txt that lets us ask for it.

Both go through the same guarded, polite client as feeds do; trafilatura finds the text.
"""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import urljoin

from aggregator.__about__ import NAME
from aggregator.fetch.page_claims import NO_CLAIMS, PageClaims, page_claims
from aggregator.fetch.request import Getter, Request
from aggregator.fetch.robots import EVERYTHING_ALLOWED, NOTHING_ALLOWED, Robots, read_robots
from aggregator.model import FailureKind, Fetched, FetchFailed, Outcome, Validators

ACCEPT = "text/html, application/xhtml+xml;q=0.9, */*;q=0.1"
LARGEST_ROBOTS = 512_000
"""Bytes of robots.txt that are read: RFC 9309 2.5 asks for 500 KiB at least."""
LARGEST_PAGE = 3_000_000
"""Bytes of a page that are parsed; beyond that it is no article, and lxml takes seconds."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ArticleText:
    """An article's text, one paragraph a line, as its page at `url` (after redirects) gives it, and what it claims."""

    url: str
    text: str
    claims: PageClaims = NO_CLAIMS


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
    return ArticleText(url=page.url, text=text, claims=page_claims(page.body, page.url))


def robots_url(url: str) -> str:
    """Where the rules for `url` stand."""
    return urljoin(url, "/robots.txt")


async def robots_of(client: Getter, url: str, validators: Validators) -> Outcome:
    """The robots.txt of the site of `url`, asked conditionally."""
    return await client.get(Request(url=robots_url(url), validators=validators, accept="text/plain, */*;q=0.1"))


def robots_from(answer: Fetched | FetchFailed) -> Robots:
    """The rules that an answer gives: none there allows everything, one that cannot be had nothing (RFC 9309 2.3)."""
    if isinstance(answer, FetchFailed):
        return EVERYTHING_ALLOWED if _is_absent(answer) else NOTHING_ALLOWED
    return read_robots(answer.body[:LARGEST_ROBOTS].decode("utf-8", "replace").removeprefix("\ufeff"), NAME)


def _is_absent(failure: FetchFailed) -> bool:
    """4xx except 429 and an empty file mean that there are no rules (RFC 9309 2.3.1.3)."""
    if failure.kind is FailureKind.EMPTY:
        return True
    return failure.status is not None and 400 <= failure.status < 500 and failure.kind is not FailureKind.RATE_LIMITED
