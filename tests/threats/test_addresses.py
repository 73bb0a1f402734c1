"""Which addresses are reached, in every spelling and by every way there: judged where the socket is made, at every poll."""

from __future__ import annotations

import socket
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.fetch.server import Server, answer, running
from tests.threats.reader import DAY, MONTH, Reader, attacked, good, lived, rss

INSIDE = (
    *(
        "127.0.0.1",
        "127.0.0.2",
        "127.1",
        "2130706433",
        "0x7f000001",
        "0x7f.1",
        "0177.0.0.1",
        "017700000001",
        "0",
        "0.0.0.0",
    ),
    *("\u2460\u2461\u2466.\u24ea.\u24ea.\u2460", "127\u30020\u30020\u30021", "localhost", "LocalHost", "x.localhost"),
    *("paper.example@127.0.0.1", "paper.example%00@127.0.0.1", "[::1]", "[0:0:0:0:0:0:0:1]", "[::]", "[::127.0.0.1]"),
    *("[::ffff:127.0.0.1]", "[::ffff:7f00:1]", "[::ffff:0:127.0.0.1]", "[64:ff9b::7f00:1]", "[2002:7f00:1::]"),
    *("10.0.0.1", "172.16.0.1", "192.168.0.1", "169.254.169.254", "100.64.0.1", "192.0.2.1", "198.18.0.1"),
    *("[fd00::1]", "[fe80::1]", "[fec0::1]", "[ff02::1]", "[64:ff9b:1::1]", "255.255.255.255", "224.0.0.1"),
    *("paper.example\\@127.0.0.1", "127.0.0.1\\.paper.example"),
)


def test_every_spelling_of_an_inner_address_is_refused_in_one_line_and_nothing_is_asked(tmp_path: Path) -> None:
    """SSRF-01."""

    async def play(reader: Reader, server: Server) -> None:
        reader.fetch = {"allow_private": (), "host_delay": "0s"}
        reader.urls = [f"http://{host}:{server.port}/feed" for host in INSIDE]
        server.answers["/feed"] = good(1)
        polled = await reader.poll()
        assert [one.feed.url for one in polled if one.status not in {"refused-address", "dns"}] == []
        assert [one.feed.url for one in polled if one.status == "dns" and "localhost" not in one.feed.url] == []
        assert all(one.detail.isprintable() and one.detail for one in polled)
        assert server.asked == []

    lived(tmp_path, play)


@pytest.mark.parametrize("allowed", ["127.0.0.1", "127.0.0.0/8"])
def test_what_is_allowed_by_name_of_its_network_is_polled(tmp_path: Path, allowed: str) -> None:
    """SSRF-01: the way in for those who read their own machines."""

    async def play(reader: Reader, server: Server) -> None:
        reader.fetch = {"allow_private": (allowed,)}
        async with running("127.0.0.2", server.port) as other:
            reader.urls = [server.url("/feed"), server.url("/feed", host="127.0.0.2")]
            server.answers["/feed"] = other.answers["/feed"] = good(1)
            near, far = await reader.poll()
            reached = allowed == "127.0.0.0/8"
            assert (near.status, far.status) == ("new", "new" if reached else "refused-address")
            assert len(other.asked) == reached

    lived(tmp_path, play)


@pytest.mark.parametrize("status", [301, 302, 308])
def test_a_redirect_inside_is_refused_at_every_poll_and_never_becomes_the_feeds_address(
    tmp_path: Path, status: int
) -> None:
    """SSRF-02, SSRF-04: a sound feed first, then for days an answer that leads to a server that is really there."""

    async def play(reader: Reader, server: Server) -> None:
        async with running("127.0.0.2") as inner:
            inner.answers["/secret"] = good(1, 2, 3, 9)
            inside = f"http://127.0.0.2:{inner.port}/secret"
            hostile = answer(status, b"", f"Location: {inside}")
            found = await attacked(reader, server, hostile)
            assert found.polled.status == "refused-address"
            assert found.polled.detail == ("127.0.0.2: address refused: 127.0.0.2 is a loopback address")
            server.answers["/feed"] = hostile
            for _ in range(6):
                reader.now += 2 * DAY
                await reader.poll()
            reader.now += MONTH
            assert (await reader.poll())[0].feed.url == server.url("/feed")
            assert inner.asked == []

    lived(tmp_path, play)


def answering(*addresses: str, later: tuple[str, ...] = ()) -> Callable[..., list[Any]]:
    """A name server under somebody else's control: these addresses, and others once it has been asked."""
    given = [addresses, later or addresses]

    def look_up(_host: str, port: int, **_: Any) -> list[Any]:
        found = given.pop(0) if len(given) > 1 else given[0]
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, port)) for address in found]

    return look_up


