"""A store with a few outlets' printings of invented texts, grouped as a program grouped them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

from aggregator.config import Config, FeedTable
from aggregator.model import Entry, FeedPlan, Piece, Story
from aggregator.pipeline.app import App
from aggregator.pipeline.group import Grouper, group
from aggregator.store import entries, feeds, grouping
from aggregator.store.database import Database
from tests.dedup.texts import article, edited

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)


def called(outlet: str) -> str:
    """The title of the outlet's feed."""
    return f"{outlet.partition('.')[0].title()} Post"


@dataclass(kw_only=True)
class Newsroom:
    """Prints texts and groups them; `kept` is a daemon's memory, None for a program that starts anew each time."""

    app: App
    kept: Grouper | None = None
    remembers: bool = False

    @property
    def database(self) -> Database:
        return self.app.database

    def prints(self, outlet: str, text: str, title: str = "", **fields: object) -> int:
        """One more entry in the outlet's feed, an hour after the last; its id."""
        self.app = replace(self.app, now=self.app.now + HOUR)
        address = f"https://{outlet}/feed"
        known = [feed.url for feed in feeds.all_feeds(self.database)]
        feeds.sync(self.database, [FeedTable(url=url) for url in dict.fromkeys([*known, address])], now=self.app.now)
        feed = next(feed for feed in feeds.all_feeds(self.database) if feed.url == address)
        guid = f"{outlet}/{self.app.now:%d%H}"
        given: dict[str, object] = {
            "feed_id": feed.id,
            "outlet": outlet,
            "guid": guid,
            "link": f"https://{guid}",
            "url": f"https://{guid}",
            "title": title or " ".join(text.split()[:6]),
            "published": self.app.now,
            "first_seen": self.app.now,
            "language": "en",
            "text": text,
            "digest": guid.encode(),
        }
        plan = FeedPlan(
            feed=replace(feed, title=called(outlet), last_success=self.app.now, last_attempt=self.app.now),
            new=(Entry(**(given | fields)),),  # type: ignore[arg-type]
            status="new",
        )
        entries.save_plan(self.database, plan, now=self.app.now, keep_log=9)
        return entries.known(self.database, feed.id, [plan.new[0].guid], ())[0].id

    def group(self) -> None:
        report = group(self.app, self.kept if self.remembers else None)
        self.kept = report.grouper

    def copied(self, seed: int, *outlets: str, changed: float = 0.0, title: str = "") -> list[int]:
        """The invented article of that seed, printed by each outlet and grouped."""
        text = article(seed)
        made = [
            self.prints(outlet, edited(text, changed, seed + place) if place else text, title)
            for place, outlet in enumerate(outlets)
        ]
        self.group()
        return made

    def piece(self, entry: int) -> Piece:
        return grouping.pieces_of_entries(self.database, [entry])[0]

    def together(self, *ids: int) -> list[list[int]]:
        """The entries by piece, smallest first."""
        found = grouping.pieces_of_entries(self.database, ids)
        return sorted([copy.entry_id for copy in piece.copies] for piece in found)

    def story(self, entry: int) -> Story:
        piece = self.piece(entry).id
        (found,) = grouping.stories(self.database, [grouping.story_of_pieces(self.database, [piece])[piece]])
        return found


def newsroom(database: Database, *, remembers: bool = False, settings: dict[str, object] | None = None) -> Newsroom:
    config = Config.model_validate(settings or {})
    return Newsroom(app=App(config=config, database=database, now=NOON), remembers=remembers)


def everything(room: Newsroom, ids: Sequence[int]) -> tuple[tuple[Piece, ...], tuple[Story, ...]]:
    """The pieces and stories that hold these entries, whole."""
    pieces = grouping.pieces_of_entries(room.database, ids)
    homes = grouping.story_of_pieces(room.database, [piece.id for piece in pieces])
    return pieces, grouping.stories(room.database, sorted(homes.values()))
