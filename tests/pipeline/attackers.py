"""Servers that mean no good, and one pass of the real program over them."""

from __future__ import annotations

import gzip
import json
import re
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any

from tests.fetch.server import bomb
from tests.loopback import serving

LETTERS = "a word \U0001f600 ".encode()
"""One letter beyond the usual ones makes text four times as large in memory as in its document."""
GOOD = b"<rss version='2.0'><channel><title>Good</title><item><guid>1</guid><title>News</title></item></channel></rss>"


def rss(inside: bytes) -> bytes:
    return b"<rss version='2.0'><channel><title>Bad</title>" + inside + b"</channel></rss>"


def items(number: int) -> bytes:
    return b"".join(b"<item><guid>%d</guid><title>News</title></item>" % place for place in range(number))


def laughs() -> bytes:
    levels = b"".join(b"<!ENTITY e%d '%s'>" % (n, b"&e%d;" % (n - 1) * 10) for n in range(1, 12))
    return b"<!DOCTYPE rss [<!ENTITY e0 'lol'>" + levels + b"]>" + rss(b"<item><title>&e11;</title></item>")


Documents = Mapping[str, Callable[[], bytes]]
LARGE: Documents = {
    "/entries": lambda: rss(items(40_000)),
    "/depth": lambda: rss(b"<item>" + b"<d>" * 2_000_000 + b"</d>" * 2_000_000 + b"</item>"),
    "/nested-text": lambda: rss(b"<item><description>" + b"&lt;div&gt;" * 1_200_000 + b"</description></item>"),
    "/attributes": lambda: rss(b"<item " + b" ".join(b"a%d=''" % n for n in range(50_000)) + b"><guid>1</guid></item>"),
    "/description": lambda: rss(b"<item><description>" + b"a word " * 2_000_000 + b"</description></item>"),
    "/title": lambda: rss(b"<item><title>" + b"x" * 14_000_000 + b"</title></item>"),
    "/odd-texts": lambda: rss((b"<item><x/><title>" + LETTERS * 150_000 + b"</title></item>") * 7),
    "/sections": lambda: rss(b"<item><title>" + b"<![CDATA[a <b>word</b>]]>" * 500_000 + b"</title></item>"),
    "/cut": lambda: rss(b"<item><title>" + b"a &amp; b " * 1_400_000),
    "/brackets": lambda: b"<rss version='2.0'><channel>" + b"<" * 1_000_000,
    "/laughs": laughs,
    "/json": lambda: (
        b'{"version":"https://jsonfeed.org/version/1.1","items":[' + b'{"id":"1"},' * 310_000 + b'{"id":"2"}]}'
    ),
    "/sitemap": lambda: b"<urlset>" + b"<url a='' b='' c=''/>" * 700_000 + b"</urlset>",
    "/deep-json": lambda: b"[" * 2_000_000,
    "/small-depth": lambda: rss(b"<item>" + b"<d>" * 140_000 + b"</d>" * 140_000 + b"</item>"),
    "/small-attributes": lambda: rss(b"<item " + b" ".join(b"a%d=''" % n for n in range(90_000)) + b"/>"),
    "/small-cut": lambda: rss(b"<item><title>" + b"a &amp; b " * 99_000),
}
"""Documents that come gzipped, so that little goes over the wire; the small ones are just not large."""
LONG: Documents = {
    "/texts": lambda: rss(
        b"".join(
            b"<item><guid>%d</guid><description>" % n + LETTERS * 150_000 + b"</description></item>" for n in range(7)
        )
    ),
}
"""The largest texts that are kept, seven a document."""
QUICK: Documents = {
    **LARGE,
    "/entries": lambda: rss(items(10_000)),
    "/json": lambda: (
        b'{"version":"https://jsonfeed.org/version/1.1","items":[' + b'{"id":"1"},' * 60_000 + b'{"id":"2"}]}'
    ),
    "/sitemap": lambda: b"<urlset>" + b"<url a='' b='' c=''/>" * 100_000 + b"</urlset>",
}
"""The same with fewer entries, each still many times what is kept: these three take most of a pass's time."""


