"""What a feed's past polls have taught about it: plain values that travel inside `model.Feed`. Knows nothing else."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta


@dataclass(frozen=True, slots=True, kw_only=True)
class Move:
    """A permanent redirect that is being watched: where it led, since when, and on how many polls in a row."""

    url: str
    since: datetime
    polls: int


@dataclass(frozen=True, slots=True, kw_only=True)
class History:
    """The rhythm and the moves of a feed; all of it is None until polls have shown it."""

    pace: timedelta | None = None
    """Our own interval as overlap has adapted it; None: never adapted."""
    overlap: float | None = None
    """Share of known items at the last poll, in [0, 1]; None where that poll was not on time."""
    usual_gap: timedelta | None = None
    """Running mean of the time between polls that brought something new."""
    last_document: datetime | None = None
    """When a whole document came last, changed or not."""
    move: Move | None = None
    item_keys: bytes = b""
    """Keys of the last document's items, by which they are known without being parsed (`parse.unseen`)."""


NOTHING_LEARNT = History()
