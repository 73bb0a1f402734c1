"""What a pass over many feeds costs, cold, unchanged, changed and over a slow web, beside other collectors.

    python -m tests.bench.polling                    the whole table: 1,000 and 2,000 feeds, then a slow web of 200
    python -m tests.bench.polling --quick            the same with 100, 200 and 50 feeds
    python -m tests.bench.polling --feeds 0          the slow web alone
    python -m tests.bench.polling --only ours sfeed  some of the programs

Needs the feed farm beside the checkout. All programs poll the same farm in turn, round after round, so that a busy
machine is busy for all of them; figures are medians over the rounds, CPU is user and system time of the whole tree of
processes, start included. `again` is a second poll that is not judged: newsboat has no validators before it. What a
feed costs without the start is the difference between two sizes, divided by the feeds between them.
"""

from __future__ import annotations

import argparse
import os
import sqlite3
import sys
import tempfile
from collections import defaultdict
from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from statistics import median

from tests.bench import farm as farms
from tests.bench.collectors import PEERS, ROOT, Collector, Newsboat, Ours
from tests.bench.processes import Cost, run

MORNING = datetime(2026, 3, 1, tzinfo=UTC)
STEP = timedelta(hours=26)
"""Between rounds: beyond every interval that our own pace may have reached."""
ROUNDS = ("cold", "again", "warm", "warm", "warm", "changed", "changed", "changed", "start")
"""`start`: ours once more at the same time, when nothing is due: what the program costs without any request."""
SLOW_ROUNDS = ("cold", "again", "warm", "warm", "changed", "changed")
SLOW = ("--latency", "100:300", "--no-validators", "0.15", "--volatile", "0.1")
FAULTS = ("--faults", "0.1", "--hang", "3")
"""One feed in ten is broken for good; one in fifty does not answer for three seconds."""


@dataclass(frozen=True, kw_only=True)
class Pass:
    """One program's poll of everything, with the answers that the farm gave meanwhile."""

    cost: Cost
    requests: int
    unchanged: int
    megabytes: float


Played = dict[tuple[str, str], list[Pass]]
"""(phase, program) to its passes."""


def played(feeds: int, programs: Sequence[Collector], rounds: Sequence[str], options: Sequence[str] = ()) -> Played:
    """Every round with every program, each over a store of its own."""
    found: Played = defaultdict(list)
    with farms.farm(feeds, *options) as farm, tempfile.TemporaryDirectory() as name:
        folders = {program.name: Path(name) / program.name for program in programs}
        for program in programs:
            folders[program.name].mkdir()
            program.prepare(folders[program.name], farm.urls)
        print(f"\n{feeds} feeds {' '.join(options)}; load {os.getloadavg()[0]:.1f}; {farm.tell('truth')}", flush=True)
        now = MORNING
        for phase in rounds:
            now += timedelta(0) if phase == "start" else STEP
            if phase == "changed":
                farm.tell("tick")
            for program in programs if phase != "start" else programs[:1]:
                found[phase, program.name].append(passed(farm, program, folders[program.name], now))
                print(".", end="", file=sys.stderr, flush=True)
        print(file=sys.stderr)
    return found


def passed(farm: farms.Farm, program: Collector, folder: Path, now: datetime) -> Pass:
    """One program polls everything once. Raises RuntimeError where it fails, since its figures would be worth nothing."""
    farm.tell("reset")
    cost = run(program.command(now), folder, {"PYTHONPATH": str(ROOT)} if isinstance(program, Ours) else None)
    if cost.code < 0 or (cost.code and isinstance(program, Ours)):
        raise RuntimeError(f"{program.name} ended with {cost.code}")
    told = farm.tell("stats")
    if isinstance(program, Ours):
        grouped(folder / "store.sqlite")
    return Pass(cost=cost, requests=told["requests"], unchanged=told["s304"], megabytes=told["bytes_out"] / 1e6)


def grouped(store: Path) -> None:
    """Count everything as grouped, so that no later pass has more to read than the feeds."""
    with closing(sqlite3.connect(store)) as connection, connection:
        connection.execute("UPDATE entries SET work = 0")


def table(found: Played, feeds: int) -> Iterator[str]:
    """The medians of each phase and program."""
    yield f"{'phase':<8} {'program':<12} {'wall s':>7} {'CPU s':>7} {'ms/feed':>8} {'MB':>5} {'requests':>9} {'304':>6} {'MB in':>6}"
    for (phase, name), passes in found.items():
        wall, cpu = (median(getattr(each.cost, kind) for each in passes) for kind in ("wall", "cpu"))
        memory, last = max(each.cost.memory for each in passes), passes[-1]
        asked = f"{last.requests:9} {last.unchanged:6} {last.megabytes:6.1f}"
        yield f"{phase:<8} {name:<12} {wall:7.2f} {cpu:7.2f} {1000 * cpu / feeds:8.2f} {memory:5} {asked}"


def cpu(found: Played, phase: str, name: str = "ours") -> float:
    """Median CPU seconds; 0 where it was not played."""
    return median(each.cost.cpu for each in found[phase, name]) if (phase, name) in found else 0.0


