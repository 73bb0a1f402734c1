"""A week of the daemon against real feeds: editions and mails at their local times, nothing twice, whoever is killed.

The same week runs twice, each in processes of its own: once undisturbed, once with processes told to stop and killed at
random moments. Needs the measuring data.
"""

from __future__ import annotations

import email
import email.policy
import random
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from email.utils import parsedate_to_datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from aggregator.store import editions, exporting, outbox
from aggregator.store.database import Database, open_database
from aggregator.store.editions import EditionRecord
from tests.acceptance.clockwork import END, STEP, move, read
from tests.acceptance.polls import ARCHIVE, read_polls, served

pytestmark = [
    pytest.mark.acceptance,
    pytest.mark.skipif(not ARCHIVE.exists(), reason="the measuring data is not beside the checkout"),
]
ROOT = Path(__file__).parents[2]
FEEDS = ("bbc", "gmanews", "nytimes", "nzherald", "rnz", "wsj")
"""Six of the smaller feeds that were polled all week."""
BEGIN, STOP = datetime(2020, 4, 21, 1, tzinfo=UTC), datetime(2020, 4, 28, 1, tzinfo=UTC)
AUCKLAND = ZoneInfo("Pacific/Auckland")
RECIPIENTS = ("ana@reader.example", "bo@reader.example")
KILLS = 24
LONGEST_LIFE = 4.0
"""Seconds until a process is stopped or killed, at most: it needs about one to start, a step takes a fraction of one."""
PATIENCE = 300.0
ALIKE = 0.02
"""Share of the stories in which the two weeks may differ: 4 of 1,134 did."""

