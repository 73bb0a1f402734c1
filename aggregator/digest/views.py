"""From what is stored to what is shown: entries, pieces and stories into views. Pure; ranks and chooses nothing."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import cache

from aggregator.digest.edition import CopyView, CreditState, PieceView, RevisionView, StoryView
from aggregator.model import Copy, Entry, Piece, Revision, Role
from aggregator.text.outlets import OutletBook
from aggregator.text.running import is_running
from aggregator.text.words import count_words, standfirst

Recurring = Callable[[str, str], tuple[str, ...]]
"""(outlet, text) -> the paragraphs of the text that the outlet prints under many of its entries."""

UNBELIEVABLE = frozenset({"claimed-before-original", "claimed-in-future"})
"""Alarms that say an entry's claimed time is not to be believed; then the time that we saw it counts."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Stored:
    """All that the views of some pieces are made of."""

    entries: Mapping[int, Entry]
    pieces: Mapping[int, Piece]
    story_of: Mapping[int, int]
    revisions: Mapping[int, tuple[Revision, ...]]
    book: OutletBook
    round_ups: frozenset[int]
    """Entries whose text contains other pieces."""
    archive: frozenset[int]
    """Entries that came as a new feed's archive: shown where they belong, never news."""


def believed(entry: Entry, alarms: Sequence[str] = ()) -> datetime:
    """When the entry came out, as far as can be believed: its claim if it is no later than our first sight of it."""
    if entry.published is None or UNBELIEVABLE & set(alarms):
        return entry.first_seen
    return min(entry.published, entry.first_seen)


def piece_view(piece: Piece, stored: Stored) -> PieceView:
    """One piece with its copies in the order of their believed times; its boilerplate is left to `told`."""
    copies = {copy.entry_id: copy for copy in piece.copies if copy.entry_id in stored.entries}
    lead = copies[leading(piece, copies, stored.entries)]
    entry = stored.entries[lead.entry_id]
    at = believed(entry, lead.alarms)
    others = [copy_view(copy, lead, at, stored) for copy in copies.values() if copy is not lead]
    return PieceView(
        id=piece.id,
        entry_id=entry.id,
        story_id=stored.story_of.get(piece.id, piece.id),
        title=entry.title,
        language=entry.language,
        outlet=entry.outlet,
        original_known=piece.original is not None,
        link=entry.link,
        authors=entry.authors,
        tags=entry.tags,
        enclosures=tuple((enclosure.url, enclosure.type) for enclosure in entry.enclosures),
        claimed=entry.published,
        first_seen=entry.first_seen,
        at=at,
        text=entry.text,
        credit=lead.credit,
        copies=tuple(sorted(others, key=lambda view: (view.at, view.entry_id))),
        revisions=revision_views(entry, stored.revisions.get(entry.id, ())),
        evidence=lead.evidence,
        rounds_up=entry.id in stored.round_ups or is_running(entry.title),
        aliases=piece.aliases,
    )


def without(text: str, paragraphs: Sequence[str]) -> str:
    """The text without those of its paragraphs."""
    return "\n".join(line for line in text.split("\n") if line not in paragraphs) if paragraphs else text


def leading(piece: Piece, copies: Mapping[int, Copy], entries: Mapping[int, Entry]) -> int:
    """The entry that stands for the piece: its original, else the fullest printing that came first."""
    if piece.original is not None and piece.original in copies:
        return piece.original
    return min(
        copies,
        key=lambda key: (copies[key].role is Role.EXCERPT, believed(entries[key], copies[key].alarms), key),
    )


def copy_view(copy: Copy, lead: Copy, original_at: datetime, stored: Stored) -> CopyView:
    """One copy beside the printing that stands for its piece."""
    entry = stored.entries[copy.entry_id]
    at = believed(entry, copy.alarms)
    return CopyView(
        entry_id=entry.id,
        outlet=entry.outlet,
        link=entry.link,
        title=entry.title,
        language=entry.language,
        role=copy.role,
        claimed=entry.published,
        first_seen=entry.first_seen,
        at=at,
        delay=at - original_at,
        of_original=copy.of_original,
        of_copy=copy.of_copy,
        state=credit_state(copy, lead, stored),
        credit=copy.credit,
        alarms=copy.alarms,
        evidence=copy.evidence,
        text=entry.text,
    )


