"""What the site is made from, beyond the edition itself."""

from __future__ import annotations

from dataclasses import dataclass

from aggregator.digest.edition import Edition, EditionSummary, StoryView


@dataclass(frozen=True, slots=True, kw_only=True)
class OutletRow:
    """One outlet's part in who republishes whom. Counts are of entries; `credited` and `uncredited` of its copies.

    `copied_by` and `copies_from` are (outlet key, copies), most first.
    """

    outlet: str
    entries: int
    originals: int
    copies: int
    credited: int
    uncredited: int
    copied_by: tuple[tuple[str, int], ...] = ()
    copies_from: tuple[tuple[str, int], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class SitePages:
    """All that one rendering shows. `stories` are those to write a page for, with all their pieces."""

    edition: Edition
    stories: tuple[StoryView, ...] = ()
    summaries: tuple[EditionSummary, ...] = ()
    outlets: tuple[OutletRow, ...] = ()
    main_digest: str = "daily"
    """The digest that owns the front page and the short addresses; another one has its name before its days."""
