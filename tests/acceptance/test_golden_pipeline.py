"""The golden case through the whole pipeline, from feed bytes over HTTP to the page.

A republished article as it stands on the republisher's page, and its body alone as its source printed it. The text is
read from the measuring data beside the checkout and stands nowhere in the project.
"""

from __future__ import annotations

import html
import re
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from http.server import BaseHTTPRequestHandler
from pathlib import Path

import pytest

from aggregator.config import Config
from aggregator.model import Entry, Piece, Role
from aggregator.pipeline.app import App
from aggregator.pipeline.group import group
from aggregator.pipeline.publish import publish
from aggregator.pipeline.refresh import poll_all
from aggregator.store import entries, grouping
from aggregator.store.database import Database, open_database
from tests.loopback import serving

SEED = Path(__file__).parents[2].parent / "shared" / "seed" / "000_44a71c1a2165074c.txt"
pytestmark = [
    pytest.mark.acceptance,
    pytest.mark.skipif(not SEED.exists(), reason="the golden case is not beside the checkout"),
]

SOUTH, GLOBAL = "southfront.org", "globalresearch.ca"
NINTH, TENTH = datetime(2020, 7, 9, 12, tzinfo=UTC), datetime(2020, 7, 10, 14, tzinfo=UTC)
TAGS = ("Middle East & North Africa", "Militarization and WMD", "US NATO War Agenda", "Syria")
OTHER = (
    "The harbour board of a small island met on Friday and chose, by one vote, to repaint its only crane. "
    "Nobody spoke against the colour. The minutes run to half a page and name the brush, the tin and the painter, "
    "who will be paid in fish. The board meets again in autumn to look at the paint and at what is left of the tin."
)


def seed() -> str:
    return SEED.read_text(encoding="utf-8").strip()


def title() -> str:
    return seed().split("\n", 1)[0]


def body() -> str:
    paragraphs = [part for part in seed().split("\n\n") if part.strip()]
    first = next(number for number, part in enumerate(paragraphs) if part.startswith("Iran will help"))
    return "\n\n".join(paragraphs[first : paragraphs.index("*")])


def footer() -> str:
    paragraphs = [part for part in seed().split("\n\n") if part.strip()]
    return "\n\n".join(paragraphs[paragraphs.index("*") :])


def as_html(text: str) -> str:
    """The text as a content system would write it: paragraphs, and links where it shows them."""
    shown = html.escape(text, quote=False)
    linked = re.sub(r"\[([^\]]+)\]\(([^)]*)\)", r'<a href="\2">\1</a>', shown)
    return "".join(f"<p>{part.replace(chr(10), ' ')}</p>" for part in linked.split("\n\n") if part.strip())


@dataclass(frozen=True, kw_only=True)
class Item:
    guid: str
    link: str
    title: str
    content: str
    published: datetime


def feed(name: str, site: str, items: list[Item]) -> bytes:
    listed = "".join(
        f"<item><title>{html.escape(item.title)}</title><link>{item.link}</link><guid>{item.guid}</guid>"
        f"<pubDate>{format_datetime(item.published)}</pubDate>"
        f"<content:encoded><![CDATA[{item.content}]]></content:encoded></item>"
        for item in items
    )
    return (
        '<?xml version="1.0" encoding="UTF-8"?><rss version="2.0" '
        'xmlns:content="http://purl.org/rss/1.0/modules/content/"><channel>'
        f"<title>{name}</title><link>https://{site}/</link>{listed}</channel></rss>"
    ).encode()


ORIGINAL = "https://southfront.org/iran-to-support-syria/"
COPY = "https://www.globalresearch.ca/video-iran-support-syria/5718000"


def original(at: datetime = NINTH) -> Item:
    return Item(guid=ORIGINAL, link=ORIGINAL, title=title(), content=as_html(body()), published=at)


def republished(*, plain: bool = False) -> Item:
    content = seed() if plain else as_html(seed().split("\n", 1)[1])
    return Item(guid=COPY, link=COPY, title=title(), content=content, published=TENTH)


def other() -> Item:
    link = "https://www.globalresearch.ca/crane/5718001"
    return Item(guid=link, link=link, title="A crane", content=as_html(f"{OTHER}\n\n{footer()}"), published=TENTH)


def served(documents: dict[str, bytes]) -> AbstractContextManager[str]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            document = documents.get(self.path)
            self.send_response(200 if document else 404)
            self.send_header("Content-Type", "application/rss+xml; charset=utf-8")
            self.end_headers()
            self.wfile.write(document or b"")

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002
            pass

    return serving(Handler)


def config(base: str, folder: Path) -> Config:
    return Config.model_validate(
        {
            "site": {"output": str(folder / "site"), "timezone": "UTC"},
            "store": {"url": f"sqlite:///{folder / 'store.sqlite'}"},
            "fetch": {"allow_private": ("127.0.0.0/8",), "host_delay": "0s"},
            "mail": {"transport": "none"},
            "feeds": ({"url": f"{base}/south"}, {"url": f"{base}/global"}),
        }
    )


