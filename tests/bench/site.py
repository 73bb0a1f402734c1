"""A year of editions, 365 days of 300 stories, in a store of its own: each day published, then the site made anew.

What is measured is the whole work, gathering from the store, rendering and writing: of a day as `aggregator digest`
does it, of the year as the command `aggregator digest --all`, by its two processes; of the latter rendering and
writing apart. Bringing the news is not: entries,
pieces and stories are made up and stored as grouping stores them. Lengths of texts are those of the real feeds beside
the checkout (201 documents, 2,571 entries: deciles 5 to 1,135 words, median 80). `--days` shortens the year; what it
takes is then extrapolated. Making files costs three to eight times as much right after many had been deleted.
"""

from __future__ import annotations

import argparse
import os
import random
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

from aggregator import config_file
from aggregator.dedup.boilerplate import RECURS_IN, Boilerplate
from aggregator.dedup.shingles import shingles
from aggregator.model import Copy, Credit, Entry, Feed, FeedPlan, Piece, Role, Story
from aggregator.pipeline.app import App, outlet_book
from aggregator.pipeline.publish import publish
from aggregator.pipeline.rebuild import part_pages, plan
from aggregator.render.files import lay_aside, unfinished
from aggregator.render.site import render_share
from aggregator.store import entries, feeds, grouping
from aggregator.store.database import open_database

STORIES, DAYS, OUTLETS = 300, 365, 80
DAY_BUDGET, YEAR_BUDGET, MEMORY_BUDGET = 2.0, 120.0, 400
"""CPU seconds of a new day, CPU seconds of the year on each of two cores, megabytes of a process at its peak."""
CORES, LAST_DAYS = 2, 5
FIRST = datetime(2025, 7, 1, 20, tzinfo=UTC)
SECTIONS = ("Public life", "Science", "Arts", "Sport", "Money")
LENGTHS = (5, 23, 50, 80, 200, 404, 770, 1135)
"""Words of an entry's text: what real feeds carry, from the first decile to the ninth."""
REPORTS, COPIES = (1, 1, 1, 1, 2, 2, 3, 5), (0, 0, 0, 0, 1, 1, 2, 4)
"""Pieces of a story, and copies of its first one: most stories stand alone, a third have copies."""
EDITS = (0.0, 0.0, 0.004, 0.004, 0.025, 0.05)
"""Share of a copy's words that are not the original's: of 149 labelled real copies the quartiles are 0.4, 2 and 5 %."""
DICE = random.Random(1)
SYLLABLES = "ba do ki lu mer nor pel qua ris sto tan vel wim yor zan gri fen hol jar cru".split()
WORDS = ["".join(DICE.choices(SYLLABLES, k=DICE.choice((1, 2, 2, 3, 3, 4)))) for _ in range(20_000)]
WEIGHTS = [1 / (rank + 20) for rank in range(len(WORDS))]
FEET = [" ".join(DICE.choices(WORDS, WEIGHTS, k=40)) for _ in range(OUTLETS)]
"""What each outlet prints under all its articles."""

CONFIG = """
[site]
url = "https://faircopy.example"
timezone = "Europe/Berlin"
output = "{folder}/site"
[store]
url = "sqlite:///{folder}/store.sqlite"
[[digests]]
name = "daily"
max_stories = {stories}
"""


def name_of(outlet: int) -> str:
    """The domain of an outlet."""
    return f"outlet{outlet}.example"


def prose(dice: random.Random, words: int) -> str:
    """So many words by Zipf's law, in sentences and paragraphs."""
    said = dice.choices(WORDS, WEIGHTS, k=words)
    sentences = [" ".join(said[start : start + 14]).capitalize() + "." for start in range(0, words, 14)]
    return "\n".join(" ".join(sentences[start : start + 3]) for start in range(0, len(sentences), 3))


def edited(dice: random.Random, text: str) -> str:
    """The text as another desk runs it."""
    share = dice.choice(EDITS)
    return " ".join(dice.choice(WORDS) if dice.random() < share else word for word in text.split(" "))


@dataclass(frozen=True, kw_only=True)
class Printed:
    """An entry to be, and what it will be: of which story, which piece of it, and whether it copies that."""

    entry: Entry
    story: int
    piece: int
    copy: bool