CONFIG = """
[site]
output = "{folder}/site"
timezone = "Pacific/Auckland"
[store]
url = "sqlite:///{folder}/store.sqlite"
[fetch]
contact = "keeper@reader.example"
interval = "50m"
allow_private = ["127.0.0.0/8"]
host_delay = "0s"
[mail]
maildir = "{folder}/mail"
from = "Fair Copy <digest@reader.example>"
[[digests]]
name = "daily"
time = "06:30"
recipients = {recipients}
[[digests]]
name = "weekly"
cron = "15 9 * * mon"
days = 7
recipients = ["{weekly}"]
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Week:
    """What a run left behind."""

    folder: Path
    processes: int
    stored: Mapping[str, list[dict[str, object]]]
    daily: tuple[EditionRecord, ...]
    weekly: tuple[EditionRecord, ...]
    unsent: int

    def messages(self) -> list[email.message.EmailMessage]:
        found = sorted((self.folder / "mail" / "new").iterdir())
        read = (email.message_from_bytes(path.read_bytes(), policy=email.policy.default) for path in found)
        return [message for message in read if isinstance(message, email.message.EmailMessage)]


@pytest.fixture(scope="module")
def calm(tmp_path_factory: pytest.TempPathFactory) -> Week:
    return lived(tmp_path_factory.mktemp("calm"), kills=0)


@pytest.fixture(scope="module")
def troubled(tmp_path_factory: pytest.TempPathFactory) -> Week:
    return lived(tmp_path_factory.mktemp("troubled"), kills=KILLS)


def lived(folder: Path, *, kills: int) -> Week:
    """Let processes run one after the other until the week is over; the first `kills` of them do not end by themselves."""
    move(folder / "clock", BEGIN)
    move(folder / END, STOP)
    polls = [poll for poll in read_polls() if poll.feed in FEEDS]
    dice, processes = random.Random(1709), 0
    with served(polls, lambda: read(folder / "clock")) as web:
        text = CONFIG.format(folder=folder, recipients=list(RECIPIENTS), weekly=RECIPIENTS[0]).replace("'", '"')
        (folder / "config.toml").write_text(
            text + "".join(f'[[feeds]]\nurl = "{web.url(feed)}"\n' for feed in FEEDS), encoding="utf-8"
        )
        started = time.monotonic()
        while read(folder / "clock") < STOP:
            assert time.monotonic() < started + PATIENCE
            one_process(folder, dice if processes < kills else None)
            processes += 1
    return left_behind(folder, processes)


def one_process(folder: Path, dice: random.Random | None) -> None:
    """A process until it ends, or is stopped or killed after a random time."""
    with subprocess.Popen([sys.executable, "-m", "tests.acceptance.clockwork", str(folder)], cwd=ROOT) as process:
        if dice is None:
            assert process.wait(PATIENCE) == 0
            return
        try:
            process.wait(dice.uniform(0.2, LONGEST_LIFE))
        except subprocess.TimeoutExpired:
            kind = dice.choice((signal.SIGTERM, signal.SIGKILL))
            process.send_signal(kind)
            assert process.wait(PATIENCE) in {0, -kind}


def left_behind(folder: Path, processes: int) -> Week:
    database = open_database(f"sqlite:///{folder}/store.sqlite", create=False)
    try:
        return Week(
            folder=folder,
            processes=processes,
            stored=exporting.export(database),
            daily=every_edition(database, "daily"),
            weekly=every_edition(database, "weekly"),
            unsent=len(outbox.unsent(database, now=STOP + timedelta(days=9), limit=99)),
        )
    finally:
        database.close()


def every_edition(database: Database, name: str) -> tuple[EditionRecord, ...]:
    days = [summary.day for summary in editions.summaries(database, name)]
    found = [editions.edition(database, name, day) for day in days]
    return tuple(record for record in found if record is not None)


def test_each_local_day_has_its_edition_within_a_step_of_its_time(calm: Week) -> None:
    first, *others = calm.daily
    assert first.made_at == BEGIN, "a new digest does not wait for its time"
    assert [record.day for record in others] == [date(2020, 4, 22) + timedelta(days=days) for days in range(7)]
    for record in others:
        due = datetime.combine(record.day, datetime.min.time(), AUCKLAND).replace(hour=6, minute=30)
        assert timedelta(0) <= record.made_at - due <= STEP, record.day


def test_editions_follow_one_another_without_a_gap_or_an_overlap(calm: Week) -> None:
    for before, after in zip(calm.daily, calm.daily[1:], strict=False):
        assert after.start == before.end
        assert after.number == before.number + 1


def test_the_weekly_digest_comes_on_its_weekday(calm: Week) -> None:
    assert [record.day for record in calm.weekly] == [date(2020, 4, 27)]


def test_every_recipient_has_one_mail_of_every_edition_dated_when_it_was_made(calm: Week) -> None:
    messages = calm.messages()
    assert calm.unsent == 0
    assert len({message["Message-ID"] for message in messages}) == len(messages)
    got = Counter((message["To"], parsedate_to_datetime(message["Date"])) for message in messages)
    wanted = Counter((to, record.made_at.replace(microsecond=0)) for record in calm.daily for to in RECIPIENTS)
    assert got == wanted + Counter((RECIPIENTS[0], record.made_at.replace(microsecond=0)) for record in calm.weekly)


def test_a_week_of_stops_and_kills_ends_as_an_undisturbed_one(calm: Week, troubled: Week) -> None:
    assert troubled.processes > KILLS / 2
    assert troubled.unsent == 0
    assert entries(troubled) == entries(calm)
    assert groups(troubled, "piece") == groups(calm, "piece")
    assert [when(record) for record in troubled.daily] == [when(record) for record in calm.daily]
    assert [when(record) for record in troubled.weekly] == [when(record) for record in calm.weekly]
    ids = [sorted(str(message["Message-ID"]) for message in week.messages()) for week in (troubled, calm)]
    assert ids[0] == ids[1]


def test_a_week_of_stops_and_kills_tells_the_same_stories(calm: Week, troubled: Week) -> None:
    """But for a few: answers to requests of one moment arrive in another order, and stories grow by arrival."""
    one, other = groups(calm, "story"), groups(troubled, "story")
    assert len(one ^ other) <= ALIKE * len(one)


def name_of(entry: Mapping[str, object]) -> str:
    """The feed and the guid: numbers follow the order of arrival."""
    return f"{str(entry['feed_url']).rsplit('/', 1)[1]} {entry['guid']}"


def entries(week: Week) -> dict[str, tuple[object, ...]]:
    """What was stored of every entry, and when."""
    fields = ("outlet", "link", "title", "published", "first_seen", "updated", "revisions")
    return {name_of(entry): tuple(entry[field] for field in fields) for entry in week.stored["entries"]}


def groups(week: Week, kind: str) -> set[frozenset[str]]:
    """The entries that stand together in a piece or a story."""
    found: dict[object, set[str]] = {}
    for entry in week.stored["entries"]:
        found.setdefault(entry[kind], set()).add(name_of(entry))
    return {frozenset(members) for members in found.values()}


def when(record: EditionRecord) -> tuple[object, ...]:
    return record.day, record.number, record.made_at, record.start, record.end


def test_no_half_written_file_is_left(troubled: Week) -> None:
    left = [path.name for path in troubled.folder.rglob("*") if path.is_file()]
    assert "index.html" in left
    assert not [name for name in left if name.startswith(".") or name.endswith((".new", ".tmp"))]