def introduced(view: StoryView, recurring: Recurring) -> StoryView:
    """The story with its first words, as an edition shows it.

    Finding these, and the boilerplate, takes longer than all else in a view, and four in five of the stories that move
    in a day are ranked and not shown.
    """
    lead = view.pieces[0]
    first = standfirst(without(lead.text, recurring(lead.outlet, lead.text)), lead.title)
    return replace(view, standfirst=first)


def told(view: StoryView, recurring: Recurring) -> StoryView:
    """The story with its first words, and with the boilerplate that its pieces' differences leave out."""
    known = cache(recurring)  # the leading text is asked for twice
    return replace(introduced(view, known), pieces=tuple(greyed(piece, known) for piece in view.pieces))


def greyed(piece: PieceView, recurring: Recurring) -> PieceView:
    """The piece and its copies with their boilerplate; a piece without copies is compared with nothing."""
    if not piece.copies:
        return piece
    copies = tuple(replace(copy, boilerplate=recurring(copy.outlet, copy.text)) for copy in piece.copies)
    return replace(piece, boilerplate=recurring(piece.outlet, piece.text), copies=copies)


def credit_state(copy: Copy, lead: Copy, stored: Stored) -> CreditState:
    """How the copy treats the printing that stands for the piece."""
    mine, source = stored.entries[copy.entry_id].outlet, stored.entries[lead.entry_id].outlet
    if stored.book.owner_of(mine) == stored.book.owner_of(source):
        return CreditState.OWN
    if copy.credit is None:
        return CreditState.MISSING
    if copy.credit.outlet is not None and copy.credit.outlet in {source, owner_outlet(lead)}:
        return CreditState.CREDITED
    if "credits-copy" in copy.alarms:
        return CreditState.CREDITS_COPY
    return CreditState.CREDITS_OTHER


def owner_outlet(lead: Copy) -> str | None:
    """The outlet that the leading printing itself credits: a copy that names it too names the true source."""
    return lead.credit.outlet or lead.credit.name if lead.credit is not None else None


def revision_views(entry: Entry, earlier: Sequence[Revision]) -> tuple[RevisionView, ...]:
    """Every version of an entry, oldest first, the standing one last; empty when it was never changed."""
    if not earlier:
        return ()
    ordered = sorted(earlier, key=lambda revision: revision.replaced_at)
    starts = [entry.first_seen, *(revision.replaced_at for revision in ordered)]
    versions = [(revision.title, revision.text, revision.updated) for revision in ordered]
    versions.append((entry.title, entry.text, entry.updated))
    views = []
    for number, (at, (title, text, updated)) in enumerate(zip(starts, versions, strict=True)):
        before = versions[number - 1][2] if number else None
        silent = number > 0 and (updated is None or (before is not None and updated <= before))
        views.append(RevisionView(at=at, words=count_words(text), title=title, text=text, silent=silent))
    return tuple(views)


def corrected_at(pieces: Sequence[PieceView], *, since: datetime) -> datetime | None:
    """The last time within the window that a leading printing's text was changed after readers could have seen it."""
    times = [view.at for piece in pieces for view in piece.revisions[1:] if view.at > since]
    return max(times, default=None)


def outlets(pieces: Sequence[PieceView]) -> frozenset[str]:
    """Every outlet that printed any of the pieces."""
    return frozenset(piece.outlet for piece in pieces) | {copy.outlet for piece in pieces for copy in piece.copies}


def voices(pieces: Sequence[PieceView], book: OutletBook) -> int:
    """Independent texts: one for each owner whose own text leads a piece; copies add nothing."""
    return len({book.owner_of(piece.outlet) for piece in pieces})


def heard(view: StoryView, since: datetime, book: OutletBook) -> float:
    """Share of a story's voices that had spoken by `since`."""
    return voices([piece for piece in view.pieces if piece.first_seen <= since], book) / voices(view.pieces, book)


def arrivals(
    pieces: Sequence[PieceView], *, since: datetime, slack: timedelta, archive: frozenset[int] = frozenset()
) -> int:
    """Printings first seen after `since` that do not claim to be older than it by more than `slack`, archive aside."""
    seen = [(piece.entry_id, piece.first_seen, piece.at) for piece in pieces]
    seen += [(copy.entry_id, copy.first_seen, copy.at) for piece in pieces for copy in piece.copies]
    return sum(first > since and at > since - slack and entry not in archive for entry, first, at in seen)
