"""Why a story is what it is and stands where it stands: pieces, lead, the parts of its rank, moves, corrections."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from aggregator.digest.build import Window
from aggregator.digest.edition import PieceView, StoryView
from aggregator.model import Story
from aggregator.pipeline.app import App, outlet_book
from aggregator.pipeline.material import shown_before, view_all
from aggregator.pipeline.overriding import STORY, concerned, in_words, of_level, standing
from aggregator.store import editions, grouping, overrides
from aggregator.stories.records import VERSION


def story_facts(app: App, story: Story) -> dict[str, Any]:
    """A story as it would stand in the main digest's edition of now."""
    view = view_of(app, story)
    entries = {copy.entry_id for piece in grouping.pieces(app.database, story.pieces) for copy in piece.copies}
    hands = concerned(of_level(standing(overrides.listing(app.database)), STORY), entries)
    return {
        "id": story.id,
        "title": view.title if view else "",
        "aliases": list(story.aliases),
        "language": story.language,
        "first_at": story.first_at,
        "last_at": story.last_at,
        "continues": story.continues,
        "see_also": list(story.see_also),
        "change": view.change.value if view else None,
        "outlets": view.outlets if view else 0,
        "outlets_before": view.outlets_before if view else 0,
        "voices": view.voices if view else 0,
        "pieces": [piece_line(piece) for piece in view.pieces] if view else list(story.pieces),
        "rank": rank(app, view) if view else None,
        "editions": editions.editions_of_stories(app.database, [story.id]).get(story.id, ()),
        "moves": [asdict(move) for move in grouping.moves(app.database, story.pieces)],
        "corrections": [in_words(each) for each in hands],
        "threshold": app.config.stories.threshold,
        "version": VERSION,
    }


def view_of(app: App, story: Story) -> StoryView | None:
    """The story as readers would see it now."""
    digest = app.config.digests[0]
    day = app.now.astimezone(app.config.site.zone).date()
    before = editions.latest_before(app.database, digest.name, day)
    window = Window(start=before.end if before else story.first_at, end=app.now)
    shown = shown_before(app, digest, day)
    return view_all(app, [story], window, shown, outlet_book(app), viewed=[story.id]).get(story.id)


def piece_line(piece: PieceView) -> dict[str, Any]:
    """One piece in its story; the first one leads."""
    return {
        "id": piece.id,
        "title": piece.title,
        "outlet": piece.outlet,
        "at": piece.at,
        "copies": len(piece.copies),
        "rounds_up": piece.rounds_up,
    }


def rank(app: App, view: StoryView) -> dict[str, Any]:
    """The score as the product of its parts, and which piece leads."""
    return {
        "score": round(view.score, 4),
        "at": app.now,
        "parts": {name: round(factor, 3) for name, factor in view.score_parts},
        "lead": view.pieces[0].id,
    }
