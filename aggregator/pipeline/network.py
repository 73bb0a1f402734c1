"""Who republishes whom, from the printings of a period: rows of outlets, pairs of them, and their latest printings.

The counting is pure; only `networks` reads the store: what copies another outlet's, and each outlet's latest printings
in the usual period. A month has ten thousands of others, a year hundreds.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Container, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from statistics import median

from aggregator.dedup.attribution import squashed
from aggregator.digest.views import UNBELIEVABLE
from aggregator.pipeline.app import App
from aggregator.render.records import Network, OutletRow, Printed, Trade
from aggregator.store import windows
from aggregator.store.windows import Borrowing, Printing
from aggregator.text.outlets import OutletBook

PERIODS = (30, 7, 90, 365)
"""Days of the pictures: the matching window, beyond which nothing is compared, a week, a season and a year. The first
is the usual one."""
LATEST = 20
"""Own pieces, and copies, that an outlet's page lists."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Copied:
    """A printing that copies another outlet's, and by how much it came later."""

    entry: int
    of: int
    copier: str
    source: str
    since: datetime
    """When we saw the first of both: a period that holds it holds both."""
    delay: timedelta
    due: bool
    """Whether it owes a credit: outlets of one house do not."""
    credited: bool


def networks(app: App, end: datetime, book: OutletBook, *, has_page: Callable[[int], bool]) -> tuple[Network, ...]:
    """The network of each period before `end`; `has_page` tells whether a piece's page stands or is being written."""
    starts = [end - timedelta(days=days) for days in PERIODS]
    borrowed = windows.borrowings(app.database, min(starts), end, unbelievable=UNBELIEVABLE)
    copied = republications(borrowed, book)
    lines = windows.latest(app.database, starts[0], end, most=LATEST, unbelievable=UNBELIEVABLE)
    printed = windows.printed(app.database, starts, end)
    return tuple(
        network(copied, days, end, counts, lines if days == PERIODS[0] else (), has_page)
        for days, counts in zip(PERIODS, printed, strict=True)
    )


def network(
    copied: Sequence[Copied],
    days: int,
    end: datetime,
    printed: Mapping[str, int],
    lines: Sequence[Printing],
    has_page: Callable[[int], bool],
) -> Network:
    """One period's network; outlets list what of their printings is among `lines`. `printed` counts entries."""
    held = [one for one in copied if one.since > end - timedelta(days=days)]
    trades = tuple(sorted(traded(held), key=lambda one: (-one.copies, one.copier, one.source)))
    return Network(days=days, end=end, outlets=outlet_rows(lines, held, trades, printed, has_page), trades=trades)


def believed(published: datetime | None, first_seen: datetime, *, alarmed: bool) -> datetime:
    """When it came out as far as can be believed, as on every page."""
    return first_seen if published is None or alarmed else min(published, first_seen)


def time_of(printing: Printing) -> datetime:
    """The same for a printing."""
    return believed(printing.published, printing.first_seen, alarmed=is_alarmed(printing))


def is_alarmed(printing: Printing) -> bool:
    """Whether its claimed time is not to be believed."""
    return not UNBELIEVABLE.isdisjoint(printing.alarms)


def among(rows: Iterable[Printing]) -> Iterator[Borrowing]:
    """The printings that copy another outlet's, both among these."""
    by_entry = {printing.entry: printing for printing in rows}
    for made in by_entry.values():
        source = by_entry.get(made.of or 0)
        if source is not None and made.outlet != source.outlet:
            yield Borrowing(
                entry=made.entry, of=source.entry, copier=made.outlet, source=source.outlet,
                published=made.published, first_seen=made.first_seen, alarmed=is_alarmed(made),
                source_published=source.published, source_first_seen=source.first_seen,
                source_alarmed=is_alarmed(source), credit=made.credit, credited_name=made.credited_name,
            )  # fmt: skip


