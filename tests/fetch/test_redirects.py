"""Redirects across hosts, and the guard at every hop, against real sockets."""

from __future__ import annotations

import asyncio

import pytest

from aggregator.config import Fetch
from aggregator.fetch.client import Client, Request
from aggregator.model import FailureKind, Fetched, FetchFailed, Outcome
from tests.fetch.server import Server, answer, running
from tests.fetch.test_client import FEED, settings, with_server


def to(status: int, location: str | bytes) -> bytes:
    raw = location.encode("utf-8") if isinstance(location, str) else location
    return answer(status, b"", b"Location: " + raw)


def chain(*hops: tuple[int, str], end: bytes = answer(200, FEED)) -> Outcome:
    """The outcome of `/0`, when each hop (status, path) leads on and the last path holds `end`."""

    async def play(server: Server, client: Client) -> Outcome:
        path = "/0"
        for status, following in hops:
            server.answers[path] = to(status, following)
            path = following
        server.answers[path] = end
        outcome = await client.get(Request(url=server.url("/0")))
        if isinstance(outcome, Fetched) and outcome.permanent_url is not None:
            assert outcome.permanent_url.startswith(server.url())
        return outcome

    return with_server(play)


@pytest.mark.parametrize(
    ("hops", "permanent"),
    [
        ([(301, "/1")], "/1"),
        ([(308, "/1"), (301, "/2")], "/2"),
        ([(301, "/1"), (302, "/2")], "/1"),
        ([(302, "/1"), (301, "/2")], None),
        ([(303, "/1")], None),
        ([(307, "/1")], None),
        ([(301, "/1"), (302, "/2"), (301, "/3")], "/1"),
    ],
)
def test_the_permanent_address_is_the_last_before_the_first_temporary_hop(
    hops: list[tuple[int, str]], permanent: str | None
) -> None:
    outcome = chain(*hops)
    assert isinstance(outcome, Fetched)
    assert outcome.url.endswith(hops[-1][1])
    assert (outcome.permanent_url is None) if permanent is None else (outcome.permanent_url or "").endswith(permanent)


def test_five_hops_are_followed_and_a_sixth_is_not() -> None:
    five = [(302, f"/{hop}") for hop in range(1, 6)]
    assert isinstance(chain(*five), Fetched)
    six = chain(*five, (302, "/6"))
    assert isinstance(six, FetchFailed)
    assert six.kind is FailureKind.REDIRECT


@pytest.mark.parametrize(
    "location",
    [
        "/0",
        "ftp://example.org/feed",
        "file:///etc/passwd",
        "data:text/xml,x",
        "http://",
        "http://user@127.0.0.1/",
        "\\\\x",
    ],
)
def test_circles_and_targets_that_are_no_web_address_are_redirect_failures(location: str) -> None:
    outcome = chain((302, "/1"), end=to(302, location))
    assert isinstance(outcome, FetchFailed)
    assert outcome.kind is FailureKind.REDIRECT


def test_a_redirect_without_location_is_a_failure() -> None:
    outcome = chain(end=answer(302))
    assert isinstance(outcome, FetchFailed)
    assert (outcome.kind, outcome.status) == (FailureKind.REDIRECT, 302)


def test_a_location_with_raw_utf8_and_a_fragment_is_followed_encoded() -> None:
    async def play(server: Server, client: Client) -> Server:
        server.answers["/0"] = to(302, "/caf\u00e9?q=\u00e9#top")
        server.answers["/caf%C3%A9?q=%C3%A9"] = answer(200, FEED)
        assert isinstance(await client.get(Request(url=server.url("/0"))), Fetched)
        return server

    assert with_server(play).asked[1].target == "/caf%C3%A9?q=%C3%A9"


def test_credentials_and_configured_headers_stay_with_their_own_origin() -> None:
    async def play(server: Server, client: Client) -> tuple[Server, Server]:
        async with running() as other:
            server.answers["/feed"] = to(302, "/inside")
            server.answers["/inside"] = to(302, other.url("/feed"))
            other.answers["/feed"] = to(302, server.url("/back"))
            server.answers["/back"] = answer(200, FEED)
            request = Request(
                url=server.url("/feed"), headers=(("X-Key", "k"),), authorization="Bearer t", cookie="a=b"
            )
            assert isinstance(await client.get(request), Fetched)
            return server, other

    server, other = with_server(play)
    secrets = {"authorization", "x-key", "cookie"}
    assert [secrets & asked.headers.keys() for asked in server.asked] == [secrets, secrets, set()]
    assert [secrets & asked.headers.keys() for asked in other.asked] == [set()]


# ---------------------------------------------------------------- the guard


