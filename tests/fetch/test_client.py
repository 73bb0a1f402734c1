"""The client against a real server on loopback: what goes out, and what every odd answer becomes."""

from __future__ import annotations

import asyncio
import gzip
import itertools
import resource
import zlib
from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any, TypeVar

import pytest

from aggregator.__about__ import __version__
from aggregator.config import Fetch
from aggregator.fetch.client import Client, Request
from aggregator.model import FailureKind, Fetched, FetchFailed, Outcome, Unchanged, Validators
from tests.fetch.server import SELF_SIGNED, Server, answer, reset, running, slowly

T = TypeVar("T")
FEED = b"<rss version='2.0'><channel><title>Harbour News</title></channel></rss>"


def settings(**values: Any) -> Fetch:
    return Fetch(**{"contact": "editor@paper.example", "allow_private": ("127.0.0.0/8",), "timeout": "5s"} | values)


def with_server(play: Callable[[Server, Client], Awaitable[T]], **values: Any) -> T:
    async def run() -> T:
        async with running() as server, Client(settings(**values)) as client:
            return await play(server, client)

    return asyncio.run(run())


def outcome_of(raw: Any, request: Request | None = None, **values: Any) -> Outcome:
    """What one GET of `/feed` becomes when the server answers `raw`."""

    async def play(server: Server, client: Client) -> Outcome:
        server.answers["/feed"] = raw
        return await client.get(request or Request(url=server.url("/feed")))

    return with_server(play, **values)


def failure_of(raw: Any, **values: Any) -> FetchFailed:
    outcome = outcome_of(raw, **values)
    assert isinstance(outcome, FetchFailed), outcome
    assert "\n" not in outcome.detail
    assert outcome.detail
    return outcome


# ---------------------------------------------------------------- what goes out


def test_the_first_request_carries_exactly_the_headers_that_the_manners_allow() -> None:
    async def play(server: Server, client: Client) -> Server:
        server.answers["/feed?a=1&b=%7Ex"] = answer(200, FEED)
        assert isinstance(await client.get(Request(url=server.url("/feed?a=1&b=%7Ex"))), Fetched)
        return server

    asked = with_server(play).asked[0]
    assert sorted(asked.names) == ["Accept", "Accept-Encoding", "Host", "User-Agent"]
    assert asked.headers["user-agent"] == f"FairCopy/{__version__} (+editor@paper.example)"
    assert asked.headers["accept-encoding"] == "gzip"
    assert asked.headers["accept"].startswith("application/atom+xml, application/rss+xml, application/feed+json;q=0.9")


@pytest.mark.parametrize("tag", [b'"plain"', b'W/"weak-1"', b"unquoted", '"caf\u00e9"'.encode(), b'"a, b"', b"''"])
def test_validators_go_back_byte_for_byte(tag: bytes) -> None:
    modified = b"Sat, 1 Feb 2020 8:00:00 GMT"

    async def play(server: Server, client: Client) -> Server:
        server.answers["/feed"] = answer(200, FEED, b"ETag: " + tag, b"Last-Modified: " + modified)
        first = await client.get(Request(url=server.url("/feed")))
        assert isinstance(first, Fetched)
        server.answers["/feed"] = answer(304)
        second = await client.get(Request(url=server.url("/feed"), validators=first.validators))
        assert second == Unchanged()
        return server

    headers = with_server(play).asked[1].headers
    assert headers["if-none-match"].encode("latin-1") == tag
    assert headers["if-modified-since"].encode("latin-1") == modified


def test_a_validator_that_cannot_be_sent_exactly_is_left_out() -> None:
    async def play(server: Server, client: Client) -> Server:
        server.answers["/feed"] = answer(200, FEED, b'ETag: "caf\xe9"')
        first = await client.get(Request(url=server.url("/feed")))
        assert isinstance(first, Fetched)
        assert first.validators == Validators(etag='"caf\xe9"')
        await client.get(Request(url=server.url("/feed"), validators=first.validators))
        return server

    assert "if-none-match" not in with_server(play).asked[1].headers


