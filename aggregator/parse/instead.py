"""What a document is that is no feed, in one line for the feed's owner."""

from __future__ import annotations

import re

HEAD = 4096
"""Bytes that are looked at: every signature and root element stands before."""

_BEFORE_ROOT = re.compile(r"\s*+(?:<\?.*?\?>|<!--.*?-->|<!doctype[^>\[]*+(?:\[.*?\]\s*)?>|\s++)*+", re.DOTALL)
_ROOT = re.compile(r"<(?:[\w.-]+:)?([\w.-]+)")
_SIGNATURES = (
    (b"\x89PNG", "a PNG image"),
    (b"GIF8", "a GIF image"),
    (b"\xff\xd8\xff", "a JPEG image"),
    (b"RIFF", "an image or sound"),
    (b"%PDF", "a PDF document"),
    (b"PK\x03\x04", "a ZIP archive"),
    (b"\x1f\x8b", "compressed data that nobody unpacked"),
    (b"\x28\xb5\x2f\xfd", "compressed data that nobody unpacked"),
    (b"ID3", "an MP3 recording"),
)
_CHALLENGE = re.compile(
    r"just a moment|attention required|cf-chl|challenge-platform|captcha|are you a human|enable javascript and cookies|"
    r"ddos protection|checking your browser|access denied|incapsula|perimeterx|datadome",
)
_LOGIN = re.compile(r"type=[\"']?password|<title>[^<]{0,40}(?:log ?in|sign ?in|anmelden|connexion)")
FEED_ROOTS = frozenset({"rss", "rdf", "feed", "channel", "entry", "item"})


def head(body: bytes) -> str:
    """The beginning as text in lower case, whatever the encoding: enough to know tags and signatures by."""
    start = body[:HEAD]
    if start[:2] in {b"\xff\xfe", b"\xfe\xff"} or b"\x00" in start[:4]:
        start = start.replace(b"\x00", b"")
    return start.decode("latin-1").removeprefix("\xef\xbb\xbf").lstrip("\xff\xfe").lower()


def root(beginning: str) -> str:
    """The local name of the first element, "" when the document does not begin with one."""
    match = _BEFORE_ROOT.match(beginning)
    element = _ROOT.match(beginning, match.end() if match else 0)
    if element is None and beginning.lstrip().startswith("<!doctype html"):
        return "html"
    return element[1] if element else ""


def is_web_page(beginning: str) -> bool:
    """Whether the document begins as a web page does."""
    return root(beginning) in {"html", "head", "body", "script"} or beginning.lstrip().startswith("<!doctype html")


def could_be_feed(body: bytes, *, known_version: bool) -> bool:
    """Whether a document without entries is an empty feed: by its root, or by its version in encodings unlike ASCII."""
    element = root(head(body))
    return element in FEED_ROOTS or (known_version and not element)


def name(body: bytes) -> str:
    """One line that says what the document is instead of a feed."""
    for signature, kind in _SIGNATURES:
        if body.startswith(signature):
            return f"{kind}, not a feed"
    beginning = head(body)
    if is_web_page(beginning):
        return _page(beginning)
    element = root(beginning)
    if element == "opml":
        return "an OPML list of feeds, not a feed: import it instead"
    if element:
        return f"markup, but no feed: its first element is <{element[:40]}>"
    return "text, not a feed" if "<" not in beginning else "damaged markup, not a feed"


def _page(beginning: str) -> str:
    if _CHALLENGE.search(beginning):
        return "a web page that wants to see a browser (challenge), not a feed"
    if _LOGIN.search(beginning):
        return "a log-in page, not a feed"
    return "a web page, not a feed"
