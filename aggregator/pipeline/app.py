"""What every use case receives: configuration, store, the edges as protocols, and the time."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from aggregator.config import Config
from aggregator.deliver.outcomes import Outcome as DeliveryOutcome
from aggregator.store import entries
from aggregator.store.database import Database
from aggregator.text.outlets import OutletBook


class Mailer(Protocol):
    """Hands one message to one recipient."""

    def deliver(self, *, recipient: str, message: bytes) -> DeliveryOutcome:
        """Deliver, or say why not; never raises for what a server does."""


@dataclass(frozen=True, slots=True, kw_only=True)
class App:
    """Everything that a use case may touch."""

    config: Config
    database: Database
    now: datetime
    worker: str = "main"
    """Names this process in leases."""


def outlet_book(app: App) -> OutletBook:
    """Who is who: the configured outlets, and the titles of feeds that carry one outlet only."""
    return OutletBook(app.config.outlets, entries.outlet_titles(app.database))
