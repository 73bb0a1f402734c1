"""Ten real days of 23 feeds, polled one answer after the other, grouped, and published day by day.

Needs the measuring data. `expected_april_2020.json` holds counts only: some follow from the polls, those of the editions
from matching and grouping as well.
"""

from __future__ import annotations

import html
import json
import os
import re
import time
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

import pytest

from aggregator.config import Config
from aggregator.pipeline.app import App
from aggregator.pipeline.group import Grouper, group
from aggregator.pipeline.publish import Published, publish
from aggregator.pipeline.refresh import Polled, poll_all
from aggregator.store import exporting
from aggregator.store.database import open_database
from tests.acceptance.polls import ARCHIVE, Poll, PollServer, read_polls, served
from tests.acceptance.tables import HERE, Cell, ShowTable, agree
from tests.nu import complaints, needs_nu

pytestmark = [
    pytest.mark.acceptance,
    pytest.mark.skipif(not ARCHIVE.exists(), reason="the measuring data is not beside the checkout"),
]
EXPECTED = "expected_april_2020.json"
TENTH, LEAST = 0.1, 10
"""How far the counts of an edition may move before somebody has to read it again: a tenth, or ten."""
WITHIN = 20.0
"""CPU seconds for one day's edition on any machine; about four here."""


@dataclass(kw_only=True)
class Days:
    """What ten days came to."""

    polls: Sequence[Poll]
    root: Path
    failures: Counter[str] = field(default_factory=Counter)
    editions: dict[date, Published] = field(default_factory=dict)
    seconds: dict[date, float] = field(default_factory=dict)
    early: Published | None = None
    """An edition made right after the very first round."""
    stored: dict[str, list[dict[str, object]]] = field(default_factory=dict)
    revisions: int = 0


def config(web: PollServer, folder: Path) -> Config:
    """No floor between polls of one feed, since these are answers to somebody who asked again after half a minute."""
    return Config.model_validate(
        {
            "site": {"output": str(folder / "site")},
            "store": {"url": f"sqlite:///{folder / 'store.sqlite'}"},
            "fetch": {
                "allow_private": ("127.0.0.0/8",),
                "host_delay": "0s",
                "per_host": 8,
                "interval": "1s",
                "min_interval": "1s",
            },
            "mail": {"transport": "none"},
            "digests": ({"name": "daily"}, {"name": "early"}),
            "feeds": tuple({"url": web.url(feed)} for feed in web.feeds()),
        }
    )


@pytest.fixture(scope="module")
def days(tmp_path_factory: pytest.TempPathFactory) -> Days:
    folder = tmp_path_factory.mktemp("april")
    found = Days(polls=read_polls(), root=folder / "site")
    with served(found.polls) as web:
        live(web, found, folder)
    return found


def live(web: PollServer, found: Days, folder: Path) -> None:
    """Poll, group and publish through all the times at which something was polled."""
    grouper: Grouper | None = None
    times = web.times()
    database = open_database(config(web, folder).store.url, create=True)
    try:
        for now, later in zip(times, (*times[1:], None), strict=True):
            web.now = now
            app = App(config=config(web, folder), database=database, now=now)
            found.failures.update(outcome(one) for one in poll_all(app, everything=True) if one.failed)
            grouper = group(app, grouper).grouper
            if found.early is None:
                found.early = publish(app, app.config.digests[1], now.date())
            if later is None or later.date() != now.date():
                started = time.process_time()
                found.editions[now.date()] = publish(app, app.config.digests[0], now.date())
                found.seconds[now.date()] = time.process_time() - started
        found.stored = exporting.export(database)
    finally:
        database.close()


def outcome(polled: Polled) -> str:
    return f"{polled.status}: {polled.detail}"


# ---------------------------------------------------------------- what the polls hold, read without any parser of ours


@dataclass(frozen=True, slots=True)
class Item:
    key: str
    title: str


def items(body: bytes) -> Iterator[Item]:
    """The items of a document by regular expressions: its key (guid or id, else link) and title."""
    text = body.decode("utf-8", "replace")
    for block in re.findall(r"<(item|entry)\b[^>]*>(.*?)</\1>", text, re.DOTALL):
        key = element(block[1], "guid") or element(block[1], "id") or element(block[1], "link")
        if key:
            yield Item(key=html.unescape(key), title=html.unescape(element(block[1], "title")))


def element(block: str, name: str) -> str:
    """The text of the first element of that name; some feeds escape it twice."""
    match = re.search(rf"<{name}\b[^>]*>(.*?)</{name}>", block, re.DOTALL)
    if match is None:
        return ""
    inner = re.sub(r"<!\[CDATA\[(.*?)\]\]>", lambda found: html.escape(found[1]), match[1], flags=re.DOTALL)
    return " ".join(html.unescape(inner).split())


def standing(polls: Sequence[Poll]) -> Mapping[tuple[str, str], list[str]]:
    """(feed, key) to the titles under which it stood, in order, repeats left out."""
    titles: defaultdict[tuple[str, str], list[str]] = defaultdict(list)
    for poll in polls:
        for item in items(poll.body):
            known = titles[poll.feed, item.key]
            if not known or known[-1] != item.title:
                known.append(item.title)
    return titles


