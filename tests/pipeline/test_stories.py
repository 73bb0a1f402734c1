"""What a story is worth and how it goes on from edition to edition, on printings of invented texts in a real store."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from aggregator.digest.edition import Change, Edition, StoryView
from aggregator.pipeline import explain
from aggregator.pipeline.publish import publish
from aggregator.store.database import Database
from tests.dedup.texts import article
from tests.pipeline.builders import Newsroom, newsroom
from tests.stories.builders import EVENTS


def printed(room: Newsroom, event: str, *outlets: str) -> list[int]:
    """One text on the event in each outlet, grouped."""
    made = [room.prints(outlet, body, title) for outlet, (title, body) in zip(outlets, EVENTS[event], strict=False)]
    room.group()
    return made


def edition(room: Newsroom) -> Edition:
    """The edition of the day that it is, the clock moved on to its end."""
    room.app = replace(room.app, now=room.app.now.replace(hour=23, minute=0))
    return publish(room.app, room.app.config.digests[0], room.app.now.date()).edition


def view(edition: Edition, entry: int) -> StoryView:
    """The story that holds an entry."""
    held = (*edition.stories, *edition.unchanged)
    return next(
        story
        for story in held
        for piece in story.pieces
        if entry in {piece.entry_id, *(copy.entry_id for copy in piece.copies)}
    )


def parts(room: Newsroom, entry: int) -> dict[str, Any]:
    """The parts of its story's rank but for the time, and how many speak."""
    found = explain.alone(room.app, f"story:{room.story(entry).id}")
    return {"spoken by": found["voices"]} | {
        key: part for key, part in found["rank"]["parts"].items() if key != "recency"
    }


@pytest.fixture
def site(database: Database, tmp_path: Path) -> Newsroom:
    """A newsroom whose editions are written below a folder of its own; two of its outlets have one owner."""
    owned = tuple(
        {"name": name, "domains": (name,), "owner": "Holding"} for name in ("owned1.example", "owned2.example")
    )
    settings: dict[str, object] = {
        "site": {"output": str(tmp_path / "site")},
        "digests": ({"name": "daily"},),
        "outlets": owned,
    }
    return newsroom(database, settings=settings)


def test_one_text_in_seventeen_papers_is_worth_what_it_is_worth_in_one(room: Newsroom) -> None:
    alone = room.copied(1, "paper.example")
    everywhere = room.copied(2, *(f"paper{number}.example" for number in range(17)))
    assert len(room.piece(everywhere[0]).copies) == 17
    assert parts(room, everywhere[0]) == parts(room, alone[0])


def test_a_late_copy_makes_no_story_fresher(site: Newsroom) -> None:
    first = site.copied(1, "paper.example")[0]
    before = site.app.now
    site.prints("other.example", article(1))
    site.group()
    assert len(site.piece(first).copies) == 2
    found = explain.alone(site.app, f"story:{first}")
    assert found["rank"]["parts"]["recency"] == pytest.approx(
        0.5 ** ((site.app.now - before) / timedelta(days=1)), abs=0.001
    )


def test_outlets_of_one_owner_speak_once(site: Newsroom) -> None:
    ours = printed(site, "orchard", "owned1.example", "owned2.example")
    others = printed(site, "museum", "one.example", "two.example")
    assert parts(site, ours[0])["spoken by"] == 1
    assert parts(site, others[0])["spoken by"] == 2


def test_from_edition_to_edition_a_story_is_new_then_grows_then_rests(site: Newsroom) -> None:
    event = EVENTS["bridge"]
    first = site.prints("one.example", event[0][1], event[0][0])
    site.group()
    assert view(edition(site), first).change is Change.NEW
    second = site.prints("two.example", event[1][1], event[1][0])
    site.group()
    grown = view(edition(site), second)
    assert (grown.change, grown.outlets_before, grown.outlets, grown.id) == (Change.GREW, 1, 2, site.story(first).id)
    site.prints("three.example", article(3))
    site.group()
    rested = edition(site)
    assert view(rested, first).change is Change.UNCHANGED
    assert first not in {story.id for story in (*rested.leads, *rested.briefs, *rested.stories)}


def test_what_two_told_yesterday_is_worth_less_today_but_by_what_is_new(site: Newsroom) -> None:
    printed(site, "bridge", "one.example", "two.example")
    whole = edition(site)
    assert dict(whole.stories[0].score_parts)["growth"] == 1.0
    title, body = EVENTS["bridge"][2]
    late = site.prints("three.example", body, title)
    site.copied(9, "three.example")
    grown = view(edition(site), late)
    assert dict(grown.score_parts)["growth"] == pytest.approx(0.6 + 0.4 / 3)


def test_what_an_edition_showed_stays_together_whatever_comes_in_later(site: Newsroom) -> None:
    ids = [*printed(site, "bridge", "one.example"), *printed(site, "museum", "two.example")]
    shown = {entry: view(edition(site), entry).id for entry in ids}
    for title, body in (*EVENTS["bridge"][1:], *EVENTS["museum"][1:]):
        site.prints("three.example", f"{body} {EVENTS['orchard'][0][1]}", title)
    site.group()
    assert {entry: site.story(entry).id for entry in ids} == shown


GERMAN = (
    "Nach dem Aufprall eines mit Kies beladenen Kahns auf einen Pfeiler ist die Hafenbrücke seit dem Morgen gesperrt; "
    "Taucher untersuchen das beschädigte Fundament, und Tausende Pendler nehmen die Fähre."
)


def test_a_feed_of_two_languages_has_stories_in_each(room: Newsroom) -> None:
    """Its entries carry no language, or the one that its software was shipped with."""
    ids = [
        room.prints("mixed.example", body, title, language=language)
        for (title, body), language in zip(EVENTS["bridge"][:2], (None, "de"), strict=True)
    ]
    german = room.prints("mixed.example", GERMAN, "Hafenbrücke gesperrt", language="en")
    room.group()
    assert {room.story(entry).language for entry in ids} == {"en"}
    assert len({room.story(entry).id for entry in ids}) == 1
    assert room.story(german).language == "de"
