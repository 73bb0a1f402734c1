"""What each member of a piece says of itself and of the others, weighed one by one. Pure; decides nothing."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Final, NamedTuple, Protocol

from aggregator.dedup.attribution import STRONG, squashed
from aggregator.model import Credit

CLOCK_SKEW: Final = timedelta(minutes=10)
"""Publishers' clocks run ahead of ours by minutes; what lies further in the future is no date of publication."""
LATE_FEED: Final = timedelta(hours=1)
"""Feeds come from caches: an item may appear so long after its time although we looked in between."""
FIRST_SITE: Final = datetime(1991, 8, 6, tzinfo=UTC)
"""The first page of the web was announced: systems that know no date write 1970."""


class Printing(Protocol):
    """What is asked of an entry (`model.Entry`), or of an archive's line."""

    @property
    def id(self) -> int:
        """Its number."""

    @property
    def outlet(self) -> str:
        """The key of its outlet, "" where that is not known."""

    @property
    def link(self) -> str | None:
        """Its address as it was given."""

    @property
    def url(self) -> str | None:
        """The canonical form of that."""

    @property
    def source_url(self) -> str | None:
        """The address that its feed or page states as its source."""

    @property
    def html(self) -> str:
        """Its markup."""

    @property
    def published(self) -> datetime | None:
        """When it says that it was published."""

    @property
    def first_seen(self) -> datetime:
        """When we saw it."""

    @property
    def revisions(self) -> int:
        """How often it was changed since."""


class Claim(NamedTuple):
    """The time of publication that an entry claims, and the time that is believed."""

    claimed: datetime | None
    believed: datetime
    doubt: str = ""
    """Why the claim is not believed, in words; empty where it is."""
    future: bool = False


class Testimony(NamedTuple):
    """One member with all that bears on its place."""

    entry: Printing
    owner: str
    credits: tuple[Credit, ...]
    sources: frozenset[int]
    """Members that its strong credits or its feed's statement name."""
    links: frozenset[int]
    """Members whose address its text carries."""
    outside: Credit | None
    """A strong credit to somebody who is not among the members."""
    claim: Claim


def claim_of(entry: Printing, seen_before: datetime | None, now: datetime) -> Claim:
    """Which of an entry's times to believe: its claim, unless it lies in the future or before we looked in vain."""
    seen, claimed = entry.first_seen, entry.published
    if claimed is None:
        return Claim(claimed=None, believed=seen, doubt="no date is claimed")
    if claimed > min(seen, now) + CLOCK_SKEW:
        return Claim(
            claimed=claimed, believed=seen, doubt="the claimed date lay in the future when we saw it", future=True
        )
    if claimed < FIRST_SITE:
        return Claim(claimed=claimed, believed=seen, doubt="the claimed date lies before the web began")
    if seen_before is not None and claimed < seen_before - LATE_FEED:
        return Claim(claimed=claimed, believed=seen, doubt="the feed did not have it when we looked after that date")
    return Claim(claimed=claimed, believed=min(claimed, seen))


def testimony(
    entry: Printing,
    members: Sequence[Printing],
    credits: Mapping[int, tuple[Credit, ...]],  # noqa: A002  the word of the house
    seen_before: Mapping[int, datetime | None],
    owner_of: Callable[[str], str],
    now: datetime,
) -> Testimony:
    """What one entry says. Printings of its own outlet are no sources; unknown outlets are all different."""
    own = tuple(each for each in credits.get(entry.id, ()) if each.outlet is None or each.outlet != entry.outlet)
    strong = [credit for credit in own if credit.confidence >= STRONG]
    telling = strong or entry.source_url or entry.html  # most texts tell nothing, and nobody need be asked about them
    others = [other for other in members if other is not entry and not same_outlet(other, entry)] if telling else []
    sources = {other.id for other in others if any(names(credit, other) for credit in strong)}
    if entry.source_url:
        sources |= {other.id for other in others if entry.source_url in {other.url, other.link}}
    outside = next((credit for credit in strong if not any(names(credit, other) for other in members)), None)
    return Testimony(
        entry=entry,
        owner=owner_of(entry.outlet) if entry.outlet else f"entry {entry.id}",
        credits=own,
        sources=frozenset(sources),
        links=frozenset(other.id for other in others if entry.html and other.link and links_to(entry.html, other.link)),
        outside=outside,
        claim=claim_of(entry, seen_before.get(entry.id), now),
    )


def links_to(html: str, address: str) -> bool:
    """Whether markup holds an attribute that is exactly the address, escaped or not."""
    spellings = (address, address.replace("&", "&amp;"))
    return any(f"{spelling}{quote}" in html for spelling in spellings for quote in "\"'")


def names(credit: Credit, entry: Printing) -> bool:
    """Whether the credit means the entry's outlet, by what it resolved to or by its bare name."""
    if credit.outlet is not None:
        return credit.outlet == entry.outlet
    return bool(entry.outlet) and squashed(credit.name) == squashed(entry.outlet)


def same_outlet(one: Printing, other: Printing) -> bool:
    """Whether both are printed by one outlet that is known."""
    return bool(one.outlet) and one.outlet == other.outlet


def mutual(one: Testimony, heard: Sequence[Testimony]) -> bool:
    """Whether it credits a printing that credits it in turn."""
    return bool(one.sources) and any(other.entry.id in one.sources and one.entry.id in other.sources for other in heard)