def one_story(dice: random.Random, number: int, at: datetime) -> Iterator[Printed]:
    """A day's story: most alone, some with further reports, a third with copies; an outlet is copied by the same four."""
    outlets = dice.sample(range(OUTLETS), max(REPORTS))
    copiers = [(7 * outlets[0] + step) % OUTLETS for step in range(1, max(COPIES) + 1)]
    reports, copied = dice.choice(REPORTS), dice.choice(COPIES)
    shared = dice.choices(WORDS[200:], k=6)
    for piece in range(reports):
        title, text = " ".join((*shared, *dice.choices(WORDS, k=3))).capitalize(), prose(dice, dice.choice(LENGTHS))
        for place in range(1 + (copied if piece == 0 else 0)):
            outlet = outlets[piece] if place == 0 else copiers[place - 1]
            guid = f"https://{name_of(outlet)}/{at:%Y%m%d}/{number}-{piece}-{place}"
            seen = at + timedelta(minutes=40 * (piece + place))
            body = text if place == 0 else edited(dice, text)
            entry = Entry(
                feed_id=outlet, outlet=name_of(outlet), guid=guid, link=guid, url=guid, title=title, first_seen=seen,
                published=seen - timedelta(minutes=9), language="en", authors=("A. Writer",), digest=guid.encode(),
                html=f"<p>{body}</p>", text=f"{body}\n{FEET[outlet]}", tags=tuple(shared[:2]),
            )  # fmt: skip
            yield Printed(entry=entry, story=number, piece=piece, copy=place > 0)


def copy_of(entry: Entry, original: Entry) -> Copy:
    """A printing's place in its piece, with the evidence that grouping keeps; every second copy gives credit."""
    times = (("Claimed", f"{entry.published:%Y-%m-%dT%H:%M}"), ("First seen", f"{entry.first_seen:%Y-%m-%dT%H:%M}"))
    if entry is original:
        return Copy(entry_id=entry.id, role=Role.ORIGINAL, evidence=(("Role", "original: named by its copies"), *times))
    credit = Credit(name=original.outlet, outlet=original.outlet, quote=f"First published by {original.outlet}.",
                    position="foot", confidence=0.9) if entry.id % 2 else None  # fmt: skip
    return Copy(
        entry_id=entry.id, role=Role.REPUBLICATION, of=original.id, jaccard=0.81, containment=0.96, of_original=0.95,
        of_copy=0.96, credit=credit, alarms=() if credit else ("no-credit",),
        evidence=(("Same text", "Jaccard 0.81, threshold 0.50"), ("Contained", "0.96, threshold 0.80"), *times),
    )  # fmt: skip


def bring(app: App, number: int, papers: Sequence[Feed]) -> None:
    """A day's entries and what they are, stored as polling and grouping store them."""
    dice = random.Random(number)
    at = app.now - timedelta(hours=20)
    printed = [one for story in range(STORIES) for one in one_story(dice, story, at + timedelta(minutes=2 * story))]
    by_outlet: dict[int, list[Entry]] = defaultdict(list)
    for one in printed:
        by_outlet[one.entry.feed_id].append(replace(one.entry, feed_id=papers[one.entry.feed_id].id))
    for outlet, new in by_outlet.items():
        feed = replace(papers[outlet], title=f"Outlet {outlet}", last_success=at, last_attempt=app.now)
        plan = FeedPlan(feed=feed, new=tuple(new), status="new")
        entries.save_plan(app.database, plan, now=app.now, keep_log=30)
    stored = {entry.guid: entry for entry in entries.waiting(app.database, len(printed))}
    members: dict[tuple[int, int], list[Entry]] = defaultdict(list)
    for one in printed:
        members[one.story, one.piece].append(stored[one.entry.guid])
    pieces = {
        key: Piece(id=held[0].id, original=held[0].id, confidence=0.9, copies=tuple(copy_of(e, held[0]) for e in held))
        for key, held in members.items()
    }
    done = tuple(entry.id for entry in stored.values())
    decided = grouping.Grouping(entries=done, pieces=tuple(pieces.values()), stories=tuple(stories(pieces, members)))
    grouping.save_grouping(app.database, decided, now=app.now)


def stories(pieces: dict[tuple[int, int], Piece], members: dict[tuple[int, int], list[Entry]]) -> Iterator[Story]:
    """The day's stories of these pieces; one in ten names the one before it beside it."""
    founders: list[int] = []
    for number in range(STORIES):
        keys = [key for key in pieces if key[0] == number]
        times = [entry.first_seen for key in keys for entry in members[key]]
        beside = (founders[-1],) if founders and number % 10 == 0 else ()
        founders.append(pieces[keys[0]].id)
        yield Story(id=founders[-1], pieces=tuple(pieces[key].id for key in keys), first_at=min(times),
                    last_at=max(times), language="en", see_also=beside)  # fmt: skip


def opened(folder: Path) -> tuple[App, list[Feed]]:
    """A store with the outlets' feeds, in the order of their numbers, and with what is their boilerplate."""
    feeds_listed = "".join(
        f'[[feeds]]\nurl = "https://{name_of(n)}/feed"\ncategory = "{SECTIONS[n % len(SECTIONS)]}"\n'
        for n in range(OUTLETS)
    )
    written = folder / "config.toml"
    written.write_text(CONFIG.format(folder=folder, stories=STORIES) + feeds_listed)
    config = config_file.load(written, {})
    database = open_database(config.store.url, create=True)
    feeds.sync(database, config.feeds, now=FIRST)
    boilerplate = Boilerplate()
    for outlet, foot in enumerate(FEET):
        for _ in range(2 * RECURS_IN):
            boilerplate.learn(name_of(outlet), shingles(foot))
    grouping.save_grouping(database, grouping.Grouping(boilerplate=boilerplate.changes()), now=FIRST)
    known = {feed.url: feed for feed in feeds.all_feeds(database)}
    return App(config=config, database=database, now=FIRST), [
        known[f"https://{name_of(n)}/feed"] for n in range(OUTLETS)
    ]


