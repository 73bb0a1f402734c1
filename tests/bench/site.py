"""A year of editions, 365 days of 300 stories: the site made anew by two processes, then one more day.

Only rendering and writing are timed, in CPU seconds of each process: making up the records is not the site's work, and
what else runs on the machine neither. `--days` shortens the year; its figures are then extrapolated from what each
process did after its first day, on which templates are compiled and locales read. Making files cost three
to eight times as much right after many had been deleted: leave a while between two runs, or let `--out` lie elsewhere.
What `digest --all` does beside, gathering from the store, is not in these figures.
"""

from __future__ import annotations

import argparse
import random
import resource
import shutil
import statistics
import tempfile
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

from aggregator.config import Site
from aggregator.digest.edition import (
    CopyView,
    Counts,
    CreditState,
    Edition,
    EditionSummary,
    PieceView,
    Section,
    StoryView,
)
from aggregator.model import Credit
from aggregator.render import search
from aggregator.render.files import write_site
from aggregator.render.records import Network, OutletRow, Printed, Share, SitePages, Trade
from aggregator.render.site import render_share, render_site
from tests.render.builders import copy, edition, piece, story

STORIES, DAYS, OUTLETS = 300, 365, 80
DAY_BUDGET, YEAR_BUDGET, MEMORY_BUDGET = 2.0, 120.0, 400
"""CPU seconds of a new day, CPU seconds of the year on each of two cores, megabytes of a process at its peak."""
PROCESSES, NEW_DAYS = 2, 5
FIRST = date(2025, 7, 1)
SITE = Site(title="Fair Copy", timezone="Europe/Berlin", url="https://faircopy.example")
WORDS = (
    "harbour council lock gate ferry letters inspectors summer traffic repair company warned board river bridge court "
    "water order judge school museum orchard frost register union pilots island market bank update outage customers"
).split()


def sentence(dice: random.Random, words: int) -> str:
    """So many words."""
    return " ".join(dice.choices(WORDS, k=words)).capitalize() + "."


def one_story(dice: random.Random, key: int, at: datetime) -> StoryView:
    """A story as days have them: most alone, some with further reports, a third with copies."""
    texts = "\n".join(sentence(dice, 40) for _ in range(8))
    outlets = dice.sample(range(OUTLETS), 8)
    reports = dice.choice((1, 1, 1, 1, 2, 2, 3, 5))
    copied = dice.choice((0, 0, 0, 0, 1, 1, 2, 4))
    parts: list[PieceView] = []
    for number in range(reports):
        copies: tuple[CopyView, ...] = tuple(
            copy(key * 100 + 50 + n, f"outlet{outlets[n + 3]}.example", original_at=at, delay=timedelta(minutes=40 * n + 9),
                 title=sentence(dice, 9), text=texts.replace("harbour", "port").replace("company", "firm", 2),
                 state=CreditState.CREDITED if n % 2 else CreditState.MISSING,
                 credit=Credit(name="Outlet", outlet=f"outlet{outlets[0]}.example", quote=sentence(dice, 8), position="foot") if n % 2 else None,
                 alarms=() if n % 2 else ("no-credit",))
            for n in range(copied if number == 0 else 0)
        )  # fmt: skip
        parts.append(piece(key * 10 + number, f"outlet{outlets[number]}.example", title=sentence(dice, 10), at=at, first_seen=at,
                           claimed=at, text=texts, copies=copies))  # fmt: skip
    return story(key, *parts, title=parts[0].title, standfirst=sentence(dice, 30),
                 category=dice.choice(("Public life", "Science", "Arts", "Sport", "Money")))  # fmt: skip


def one_edition(dice: random.Random, number: int) -> Edition:
    """A day's edition: six leads, a row for each section, briefs."""
    day = FIRST + timedelta(days=number)
    noon = datetime(day.year, day.month, day.day, 12, tzinfo=UTC)
    stories = [one_story(dice, number * STORIES + n + 1, noon - timedelta(minutes=n)) for n in range(STORIES)]
    rest, sections = stories[6:], []
    for name in ("Public life", "Science", "Arts", "Sport", "Money"):
        mine = [view for view in rest if view.category == name]
        sections.append(Section(name=name, stories=tuple(mine[:4]), total=len(mine)))
    placed = {view.id for section in sections for view in section.stories}
    made = edition(
        *stories, name="daily", day=day, number=number + 1, leads=tuple(stories[:6]), sections=tuple(sections),
        briefs=tuple(view for view in rest if view.id not in placed), start=noon - timedelta(days=1), end=noon,
        previous=day - timedelta(days=1) if number else None,
    )  # fmt: skip
    return replace(made, counts=Counts(entries=700, outlets=OUTLETS, pieces=500, stories=STORIES, copies=200))


def networks(dice: random.Random, end: datetime) -> tuple[Network, ...]:
    """Eighty outlets with three hundred pairs and their latest printings."""
    names = [f"outlet{n}.example" for n in range(OUTLETS)]
    pairs = sorted({tuple(dice.sample(names, 2)) for _ in range(300)})
    trades = tuple(
        Trade(copier=a, source=b, copies=dice.randint(1, 90), credited=1, due=1, delay=timedelta(minutes=40))
        for a, b in pairs
    )
    lines = tuple(
        Printed(piece=n, title=sentence(dice, 9), language="en", link="https://outlet.example/1", at=end)
        for n in range(1, 21)
    )
    rows = tuple(
        OutletRow(outlet=name, entries=260, originals=200, copies=60, credited=30, uncredited=30, own=lines, copied=(),
                  copied_by=tuple((one.copier, one.copies) for one in trades if one.source == name),
                  copies_from=tuple((one.source, one.copies) for one in trades if one.copier == name))
        for name in names
    )  # fmt: skip
    return (
        Network(days=30, end=end, outlets=rows, trades=trades),
        Network(days=7, end=end, outlets=rows, trades=trades),
    )


