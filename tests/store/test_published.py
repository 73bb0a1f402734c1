"""Editions, messages, leases, overrides."""

from __future__ import annotations

import threading
from dataclasses import replace
from datetime import timedelta

import pytest

from aggregator.digest.edition import EditionSummary
from aggregator.store import editions, leases, outbox, overrides
from aggregator.store.database import Database
from aggregator.store.editions import EditionStory, NewMessage
from tests.store.builders import DAY, HOUR, MONDAY, NOW, edition, grouped, piece, stored, story

LEASE = timedelta(minutes=5)
ANN = NewMessage(recipient="ann@reader.example", message_id="<1@h.example>", message=b"To: ann\r\n\r\n\x00\xff")
BOB = NewMessage(recipient="bob@reader.example", message_id="<2@h.example>", message=b"To: bob\r\n\r\n")


# ---------------------------------------------------------------- editions


def test_an_edition_comes_back_as_it_was_frozen(db: Database) -> None:
    given = replace(edition(), stories=(EditionStory(story=7, outlets=3, pieces=2, revisions=1, led=True),))
    given = replace(given, stories=(*given.stories, EditionStory(story=3, outlets=1, pieces=1, revisions=0, led=False)))
    editions.save_edition(db, given, (), now=NOW)
    assert editions.edition(db, "daily", MONDAY) == given
    assert editions.edition(db, "daily", MONDAY + DAY) is None
    assert editions.edition(db, "weekly", MONDAY) is None


def test_texts_that_no_database_holds_do_not_stop_an_edition(db: Database) -> None:
    given = edition(payload={"a\x00": ["b\ud800", "'\"%"]}, headline="x\x00y")
    editions.save_edition(db, given, (), now=NOW)
    kept = editions.edition(db, "daily", MONDAY)
    assert kept is not None
    assert (kept.payload, kept.headline) == ({"a": ["b", "'\"%"]}, "xy")


def test_making_an_edition_again_replaces_its_pages(db: Database) -> None:
    editions.save_edition(db, edition(MONDAY, 1, 2), (), now=NOW)
    again = edition(MONDAY, 2, 3, headline="Later")
    editions.save_edition(db, again, (), now=NOW + HOUR)
    assert editions.edition(db, "daily", MONDAY) == again
    assert len(editions.summaries(db, "daily")) == 1


def test_nothing_of_an_edition_is_kept_when_its_transaction_breaks(db: Database) -> None:
    broken = replace(ANN, message=None)  # type: ignore[arg-type]
    with pytest.raises(Exception, match=r"NOT NULL|not-null"):
        editions.save_edition(db, edition(), [BOB, broken], now=NOW)
    assert editions.edition(db, "daily", MONDAY) is None
    assert outbox.deliveries(db) == ()


def test_the_edition_before_a_day_is_the_latest_of_the_same_digest(db: Database) -> None:
    for number, day in enumerate((MONDAY, MONDAY + DAY, MONDAY + 5 * DAY), start=1):
        editions.save_edition(db, edition(day, number=number), (), now=NOW)
    editions.save_edition(db, edition(MONDAY + 2 * DAY, name="weekly"), (), now=NOW)
    before = editions.latest_before(db, "daily", MONDAY + 5 * DAY)
    assert before is not None
    assert before.day == MONDAY + DAY
    assert editions.latest_before(db, "daily", MONDAY) is None


def test_the_index_of_days_counts_stories(db: Database) -> None:
    editions.save_edition(db, edition(MONDAY + DAY, 1, 2, 3, number=2), (), now=NOW)
    editions.save_edition(db, edition(MONDAY, headline="First"), (), now=NOW)
    assert editions.summaries(db, "daily") == (
        EditionSummary(name="daily", day=MONDAY, number=1, stories=0, headline="First"),
        EditionSummary(name="daily", day=MONDAY + DAY, number=2, stories=3, headline="The harbour opens"),
    )


def test_numbers_go_up_within_each_digest(db: Database) -> None:
    assert editions.next_number(db, "daily") == 1
    editions.save_edition(db, edition(number=4), (), now=NOW)
    assert editions.next_number(db, "daily") == 5
    assert editions.next_number(db, "weekly") == 1


def test_a_storys_days_include_those_under_ids_it_absorbed(db: Database) -> None:
    first, second, third = (item.id for item in stored(db, "g1", "g2", "g3"))
    grouped(db, pieces=tuple(piece(key) for key in (first, second, third)))
    grouped(db, stories=(story(first), story(second), story(third)))
    editions.save_edition(db, edition(MONDAY, second), (), now=NOW)
    editions.save_edition(db, edition(MONDAY + DAY, first, second), (), now=NOW)
    grouped(db, stories=(story(first, second, aliases=(second,)),))
    days = (MONDAY, MONDAY + DAY)
    assert editions.editions_of_stories(db, [first, second, third]) == {first: days, second: days}


# ---------------------------------------------------------------- messages


def queue(db: Database, *messages: NewMessage) -> None:
    editions.save_edition(db, edition(), messages, now=NOW)


def due(db: Database, **which: object) -> list[str]:
    given = {"now": NOW, "limit": 10} | which
    return [row.recipient for row in outbox.unsent(db, **given)]  # type: ignore[arg-type]


def test_a_queued_message_is_the_bytes_that_were_given(db: Database) -> None:
    queue(db, ANN)
    (row,) = outbox.unsent(db, now=NOW, name=None, day=None, limit=10)
    assert (row.message, row.message_id, row.state, row.attempts) == (ANN.message, ANN.message_id, "queued", 0)


