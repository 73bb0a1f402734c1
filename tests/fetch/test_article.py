"""From a page to its text and claims, and what robots.txt lets us fetch."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aggregator.fetch.article import ArticleText, read_article, robots_from, robots_url
from aggregator.fetch.page_claims import NO_CLAIMS, page_claims
from aggregator.fetch.robots import may_fetch, read_robots
from aggregator.model import FailureKind, Fetched, FetchFailed

URL = "https://paper.example/a"
SENTENCES = "".join(
    f"<p>The harbour board met for the {n}. time on Monday and heard what the crane drivers had to say.</p>"
    for n in range(9)
)
STORY = f"<html><head><title>Board meets</title></head><body><nav>Menu</nav><article><h1>Board meets</h1>{SENTENCES}</article>"


def page(body: str, content_type: str = "text/html; charset=utf-8") -> Fetched:
    return Fetched(url=URL, status=200, body=body.encode(), content_type=content_type)


@pytest.mark.filterwarnings("ignore::DeprecationWarning")  # trafilatura's own dependencies
def test_an_articles_text_is_taken_from_its_page() -> None:
    found = read_article(page(STORY))
    assert isinstance(found, ArticleText)
    assert "crane drivers" in found.text
    assert "Menu" not in found.text


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_a_page_without_an_article_is_said_to_be_one() -> None:
    found = read_article(page("<html><body></body></html>"))
    assert isinstance(found, FetchFailed)
    assert found.kind is FailureKind.UNREADABLE


def test_what_is_no_page_is_not_read() -> None:
    found = read_article(page("%PDF", "application/pdf"))
    assert isinstance(found, FetchFailed)
    assert "application/pdf" in found.detail


# ---------------------------------------------------------------- robots.txt


@pytest.mark.parametrize(
    ("text", "path", "allowed"),
    [
        ("User-agent: *\nDisallow: /a", "/a", False),
        ("User-agent: *\nDisallow: /a", "/b", True),
        ("User-agent: FairCopy/1.0\nDisallow: /a", "/a", False),
        ("user-agent: faircopy\ndisallow: /", "/a", False),
        ("User-agent: other\nDisallow: /", "/a", True),
        ("User-agent: other\nUser-agent: faircopy\nDisallow: /", "/a", False),
        ("User-agent: *\nDisallow: /\nUser-agent: faircopy\nDisallow: /b", "/a", True),
        ("User-agent: *\nDisallow: /\nAllow: /news/", "/news/1", True),
        ("User-agent: *\nAllow: /\nDisallow: /news/", "/news/1", False),
        ("User-agent: *\nAllow: /page\nDisallow: /page", "/page", True),
        ("User-agent: *\nDisallow: /*.pdf$", "/a/b.pdf", False),
        ("User-agent: *\nDisallow: /*.pdf$", "/a/b.pdf?x", True),
        ("User-agent: *\nDisallow: /*?print=", "/a?print=1", False),
        ("User-agent: *\nDisallow: /%7Ejoe", "/~joe/", False),
        ("User-agent: *\nDisallow: /a # but why", "/a", False),
        ("User-agent: *\nDisallow:", "/a", True),
        ("User-agent: *\nCrawl-delay: 5\nDisallow: /a", "/a", False),
        ("<!doctype html><title>Not found</title>", "/a", True),
        ("", "/a", True),
    ],
)
def test_the_longest_rule_of_our_group_decides(text: str, path: str, allowed: bool) -> None:
    assert may_fetch(read_robots(text, "FairCopy"), f"https://paper.example{path}") is allowed


@given(st.text(max_size=300), st.text(max_size=50))
def test_no_robots_txt_stops_the_program(text: str, path: str) -> None:
    may_fetch(read_robots("User-agent: *\n" + text, "FairCopy"), f"https://paper.example/{path}")


@pytest.mark.parametrize(
    ("kind", "status", "allowed"),
    [
        (FailureKind.NOT_FOUND, 404, True),
        (FailureKind.EMPTY, 200, True),
        (FailureKind.FORBIDDEN, 403, True),
        (FailureKind.RATE_LIMITED, 429, False),
        (FailureKind.SERVER, 503, False),
        (FailureKind.TIMEOUT, None, False),
    ],
)
def test_rules_that_cannot_be_had_keep_us_away_and_absent_ones_do_not(
    kind: FailureKind, status: int | None, allowed: bool
) -> None:
    assert may_fetch(robots_from(FetchFailed(kind=kind, detail="d", status=status)), URL) is allowed


def test_the_rules_stand_at_the_root() -> None:
    assert robots_url("https://paper.example:8443/a/b?c") == "https://paper.example:8443/robots.txt"


# ---------------------------------------------------------------- claims


def with_data(*nodes: object, head: str = "") -> bytes:
    blocks = "".join(f'<script type="application/ld+json">{json.dumps(node)}</script>' for node in nodes)
    return f"<html><head>{head}{blocks}</head></html>".encode()


ARTICLE = {
    "@context": "https://schema.org",
    "@type": ["NewsArticle"],
    "datePublished": "2026-03-02T10:00:00+01:00",
    "author": [{"@type": "Person", "name": "Ada Low"}, {"name": "Bo  Hill"}],
    "publisher": {"@type": "Organization", "name": "Harbour News"},
    "isBasedOn": "https://wire.example/1",
}


def test_what_json_ld_claims_is_kept() -> None:
    for body in (with_data(ARTICLE), with_data({"@type": "WebSite"}, {"@graph": [{"@type": "WebPage"}, ARTICLE]})):
        claims = page_claims(body, URL)
        assert claims.published == datetime(2026, 3, 2, 9, tzinfo=UTC)
        assert claims.authors == ("Ada Low", "Bo Hill")
        assert (claims.publisher, claims.based_on) == ("Harbour News", "https://wire.example/1")


def test_link_and_open_graph_stand_in_for_it() -> None:
    head = (
        '<link rel="canonical" href="/one"><meta property="og:site_name" content="Harbour News">'
        '<meta property="article:published_time" content="2026-03-02T09:00:00Z"><meta name="author" content="Ada Low">'
    )
    claims = page_claims(with_data(head=head), URL)
    assert claims.canonical == "https://paper.example/one"
    assert claims.published == datetime(2026, 3, 2, 9, tzinfo=UTC)
    assert (claims.publisher, claims.authors) == ("Harbour News", ("Ada Low",))


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"\xff\xfe\x00",
        with_data({"@type": "NewsArticle", "datePublished": "2026-03-02", "author": "https://paper.example/ada"}),
        with_data({"@type": "NewsArticle", "isBasedOn": {"@type": "x"}, "author": {"name": {}}}),
        with_data(head='<link rel="canonical" href="javascript:alert(1)">'),
        b'<script type="application/ld+json">' + b"[" * 50_000,
        b'<script type="application/ld+json">{"@type": "NewsArticle", "datePublished": "9999-12-31T23:59:59-14:00"}</script>',
    ],
)
def test_what_cannot_be_believed_is_left_out(body: bytes) -> None:
    assert page_claims(body, URL) == NO_CLAIMS


@given(st.binary(max_size=300))
def test_no_page_stops_the_program(body: bytes) -> None:
    page_claims(b'<meta property="og:url" content="' + body, URL)