@dataclass(frozen=True, kw_only=True)
class Spent:
    """What one process did: CPU seconds of its first day and of the others, of all these for the files alone, how many
    others, files, bytes, megabytes at its peak.
    """

    first: float
    others: float = 0.0
    days: int = 0
    writing: float
    files: int
    size: int
    peak: float


def named(outlet: str) -> str:
    """What an outlet is called."""
    return outlet.split(".", maxsplit=1)[0].capitalize()


def day_edition(number: int) -> Edition:
    """The edition of a day, the same in every process."""
    return one_edition(random.Random(number), number)


def summary(number: int) -> EditionSummary:
    """A day's line in the archive."""
    return EditionSummary(name="daily", day=FIRST + timedelta(days=number), number=number + 1, stories=STORIES,
                          headline=f"What the day {number} brought")  # fmt: skip


def of_month(number: int) -> tuple[tuple[date, tuple[search.Row, ...]], ...]:
    """What the other editions of the day's month give to the search, as the store holds it."""
    day = FIRST + timedelta(days=number)
    first = (day.replace(day=1) - FIRST).days
    return tuple((FIRST + timedelta(days=n), search.rows(day_edition(n), named)) for n in range(max(0, first), number))


def rebuilt(days: Sequence[int], root: Path) -> Spent:
    """These days' own pages, as one process makes them; the search of a month only with its last day."""
    seconds: list[float] = []
    writing, files, size = 0.0, 0, 0
    for number in days:
        made = day_edition(number)
        last = (made.day + timedelta(days=1)).day == 1
        share = Share(stories=frozenset(view.id for view in made.stories), month=last)
        pages = SitePages(edition=made, stories=made.stories, findable=of_month(number) if last else ())
        start = time.process_time()
        found = render_share(pages, share, site=SITE, names=named)
        rendered = time.process_time()
        write_site(root, found)
        ended = time.process_time()
        seconds.append(ended - start)
        writing += ended - rendered
        files, size = files + len(found), size + sum(map(len, found.values()))
    return Spent(first=seconds[0], others=sum(seconds[1:]), days=len(seconds) - 1, writing=writing, files=files,
                 size=size, peak=peak())  # fmt: skip


def peak() -> float:
    """Megabytes of this process at its peak."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def new_day(number: int, root: Path) -> Spent:
    """The whole rendering of a day beside the year before it."""
    made = day_edition(number)
    pages = SitePages(
        edition=made,
        stories=made.stories,
        summaries=tuple(map(summary, range(number))),
        networks=networks(random.Random(number), made.end),
        findable=of_month(number),
    )
    start = time.process_time()
    found = render_site(pages, site=SITE, names=named)
    rendered = time.process_time()
    write_site(root, found)
    ended = time.process_time()
    size = sum(map(len, found.values()))
    return Spent(first=ended - start, writing=ended - rendered, files=len(found), size=size, peak=peak())


def shares(days: int, root: Path) -> Iterator[Spent]:
    """The year before today made anew, each process every other day."""
    with ProcessPoolExecutor(PROCESSES) as pool:
        yield from pool.map(rebuilt, [range(first, days, PROCESSES) for first in range(PROCESSES)], [root] * PROCESSES)


def measured(days: int, root: Path) -> tuple[list[Spent], list[Spent]]:
    """(each process of the rebuilding, each of some new days after it)."""
    parts = list(shares(days, root))
    with ProcessPoolExecutor(1) as pool:  # a process of its own, so that its peak is that of an edition
        return parts, list(pool.map(new_day, range(days, days + NEW_DAYS), [root] * NEW_DAYS))


def year(one: Spent) -> float:
    """CPU seconds that the process would take for its share of a year: its first day once, then days like the others."""
    return one.first + one.others / one.days * (DAYS / PROCESSES - 1)


def main(arguments: Sequence[str] = ()) -> int:
    """Print the figures beside their budgets; 1 when one is missed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--days", type=int, default=DAYS)
    parser.add_argument("--out", type=Path, help="keep the site here")
    chosen = parser.parse_args(list(arguments))
    if chosen.days < 2 * PROCESSES:
        parser.error(f"a year cannot be told from fewer than {2 * PROCESSES} days")
    root = chosen.out or Path(tempfile.mkdtemp(prefix="fair-copy-bench-"))
    try:
        parts, added = measured(chosen.days, root)
    finally:
        if chosen.out is None:
            shutil.rmtree(root, ignore_errors=True)
    last = statistics.median(one.first for one in added)
    whole = max(map(year, parts)) + last
    most = max(one.peak for one in (*parts, *added))
    cut = "" if chosen.days == DAYS else ", extrapolated"
    files, size = sum(one.files for one in parts), sum(one.size for one in parts) / 1e6
    print(f"site  {chosen.days} days of {STORIES} stories: {files} files, {size:.0f} MB")
    files_alone = max(one.writing for one in parts) * DAYS / chosen.days
    print(f"site  a new day      {last:7.2f} s CPU   (budget {DAY_BUDGET:g} s)")
    print(f"site  the whole year {whole:7.1f} s CPU on each of two cores (budget {YEAR_BUDGET:g} s{cut})")
    print(f"site    of which     {files_alone:7.1f} s to make the files, which is the file system's")
    print(f"site  peak memory    {most:7.0f} MB      (budget {MEMORY_BUDGET} MB)")
    return int(last > DAY_BUDGET or whole > YEAR_BUDGET or most > MEMORY_BUDGET)


if __name__ == "__main__":
    import sys

    sys.exit(main(sys.argv[1:]))
