"""An edition as it was published: its line-up from the record, its stories as the store has them now. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date, datetime
from typing import Any

from aggregator.digest.edition import Counts, Edition, FeedTrouble, Section, StoryView
from aggregator.store.editions import EditionRecord


def recorded(
    record: EditionRecord,
    views: Mapping[int, StoryView],
    *,
    title: str,
    feeds: int,
    previous: date | None,
    next_at: datetime | None,
) -> Edition:
    """The edition of a record. A story that was merged stands once; one that is not at hand any more is left out.

    `feeds` is how many are read, for records that do not say how many were.
    """
    shown, stories = record.payload, Present(views)
    whole = stories.all(one.story for one in record.stories)
    leads = stories.all(shown["leads"])
    rest = [view for view in whole if view not in leads]
    return Edition(
        name=record.name,
        title=title,
        day=record.day,
        number=record.number,
        made_at=record.made_at,
        start=record.start,
        end=record.end,
        counts=Counts(**shown["counts"]),
        leads=leads,
        sections=tuple(
            Section(name=name, stories=stories.all(ids), total=sum(view.category == name for view in rest))
            for name, ids in shown["sections"].items()
        ),
        briefs=stories.all(shown["briefs"]),
        unchanged=stories.all(shown["unchanged"]),
        stories=whole,
        feeds=shown.get("feeds", feeds),
        troubles=tuple(map(trouble, shown.get("troubles", ()))),
        previous=previous,
        next_at=next_at,
    )


class Present:
    """Stories by any id that they have had."""

    def __init__(self, views: Mapping[int, StoryView]) -> None:
        former = {alias: view for view in views.values() for alias in view.aliases}
        self.views = former | dict(views)

    def all(self, ids: Iterable[int]) -> tuple[StoryView, ...]:
        """The stories of these ids that are at hand, each once, in this order."""
        found = {view.id: view for key in ids if (view := self.views.get(key)) is not None}
        return tuple(found.values())


def trouble(kept: Mapping[str, Any]) -> FeedTrouble:
    """A feed that did not answer, as the record has it."""
    since = kept["since"]
    return FeedTrouble(title=kept["title"], url=kept["url"], reason=kept["reason"],
                       since=datetime.fromisoformat(since) if since else None)  # fmt: skip