def published(app: App, papers: Sequence[Feed], days: int) -> list[float]:
    """Bring and publish day by day; the CPU seconds that each publication took."""
    seconds = []
    for number in range(days):
        today = replace(app, now=FIRST + timedelta(days=number))
        bring(today, number, papers)
        start = time.process_time()
        publish(today, app.config.digests[0], today.now.date())
        seconds.append(time.process_time() - start)
    return seconds


@dataclass(frozen=True, kw_only=True)
class Spent:
    """What a command took: CPU seconds of all its processes, seconds of waiting, megabytes of the largest at its peak."""

    cpu: float
    wall: float
    peak: float


def rebuilt(folder: Path, now: datetime) -> Spent:
    """Every edition made anew into another folder, by the command."""
    before, start = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    command = [sys.executable, "-m", "aggregator", "--config", str(folder / "config.toml"), "digest", "--all"]
    environment = os.environ | {"AGGREGATOR_NOW": now.isoformat()}
    subprocess.run([*command, "--out", str(folder / "anew")], check=True, env=environment, stdout=subprocess.DEVNULL)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return Spent(cpu=cpu, wall=time.perf_counter() - start, peak=after.ru_maxrss / 1024)


def same(folder: Path) -> tuple[int, int]:
    """(files of the site made anew, their bytes). Raises ValueError where one differs from what was published."""
    found = [path for path in (folder / "anew").rglob("*") if path.is_file()]
    for path in found:
        if path.read_bytes() != (folder / "site" / path.relative_to(folder / "anew")).read_bytes():
            raise ValueError(f"{path} is not what was published")
    return len(found), sum(path.stat().st_size for path in found)


def rendered(app: App, root: Path) -> float:
    """CPU seconds of rendering and writing alone, of a day's share of the site made anew: the median of some days."""
    book, seconds = outlet_book(app), []
    with unfinished(root):
        for part in plan(app)[-LAST_DAYS - 1 : -1]:  # the last one makes the common pages as well
            pages = part_pages(app, part, root, book)
            start = time.process_time()
            lay_aside(root, part.number, render_share(pages, part.share, site=app.config.site, names=book.name_of))
            seconds.append(time.process_time() - start)
    return statistics.median(seconds)


def main(arguments: Sequence[str] = ()) -> int:
    """Print the figures beside their budgets; 1 when one is missed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--days", type=int, default=DAYS)
    parser.add_argument("--out", type=Path, help="keep the store and the sites in this new folder")
    chosen = parser.parse_args(list(arguments))
    if chosen.days <= LAST_DAYS:
        parser.error(f"a year cannot be told from {LAST_DAYS} days or fewer")
    folder = chosen.out or Path(tempfile.mkdtemp(prefix="fair-copy-bench-"))
    folder.mkdir(exist_ok=True)
    try:
        app, papers = opened(folder)
        days = published(app, papers, chosen.days)
        daily = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        app = replace(app, now=FIRST + timedelta(days=chosen.days - 1))
        year, rendering = rebuilt(folder, app.now), rendered(app, folder / "again")
        app.database.close()
        files, size = same(folder)
    finally:
        if chosen.out is None:
            shutil.rmtree(folder, ignore_errors=True)
    print(f"site  {chosen.days} days of {STORIES} stories: {files} files, {size / 1e6:.0f} MB")
    return told(chosen.days, days, year, rendering * DAYS / CORES, daily)


def told(number: int, days: Sequence[float], year: Spent, rendering: float, daily: float) -> int:
    """Print them; 1 when one is missed."""
    day, whole = statistics.median(days[-LAST_DAYS:]), year.cpu / CORES * DAYS / number
    most = max(year.peak, daily)
    cut = "" if number == DAYS else ", extrapolated"
    print(f"site  a new day      {day:7.2f} s CPU   (budget {DAY_BUDGET:g} s; the first one {days[0]:.2f})")
    print(f"site  the whole year {whole:7.1f} s CPU on each of {CORES} cores{cut}, by the clock {year.wall:.0f} s")
    print(
        f"site    of which     {rendering:7.1f} s to render and write, by {LAST_DAYS} days (budget {YEAR_BUDGET:g} s)"
    )
    print(f"site  peak memory    {most:7.0f} MB      (budget {MEMORY_BUDGET} MB; a process that publishes {daily:.0f})")
    return int(day > DAY_BUDGET or rendering > YEAR_BUDGET or most > MEMORY_BUDGET)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