def test_an_unconditional_request_leaves_the_validators_out() -> None:
    async def play(server: Server, client: Client) -> Server:
        request = Request(url=server.url("/feed"), validators=Validators(etag='"x"'), conditional=False)
        await client.get(request)
        return server

    assert "if-none-match" not in with_server(play).asked[0].headers


def test_no_cookie_comes_back_to_the_server() -> None:
    async def play(server: Server, client: Client) -> Server:
        server.answers["/feed"] = answer(200, FEED, "Set-Cookie: id=7; Path=/")
        await client.get(Request(url=server.url("/feed")))
        await client.get(Request(url=server.url("/feed")))
        return server

    assert all("cookie" not in asked.headers for asked in with_server(play).asked)


def test_configured_headers_are_sent_but_cannot_replace_our_own() -> None:
    async def play(server: Server, client: Client) -> Server:
        headers = (("X-Key", "k"), ("User-Agent", "Mozilla/5.0"), ("Accept-Encoding", "br"), ("Referer", "http://a/"))
        await client.get(Request(url=server.url("/feed"), headers=headers))
        return server

    headers = with_server(play).asked[0].headers
    assert headers["x-key"] == "k"
    assert headers["user-agent"].startswith("FairCopy/")
    assert headers["accept-encoding"] == "gzip"
    assert "referer" not in headers


def test_a_login_in_the_address_becomes_a_header_and_leaves_the_address() -> None:
    async def play(server: Server, client: Client) -> tuple[Server, Outcome]:
        server.answers["/feed"] = answer(200, FEED)
        url = server.url("/feed").replace("http://", "http://reader:p%40ss@")
        return server, await client.get(Request(url=url))

    server, outcome = with_server(play)
    assert server.asked[0].headers["authorization"] == "Basic cmVhZGVyOnBAc3M="
    assert isinstance(outcome, Fetched)
    assert "reader" not in outcome.url


# ---------------------------------------------------------------- answers


def test_a_200_brings_body_type_validators_and_hints() -> None:
    raw = answer(
        200,
        FEED,
        'ETag: "1"',
        "Content-Type: application/rss+xml",
        "Cache-Control: public, max-age=600",
        "Age: 100",
    )
    outcome = outcome_of(raw)
    assert isinstance(outcome, Fetched)
    assert (outcome.status, outcome.body, outcome.content_type) == (200, FEED, "application/rss+xml")
    assert outcome.validators == Validators(etag='"1"')
    assert outcome.hints.max_age == timedelta(seconds=500)
    assert outcome.permanent_url is None


def test_a_304_carries_only_what_it_brought() -> None:
    async def play(server: Server, client: Client) -> Outcome:
        server.answers["/feed"] = answer(304, b"", 'ETag: "2"', "Cache-Control: max-age=60")
        known = Validators(etag='"1"', last_modified="Sat, 01 Feb 2020 08:00:00 GMT")
        return await client.get(Request(url=server.url("/feed"), validators=known))

    outcome = with_server(play)
    assert isinstance(outcome, Unchanged)
    assert outcome.validators == Validators(etag='"2"')
    assert outcome.hints.max_age == timedelta(seconds=60)


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (204, FailureKind.EMPTY),
        (206, FailureKind.PROTOCOL),
        (226, FailureKind.PROTOCOL),
        (304, FailureKind.PROTOCOL),
        (400, FailureKind.CLIENT),
        (401, FailureKind.UNAUTHORIZED),
        (403, FailureKind.FORBIDDEN),
        (404, FailureKind.NOT_FOUND),
        (406, FailureKind.CLIENT),
        (407, FailureKind.UNAUTHORIZED),
        (410, FailureKind.GONE),
        (429, FailureKind.RATE_LIMITED),
        (451, FailureKind.CLIENT),
        (500, FailureKind.SERVER),
        (503, FailureKind.SERVER),
        (599, FailureKind.SERVER),
    ],
)
def test_each_status_has_its_kind_of_failure(status: int, kind: FailureKind) -> None:
    outcome = failure_of(answer(status))
    assert (outcome.kind, outcome.status) == (kind, status)


