"""What is different since the last edition. Pure: what was shown before comes in as plain records."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from aggregator.digest.edition import Change


@dataclass(frozen=True, slots=True, kw_only=True)
class ShownBefore:
    """How a story stood in the last edition of the same digest that held it."""

    story: int
    outlets: int
    pieces: int
    revisions: int


@dataclass(frozen=True, slots=True, kw_only=True)
class StandsNow:
    """How it stands at this edition's end. `arrived`: printings first seen within the edition's window."""

    outlets: int
    pieces: int
    revisions: int
    arrived: int
    corrected_at: datetime | None
    continues: bool


def change(before: ShownBefore | None, now: StandsNow) -> Change:
    """The one word over the headline. Growth outranks a correction: more outlets is what most readers look for."""
    if before is None:
        return Change.CONTINUES if now.continues else Change.NEW
    if now.outlets > before.outlets:
        return Change.GREW
    if now.corrected_at is not None and now.revisions > before.revisions:
        return Change.CORRECTED
    if now.pieces > before.pieces or now.arrived:
        return Change.CONTINUES
    return Change.UNCHANGED
