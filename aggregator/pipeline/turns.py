"""One process at a time groups: whoever holds the lease. Its memory counts as long as nobody else had that."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

from aggregator.pipeline.app import App
from aggregator.pipeline.group import Grouped, Grouper, group
from aggregator.store import leases
from aggregator.store.grouping import GROUP
from aggregator.store.leases import Turn

LEASE = timedelta(minutes=10)
"""How long a lease lasts that is not renewed: it is before each batch, and a batch takes seconds."""


def group_in_turn(
    present: Callable[[], App], grouper: Grouper | None = None, *, stopping: Callable[[], bool] = bool
) -> Grouped | None:
    """Group what waits and keep the lease; None while another process holds it.

    `present` makes the use cases' record for the present moment. `grouper`, the memory of the run before, is passed
    over where somebody else may have grouped since. Raises StoreError.
    """
    app = present()

    def turn() -> Turn:
        return leases.take(app.database, GROUP, app.worker, now=present().now, duration=LEASE)

    first = turn()
    if first is Turn.ELSEWHERE:
        return None
    known = grouper if first is Turn.KEPT else None
    return group(app, known, stopping=lambda: stopping() or turn() is Turn.ELSEWHERE)


def group_once(present: Callable[[], App]) -> Grouped | None:
    """The same for a program that ends after it: the lease is given back."""
    try:
        return group_in_turn(present)
    finally:
        app = present()
        leases.give_back(app.database, GROUP, app.worker)
