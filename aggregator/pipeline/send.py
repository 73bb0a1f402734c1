"""Queued messages into mailboxes: unsent -> deliver -> record the reply, one transaction each.

A message's bytes and Message-ID were frozen with its edition; they never change, so a reply that is lost and a
message that is therefore sent again can be told by the receiver (at least once, RFC 5322 3.6.4).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from aggregator.deliver.outcomes import Deferred, Delivered
from aggregator.deliver.outcomes import Outcome as DeliveryOutcome
from aggregator.pipeline.app import App, Mailer
from aggregator.store import outbox
from aggregator.store.outbox import OutboxRow

BATCH = 100
"""Messages taken from the queue at once."""
LONGEST_WAIT = timedelta(hours=12)
"""The doubling retry stops here: RFC 5321 4.5.4.1 asks for at least two tries a day, and for days."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sent:
    """What one message's delivery came to; `state` is `sent`, `deferred`, `refused` or, in a dry run, `queued`."""

    recipient: str
    day: date
    state: str
    reply: str


def send(
    app: App, mailer: Mailer, *, name: str | None = None, day: date | None = None, dry_run: bool = False
) -> tuple[Sent, ...]:
    """Deliver what is unsent and due, each recipient for itself; one refusal never holds up another."""
    report: list[Sent] = []
    while rows := outbox.unsent(app.database, now=app.now, name=name, day=day, limit=BATCH):
        if dry_run:
            return tuple(Sent(recipient=row.recipient, day=row.day, state="queued", reply="") for row in rows)
        report += [deliver(app, mailer, row) for row in rows]
    return tuple(report)


def deliver(app: App, mailer: Mailer, row: OutboxRow) -> Sent:
    """Hand over one message and record what became of it before the next is touched."""
    outcome = mailer.deliver(recipient=row.recipient, message=row.message)
    state, again = settled(outcome, row, now=app.now, retry=app.config.mail.retry)
    outbox.record(app.database, row.id, state=state, reply=outcome.reply, next_attempt_at=again, now=app.now)
    return Sent(recipient=row.recipient, day=row.day, state=state, reply=outcome.reply)


def settled(
    outcome: DeliveryOutcome, row: OutboxRow, *, now: datetime, retry: timedelta
) -> tuple[outbox.State, datetime | None]:
    """The state after a reply, and when to try again: the configured wait, doubled with each attempt."""
    if isinstance(outcome, Delivered):
        return "sent", None
    if isinstance(outcome, Deferred):
        return "deferred", now + min(retry * 2 ** min(row.attempts, 16), LONGEST_WAIT)
    return "refused", None