@dataclass(kw_only=True)
class Outcome:
    members: dict[str, Entry]
    """By outlet; the crane under "other"."""
    pieces: dict[int, Piece]
    page: str

    def piece_of(self, name: str) -> Piece:
        return self.pieces[self.members[name].piece_id or 0]


def run(folder: Path, *rounds: tuple[datetime, list[Item], list[Item]]) -> Outcome:
    """Poll both feeds at each time, group, publish the last day, and read the pages back."""
    documents: dict[str, bytes] = {}
    with served(documents) as base:
        settings = config(base, folder)
        database = open_database(settings.store.url, create=True)
        try:
            for now, south, world in rounds:
                documents["/south"] = feed("South Front", SOUTH, south)
                documents["/global"] = feed("Global Research", GLOBAL, world)
                app = App(config=settings, database=database, now=now)
                assert not [polled for polled in poll_all(app, everything=True) if polled.failed]
                group(app)
            publish(app, settings.digests[0], now.date())
            return read(database, folder / "site")
        finally:
            database.close()


def read(database: Database, site: Path) -> Outcome:
    ids = range(1, 10)
    members = {("other" if "crane" in (e.link or "") else e.outlet): e for e in entries.by_ids(database, list(ids))}
    pieces = {piece.id: piece for piece in grouping.pieces(database, [e.piece_id or 0 for e in members.values()])}
    page = members[GLOBAL].piece_id
    return Outcome(members=members, pieces=pieces, page=(site / "piece" / f"{page}.html").read_text(encoding="utf-8"))


def check_republication(outcome: Outcome) -> None:
    piece = outcome.piece_of(GLOBAL)
    assert piece.original == outcome.members[SOUTH].id
    copies = {copy.entry_id: copy for copy in piece.copies}
    assert len(copies) == 2
    copy = copies[outcome.members[GLOBAL].id]
    assert (copy.role, copy.of) == (Role.REPUBLICATION, outcome.members[SOUTH].id)
    assert copy.credit is not None
    assert (copy.credit.name, copy.credit.outlet) == ("South Front", SOUTH)
    assert "South Front" in copy.credit.quote
    assert copy.credit.quote.split()[0] in seed()
    assert copies[outcome.members[SOUTH].id].role is Role.ORIGINAL


@pytest.mark.parametrize("plain", [False, True], ids=["as markup", "as plain text"])
def test_the_copy_is_a_republication_that_credits_its_source(tmp_path: Path, plain: bool) -> None:
    outcome = run(
        tmp_path,
        (NINTH + timedelta(hours=1), [original()], []),
        (TENTH + timedelta(hours=1), [original()], [republished(plain=plain)]),
    )
    check_republication(outcome)
    copy = {c.entry_id: c for c in outcome.piece_of(GLOBAL).copies}[outcome.members[GLOBAL].id]
    assert copy.of_original is not None
    assert copy.of_original > 0.97
    assert outcome.members[GLOBAL].tags == TAGS
    assert any("IMR_09_07_20.mp4" in file.url for file in outcome.members[GLOBAL].enclosures)


def test_the_page_shows_the_copy_under_its_original_with_credit_and_delay(tmp_path: Path) -> None:
    outcome = run(
        tmp_path,
        (NINTH + timedelta(hours=1), [original()], []),
        (TENTH + timedelta(hours=1), [original()], [republished()]),
    )
    page = outcome.page
    assert "South Front" in page
    assert "republication" in page
    assert re.search(r"\+1\s*d", page), "the delay of about a day"
    assert "The original source of this article is" in page, "the credit is quoted"
    assert "https://southfront.org/iran-to-support-syria/" in page


def test_it_holds_when_the_copy_arrives_first(tmp_path: Path) -> None:
    outcome = run(
        tmp_path,
        (TENTH + timedelta(hours=1), [], [republished()]),
        (TENTH + timedelta(hours=5), [original()], [republished()]),
    )
    check_republication(outcome)


def test_it_holds_when_both_arrive_at_once(tmp_path: Path) -> None:
    outcome = run(tmp_path, (TENTH + timedelta(hours=1), [original()], [republished()]))
    check_republication(outcome)


def test_without_the_original_the_credit_names_an_outlet_that_we_do_not_follow(tmp_path: Path) -> None:
    outcome = run(tmp_path, (TENTH + timedelta(hours=1), [], [republished()]))
    piece = outcome.piece_of(GLOBAL)
    (copy,) = piece.copies
    assert (piece.original, copy.role, copy.of) == (None, Role.REPUBLICATION, None)
    assert copy.credit is not None
    assert copy.credit.name == "South Front"
    assert "South Front" in outcome.page


def test_another_short_article_over_the_same_footer_stays_apart(tmp_path: Path) -> None:
    outcome = run(tmp_path, (TENTH + timedelta(hours=1), [original()], [republished(), other()]))
    assert outcome.members["other"].piece_id != outcome.members[GLOBAL].piece_id
    check_republication(outcome)