class Villain(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    bodies: dict[str, bytes]

    def do_GET(self) -> None:
        with suppress(ConnectionError):
            path = self.path.partition("?")[0]
            getattr(self, "answer_" + path.strip("/").replace("-", "_"), self.document)()
        self.close_connection = True

    def head(self, *lines: str) -> None:
        self.wfile.write("\r\n".join(["HTTP/1.1 200 OK", *lines, "Connection: close", "", ""]).encode())

    def document(self) -> None:
        body = self.bodies[self.path.partition("?")[0]]
        self.head("Content-Encoding: gzip", f"Content-Length: {len(body)}")
        self.wfile.write(body)

    def answer_good(self) -> None:
        self.head(f"Content-Length: {len(GOOD)}")
        self.wfile.write(GOOD)

    def answer_endless(self) -> None:
        self.head("Content-Type: text/xml")
        while True:
            self.wfile.write(b" " * 65_536)

    def answer_silent(self) -> None:
        self.rfile.read(1)

    def answer_half(self) -> None:
        self.head("Content-Length: 2000000")
        self.wfile.write(b" " * 1_500_000)
        self.rfile.read(1)

    def answer_headers(self) -> None:
        self.wfile.write(b"HTTP/1.1 200 OK\r\n")
        while True:
            self.wfile.write(b"X-More: and more\r\n" * 1000)

    def answer_chunks(self) -> None:
        self.head("Transfer-Encoding: chunked")
        self.wfile.write(b"zz\r\nno chunk\r\n")

    def answer_inside(self) -> None:
        self.wfile.write(b"HTTP/1.1 302 X\r\nLocation: http://169.254.169.254/latest/\r\nContent-Length: 0\r\n\r\n")

    def log_message(self, *_: object) -> None:
        """Silence."""


PASS = """
import json, re, sys
from datetime import UTC, datetime
from pathlib import Path
import aggregator.cli.run
from aggregator import config_file
from aggregator.pipeline.app import App
from aggregator.pipeline.freed import keep_little
from aggregator.pipeline.refresh import poll_all
from aggregator.store.database import open_database

def peak():  # Not getrusage: what it says of a process begins with the peak of the one that started it.
    return int(re.search("VmHWM:\\\\s+(\\\\d+)", Path("/proc/self/status").read_text())[1])

keep_little()
config = config_file.load(Path(sys.argv[1]), {})
app = App(
    config=config,
    database=open_database(config.store.url, create=True),
    now=datetime(2026, 3, 2, 12, tzinfo=UTC),
)
polled, collected = poll_all(app), peak()
from aggregator.pipeline.turns import group_once
grouped = group_once(lambda: app).entries
outcomes = {one.feed.url: [one.status, one.detail, one.new] for one in polled}
print(json.dumps({"collected": collected, "peak": peak(), "grouped": grouped, "polled": outcomes}))
"""
"""What `aggregator poll` does, step by step."""

FAILURES = ("endless", "silent", "half", "headers", "chunks", "inside", "bomb")
"""Answers that nothing can be made of."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Attacked:
    """What a pass came to: each feed's status, detail and new entries by its path, and megabytes at the most."""

    polled: Mapping[str, tuple[str, str, int]]
    grouped: int
    collected: int
    """Megabytes before anything was grouped, with those of the process that reads beside it, where one does."""
    peak: int
    """Megabytes of the whole command."""


def attacked(folder: Path, documents: Documents, *, each: int, good: int, settings: str) -> Attacked:
    """One pass over so many villains of each kind and so many good feeds; `settings` are lines of [fetch]."""
    bad = [f"{path}?{number}" for path in (*documents, *(f"/{name}" for name in FAILURES)) for number in range(each)]
    Villain.bodies = {path: gzip.compress(made(), 6) for path, made in documents.items()} | {"/bomb": bomb(2000, 31)}
    with serving(Villain) as base:
        feeds = "".join(f'[[feeds]]\nurl = "{base}{path}"\n' for path in (*bad, *(f"/good?{n}" for n in range(good))))
        written = f'[fetch]\nallow_private = ["127.0.0.0/8"]\nper_host = 8\n{settings}\n{feeds}'
        (folder / "config.toml").write_text(written)
        done, beside = watched([sys.executable, "-c", PASS, str(folder / "config.toml")])
    polled = {url.removeprefix(base): tuple(outcome) for url, outcome in done["polled"].items()}
    assert len(polled) == len(bad) + good
    collected, peak = done["collected"] // 1024 + beside, done["peak"] // 1024
    return Attacked(polled=polled, grouped=done["grouped"], collected=collected, peak=max(collected, peak))


def watched(command: Sequence[str]) -> tuple[Any, int]:
    """What the command prints as JSON, and the megabytes that the processes which it began had for themselves."""
    beside: dict[int, int] = {}
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        while True:
            try:
                printed, _ = process.communicate(timeout=0.1)
                break
            except subprocess.TimeoutExpired:
                beside |= {one: taken for one in children_of(process.pid) if (taken := taken_by(one))}
    assert process.returncode == 0
    return json.loads(printed), sum(beside.values()) // 1024


def children_of(process: int) -> list[int]:
    """The processes that this one began, whichever of its threads did."""
    with suppress(OSError):
        return [
            int(one) for path in Path(f"/proc/{process}/task").glob("*/children") for one in path.read_text().split()
        ]
    return []


def taken_by(process: int) -> int:
    """Kilobytes of a process beside the libraries, which it shares with the one that began it; 0 where it is gone."""
    with suppress(OSError):
        return sum(map(int, re.findall(r"RssAnon:\s+(\d+)", Path(f"/proc/{process}/status").read_text())))
    return 0


def check_outcomes(done: Attacked) -> None:
    """Each villain is named, nobody else pays, and all that came is grouped."""
    for path, (status, detail, _) in done.polled.items():
        kind = path.partition("?")[0].strip("/")
        if kind == "good":
            assert status == "new"
            continue
        assert status not in {"internal", ""}, detail
        assert "\n" not in detail
        if kind in FAILURES:
            assert status in {"too-large", "timeout", "protocol", "refused-address", "connect"}, detail
            assert detail
    assert done.grouped == sum(new for _, _, new in done.polled.values())