def republications(borrowed: Iterable[Borrowing], book: OutletBook) -> tuple[Copied, ...]:
    """The same with delay and credit reckoned."""
    owner_of = cache(book.owner_of)  # of a hundred thousand copies some hundred outlets make them all
    return tuple(
        Copied(
            entry=one.entry,
            of=one.of,
            copier=one.copier,
            source=one.source,
            since=min(one.first_seen, one.source_first_seen),
            delay=believed(one.published, one.first_seen, alarmed=one.alarmed)
            - believed(one.source_published, one.source_first_seen, alarmed=one.source_alarmed),
            due=owner_of(one.copier) != owner_of(one.source),
            credited=credits_it(one, book),
        )
        for one in borrowed
    )


def credits_it(made: Borrowing, book: OutletBook) -> bool:
    """Whether a printing names its source, by what its credit resolved to or by its bare name."""
    if made.credited_name is None:
        return made.credit == made.source
    return squashed(made.credited_name) in {squashed(made.source), squashed(book.name_of(made.source))}


def traded(copied: Iterable[Copied]) -> list[Trade]:
    """One line for each pair of outlets."""
    pairs: dict[tuple[str, str], list[Copied]] = defaultdict(list)
    for one in copied:
        pairs[one.copier, one.source].append(one)
    return [
        Trade(
            copier=copier,
            source=source,
            copies=len(found),
            credited=sum(one.due and one.credited for one in found),
            due=sum(one.due for one in found),
            delay=timedelta(seconds=median(one.delay.total_seconds() for one in found)),
        )
        for (copier, source), found in pairs.items()
    ]


def outlet_rows(
    lines: Sequence[Printing],
    copied: Sequence[Copied],
    trades: Sequence[Trade],
    printed: Mapping[str, int],
    has_page: Callable[[int], bool],
) -> tuple[OutletRow, ...]:
    """Every outlet's figures, most printings first."""
    by_entry = {one.entry: one for one in copied}
    own, taken = latest(lines, by_entry)
    times_copied = Counter(one.of for one in copied)
    given: dict[str, list[Trade]] = defaultdict(list)
    made: dict[str, list[Trade]] = defaultdict(list)
    for trade in trades:
        given[trade.source].append(trade)
        made[trade.copier].append(trade)
    return tuple(
        OutletRow(
            outlet=name,
            entries=number,
            originals=number - sum(trade.copies for trade in made[name]),
            copies=sum(trade.copies for trade in made[name]),
            credited=sum(trade.credited for trade in made[name]),
            uncredited=sum(trade.due - trade.credited for trade in made[name]),
            copied_by=tuple((trade.copier, trade.copies) for trade in given[name]),
            copies_from=tuple((trade.source, trade.copies) for trade in made[name]),
            own=tuple(own_line(one, times_copied, has_page) for one in own[name]),
            copied=tuple(copied_line(one, by_entry[one.entry], has_page) for one in taken[name]),
        )
        for name, number in sorted(printed.items(), key=lambda item: (-item[1], item[0]))
    )


def latest(
    lines: Iterable[Printing], copied: Container[int]
) -> tuple[Mapping[str, list[Printing]], Mapping[str, list[Printing]]]:
    """Each outlet's latest own printings and latest copies, newest first."""
    own: dict[str, list[Printing]] = defaultdict(list)
    taken: dict[str, list[Printing]] = defaultdict(list)
    for printing in sorted(lines, key=lambda one: (time_of(one), one.entry), reverse=True):
        found = (taken if printing.entry in copied else own)[printing.outlet]
        if len(found) < LATEST:
            found.append(printing)
    return own, taken


def own_line(printing: Printing, copies: Mapping[int, int], has_page: Callable[[int], bool]) -> Printed:
    """An own printing as its outlet's page lists it."""
    return Printed(
        piece=printing.piece,
        title=printing.title,
        language=printing.language,
        link=printing.link,
        at=time_of(printing),
        copies=copies.get(printing.entry, 0),
        card=has_page(printing.piece),
    )


def copied_line(made: Printing, one: Copied, has_page: Callable[[int], bool]) -> Printed:
    """A copy as its outlet's page lists it."""
    return Printed(
        piece=made.piece,
        title=made.title,
        language=made.language,
        link=made.link,
        at=time_of(made),
        source=one.source,
        delay=one.delay,
        credited=one.credited or not one.due,
        card=has_page(made.piece),
    )