def kept(days: Days) -> Mapping[tuple[str, str], dict[str, object]]:
    """(feed, key) to the stored entry; a key that several items shared carries a mark, which goes."""
    found: dict[tuple[str, str], dict[str, object]] = {}
    for entry in days.stored["entries"]:
        feed = str(entry["feed_url"]).rsplit("/", 1)[1]
        key = (feed, re.sub(r"#[0-9a-f]{32}$", "", str(entry["guid"])))
        assert key not in found, f"stored twice: {key}"
        found[key] = entry
    return found


# ---------------------------------------------------------------- what must hold


def test_every_entry_that_ever_stood_in_a_poll_is_stored_once(days: Days) -> None:
    assert set(kept(days)) == set(standing(days.polls))


def test_an_entry_stands_under_its_last_title_and_every_edit_of_it_is_a_revision(days: Days) -> None:
    stored = kept(days)
    for key, titles in standing(days.polls).items():
        assert stored[key]["title"] == titles[-1]
        assert int(str(stored[key]["revisions"])) >= len(titles) - 1, key


def test_only_answers_without_a_body_or_without_entries_are_failures(days: Days) -> None:
    assert set(days.failures) == {"empty: the answer is empty", "empty: the feed is empty, and it was not before"}


def test_a_new_feeds_archive_is_no_news(days: Days) -> None:
    assert days.early is not None
    feeds = {poll.feed for poll in days.polls if poll.at == days.polls[0].at}
    assert 0 < days.early.edition.counts.stories <= 10 * len(feeds)


def test_each_days_edition_takes_seconds(days: Days) -> None:
    assert max(days.seconds.values()) < WITHIN


def test_no_story_leads_two_editions_without_news(days: Days) -> None:
    for day, made in days.editions.items():
        assert all(view.last_at > made.edition.start or view.corrected_at for view in made.edition.leads), day


def test_every_link_within_the_site_leads_to_a_file(days: Days) -> None:
    pages = {page.relative_to(days.root).as_posix() for page in days.root.rglob("*.html")}
    for name in pages:
        folder = Path(name).parent
        for target in re.findall(r'href="(?!https?:|mailto:|data:|#)([^"#?]+)', (days.root / name).read_text()):
            there = (days.root / folder / html.unescape(target)).resolve()
            assert there.exists(), f"{name} links to {target}"


@needs_nu
def test_every_page_is_valid_html(days: Days) -> None:
    assert not complaints([days.root])


def test_no_page_shows_markup_as_text(days: Days) -> None:
    """Entities encoded twice, tags, and addresses of counting pictures are the outlets' mistakes, not readers' news."""
    for page in sorted(days.root.glob("2020/*/*/*.html")):
        text = page.read_text()
        assert not re.findall(
            r"&amp;(?:amp|quot|apos|nbsp|lt|gt|#\d+|#x[0-9a-f]+);|&lt;/?(?:p|a|b|i|br|img|div)\b", text
        )


def test_counts_stand_as_expected(days: Days, show_table: ShowTable) -> None:
    found = counts(days)
    show_table("April 2020", ("count", "number"), list(found.items()))
    agree(EXPECTED, found)


def test_each_edition_holds_about_what_it_held(days: Days, show_table: ShowTable) -> None:
    found = {str(day): about(made) for day, made in sorted(days.editions.items())}
    head = next(iter(found.values()))
    seconds = {str(day): round(took, 1) for day, took in days.seconds.items()}
    rows: list[tuple[Cell, ...]] = [(day, *held.values(), seconds[day]) for day, held in found.items()]
    show_table("April 2020, editions", ("day", *head, "CPU s"), rows)
    if os.environ.get("UPDATE_EXPECTED"):
        agree(EXPECTED, {"editions": found})
    expected = json.loads((HERE / EXPECTED).read_text(encoding="utf-8"))["editions"]
    for day, held in expected.items():
        for name, number in held.items():
            assert abs(found[day][name] - number) <= max(LEAST, TENTH * number), (day, name)


def counts(days: Days) -> dict[str, int]:
    """What follows from the polls alone."""
    titles = standing(days.polls)
    kept_entries = days.stored["entries"]
    return {
        "polls": len(days.polls),
        "feeds": len(days.stored["feeds"]),
        "polls without a body": sum(not poll.body for poll in days.polls),
        "entries": len(kept_entries),
        "titles edited": sum(len(held) - 1 for held in titles.values()),
        "entries with revisions": sum(int(str(entry["revisions"])) > 0 for entry in kept_entries),
        "revisions": sum(int(str(entry["revisions"])) for entry in kept_entries),
        **dict(sorted(days.failures.items())),
    }


def about(made: Published) -> dict[str, int]:
    """What follows from matching and grouping."""
    edition = made.edition
    return {
        "stories": edition.counts.stories,
        "pieces": edition.counts.pieces,
        "copies": edition.counts.copies,
        "outlets": edition.counts.outlets,
        "several voices": sum(story.voices > 1 for story in edition.stories),
        "unchanged": len(edition.unchanged),
    }
