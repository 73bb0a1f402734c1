"""Stories into an edition: load -> view -> rank -> build -> render -> write -> freeze and queue the mail."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import date, datetime, time, timedelta
from pathlib import Path

from aggregator.config import Digest
from aggregator.dedup.matcher import Matcher
from aggregator.digest.build import (
    Chosen,
    Judgement,
    Window,
    category_weight,
    choose,
    linked,
    outlet_weight,
    story_view,
)
from aggregator.digest.continuity import ShownBefore
from aggregator.digest.edition import Change, Edition, FeedTrouble, PieceView, StoryView
from aggregator.digest.schedule import moment, next_due
from aggregator.digest.views import Stored
from aggregator.model import Feed, Story
from aggregator.pipeline.app import App, outlet_book
from aggregator.store import editions, entries, feeds, grouping
from aggregator.store.editions import EditionRecord, EditionStory, NewMessage
from aggregator.stories.lead import LeadCandidate
from aggregator.stories.lead import choose as choose_lead
from aggregator.stories.rank import StoryFacts
from aggregator.stories.rank import score as rank_story
from aggregator.text.outlets import OutletBook
from aggregator.text.words import count_words

FULL_TEXT_WORDS = 120
"""A printing with fewer words is taken for an excerpt when the piece that speaks for a story is chosen: feeds that
carry excerpts give 60 to 120 words."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Published:
    """What a publication came to. `written` names the files that changed, below the output folder."""

    edition: Edition
    written: tuple[str, ...]
    queued: int


def publish(app: App, digest: Digest, day: date, *, output: Path | None = None) -> Published:
    """Make the edition of a local day: pages first, then edition and messages in one transaction."""
    window = edition_window(app, digest, day)
    book = outlet_book(app)
    views, stories = load(app, digest, day, window, book)
    edition = compose(app, digest, day, window, views)
    written = write(app, edition, views, book, output)
    queued = freeze(app, digest, edition, book)
    return Published(edition=edition, written=written, queued=queued)


def edition_window(app: App, digest: Digest, day: date) -> Window:
    """From the end of the edition before (at most `days` back) to the day's due time, or to now if that is sooner."""
    made = editions.edition(app.database, digest.name, day)
    if made is not None:
        return Window(start=made.start, end=made.end)
    due = moment(day + timedelta(days=1), digest.time or time(0), app.config.site.zone)
    end = min(app.now, due)
    before = editions.latest_before(app.database, digest.name, day)
    longest = end - timedelta(days=digest.days)
    return Window(start=max(before.end, longest) if before else longest, end=end)
