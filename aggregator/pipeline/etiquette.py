"""Our own manners, scored from the request log: each rule that the log can show, how often it was tested and broken.

Pure but for `score`, which reads the log. Rules are numbered as in the score sheet of tests/manners. The log holds the
last polls of each feed only, and redirects and article pages are not in it.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise

from aggregator.config import Fetch
from aggregator.fetch.guard import has_contact
from aggregator.fetch.hosts import host_key
from aggregator.fetch.request import user_agent
from aggregator.model import FailureKind
from aggregator.pipeline.app import App
from aggregator.polling import FROZEN_AFTER, NOT_ITS_FAULT, is_own_host
from aggregator.store.request_log import RequestRow, request_log

SLACK = timedelta(seconds=1)
"""Times in the log are those of the planning and of the asking; in between lies the planning itself."""

TICK = timedelta(milliseconds=50)
"""Between the start of a request as its host's turn counts it and as the log does, the event loop may be busy."""

MOST_EXAMPLES = 5
FAILURES = frozenset(FailureKind) - NOT_ITS_FAULT


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """How often one rule was put to the test, how often it was broken, and the first cases of that."""

    number: int
    says: str
    tested: int
    broken: int
    examples: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Score:
    """The score sheet, and the figures that a publisher would ask for."""

    since: datetime | None
    until: datetime | None
    requests: int
    feeds: int
    hosts: int
    not_modified: int
    failed: int
    body_bytes: int
    user_agent: str
    rules: tuple[Rule, ...]

    @property
    def broken(self) -> int:
        """How many rules were broken at least once."""
        return sum(rule.broken > 0 for rule in self.rules)


def score(app: App) -> Score:
    """The score of everything that the request log still holds."""
    return scored(request_log(app.database), app.config.fetch)


def scored(log: Sequence[RequestRow], settings: Fetch) -> Score:
    """The same from rows; those that were not asked are left out."""
    rows = sorted((row for row in log if row.status != FailureKind.HELD), key=lambda row: (row.at, row.id))
    foreign = [row for row in rows if not is_own_host(row.url, settings.allow_private)]
    feeds, hosts = grouped(foreign, lambda row: str(row.feed_id)), grouped(foreign, lambda row: host_key(row.url))
    return Score(
        since=rows[0].at if rows else None,
        until=rows[-1].at if rows else None,
        requests=len(rows),
        feeds=len({row.feed_id for row in rows}),
        hosts=len({host_key(row.url) for row in rows}),
        not_modified=sum(row.http_status == 304 for row in rows),
        failed=sum(row.status in FAILURES for row in rows),
        body_bytes=sum(row.body_bytes for row in rows),
        user_agent=user_agent(settings),
        rules=tuple(rules(rows, feeds, hosts, settings)),
    )


def grouped(rows: Iterable[RequestRow], key: Callable[[RequestRow], str]) -> dict[str, list[RequestRow]]:
    """The rows under each key, in their order."""
    found: dict[str, list[RequestRow]] = defaultdict(list)
    for row in rows:
        found[key(row)].append(row)
    return found


def rules(
    rows: Sequence[RequestRow],
    feeds: Mapping[str, Sequence[RequestRow]],
    hosts: Mapping[str, Sequence[RequestRow]],
    settings: Fetch,
) -> Iterator[Rule]:
    """Every rule that the log can show."""
    pairs = [pair for group in feeds.values() for pair in pairwise(group)]
    at_host = [pair for group in hosts.values() for pair in pairwise(group)]
    yield judged(3, "What can be asked conditionally is, but for a proof now and then", list(unconditional(feeds)))
    floor = settings.min_interval
    yield judged(9, "No feed is asked again before the floor", [(r, r.at - b.at >= floor - SLACK) for b, r in pairs])
    delay = settings.host_delay
    yield judged(14, "Requests to one host keep their distance", [(r, r.at - b.at >= delay - TICK) for b, r in at_host])
    yield judged(15, "After a failure nobody is asked before the time that was set", list(after_failures(pairs)))
    yield judged(15, "A 429 holds off all feeds of its host", list(after_429(hosts)))
    stopped = [(r, b.status != FailureKind.GONE) for b, r in pairs if b.next_poll_at is None]
    yield judged(17, "What is gone is not asked again, unless somebody asked for it", stopped)
    yield judged(20, "A failure changes no validators", [(r, not r.validators_changed) for r in rows if failed(r)])
    named = [(row, has_contact(settings)) for group in feeds.values() for row in group]
    yield judged(23, "The public web is asked under a contact", named)
    yield judged(
        26, "Every line says why the next poll is when it is", [(row, bool(row.next_poll_why)) for row in rows]
    )


def judged(number: int, says: str, cases: Sequence[tuple[RequestRow, bool]]) -> Rule:
    """A rule's line from its cases: a request, and whether the rule was kept there."""
    broken = [row for row, kept in cases if not kept]
    examples = tuple(f"{row.at.isoformat(timespec='seconds')} feed {row.feed_id}" for row in broken[:MOST_EXAMPLES])
    return Rule(number=number, says=says, tested=len(cases), broken=len(broken), examples=examples)


def failed(row: RequestRow) -> bool:
    """Whether the poll was a failure of its feed."""
    return row.status in FAILURES


def unconditional(feeds: Mapping[str, Sequence[RequestRow]]) -> Iterator[tuple[RequestRow, bool]]:
    """Requests that could be conditional: one that was not must be a week from the last such one."""
    for rows in feeds.values():
        whole: datetime | None = None
        for row in rows:
            if not row.had_validators or row.conditional is None:
                continue
            yield row, row.conditional or whole is None or row.at - whole >= FROZEN_AFTER - SLACK
            whole = whole if row.conditional else row.at


def after_failures(pairs: Iterable[tuple[RequestRow, RequestRow]]) -> Iterator[tuple[RequestRow, bool]]:
    """Requests after a failure that set a time."""
    for before, row in pairs:
        if failed(before) and before.next_poll_at is not None:
            yield row, row.at >= before.next_poll_at - SLACK


def after_429(hosts: Mapping[str, Sequence[RequestRow]]) -> Iterator[tuple[RequestRow, bool]]:
    """Requests to a host that had said 429."""
    for rows in hosts.values():
        until: datetime | None = None
        for row in rows:
            if until is not None:
                yield row, row.at >= until
            if row.status == FailureKind.RATE_LIMITED and row.next_poll_at is not None:
                until = row.at + (row.next_poll_at - row.at) / 1.1  # a tenth of the wait may be the feed's own phase
