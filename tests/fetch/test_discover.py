"""From a page to its feeds; the web is a dictionary."""

from __future__ import annotations

import asyncio

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aggregator.fetch.discover import Candidate, candidates, discover, looks_like_feed
from aggregator.fetch.request import Request
from aggregator.model import FailureKind, Fetched, FetchFailed, Outcome

RSS = b"<?xml version='1.0'?><rss version='2.0'><channel/></rss>"


class Web:
    """A dictionary of pages; the rest is 404, or what `missing` says."""

    def __init__(
        self, pages: dict[str, bytes], missing: FailureKind = FailureKind.NOT_FOUND, status: int = 404
    ) -> None:
        self.pages, self.asked = pages, list[str]()
        self.missing = FetchFailed(kind=missing, detail="not here", status=status)

    async def get(self, request: Request) -> Outcome:
        self.asked.append(request.url)
        body = self.pages.get(request.url)
        return self.missing if body is None else Fetched(url=request.url, status=200, body=body)


@pytest.mark.parametrize(
    "body",
    [
        RSS,
        b"\xef\xbb\xbf  <rss>",
        b"<feed xmlns='http://www.w3.org/2005/Atom'>",
        b"<?xml version='1.0'?>\n<!-- made by us -->\n<?xml-stylesheet href='a.xsl'?><rdf:RDF xmlns='x'>",
        b"<!DOCTYPE rss [<!ENTITY a 'b'>]><rss version='0.91'>",
        b"<atom:feed xmlns:atom='x'>",
        "<?xml version='1.0' encoding='utf-16'?><rss>".encode("utf-16"),
        b"<?xml version='1.0'?><urlset xmlns='http://www.sitemaps.org/schemas/sitemap/0.9'>",
        b'{"version": "https://jsonfeed.org/version/1.1", "items": []}',
        b'{"version": "https:\\/\\/jsonfeed.org\\/version\\/1", "items": []}',
    ],
)
def test_feeds_are_told_by_their_first_bytes(body: bytes) -> None:
    assert looks_like_feed(body)


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"<html><body>see our &lt;rss&gt;",
        b"<!doctype html><html><rss>",
        b'{"a": 1}',
        b"\x89PNG",
        b"<feedback>",
        b"rss",
    ],
)
def test_other_documents_are_no_feeds(body: bytes) -> None:
    assert not looks_like_feed(body)


PAGE = b"""<!doctype html><html><head><base href="https://cdn.paper.example/x/">
<link rel="stylesheet alternate" type="text/css" href="a.css">
<LINK REL='Alternate' TYPE='application/rss+xml; charset=utf-8' TITLE='All
 news' HREF='../feed?a=1&amp;b=2'>
<link rel=alternate type=application/feed+json href=https://paper.example/feed.json>
<link rel="alternate" type="application/atom+xml" href="javascript:alert(1)">
<link rel="alternate" hreflang="de" href="https://paper.example/de">
<link rel="alternate" type="application/rss+xml" href="../feed?a=1&amp;b=2"></head>"""


def test_a_page_names_its_feeds_in_order_and_once() -> None:
    assert candidates(PAGE, "https://paper.example/") == (
        Candidate(url="https://cdn.paper.example/feed?a=1&b=2", title="All news", format="rss"),
        Candidate(url="https://paper.example/feed.json", title="", format="json"),
    )


@given(st.binary(max_size=300))
def test_any_bytes_are_searched_without_an_error(body: bytes) -> None:
    assert isinstance(candidates(b"<link rel=alternate " + body, "https://paper.example/"), tuple)
    assert looks_like_feed(body) in {True, False}


def test_a_feed_is_found_with_one_request() -> None:
    web = Web({"https://paper.example/feed": RSS})
    found = asyncio.run(discover(web, "paper.example/feed"))
    assert found.feed is not None
    assert found.candidates == ()
    assert web.asked == ["https://paper.example/feed"]


def test_a_page_that_names_feeds_costs_one_request() -> None:
    web = Web({"https://paper.example/": PAGE})
    found = asyncio.run(discover(web, "https://paper.example/"))
    assert [candidate.format for candidate in found.candidates] == ["rss", "json"]
    assert len(web.asked) == 1


def test_usual_places_are_tried_only_where_the_page_names_none() -> None:
    web = Web({"https://paper.example/a": b"<html>", "https://paper.example/rss.xml": RSS})
    found = asyncio.run(discover(web, "https://paper.example/a"))
    assert found.feed is not None
    assert found.url == "https://paper.example/rss.xml"
    assert web.asked[1:] == [f"https://paper.example/{name}" for name in ("feed", "feed.xml", "rss.xml")]


def test_a_host_that_refuses_us_is_not_asked_again() -> None:
    web = Web({"https://paper.example/": b"<html>"}, FailureKind.FORBIDDEN, 403)
    found = asyncio.run(discover(web, "https://paper.example/"))
    assert found.problem
    assert len(web.asked) == 2


def test_a_failure_is_told_in_its_own_words() -> None:
    assert asyncio.run(discover(Web({}), "https://paper.example/")).problem == "not here"