def test_a_message_that_was_queued_once_never_changes(db: Database) -> None:
    queue(db, ANN)
    queue(db, replace(ANN, message_id="<9@h.example>", message=b"new"), BOB)
    rows = outbox.unsent(db, now=NOW, limit=10)
    assert [(row.recipient, row.message_id) for row in rows] == [
        (ANN.recipient, ANN.message_id),
        (BOB.recipient, BOB.message_id),
    ]


def test_what_was_sent_or_refused_is_not_unsent_and_what_was_deferred_is_when_its_time_comes(db: Database) -> None:
    cem = NewMessage(recipient="cem@reader.example", message_id="<3@h.example>", message=b"")
    queue(db, ANN, BOB, cem)
    ann, bob, third = (row.id for row in outbox.unsent(db, now=NOW, limit=10))
    outbox.record(db, ann, state="sent", reply="250 ok", next_attempt_at=None, now=NOW)
    outbox.record(db, bob, state="refused", reply="550 no\x00", next_attempt_at=None, now=NOW)
    outbox.record(db, third, state="deferred", reply="451 later", next_attempt_at=NOW + HOUR, now=NOW)
    assert due(db) == []
    assert due(db, now=NOW + HOUR) == [cem.recipient]
    assert {item.recipient: (item.state, item.attempts, item.last_reply) for item in outbox.deliveries(db)} == {
        ANN.recipient: ("sent", 1, "250 ok"),
        BOB.recipient: ("refused", 1, "550 no"),
        cem.recipient: ("deferred", 1, "451 later"),
    }


def test_what_was_sent_stays_sent_whoever_reports_later(db: Database) -> None:
    queue(db, ANN)
    (row,) = outbox.unsent(db, now=NOW, limit=1)
    outbox.record(db, row.id, state="sent", reply="250", next_attempt_at=None, now=NOW)
    outbox.record(db, row.id, state="deferred", reply="421", next_attempt_at=NOW, now=NOW)
    assert due(db, now=NOW + DAY) == []
    queue(db, ANN)
    assert due(db, now=NOW + DAY) == []


def test_unsent_messages_can_be_asked_for_by_digest_and_day(db: Database) -> None:
    queue(db, ANN)
    editions.save_edition(db, edition(MONDAY + DAY, name="weekly"), [BOB], now=NOW)
    assert due(db) == [ANN.recipient, BOB.recipient]
    assert due(db, name="weekly") == [BOB.recipient]
    assert due(db, day=MONDAY) == [ANN.recipient]
    assert due(db, name="weekly", day=MONDAY) == []
    assert due(db, limit=1) == [ANN.recipient]


# ---------------------------------------------------------------- leases


def test_all_jobs_of_a_worker_known_to_be_dead_are_free_at_once(db: Database) -> None:
    for job, worker in (("group", "dead"), ("publish", "dead"), ("other", "alive")):
        leases.acquire(db, job, worker, now=NOW, duration=LEASE)
    assert leases.holders(db) == ("alive", "dead")
    leases.give_back_all(db, "dead")
    assert leases.holders(db) == ("alive",)
    assert leases.acquire(db, "group", "next", now=NOW, duration=LEASE)


def test_a_job_is_one_workers_until_given_back_or_lapsed(db: Database) -> None:
    assert leases.acquire(db, "group", "w1", now=NOW, duration=LEASE)
    assert not leases.acquire(db, "group", "w2", now=NOW, duration=LEASE)
    assert leases.acquire(db, "publish", "w2", now=NOW, duration=LEASE)
    assert leases.acquire(db, "group", "w1", now=NOW + LEASE / 2, duration=LEASE)
    assert not leases.acquire(db, "group", "w2", now=NOW + LEASE, duration=LEASE)
    assert leases.acquire(db, "group", "w2", now=NOW + LEASE * 2, duration=LEASE)
    leases.give_back(db, "group", "w1")
    assert not leases.acquire(db, "group", "w1", now=NOW + LEASE * 2, duration=LEASE)
    leases.give_back(db, "group", "w2")
    assert leases.acquire(db, "group", "w1", now=NOW + LEASE * 2, duration=LEASE)


def test_a_lease_from_a_clock_that_had_run_ahead_does_not_hold(db: Database) -> None:
    assert leases.acquire(db, "group", "w1", now=NOW + 400 * DAY, duration=LEASE)
    assert leases.acquire(db, "group", "w2", now=NOW, duration=LEASE)


def test_of_eight_workers_that_ask_at_once_one_gets_the_job(db: Database) -> None:
    winners: list[str] = []
    start = threading.Barrier(8)

    def ask(worker: str) -> None:
        start.wait()
        if leases.acquire(db, "group", worker, now=NOW, duration=LEASE):
            winners.append(worker)

    threads = [threading.Thread(target=ask, args=(f"w{number}",)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(winners) == 1


# ---------------------------------------------------------------- overrides


def test_corrections_are_listed_in_order_with_those_taken_back(db: Database) -> None:
    first = overrides.append(db, "merge", {"stories": [1, 2], "why": "same\x00 event"}, now=NOW)
    second = overrides.append(db, "pin-original", {"piece": 3, "entry": 4}, now=NOW + HOUR)
    assert overrides.undo(db, first, NOW + DAY)
    listing = overrides.listing(db)
    assert [(item.id, item.kind, item.undone_at) for item in listing] == [
        (first, "merge", NOW + DAY),
        (second, "pin-original", None),
    ]
    assert listing[0].arguments == {"stories": [1, 2], "why": "same event"}
    assert listing[1].made_at == NOW + HOUR


def test_a_correction_can_be_taken_back_once(db: Database) -> None:
    made = overrides.append(db, "never-join", {}, now=NOW)
    assert overrides.undo(db, made, NOW + HOUR)
    assert not overrides.undo(db, made, NOW + DAY)
    assert not overrides.undo(db, made + 1, NOW)
    assert overrides.listing(db)[0].undone_at == NOW + HOUR
