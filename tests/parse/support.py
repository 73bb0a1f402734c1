"""What the tests of this folder share: one odd document a file under data/, read as if it came from feeds.example."""

from datetime import UTC, datetime
from pathlib import Path

from aggregator.model import ParsedEntry, ParsedFeed, Unreadable
from aggregator.parse.feed import parse

DATA = Path(__file__).parent / "data"
NOW = datetime(2026, 7, 10, 12, tzinfo=UTC)
URL = "https://feeds.example/news/feed"


def read(name: str, *, content_type: str | None = None, max_entries: int = 2000) -> ParsedFeed | Unreadable:
    return read_bytes((DATA / name).read_bytes(), content_type=content_type, max_entries=max_entries)


def read_bytes(body: bytes, *, content_type: str | None = None, max_entries: int = 2000) -> ParsedFeed | Unreadable:
    return parse(body, content_type=content_type, url=URL, now=NOW, max_entries=max_entries)


def feed(name: str, *, content_type: str | None = None, max_entries: int = 2000) -> ParsedFeed:
    found = read(name, content_type=content_type, max_entries=max_entries)
    assert isinstance(found, ParsedFeed), found
    return found


def entries(name: str) -> tuple[ParsedEntry, ...]:
    return feed(name).entries


def rss(*items: str) -> bytes:
    """An RSS document with these items, in UTF-8."""
    head = "<rss version='2.0'><channel><title>Heron</title><link>https://heron.example/</link>"
    return f"{head}{''.join(f'<item>{item}</item>' for item in items)}</channel></rss>".encode()
