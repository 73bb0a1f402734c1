"""Answers that never come, never end, lead astray or are no HTTP: each is one clear failure of its own feed."""

from __future__ import annotations

import asyncio
import gzip
import itertools
from pathlib import Path
from typing import Any

import pytest

from tests.fetch.server import Script, Server, answer, bomb, reset, slowly
from tests.threats.reader import MONTH, Reader, attacked, good, lived, rss

MEGABYTE = 1_000_000
HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: text/xml\r\n"
NO_TIME = ("timeout", "no whole answer within 0.7 s")


def packed(body: bytes, coding: str) -> bytes:
    return answer(200, body, f"Content-Encoding: {coding}")


async def silent(_: asyncio.StreamWriter) -> None:
    await asyncio.Event().wait()


async def large(writer: asyncio.StreamWriter) -> None:
    writer.write(HEAD + b"Content-Length: 200000000\r\n\r\n")
    for _ in range(200):
        writer.write(b" " * MEGABYTE)
        await writer.drain()


async def kept_open(writer: asyncio.StreamWriter) -> None:
    writer.write(HEAD + b"\r\n" + rss(1, 2, 3, 4))
    await writer.drain()
    await asyncio.Event().wait()


async def late(writer: asyncio.StreamWriter) -> None:
    await asyncio.sleep(1.5)
    writer.write(good(1, 2, 3, 4))


def endlessly(part: bytes) -> Script:
    return slowly(itertools.chain([HEAD + b"\r\n"], itertools.repeat(part)), 0.02)


@pytest.mark.parametrize(
    ("hostile", "kind", "words"),
    [
        pytest.param(
            packed(bomb(300, 31), "gzip"), "too-large", "larger than 15,000,000 bytes unpacked", id="BOMB-01 gzip"
        ),
        pytest.param(packed(bomb(300, 15), "deflate"), "too-large", "15,000,000 bytes unpacked", id="BOMB-02 zlib"),
        pytest.param(packed(bomb(300, -15), "deflate"), "too-large", "15,000,000 bytes unpacked", id="BOMB-02 deflate"),
        pytest.param(
            packed(b"\x0b\x02\x80", "br"), "protocol", "a coding that was not asked for (br)", id="BOMB-03 br"
        ),
        pytest.param(packed(b"(\xb5/\xfd", "zstd"), "protocol", "not asked for (zstd)", id="BOMB-03 zstd"),
        pytest.param(
            packed(gzip.compress(bomb(300, 31)), "gzip, gzip"),
            "protocol",
            "not asked for (gzip, gzip)",
            id="BOMB-04 nested",
        ),
        pytest.param(
            packed(gzip.compress(bomb(300, 31)), "gzip"), "unreadable", "compressed data", id="BOMB-04 hidden"
        ),
        pytest.param(large, "too-large", "the body is larger than 15,000,000 bytes", id="BIG-01 200 MB"),
    ],
)
def test_what_is_too_large_packed_or_plain_is_cut_off_and_named(
    tmp_path: Path, hostile: Any, kind: str, words: str
) -> None:
    refused(tmp_path, hostile, kind, words)


def refused(folder: Path, hostile: Any, kind: str, words: str, more: dict[str, Any] | None = None, **fetch: Any) -> int:
    """The hostile answer is a failure of this kind that says this; how often its server was asked."""

    async def play(reader: Reader, server: Server) -> int:
        reader.fetch = fetch
        found = await attacked(reader, server, hostile, more)
        assert (found.polled.status, found.polled.failed) == (kind, True)
        assert words in found.polled.detail
        return found.asked

    return lived(folder, play)


@pytest.mark.parametrize(
    "hostile",
    [
        pytest.param(silent, id="SLOW-01 no answer"),
        pytest.param(slowly([HEAD, *[b"X: a\r\n"] * 200], 0.02), id="SLOW-02 headers drip"),
        pytest.param(endlessly(b" "), id="SLOW-03 body drips"),
        pytest.param(endlessly(b"<item><guid>x</guid></item>"), id="SLOW-04 endless items"),
        pytest.param(late, id="SLOW-05 late"),
        pytest.param(kept_open, id="SLOW-06 kept open"),
    ],
)
def test_whoever_takes_too_long_is_left_at_the_deadline_and_asked_once(tmp_path: Path, hostile: Script) -> None:
    assert refused(tmp_path, hostile, *NO_TIME, timeout="0.7s") == 1


def test_a_slow_server_gives_its_slot_back_though_there_is_but_one(tmp_path: Path) -> None:
    refused(tmp_path, silent, *NO_TIME, timeout="0.7s", concurrency=1)


def to(location: str, status: int = 302) -> bytes:
    return answer(status, b"", f"Location: {location}")


CHAIN = {f"/{hop}": to(f"/{hop + 1}") for hop in range(1, 50)}