def test_a_redirect_to_a_refused_address_is_refused_on_the_second_hop_and_never_asked() -> None:
    async def run() -> tuple[Server, Server, Outcome]:
        async with running() as server, running("127.0.0.2") as inner:
            server.answers["/feed"] = to(301, f"http://127.0.0.2:{inner.port}/secret")
            inner.answers["/secret"] = answer(200, FEED)
            async with Client(settings(allow_private=("127.0.0.1",))) as client:
                return server, inner, await client.get(Request(url=server.url("/feed")))

    server, inner, outcome = asyncio.run(run())
    assert isinstance(outcome, FetchFailed)
    assert outcome.kind is FailureKind.REFUSED_ADDRESS
    assert "127.0.0.2" in outcome.detail
    assert len(server.asked) == 1
    assert inner.asked == []


@pytest.mark.parametrize(
    "host",
    [
        "127.0.0.1",
        "127.1",
        "2130706433",
        "0x7f000001",
        "0177.0.0.1",
        "\u2460\u2461\u2466.\u24ea.\u24ea.\u2460",
        "localhost",
        "localhost.",
        "LOCALHOST",
        "[::ffff:127.0.0.1]",
        "[::1]",
        "0.0.0.0",
        "0",
        "paper.example@127.0.0.1",
    ],
)
def test_no_spelling_of_loopback_reaches_a_real_server(host: str) -> None:
    async def run() -> tuple[Server, Outcome]:
        async with running() as server, Client(settings(allow_private=())) as client:
            server.answers["/"] = answer(200, FEED)
            return server, await client.get(Request(url=f"http://{host}:{server.port}/"))

    server, outcome = asyncio.run(run())
    assert isinstance(outcome, FetchFailed)
    # Some resolvers know no `localhost.`; then there is nothing to refuse.
    assert outcome.kind is FailureKind.REFUSED_ADDRESS or (host == "localhost." and outcome.kind is FailureKind.DNS)
    assert server.asked == []


def test_a_name_is_allowed_by_the_address_that_it_resolves_to() -> None:
    async def play(server: Server, client: Client) -> Outcome:
        server.answers["/"] = answer(200, FEED)
        return await client.get(Request(url=server.url("/", host="localhost")))

    assert isinstance(with_server(play), Fetched)


def test_the_placeholder_contact_reaches_allowed_addresses_only() -> None:
    async def play(server: Server, client: Client) -> tuple[Outcome, Outcome]:
        server.answers["/"] = answer(200, FEED)
        public = await client.get(Request(url="http://192.0.0.9:81/"))
        return await client.get(Request(url=server.url("/"))), public

    inside, outside = with_server(play, contact=Fetch().contact)
    assert isinstance(inside, Fetched)
    assert isinstance(outside, FetchFailed)
    assert outside.kind is FailureKind.REFUSED_ADDRESS


def test_a_proxy_is_trusted_but_the_target_is_still_judged() -> None:
    async def run() -> tuple[Server, list[Outcome]]:
        async with running() as proxy:
            proxy.answers["http://paper.example/feed"] = answer(200, FEED)
            async with Client(settings(allow_private=(), proxy=proxy.url())) as client:
                urls = (
                    "http://paper.example/feed",
                    "http://10.0.0.1/feed",
                    "http://localhost/feed",
                    "http://0x7f.1/feed",
                )
                return proxy, [await client.get(Request(url=url)) for url in urls]

    proxy, (public, *inner) = asyncio.run(run())
    assert isinstance(public, Fetched)
    assert [outcome.kind for outcome in inner if isinstance(outcome, FetchFailed)] == [FailureKind.REFUSED_ADDRESS] * 3
    assert [asked.target for asked in proxy.asked] == ["http://paper.example/feed"]


def test_a_feeds_own_proxy_is_trusted_and_other_feeds_go_their_own_way() -> None:
    async def run() -> tuple[Server, list[Outcome]]:
        async with running() as proxy, Client(settings(allow_private=())) as client:
            proxy.answers["http://paper.example/feed"] = answer(200, FEED)
            through = [Request(url=url, proxy=proxy.url()) for url in ("http://paper.example/feed", "http://10.0.0.1/")]
            return proxy, [await client.get(request) for request in (*through, Request(url=proxy.url("/feed")))]

    proxy, (public, inner, direct) = asyncio.run(run())
    assert isinstance(public, Fetched)
    assert isinstance(inner, FetchFailed)
    assert isinstance(direct, FetchFailed)
    assert inner.kind == direct.kind == FailureKind.REFUSED_ADDRESS
    assert [asked.target for asked in proxy.asked] == ["http://paper.example/feed"]
