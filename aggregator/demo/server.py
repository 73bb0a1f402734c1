"""The demo's web server: every outlet's feed on one loopback port, at a settable moment.

Answers as a well-kept server does, so that the demo shows a polite poller at work: strong ETags (one a content
coding, RFC 9110 8.8.3), Last-Modified, 304 with the validators repeated, gzip, HEAD, and one outlet that fails with
503 and Retry-After. `Date` follows the demo's clock, not the machine's: a Last-Modified must not lie after it.
"""

from __future__ import annotations

import gzip
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import format_datetime, parsedate_to_datetime
from hashlib import blake2b
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Lock, Thread

from aggregator.demo.documents import CONTENT_TYPES, feed_document, last_change
from aggregator.demo.outlets import SampleOutlet

MAX_AGE = 300
"""Seconds for which an answer stays fresh: well under the demo's time between two polls."""
RETRY_AFTER = 3600
"""Seconds after which the failing feed asks to be tried again."""


class Clock:
    """The moment at which the outlets are looked at; may be set from any thread."""

    def __init__(self, at: datetime) -> None:
        self._lock = Lock()
        self._at = at.astimezone(UTC)

    def now(self) -> datetime:
        """The moment, aware, in UTC."""
        with self._lock:
            return self._at

    def set(self, at: datetime) -> None:
        """Move to `at` (aware), forward or back."""
        with self._lock:
            self._at = at.astimezone(UTC)


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What goes out for one request."""

    status: HTTPStatus
    headers: tuple[tuple[str, str], ...]
    body: bytes = b""


def answer(outlet: SampleOutlet | None, *, at: datetime, base: str, asked: Mapping[str, str]) -> Answer:
    """Decide what a request gets; `asked` holds its headers by lower-case name. No outlet: 404."""
    if outlet is None:
        return _problem(HTTPStatus.NOT_FOUND)
    if outlet.status != HTTPStatus.OK:
        return _problem(HTTPStatus(outlet.status), ("Retry-After", str(RETRY_AFTER)))
    body = feed_document(outlet, at=at, base=base)
    zipped = "gzip" in asked.get("accept-encoding", "")
    tag = f'"{blake2b(body, digest_size=12).hexdigest()}{"-gzip" if zipped else ""}"'
    changed = last_change(outlet, at)
    validators = (("ETag", tag), *((("Last-Modified", _http_date(changed)),) if changed else ()))
    caching = (*validators, ("Cache-Control", f"max-age={MAX_AGE}"), ("Vary", "Accept-Encoding"))
    if _is_known(asked, tag, changed):
        return Answer(status=HTTPStatus.NOT_MODIFIED, headers=caching)
    coding = (("Content-Encoding", "gzip"),) if zipped else ()
    return Answer(
        status=HTTPStatus.OK,
        headers=(*caching, ("Content-Type", CONTENT_TYPES[outlet.style]), *coding),
        body=gzip.compress(body, mtime=0) if zipped else body,
    )


@contextmanager
def serve(outlets: Sequence[SampleOutlet], clock: Clock) -> Iterator[str]:
    """Serve the outlets on a free loopback port while the context lasts; yields the base address."""
    by_path = {outlet.path: outlet for outlet in outlets}
    with ThreadingHTTPServer(("127.0.0.1", 0), _handler(by_path, clock)) as server:
        thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, name="demo outlets", daemon=True)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}"
        finally:
            server.shutdown()
            thread.join()


def _is_known(asked: Mapping[str, str], tag: str, changed: datetime | None) -> bool:
    """If-None-Match decides alone where it is sent (RFC 9110 13.1.3)."""
    if "if-none-match" in asked:
        return tag in (known.strip().removeprefix("W/") for known in asked["if-none-match"].split(","))
    if changed is None or "if-modified-since" not in asked:
        return False
    try:
        return changed.replace(microsecond=0) <= parsedate_to_datetime(asked["if-modified-since"])
    except (ValueError, TypeError):  # no date, or one without a zone: the condition is ignored (RFC 9110 13.1.3)
        return False


def _problem(status: HTTPStatus, *headers: tuple[str, str]) -> Answer:
    return Answer(
        status=status,
        headers=(("Content-Type", "text/plain; charset=utf-8"), *headers),
        body=f"{status.value} {status.phrase}\n".encode(),
    )


def _http_date(at: datetime) -> str:
    return format_datetime(at.astimezone(UTC), usegmt=True)


def _handler(by_path: Mapping[str, SampleOutlet], clock: Clock) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        """One request a connection: nothing is left open when the demo ends."""

        protocol_version = "HTTP/1.1"
        server_version, sys_version = "demo", ""

        def do_GET(self) -> None:
            self._reply(with_body=True)

        def do_HEAD(self) -> None:
            self._reply(with_body=False)

        def _reply(self, *, with_body: bool) -> None:
            base = "http://{}:{}".format(*self.connection.getsockname())
            asked = {name.lower(): value for name, value in self.headers.items()}
            reply = answer(by_path.get(self.path), at=clock.now(), base=base, asked=asked)
            self.send_response(reply.status)
            for name, value in reply.headers:
                self.send_header(name, value)
            if reply.status != HTTPStatus.NOT_MODIFIED:
                self.send_header("Content-Length", str(len(reply.body)))
            self.send_header("Connection", "close")
            self.end_headers()
            self.wfile.write(reply.body if with_body else b"")

        def date_time_string(self, timestamp: float | None = None) -> str:
            """The demo's clock, for `Date`."""
            return _http_date(clock.now()) if timestamp is None else super().date_time_string(timestamp)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base class names it so
            """Keep the terminal for the tour."""

    return Handler