def wall(found: Played, phase: str, name: str = "ours") -> float:
    """Median wall seconds."""
    return median(each.cost.wall for each in found[phase, name])


def others(found: Played) -> list[str]:
    """The peers that were played."""
    return sorted({name for _, name in found} - {"ours"})


def judged(what: str, value: float, goal: float, unit: str, *, least: bool = False) -> str:
    """One line of the goals: the figure, the goal, whether it is kept."""
    kept = value >= goal if least else value <= goal
    return f"  {what:<58} {value:9.2f} {unit:<12} goal {'≥' if least else '≤'} {goal:g}  {'kept' if kept else 'MISSED'}"


def goals(small: Played, large: Played, sizes: tuple[int, int], entries: int) -> Iterator[str]:
    """The figures that decide."""
    feeds = sizes[1] - sizes[0]
    marginal = {phase: 1000 * (cpu(large, phase) - cpu(small, phase)) / feeds for phase in ("cold", "warm", "changed")}
    yield f"  {'start of the program alone':<58} {cpu(small, 'start'):9.2f} CPU s"
    yield judged("nothing changed, marginal", marginal["warm"], 0.65, "CPU ms/poll")
    yield judged("7 % of feeds changed, marginal", marginal["changed"], 0.95, "CPU ms/feed")
    yield judged("cold, marginal", marginal["cold"], 19, "CPU ms/feed")
    yield judged("cold, whole process", 1000 * cpu(small, "cold") / sizes[0], 19, "CPU ms/feed")
    times = {"newsboat": 12.0, "sfeed": 12.0}
    for name in others(small):
        ratio = cpu(small, "warm", name) / cpu(small, "warm")
        yield judged(f"nothing changed, cheaper than {name}", ratio, times.get(name, 1.0), "times", least=True)
    for name in others(small):
        ratio = cpu(small, "changed", name) / cpu(small, "changed")
        yield judged(f"7 % changed, cheaper than {name}", ratio, 10.0 if name == "sfeed" else 1.0, "times", least=True)
    for name in others(small):
        yield judged(
            f"cold, cheaper than {name}", cpu(small, "cold", name) / cpu(small, "cold"), 1.0, "times", least=True
        )
    busy = cpu(small, "cold") / wall(small, "cold")
    yield judged("cold, cores busy (CPU s by wall s)", busy, 1.2, "cores", least=True)
    yield judged("cold, entries stored", entries / wall(small, "cold"), 2000, "a second", least=True)
    for phase, most in (("cold", 200), ("warm", 80)):
        yield judged(f"{phase}, memory", max(each.cost.memory for each in small[phase, "ours"]), most, "MB")


def slow_goals(found: Played) -> Iterator[str]:
    """Our wall time beside the best peer's."""
    for phase in ("cold", "warm", "changed"):
        best = min(others(found), key=lambda name: wall(found, phase, name), default=None)
        if best is not None:
            ratio = wall(found, phase, best) / wall(found, phase)
            yield judged(f"slow web, {phase}: faster than the best peer ({best})", ratio, 3.0, "times", least=True)


def usable(only: Sequence[str]) -> list[Collector]:
    """Ours first, then the peers that are installed; those that are not say what they want."""
    chosen: list[Collector] = [Ours()]
    for peer in PEERS:
        if only and peer.name not in only:
            continue
        wanted = peer.missing()
        if wanted is None:
            chosen.append(peer)
        else:
            print(f"{peer.name}: not measured; {wanted}")
    return chosen


def main(arguments: Sequence[str] | None = None) -> None:
    """Play it all and print it."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument(
        "--feeds", type=int, default=1000, help="How many feeds; ours plays twice as many too; 0: none."
    )
    parser.add_argument("--slow-feeds", type=int, default=200, help="How many in the slow web; 0 leaves it out.")
    parser.add_argument("--quick", action="store_true", help="A tenth of the feeds.")
    parser.add_argument("--only", nargs="*", default=(), help="Names of peers.")
    chosen = parser.parse_args(arguments)
    if not farms.SCRIPT.exists():
        print(f"polling: not measured; the feed farm is not at {farms.SCRIPT}")
        return
    feeds, slow_feeds = (100, 50) if chosen.quick else (chosen.feeds, chosen.slow_feeds)
    programs = usable(chosen.only)
    if feeds:
        small = played(feeds, programs, ROUNDS)
        print(*table(small, feeds), sep="\n", flush=True)
        large = played(2 * feeds, programs[:1], ROUNDS)
        print(*table(large, 2 * feeds), sep="\n")
        print("\ngoals", *goals(small, large, (feeds, 2 * feeds), entries_of(feeds)), sep="\n", flush=True)
    several: list[Collector] = [Newsboat(name="newsboat64", threads=64)] if len(programs) > 1 else []
    for options in (SLOW, SLOW + FAULTS) if slow_feeds else ():
        slow = played(slow_feeds, [*programs, *several], SLOW_ROUNDS, options)
        print(*table(slow, slow_feeds), "goals", *slow_goals(slow), sep="\n", flush=True)


def entries_of(feeds: int) -> int:
    """Entries that the farm publishes at first."""
    with farms.farm(feeds) as farm:
        return int(farm.tell("truth")["entries_now"])


if __name__ == "__main__":
    main()
