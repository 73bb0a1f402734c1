"""Our own score: every rule that the log can show is found broken where it is broken, and kept where it is kept."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from aggregator.config import Fetch
from aggregator.pipeline.etiquette import scored
from aggregator.store.request_log import RequestRow

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)
SETTINGS = Fetch(contact="https://reader.example/about")


def row(at: timedelta, **values: Any) -> RequestRow:
    given: dict[str, Any] = {
        "id": int(at.total_seconds()),
        "feed_id": 1,
        "url": "https://paper.example/feed",
        "at": NOON + at,
        "status": "not-modified",
        "http_status": 304,
        "detail": "",
        "body_bytes": 0,
        "had_validators": True,
        "new": 0,
        "changed": 0,
        "next_poll_at": NOON + at + HOUR,
        "next_poll_why": "every 60 min",
        "conditional": True,
        "validators_changed": False,
    }
    return RequestRow(**(given | values))


def broken(rows: Sequence[RequestRow], settings: Fetch = SETTINGS) -> list[int]:
    return [rule.number for rule in scored(rows, settings).rules if rule.broken]


def test_good_manners_break_nothing() -> None:
    found = scored([row(hour * HOUR) for hour in range(4)], SETTINGS)
    assert (found.broken, found.requests, found.feeds, found.not_modified) == (0, 4, 1, 4)
    assert {rule.number for rule in found.rules if rule.tested} == {3, 9, 14, 23, 26}


LATER = row(2 * HOUR)
TWO_AT_A_HOST = [row(MINUTE), row(MINUTE + timedelta(seconds=2), feed_id=2)]
FAILED = {"status": "server", "http_status": 503, "next_poll_at": NOON + 5 * HOUR}
LIMITED = {"status": "rate-limited", "http_status": 429, "next_poll_at": NOON + 5 * HOUR}


@pytest.mark.parametrize(
    ("rows", "rule"),
    [
        ([row(MINUTE), row(HOUR, conditional=False), row(2 * HOUR, conditional=False)], 3),
        ([row(MINUTE), row(12 * MINUTE)], 9),
        (TWO_AT_A_HOST, 14),
        ([row(MINUTE, **FAILED), LATER], 15),
        ([row(MINUTE, **LIMITED), row(2 * HOUR, feed_id=2)], 15),
        ([row(MINUTE, status="gone", http_status=410, next_poll_at=None), LATER], 17),
        ([row(MINUTE, **FAILED, validators_changed=True)], 20),
        ([row(MINUTE, next_poll_why="")], 26),
    ],
)
def test_a_broken_rule_is_found_and_named(rows: Sequence[RequestRow], rule: int) -> None:
    assert broken(rows) == [rule]


def test_the_placeholder_contact_breaks_a_rule() -> None:
    assert broken([row(MINUTE)], Fetch()) == [23]


def test_machines_of_our_own_and_what_was_not_asked_are_not_scored() -> None:
    own = Fetch.model_validate({"allow_private": ["127.0.0.0/8"]})
    assert (
        broken([row(number * timedelta(seconds=1), url="http://127.0.0.1:80/feed") for number in range(5)], own) == []
    )
    held = row(12 * MINUTE, status="held", feed_id=2)
    assert scored([row(MINUTE), held], SETTINGS).requests == 1


def test_an_unconditional_request_a_week_is_a_proof_and_no_rudeness() -> None:
    assert broken([row(8 * number * 24 * HOUR, conditional=False) for number in range(3)]) == []