def test_a_name_that_leads_elsewhere_at_the_second_look_is_refused_then(tmp_path: Path) -> None:
    """SSRF-04: rebinding between two polls."""

    async def play(reader: Reader, server: Server) -> None:
        async with running("127.0.0.2", server.port) as inner:
            inner.answers["/feed"] = good(1, 2)
            server.answers["/feed"] = good(1)
            reader.look_up = answering("127.0.0.1", later=("127.0.0.2",))
            reader.urls = [f"http://paper.example:{server.port}/feed"]
            (first,) = await reader.poll()
            assert first.status == "new"
            assert server.asked[0].headers["host"] == f"paper.example:{server.port}"
            reader.now += MONTH
            (second,) = await reader.poll()
            assert second.status == "refused-address"
            assert second.detail == ("paper.example: address refused: 127.0.0.2 is a loopback address")
            assert inner.asked == []
            assert len(reader.entries(second.feed)) == 1

    lived(tmp_path, play)


def test_a_name_that_leads_elsewhere_within_one_poll_is_refused_there(tmp_path: Path) -> None:
    """SSRF-04: the address that was judged is the one that is connected to, at each hop; no look-up is believed twice."""

    async def play(reader: Reader, server: Server) -> None:
        async with running("127.0.0.2", server.port) as inner:
            server.answers["/feed"] = answer(302, b"", f"Location: http://other.example:{server.port}/feed")
            inner.answers["/feed"] = good(1)
            reader.look_up = answering("127.0.0.1", later=("127.0.0.2",))
            reader.urls = [f"http://paper.example:{server.port}/feed"]
            (polled,) = await reader.poll()
            assert (polled.status, len(server.asked), inner.asked) == ("refused-address", 1, [])

    lived(tmp_path, play)


@pytest.mark.parametrize(
    "addresses", [("127.0.0.2", "127.0.0.1"), ("127.0.0.1", "127.0.0.2"), ("10.0.0.1", "127.0.0.1")]
)
def test_of_a_mixed_answer_the_inner_address_is_never_connected_to(tmp_path: Path, addresses: tuple[str, ...]) -> None:
    """SSRF-04: an answer of public and inner addresses; whichever comes first, the inner server hears nothing."""

    async def play(reader: Reader, server: Server) -> None:
        async with running("127.0.0.2", server.port) as inner:
            server.answers["/feed"] = inner.answers["/feed"] = good(1)
            reader.look_up = answering(*addresses)
            reader.urls = [f"http://paper.example:{server.port}/feed"]
            (polled,) = await reader.poll()
            assert (polled.status, len(server.asked), inner.asked) == ("new", 1, [])

    lived(tmp_path, play)


def test_of_an_answer_of_inner_addresses_alone_the_failure_says_so_in_one_line(tmp_path: Path) -> None:
    """SSRF-04."""

    async def play(reader: Reader, server: Server) -> None:
        reader.look_up = answering("10.0.0.1", "127.0.0.2")
        reader.urls = [f"http://paper.example:{server.port}/feed"]
        (polled,) = await reader.poll()
        assert polled.status == "refused-address"
        assert "paper.example" in polled.detail
        assert "address" in polled.detail
        assert polled.detail.isprintable()

    lived(tmp_path, play)


@pytest.mark.parametrize("direct", [True, False])
def test_an_article_that_stands_inside_or_leads_there_is_not_fetched_and_the_entry_is_kept(
    tmp_path: Path, direct: bool
) -> None:
    """SSRF-05: the page of an entry goes through the same guard as its feed."""

    async def play(reader: Reader, server: Server) -> None:
        async with running("127.0.0.2") as inner:
            inner.answers["/secret"] = answer(200, b"<html><p>hunter2</p></html>", "Content-Type: text/html")
            inside = f"http://127.0.0.2:{inner.port}/secret"
            server.answers["/robots.txt"] = answer(404)
            server.answers["/article"] = answer(302, b"", f"Location: {inside}")
            link = inside if direct else server.url("/article")
            server.answers["/feed"] = answer(200, rss(1, inside=f"<link>{link}</link>"))
            reader.urls, reader.feed_settings = [server.url("/feed")], {"full_text": True}
            (polled,) = await reader.poll()
            assert (polled.status, polled.new, inner.asked) == ("new", 1, [])
            (entry,) = reader.entries(polled.feed)
            assert (entry.text, entry.feed_text) == ("The harbour board met and said 1.", None)
            assert {asked.target for asked in server.asked} == (
                {"/feed"} if direct else {"/feed", "/robots.txt", "/article"}
            )

    lived(tmp_path, play)