@pytest.mark.parametrize(
    ("hostile", "more", "words", "requests"),
    [
        pytest.param(to("/feed"), {}, "the redirects run in a circle", 1, id="RED-01 itself"),
        pytest.param(to("/a"), {"/a": to("/b"), "/b": to("/a")}, "in a circle", 3, id="RED-01 circle"),
        pytest.param(to("/1"), CHAIN, "more than 5 redirects", 6, id="RED-02 chain"),
        pytest.param(answer(302), {}, "302 without a Location to go to", 1, id="RED-03 no location"),
        pytest.param(to("http://[::1/"), {}, "302 without a Location to go to", 1, id="RED-04 nonsense"),
        pytest.param(to("http://a b/"), {}, "refused: the address holds", 1, id="RED-04 blank"),
        pytest.param(to("file:///etc/passwd"), {}, "file: only http and https", 1, id="SSRF-02 file"),
        pytest.param(to("gopher://127.0.0.1/"), {}, "gopher: only http and https", 1, id="SSRF-02 gopher"),
        pytest.param(to("data:text/xml,<rss/>"), {}, "data: only http and https", 1, id="SSRF-02 data"),
        pytest.param(to("/walled", 307), {"/walled": to("/feed")}, "in a circle", 2, id="FRM cookie wall"),
    ],
)
def test_redirects_that_lead_nowhere_are_one_failure(
    tmp_path: Path, hostile: bytes, more: dict[str, bytes], words: str, requests: int
) -> None:
    assert refused(tmp_path, hostile, "redirect", words, more) == requests


def framed(rest: bytes) -> bytes:
    return b"HTTP/1.1 200 OK\r\n" + rest


@pytest.mark.parametrize(
    ("hostile", "kind", "words"),
    [
        pytest.param(framed(b"Transfer-Encoding: chunked\r\n\r\nZZ\r\nx\r\n"), "protocol", "", id="FRM-01 chunk size"),
        pytest.param(
            framed(b"Transfer-Encoding: chunked\r\n\r\n9\r\n<rss/><a>\r\n"),
            "protocol",
            "broke off",
            id="FRM-02 last chunk",
        ),
        pytest.param(
            framed(b"Content-Length: 9000\r\n\r\n" + rss(1)), "protocol", "broke off", id="FRM-03 length too long"
        ),
        pytest.param(
            framed(b"Content-Length: 99\r\n\r\n" + rss(1)), "protocol", "no valid HTTP (", id="FRM-03 length too short"
        ),
        pytest.param(framed(b"Content-Length: -5\r\n\r\nx"), "protocol", "no valid HTTP", id="FRM-04 length negative"),
        pytest.param(
            framed(b"Content-Length: 5\r\nContent-Length: 6\r\n\r\n<rss/>"), "protocol", "", id="FRM-04 two lengths"
        ),
        pytest.param(reset, "", "", id="FRM-05 reset"),
        pytest.param(b"<rss>an answer of HTTP/0.9</rss>", "protocol", "no valid HTTP", id="FRM-06 HTTP/0.9"),
        pytest.param(framed(b"X: a\r\n" * 5000 + b"\r\n"), "protocol", "no valid HTTP", id="FRM-07 many headers"),
        pytest.param(
            framed(b"X: " + b"a" * 99_999 + b"\r\n\r\n"), "protocol", "no valid HTTP", id="FRM-07 long header"
        ),
        pytest.param(b"HTTP/1.1 100 Continue\r\n\r\n" * 500, "", "", id="FRM-08 flood of 100"),
        pytest.param(b"SSH-2.0-OpenSSH_9.2\r\n", "protocol", "no valid HTTP", id="FRM-09 another protocol"),
        pytest.param(b"", "connect", "closed the connection without an answer", id="FRM-10 nothing"),
        pytest.param(answer(206, rss(1, 2)), "protocol", "206 is no answer to a plain GET", id="FRM-11 a part"),
        pytest.param(answer(200, b"\x89PNG\r\n\x1a\n\0"), "unreadable", "a PNG image", id="FRM-11 image"),
    ],
)
def test_what_is_no_proper_answer_is_a_failure_that_says_so(
    tmp_path: Path, hostile: Any, kind: str, words: str
) -> None:
    async def play(reader: Reader, server: Server) -> None:
        found = await attacked(reader, server, hostile)
        assert found.polled.failed
        assert found.polled.status == kind or (not kind and found.polled.status in {"connect", "protocol"})
        assert words in found.polled.detail
        assert "harbour board" not in found.polled.detail
        assert found.asked == 1

    lived(tmp_path, play)


@pytest.mark.parametrize("kind", ["image/png", "text/html", "application/octet-stream", "", "nonsense;;;"])
def test_a_feed_under_an_odd_type_is_read(tmp_path: Path, kind: str) -> None:
    async def play(reader: Reader, server: Server) -> None:
        found = await attacked(reader, server, answer(200, rss(1, 2, 3), f"Content-Type: {kind}", 'ETag: "odd"'))
        assert found.polled.status == "unchanged"

    lived(tmp_path, play)


def test_no_cookie_is_kept_from_hop_to_hop_or_from_poll_to_poll(tmp_path: Path) -> None:
    async def play(reader: Reader, server: Server) -> None:
        reader.urls = [server.url("/feed")]
        server.answers["/feed"] = answer(302, b"", "Location: /in", "Set-Cookie: wall=1; Path=/")
        server.answers["/in"] = answer(200, rss(1), "Set-Cookie: id=7; Path=/")
        for _ in range(2):
            assert not (await reader.poll())[0].failed
            reader.now += MONTH
        assert len(server.asked) == 4
        assert all("cookie" not in asked.headers for asked in server.asked)

    lived(tmp_path, play)
