"""A republished page as it stands: what it is a copy of, whom it credits, what its role is. Read where it lies."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from aggregator.config import Dedup, Outlet
from aggregator.dedup.attribution import Link, find_credits
from aggregator.dedup.matcher import Matcher
from aggregator.dedup.provenance import decide
from aggregator.dedup.records import Comparison, Document, Placement
from aggregator.model import Copy, Entry, Piece, Role
from aggregator.text.outlets import OutletBook

SEED = Path(__file__).parents[2].parent / "shared" / "seed" / "000_44a71c1a2165074c.txt"
PAPER, SOURCE = "globalresearch.ca", "southfront.org"
T0 = datetime(2020, 7, 9, 18, 0, tzinfo=UTC)
BOOK = OutletBook(
    [
        Outlet(name=PAPER, domains=(PAPER,), aliases=("Global Research",)),
        Outlet(name=SOURCE, domains=(SOURCE,), aliases=("South Front",)),
    ]
)

pytestmark = [
    pytest.mark.acceptance,
    pytest.mark.skipif(not SEED.exists(), reason=f"the republished page is not at {SEED}"),
]


def page() -> tuple[str, tuple[Link, ...]]:
    """The page's plain text, and its links over it."""
    text, links, last = "", [], 0
    written = SEED.read_text(encoding="utf-8").strip()
    for match in re.finditer(r"\[([^\]]*)\]\(([^)]*)\)", written):
        text += written[last : match.start()]
        links.append((len(text), len(text) + len(match[1]), match[2]))
        text, last = text + match[1], match.end()
    return text + written[last:], tuple(links)


def body() -> str:
    """The article alone: from its first long paragraph to the last before the lone asterisk."""
    paragraphs = [each.strip() for each in page()[0].split("\n") if each.strip()]
    first = next(number for number, each in enumerate(paragraphs) if len(each) > 200)
    return "\n".join(paragraphs[first : paragraphs.index("*")])


def footer() -> str:
    text = page()[0]
    return text[text.index("\n*\n") :]


def texts() -> dict[str, str]:
    return {PAPER: page()[0], SOURCE: body()}


def entries(*outlets: str) -> list[Entry]:
    return [
        Entry(
            id=number,
            feed_id=number,
            outlet=outlet,
            guid=str(number),
            link=None,
            url=None,
            title="",
            first_seen=T0 + timedelta(hours=6 * number),
            text=texts()[outlet],
        )
        for number, outlet in enumerate(outlets)
    ]


def placed(matcher: Matcher, members: list[Entry]) -> list[Placement]:
    return [matcher.place([document(member)])[0] for member in members]


def document(entry: Entry) -> Document:
    return Document(key=entry.id, outlet=entry.outlet, title=entry.title, text=entry.text, at=entry.first_seen)


def settle(matcher: Matcher, members: list[Entry]) -> Piece:
    texts = {member.id: document(member) for member in members}

    def compare(first: int, second: int) -> Comparison:
        return matcher.compare(texts[first], texts[second])

    return decide(
        members,
        piece=members[0].id,
        credits={
            member.id: find_credits(
                member.text,
                page()[1] if member.outlet == PAPER else (),
                authors=(),
                source_name=None,
                source_url=None,
                outlet=member.outlet,
                resolve=BOOK.resolve,
            )
            for member in members
        },
        compare=compare,
        seen_before={},
        owner_of=BOOK.owner_of,
        now=T0 + timedelta(days=2),
    )


def copy_by(piece: Piece, members: list[Entry], outlet: str) -> Copy:
    number = next(member.id for member in members if member.outlet == outlet)
    return next(each for each in piece.copies if each.entry_id == number)


@pytest.mark.parametrize("order", [(SOURCE, PAPER), (PAPER, SOURCE)], ids=["original first", "copy first"])
def test_the_page_is_a_credited_republication_in_either_order(order: tuple[str, str]) -> None:
    matcher, members = Matcher(Dedup()), entries(*order)
    placements = placed(matcher, members)
    assert placements[0].piece == placements[1].piece
    piece = settle(matcher, members)
    copy = copy_by(piece, members, PAPER)
    assert copy_by(piece, members, SOURCE).role is Role.ORIGINAL
    assert copy.role is Role.REPUBLICATION
    assert copy.of == piece.original
    assert copy.credit is not None
    assert copy.credit.outlet == SOURCE
    assert copy.credit.confidence >= 0.9
    assert copy.credit.quote in page()[0]
    assert copy.alarms == ()
    assert copy.of_original is not None
    assert copy.of_original > 0.95
    assert piece.confidence >= 0.9


def test_the_page_alone_is_a_republication_of_a_text_that_is_not_here() -> None:
    members = entries(PAPER)
    piece = settle(Matcher(Dedup()), members)
    copy = copy_by(piece, members, PAPER)
    assert (piece.original, copy.role, copy.of) == (None, Role.REPUBLICATION, None)
    assert copy.credit is not None
    assert copy.credit.outlet == SOURCE


def test_the_source_alone_is_its_own() -> None:
    members = entries(SOURCE)
    assert settle(Matcher(Dedup()), members).original == members[0].id


@pytest.mark.parametrize("outlet", [PAPER, "elsewhere.example", ""])
@pytest.mark.parametrize("turned", [False, True])
def test_a_short_article_of_another_day_under_the_same_footer_stays_apart(outlet: str, turned: bool) -> None:
    short = (
        "The harbour was closed on Monday because of the storm, and the ferry will not sail before the weekend. " * 2
    )
    other = Document(key=1, outlet=outlet, title="", text=f"{short}\n{footer()}", at=T0)
    pair = [Document(key=0, outlet=PAPER, title="", text=page()[0], at=T0), other]
    matcher = Matcher(Dedup())
    found = [matcher.place([each])[0].piece for each in (pair[::-1] if turned else pair)]
    assert found[0] != found[1]
