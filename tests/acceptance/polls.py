"""Successive real polls of news outlets, served on loopback as they stood at a time that can be moved.

A feed answers with its newest poll that is not later than the server's clock, under an ETag of its own, and with 404
while it has none. Whoever asks with that ETag gets 304, so that a round through all feeds costs what really changed.
"""

from __future__ import annotations

import contextlib
import tarfile
import threading
from bisect import bisect_right
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path, PurePosixPath

ARCHIVE = Path(__file__).parents[2].parent / "shared" / "feeds" / "successive_polls_2020-04.tar.xz"
STAMP = "%Y%m%dT%H%M%SZ"


@dataclass(frozen=True, slots=True, kw_only=True)
class Poll:
    """What one feed answered at one time."""

    feed: str
    at: datetime
    body: bytes


def read_polls(archive: Path = ARCHIVE) -> tuple[Poll, ...]:
    """Every poll of the archive (`…/<feed>/<time>.xml`), by time, then by feed."""
    polls = []
    with tarfile.open(archive, "r|xz") as members:
        for member in members:
            path, file = PurePosixPath(member.name), members.extractfile(member)
            if file is not None and path.suffix == ".xml":
                at = datetime.strptime(path.stem, STAMP).replace(tzinfo=UTC)
                polls.append(Poll(feed=path.parent.name, at=at, body=file.read()))
    return tuple(sorted(polls, key=lambda poll: (poll.at, poll.feed)))


class PollServer:
    """The polls on loopback. Move `now`, or give a `clock` that moves; what a feed answers follows."""

    def __init__(self, polls: Sequence[Poll], clock: Callable[[], datetime] | None = None) -> None:
        self.now = min(poll.at for poll in polls)
        self.clock = clock or (lambda: self.now)
        self._by_feed: dict[str, list[Poll]] = {}
        for poll in polls:
            self._by_feed.setdefault(poll.feed, []).append(poll)
        self.address = ""

    def url(self, feed: str) -> str:
        return f"{self.address}/{feed}"

    def feeds(self) -> tuple[str, ...]:
        """The feeds that have a poll by now."""
        return tuple(sorted(name for name, polls in self._by_feed.items() if polls[0].at <= self.clock()))

    def times(self) -> tuple[datetime, ...]:
        """Every moment at which some feed was polled."""
        return tuple(sorted({poll.at for polls in self._by_feed.values() for poll in polls}))

    def standing(self, feed: str) -> Poll | None:
        """What the feed answers now."""
        polls = self._by_feed.get(feed, [])
        place = bisect_right(polls, self.clock(), key=lambda poll: poll.at)
        return polls[place - 1] if place else None

    def answer(self, path: str, tag: str | None) -> tuple[int, Mapping[str, str], bytes]:
        poll = self.standing(path.strip("/"))
        if poll is None:
            return 404, {}, b""
        own = f'"{poll.feed}-{poll.at:{STAMP}}"'
        headers = {"ETag": own, "Content-Type": "application/xml"}
        return (304, {"ETag": own}, b"") if tag == own else (200, headers, poll.body)


@contextmanager
def served(polls: Sequence[Poll], clock: Callable[[], datetime] | None = None) -> Iterator[PollServer]:
    """The polls behind an address of this machine."""
    web = PollServer(polls, clock)

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            status, headers, body = web.answer(self.path, self.headers.get("If-None-Match"))
            self.send_response(status)
            for name, value in headers.items():
                self.send_header(name, value)
            if status != 304:
                self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            with contextlib.suppress(ConnectionError):  # whoever asked was killed meanwhile
                self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        server.daemon_threads = True
        web.address = f"http://127.0.0.1:{server.server_port}"
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        try:
            yield web
        finally:
            server.shutdown()
            thread.join()
