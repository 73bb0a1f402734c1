"""Whose fault it is that nothing answers: pure. A local outage must not count against the feeds (etiquette rule 18)."""

from __future__ import annotations

from collections.abc import Iterable

from aggregator.fetch.hosts import host_key
from aggregator.model import FailureKind, FetchFailed, Outcome

UNANSWERED = frozenset({FailureKind.DNS, FailureKind.CONNECT, FailureKind.TIMEOUT, FailureKind.TLS})
"""Failures in which no word of the server came through; a wrong clock of ours makes every certificate unbelievable."""

NOT_ASKED = frozenset({FailureKind.HELD, FailureKind.INTERNAL, FailureKind.REFUSED_ADDRESS})
"""Outcomes that say nothing about the network."""

FEWEST_HOSTS = 3
"""Hosts that must all fail before the fault is ours: two sites may well be down at once."""


def is_unanswered(outcome: Outcome) -> bool:
    """Whether no word of the server came through."""
    return isinstance(outcome, FetchFailed) and outcome.status is None and outcome.kind in UNANSWERED


def is_offline(unanswered: Iterable[str], before: Iterable[tuple[str, str]]) -> bool:
    """Whether the fault is ours: nobody of the last FEWEST_HOSTS hosts answered.

    `unanswered` are the addresses of a run in which nobody answered; `before` are (address, outcome in a word) of the
    polls before it, the latest first.
    """
    silent = {host_key(url) for url in unanswered}
    for url, status in before:
        if len(silent) >= FEWEST_HOSTS:
            break
        if host_key(url) in silent or status in NOT_ASKED:
            continue
        if status not in UNANSWERED and status != FailureKind.OFFLINE:
            return False
        silent.add(host_key(url))
    return len(silent) >= FEWEST_HOSTS