def test_retry_after_is_measured_against_the_servers_own_date() -> None:
    headers = ("Date: Mon, 06 Jan 2020 10:00:00 GMT", "Retry-After: Mon, 06 Jan 2020 12:30:00 GMT")
    assert failure_of(answer(429, b"", *headers)).hints.retry_after == timedelta(hours=2.5)


def test_a_cloudflare_challenge_is_named_as_such() -> None:
    outcome = failure_of(answer(403, b"<html>", "cf-mitigated: challenge"))
    assert outcome.kind is FailureKind.FORBIDDEN
    assert "Cloudflare" in outcome.detail


def test_an_empty_200_is_a_failure() -> None:
    assert failure_of(answer(200, b" \n")).kind is FailureKind.EMPTY


# ---------------------------------------------------------------- bodies


@pytest.mark.parametrize(
    ("coding", "packed"),
    [
        ("gzip", gzip.compress(FEED)),
        ("x-gzip", gzip.compress(FEED)),
        ("gzip", gzip.compress(FEED[:20]) + gzip.compress(FEED[20:])),
        ("gzip", gzip.compress(FEED) + b"\x00" * 8),
        ("deflate", zlib.compress(FEED)),
        ("deflate", zlib.compress(FEED, wbits=-15)),
        ("identity", FEED),
    ],
    ids=range(7),  # gzip stamps the time into its header, and two workers must name the same tests
)
def test_packed_bodies_are_unpacked(coding: str, packed: bytes) -> None:
    outcome = outcome_of(answer(200, packed, f"Content-Encoding: {coding}"))
    assert isinstance(outcome, Fetched)
    assert outcome.body == FEED


@pytest.mark.parametrize(
    ("coding", "packed"),
    [("gzip", gzip.compress(FEED)[:-9]), ("gzip", FEED), ("br", b"\x0b"), ("zstd", b"("), ("gzip, gzip", b"\x1f\x8b")],
    ids=range(5),
)
def test_damaged_truncated_and_unasked_codings_are_failures(coding: str, packed: bytes) -> None:
    assert failure_of(answer(200, packed, f"Content-Encoding: {coding}")).kind is FailureKind.PROTOCOL


