"""Who groups, when several programs may: one at a time, and nobody from a memory that is out of date."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from aggregator.errors import StoreError
from aggregator.pipeline.group import Grouper
from aggregator.pipeline.turns import LEASE, group_in_turn, group_once
from aggregator.store import entries, grouping, leases
from aggregator.store.database import Database
from tests.dedup.texts import article, edited
from tests.pipeline.builders import Newsroom, newsroom


def groups(room: Newsroom, worker: str, memory: Grouper | None = None) -> Grouper | None:
    """A daemon of that name looks for work once; its memory afterwards."""
    report = group_in_turn(lambda: replace(room.app, worker=worker), memory)
    return report.grouper if report is not None else None


def test_what_another_program_grouped_meanwhile_is_known(database: Database) -> None:
    room, text = newsroom(database), article(1)
    first = room.prints("heron.example", article(9))
    memory = groups(room, "daemon")
    room.app = replace(room.app, now=room.app.now + 2 * LEASE)
    second = room.prints("kestrel.example", text)
    assert group_once(lambda: replace(room.app, worker="by hand")) is not None
    third = room.prints("osprey.example", edited(text, 0.02, 3))
    groups(room, "daemon", memory)
    assert room.together(first, second, third) == [[first], [second, third]]


def test_a_lapsed_lease_that_nobody_took_does_not_cost_the_memory(database: Database) -> None:
    room = newsroom(database)
    room.prints("heron.example", article(1))
    memory = groups(room, "daemon")
    room.app = replace(room.app, now=room.app.now + 2 * LEASE)
    room.prints("kestrel.example", article(2))
    assert groups(room, "daemon", memory) is memory


def test_nothing_is_grouped_beside_another_program(database: Database) -> None:
    room = newsroom(database)
    room.prints("heron.example", article(1))
    leases.acquire(database, grouping.GROUP, "daemon", now=room.app.now, duration=LEASE)
    assert group_once(lambda: room.app) is None
    assert entries.waiting_count(database) == 1
    assert leases.holder(database, grouping.GROUP) == "daemon"


def test_who_lost_the_lease_in_the_midst_of_a_batch_saves_nothing(database: Database) -> None:
    room = newsroom(database)
    room.prints("heron.example", article(1))
    leases.acquire(database, grouping.GROUP, "slow", now=room.app.now, duration=LEASE)
    leases.acquire(database, grouping.GROUP, "quick", now=room.app.now + 2 * LEASE, duration=LEASE)
    with pytest.raises(StoreError, match="quick does this job now"):
        grouping.save_grouping(database, grouping.Grouping(), now=room.app.now, worker="slow")
    grouping.save_grouping(database, grouping.Grouping(), now=room.app.now, worker="quick")


def test_a_long_run_keeps_its_lease_from_batch_to_batch(database: Database) -> None:
    room = newsroom(database)
    room.prints("heron.example", article(1))
    begun, asked = room.app.now, iter(range(10))

    def present() -> object:
        return replace(room.app, now=begun + next(asked) * timedelta(minutes=4))

    assert group_in_turn(present) is not None  # type: ignore[arg-type]
    last = begun + timedelta(minutes=15)
    assert not leases.acquire(database, grouping.GROUP, "another", now=last, duration=LEASE)
