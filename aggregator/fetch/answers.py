"""What a status line and headers mean when there is no body to read: pure, values in, an outcome out."""

from __future__ import annotations

from urllib.parse import urldefrag, urljoin

from aggregator.fetch.hints import Headers, validators
from aggregator.model import FailureKind, FetchFailed, ServerHints, Unchanged

LONGEST_DETAIL = 200
"""Characters of a failure's one line."""
WHOLE = frozenset({200, 203})
"""A whole representation; 206 and 226 are parts that we did not ask for (etiquette 21)."""
PERMANENT = frozenset({301, 308})
TEMPORARY = frozenset({302, 303, 307})
FAILURES = {
    401: FailureKind.UNAUTHORIZED,
    403: FailureKind.FORBIDDEN,
    404: FailureKind.NOT_FOUND,
    407: FailureKind.UNAUTHORIZED,
    410: FailureKind.GONE,
    429: FailureKind.RATE_LIMITED,
}


def led_to(headers: Headers, url: str) -> str | None:
    """Where the Location of an answer from `url` leads, without its fragment; None where it says nothing readable.

    Its bytes are read as UTF-8 where they are that (RFC 9110 10.2.2 wants ASCII).
    """
    raw = headers.first("location")
    if raw is None:
        return None
    try:
        text = raw.encode("latin-1").decode("utf-8")
    except UnicodeDecodeError:
        text = raw
    try:
        return urldefrag(urljoin(url, text)).url
    except ValueError:  # `http://[` and its like
        return None


def is_challenge(headers: Headers) -> bool:
    """True for Cloudflare's page that wants a browser: named as such, never answered with a mask."""
    return (headers.first("cf-mitigated") or "").lower() == "challenge"


def without_body(status: int, headers: Headers, told: ServerHints, *, asked: bool) -> Unchanged | FetchFailed:
    """The outcome that a status alone decides; error pages are not read. `asked`: the request was conditional."""
    if is_challenge(headers):
        return failed(FailureKind.FORBIDDEN, f"a Cloudflare challenge instead of the feed ({status})", status, told)
    if status == 304 and asked:
        return Unchanged(validators=validators(headers), hints=told)
    if status == 304:
        return failed(FailureKind.PROTOCOL, "304 although nothing was asked conditionally", status, told)
    if status in {204, 205}:
        return failed(FailureKind.EMPTY, f"{status}: the server says there is nothing", status, told)
    if status < 400:
        return failed(FailureKind.PROTOCOL, f"{status} is no answer to a plain GET", status, told)
    kind = FAILURES.get(status, FailureKind.SERVER if status >= 500 else FailureKind.CLIENT)
    return failed(kind, _said(status), status, told)


def _said(status: int) -> str:
    """The status in words that people know."""
    words = {
        400: "bad request",
        401: "a login is required",
        403: "the server refuses us",
        404: "not found",
        406: "not acceptable",
        407: "the proxy requires a login",
        410: "gone for good",
        429: "we asked too often",
        451: "withheld for legal reasons",
        500: "server error",
        502: "bad gateway",
        503: "the server is overloaded or down",
        504: "gateway timeout",
    }
    return f"{status}: {words.get(status, 'server error' if status >= 500 else 'refused')}"


def failed(kind: FailureKind, detail: str, status: int | None = None, told: ServerHints | None = None) -> FetchFailed:
    """A failure whose detail is one bounded line."""
    line = " ".join("".join(char if char.isprintable() else " " for char in detail).split())[:LONGEST_DETAIL]
    return FetchFailed(kind=kind, detail=line, status=status, hints=told or ServerHints())