def _bomb(size: int) -> bytes:
    """`size` zero bytes, gzipped, in a thousandth of the space (one packed block, repeated)."""
    packer = zlib.compressobj(9, wbits=-15)
    block = packer.compress(bytes(10_000_000)) + packer.flush(zlib.Z_FULL_FLUSH)
    return b"\x1f\x8b\x08\x00\x00\x00\x00\x00\x02\xff" + block * (size // 10_000_000)


def test_a_gzip_bomb_of_a_gigabyte_stops_at_the_cap_and_costs_little_memory() -> None:
    bomb = _bomb(1_000_000_000)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    outcome = failure_of(answer(200, bomb, "Content-Encoding: gzip"))
    assert outcome.kind is FailureKind.TOO_LARGE
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 100_000  # KB; the cap is 15 MB


def test_a_body_beyond_the_cap_is_too_large_whatever_its_length_says() -> None:
    assert failure_of(answer(200, b"x" * 2000, length=False), max_body=1000).kind is FailureKind.TOO_LARGE
    assert isinstance(outcome_of(answer(200, b"x" * 1000), max_body=1000), Fetched)


def test_thousands_of_empty_gzip_members_are_refused() -> None:
    flood = gzip.compress(b"") * 5000
    assert failure_of(answer(200, flood, "Content-Encoding: gzip")).kind is FailureKind.PROTOCOL


# ---------------------------------------------------------------- broken servers


def test_a_transfer_shorter_than_its_length_is_a_failure() -> None:
    raw = b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n" + FEED
    assert failure_of(raw).kind is FailureKind.PROTOCOL


def test_a_chunked_transfer_without_its_end_is_a_failure() -> None:
    raw = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n"
    assert failure_of(raw).kind is FailureKind.PROTOCOL


def test_a_reset_connection_is_a_failure() -> None:
    assert failure_of(reset).kind in {FailureKind.CONNECT, FailureKind.PROTOCOL}


@pytest.mark.parametrize(
    "raw",
    [
        b"<rss>HTTP/0.9</rss>",
        b"HTTP/1.1 abc\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nZZ\r\nx\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: -5\r\n\r\nx",
        b"HTTP/1.1 200 OK\r\nX: " + b"a" * 100_000 + b"\r\n\r\nx",
        b"HTTP/1.1 200 OK\r\n" + b"X: a\r\n" * 5000 + b"\r\nx",
        b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: Upgrade\r\n\r\n",
        b"SSH-2.0-OpenSSH_9.2\r\n",
    ],
)
def test_what_is_no_http_is_a_protocol_failure(raw: bytes) -> None:
    assert failure_of(raw).kind is FailureKind.PROTOCOL


def test_a_connection_closed_without_an_answer_is_a_failure() -> None:
    assert failure_of(b"").kind is FailureKind.CONNECT


def test_slow_bytes_end_at_the_deadline_though_each_read_succeeds() -> None:
    head = b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n"
    outcome = failure_of(slowly(itertools.chain([head], itertools.repeat(b"x", 50)), 0.02), timeout="0.3s")
    assert outcome.kind is FailureKind.TIMEOUT


def test_slow_headers_end_at_the_deadline() -> None:
    outcome = failure_of(slowly([b"HTTP/1.1 200 OK\r\n", *[b"X: a\r\n"] * 50], 0.02), timeout="0.3s")
    assert outcome.kind is FailureKind.TIMEOUT


def test_a_flood_of_interim_answers_ends_at_the_deadline() -> None:
    flood = slowly(itertools.repeat(b"HTTP/1.1 100 Continue\r\n\r\n" * 100, 50), 0.02)
    assert failure_of(flood, timeout="0.3s").kind in {FailureKind.TIMEOUT, FailureKind.PROTOCOL}


def test_a_closed_port_and_an_unknown_name_are_told_apart() -> None:
    async def play(_: Server, client: Client) -> tuple[Outcome, Outcome]:
        async with running() as other:
            url = other.url("/feed")
        closed = await client.get(Request(url=url))
        return closed, await client.get(Request(url="http://no-such-name.invalid/feed"))

    closed, unknown = with_server(play)
    assert isinstance(closed, FetchFailed)
    assert closed.kind is FailureKind.CONNECT
    assert isinstance(unknown, FetchFailed)
    assert unknown.kind is FailureKind.DNS


def test_a_certificate_that_nobody_vouches_for_is_a_tls_failure() -> None:
    async def play(_: Server, client: Client) -> tuple[Server, Outcome]:
        async with running(certificate=SELF_SIGNED) as other:
            return other, await client.get(Request(url=other.url("/feed").replace("http:", "https:")))

    other, outcome = with_server(play)
    assert isinstance(outcome, FetchFailed)
    assert outcome.kind is FailureKind.TLS
    assert "self-signed" in outcome.detail
    assert not other.asked


def test_cancelling_is_not_swallowed() -> None:
    async def play(server: Server, client: Client) -> bool:
        arrived = asyncio.Event()

        async def silent(_: asyncio.StreamWriter) -> None:
            arrived.set()
            await asyncio.Event().wait()

        server.answers["/feed"] = silent
        task = asyncio.create_task(client.get(Request(url=server.url("/feed"))))
        await arrived.wait()
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        return task.cancelled()

    assert with_server(play)


def test_waiting_for_a_free_slot_does_not_count_against_the_deadline() -> None:
    async def play(server: Server, client: Client) -> list[Outcome]:
        server.answers["/feed"] = slowly([answer(200, FEED)[:-9], FEED[-9:]], 0.15)
        return list(await asyncio.gather(*(client.get(Request(url=server.url("/feed"))) for _ in range(4))))

    assert all(isinstance(outcome, Fetched) for outcome in with_server(play, concurrency=1, timeout="0.5s"))
