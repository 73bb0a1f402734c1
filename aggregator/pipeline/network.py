"""Who republishes whom, from the printings of a period: rows of outlets, pairs of them, and their latest printings.

The counting is pure; only `networks` reads the store: what copies or is copied, and each outlet's latest texts in the
usual period. A month has ten thousands of others, a year hundreds.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from statistics import median

from aggregator.dedup.attribution import squashed
from aggregator.digest.views import UNBELIEVABLE
from aggregator.pipeline.app import App
from aggregator.render.records import Network, OutletRow, Printed, Trade
from aggregator.store import windows
from aggregator.store.windows import Printing
from aggregator.text.outlets import OutletBook

PERIODS = (30, 7, 90, 365)
"""Days of the pictures: the matching window, beyond which nothing is compared, a week, a season and a year. The first
is the usual one."""
LATEST = 20
"""Own pieces, and copies, that an outlet's page lists."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Copied:
    """A printing that copies another outlet's."""

    made: Printing
    source: Printing
    delay: timedelta
    due: bool
    """Whether it owes a credit: outlets of one house do not."""
    credited: bool


def networks(app: App, end: datetime, book: OutletBook, *, has_page: Callable[[int], bool]) -> tuple[Network, ...]:
    """The network of each period before `end`; `has_page` tells whether a piece's page stands or is being written."""
    usual, longest = (end - timedelta(days=days) for days in (PERIODS[0], max(PERIODS)))
    own = windows.newest_texts(app.database, usual, end, most=LATEST, unbelievable=UNBELIEVABLE)
    held = {printing.entry: printing for printing in (*windows.traded(app.database, longest, end), *own)}
    both = tuple(held.values())
    return tuple(
        network(both, days, end, book, has_page if days == PERIODS[0] else None,
                windows.printed(app.database, end - timedelta(days=days), end))
        for days in PERIODS
    )  # fmt: skip


def network(
    held: Sequence[Printing],
    days: int,
    end: datetime,
    book: OutletBook,
    has_page: Callable[[int], bool] | None,
    printed: Mapping[str, int],
) -> Network:
    """One period's network; outlets get their latest printings only with `has_page`. `printed` counts entries."""
    rows = [printing for printing in held if printing.first_seen > end - timedelta(days=days)]
    copied = republications(rows, book)
    trades = tuple(sorted(traded(copied), key=lambda one: (-one.copies, one.copier, one.source)))
    outlets = outlet_rows(rows, copied, trades, printed, has_page)
    return Network(days=days, end=end, outlets=outlets, trades=trades)


def believed(printing: Printing) -> datetime:
    """When it came out as far as can be believed, as on every page."""
    if printing.published is None or UNBELIEVABLE & set(printing.alarms):
        return printing.first_seen
    return min(printing.published, printing.first_seen)


def republications(rows: Iterable[Printing], book: OutletBook) -> tuple[Copied, ...]:
    """The printings that copy another outlet's, both within the period."""
    by_entry = {printing.entry: printing for printing in rows}
    pairs = [(made, by_entry[made.of]) for made in by_entry.values() if made.of in by_entry]
    return tuple(
        Copied(
            made=made,
            source=source,
            delay=believed(made) - believed(source),
            due=book.owner_of(made.outlet) != book.owner_of(source.outlet),
            credited=credits_it(made, source.outlet, book),
        )
        for made, source in pairs
        if made.outlet != source.outlet
    )


def credits_it(made: Printing, outlet: str, book: OutletBook) -> bool:
    """Whether a printing names the outlet, by what its credit resolved to or by its bare name."""
    if made.credited_name is None:
        return made.credit == outlet
    return squashed(made.credited_name) in {squashed(outlet), squashed(book.name_of(outlet))}


def traded(copied: Iterable[Copied]) -> list[Trade]:
    """One line for each pair of outlets."""
    pairs: dict[tuple[str, str], list[Copied]] = defaultdict(list)
    for one in copied:
        pairs[one.made.outlet, one.source.outlet].append(one)
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
    rows: Sequence[Printing],
    copied: Sequence[Copied],
    trades: Sequence[Trade],
    printed: Mapping[str, int],
    has_page: Callable[[int], bool] | None,
) -> tuple[OutletRow, ...]:
    """Every outlet's figures, most printings first."""
    own, taken = latest(rows, copied)
    times_copied = Counter(one.source.entry for one in copied)
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
            own=tuple(own_line(one, times_copied, has_page) for one in own[name]) if has_page else (),
            copied=tuple(copied_line(one, has_page) for one in taken[name]) if has_page else (),
        )
        for name, number in sorted(printed.items(), key=lambda item: (-item[1], item[0]))
    )


def latest(
    rows: Sequence[Printing], copied: Sequence[Copied]
) -> tuple[Mapping[str, list[Printing]], Mapping[str, list[Copied]]]:
    """Each outlet's latest own printings and latest copies, newest first."""
    copies = {one.made.entry for one in copied}
    own: dict[str, list[Printing]] = defaultdict(list)
    taken: dict[str, list[Copied]] = defaultdict(list)
    for printing in sorted(rows, key=lambda one: (believed(one), one.entry), reverse=True):
        if printing.entry not in copies and len(own[printing.outlet]) < LATEST:
            own[printing.outlet].append(printing)
    for one in sorted(copied, key=lambda one: (believed(one.made), one.made.entry), reverse=True):
        if len(taken[one.made.outlet]) < LATEST:
            taken[one.made.outlet].append(one)
    return own, taken


def own_line(printing: Printing, copies: Mapping[int, int], has_page: Callable[[int], bool]) -> Printed:
    """An own printing as its outlet's page lists it."""
    return Printed(
        piece=printing.piece,
        title=printing.title,
        language=printing.language,
        link=printing.link,
        at=believed(printing),
        copies=copies.get(printing.entry, 0),
        card=has_page(printing.piece),
    )


def copied_line(one: Copied, has_page: Callable[[int], bool]) -> Printed:
    """A copy as its outlet's page lists it."""
    return Printed(
        piece=one.made.piece,
        title=one.made.title,
        language=one.made.language,
        link=one.made.link,
        at=believed(one.made),
        source=one.source.outlet,
        delay=one.delay,
        credited=one.credited or not one.due,
        card=has_page(one.made.piece),
    )
