"""Who republishes whom, in figures: copies, how many of those that owe a credit give it, and how long they took."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from aggregator.pipeline.app import App, outlet_book
from aggregator.pipeline.network import among, republications, traded
from aggregator.store import windows
from aggregator.store.windows import Printing

BEGINNING = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True, kw_only=True)
class Exchange:
    """What one outlet took from another.

    `due` of the copies owe a credit (those of one owner do not), `credited` give it. `delay` is the median of how much
    later they came out; None for a source that we do not follow and know from the copies' credits alone.
    """

    copier: str
    source: str
    copies: int
    due: int
    credited: int
    delay: timedelta | None

    @property
    def share(self) -> float | None:
        """Credited of due, 0 to 1; None where no credit is due."""
        return self.credited / self.due if self.due else None


def exchanges(app: App, since: datetime | None) -> tuple[Exchange, ...]:
    """Every pair of outlets, most copies first, over copies first seen at `since` or later; None: all."""
    start = since - app.config.dedup.window if since else BEGINNING
    rows = windows.printings(app.database, start, app.now)
    book = outlet_book(app)
    borrowed = [one for one in among(rows) if since is None or one.first_seen >= since]
    followed = [
        Exchange(
            copier=trade.copier,
            source=trade.source,
            copies=trade.copies,
            due=trade.due,
            credited=trade.credited,
            delay=trade.delay,
        )
        for trade in traded(republications(borrowed, book))
    ]
    others = from_outside(
        [row for row in rows if since is None or row.first_seen >= since], {row.entry for row in rows}
    )
    return tuple(sorted([*followed, *others], key=lambda one: (-one.copies, one.copier, one.source)))


def from_outside(rows: Iterable[Printing], held: set[int]) -> list[Exchange]:
    """What is known only from copies that credit somebody else than a printing at hand."""
    named = Counter(
        (row.outlet, row.credit) for row in rows if row.credit and row.credit != row.outlet and row.of not in held
    )
    return [
        Exchange(copier=copier, source=source, copies=number, due=number, credited=number, delay=None)
        for (copier, source), number in named.items()
    ]
