"""What a pass over many feeds costs: cold, nothing changed, seven in a hundred changed; the whole process's CPU.

Needs the feed farm beside the checkout. `python -m tests.bench.polling --feeds 1000`; with a second `--feeds` the
marginal cost of a feed is printed as well. Each pass is a process of its own; grouping is left out.
"""

from __future__ import annotations

import argparse
import json
import os
import socket
import sqlite3
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections import Counter
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

ROOT = Path(__file__).parents[2]
FARM = ROOT.parent / "shared" / "bench" / "feedfarm.py"
START = datetime(2026, 3, 1, tzinfo=UTC)
STEP = timedelta(hours=3)
PHASES = ("cold", "warm", "warm", "warm", "changed", "changed", "start")
"""`start`: once more at the same time, when nothing is due: what the program costs without any request."""

PASS = """
import json, sys
from datetime import datetime
from pathlib import Path
from aggregator import config_file
from aggregator.pipeline.app import App
from aggregator.pipeline.refresh import poll_all
from aggregator.store.database import open_database
config = config_file.load(Path("config.toml"), {})
database = open_database(config.store.url, create=True)
polled = poll_all(App(config=config, database=database, now=datetime.fromisoformat(sys.argv[1])))
database.close()
print(json.dumps([(one.status, one.new) for one in polled]))
"""


@dataclass(frozen=True, kw_only=True)
class Cost:
    """One pass: seconds, megabytes at the peak, what came."""

    phase: str
    wall: float
    cpu: float
    memory: int
    statuses: Counter[str]
    new: int

    def __str__(self) -> str:
        came = ", ".join(f"{count} {status}" for status, count in self.statuses.most_common(4))
        return f"{self.phase:<8} {self.wall:7.2f} {self.cpu:7.2f} {self.memory:6} {self.new:7}  {came}"


@contextmanager
def farm(feeds: int) -> Iterator[int]:
    """A running farm; gives its port."""
    with closing(socket.socket()) as free:
        free.bind(("127.0.0.1", 0))
        port = int(free.getsockname()[1])
    serve = [sys.executable, str(FARM), "serve", "--feeds", str(feeds), "--port", str(port)]
    with subprocess.Popen(serve, stdout=subprocess.PIPE) as running:
        assert running.stdout is not None
        running.stdout.readline()  # it says when it is ready
        try:
            yield port
        finally:
            running.kill()


def configured(folder: Path, feeds: int, port: int) -> None:
    """A config for all feeds of the farm, on 250 hosts as the farm spreads them."""
    listing = [sys.executable, str(FARM), "urls", "--feeds", str(feeds), "--port", str(port), "--hosts", "250"]
    urls = subprocess.run(listing, capture_output=True, text=True, check=True).stdout.split()
    head = '[fetch]\ncontact = "https://reader.example/"\nallow_private = ["127.0.0.0/8"]\nhost_delay = "0s"\nper_host = 8\n'
    tables = "".join(f'[[feeds]]\nurl = "{url}"\n' for url in urls)
    (folder / "config.toml").write_text(f'{head}[store]\nurl = "sqlite:///store.sqlite"\n{tables}', encoding="utf-8")


def passed(phase: str, folder: Path, now: datetime) -> Cost:
    """One pass in a process of its own."""
    began = time.perf_counter()
    running = subprocess.Popen(
        [sys.executable, "-c", PASS, now.isoformat()],
        cwd=folder,
        env=os.environ | {"PYTHONPATH": str(ROOT)},
        stdout=subprocess.PIPE,
    )
    assert running.stdout is not None
    with running.stdout as printed:
        polled = json.loads(printed.read())
    used = os.wait4(running.pid, 0)[2]
    running.returncode = 0
    return Cost(
        phase=phase,
        wall=time.perf_counter() - began,
        cpu=used.ru_utime + used.ru_stime,
        memory=used.ru_maxrss // 1024,
        statuses=Counter(status for status, _ in polled),
        new=sum(new for _, new in polled),
    )


def measured(feeds: int) -> dict[str, float]:
    """Play every phase, print each; the median CPU seconds of each."""
    found: dict[str, list[float]] = {}
    with farm(feeds) as port, tempfile.TemporaryDirectory() as name:
        folder, now = Path(name), START
        configured(folder, feeds, port)
        print(f"{feeds} feeds\nphase     wall s   CPU s     MB     new  came")
        for phase in PHASES:
            now += timedelta(0) if phase == "start" else STEP
            if phase == "changed":
                with urllib.request.urlopen(f"http://127.0.0.1:{port}/_ctl/tick") as answer:
                    answer.read()
            cost = passed(phase, folder, now)
            print(cost, flush=True)
            found.setdefault(phase, []).append(cost.cpu)
            settled(folder / "store.sqlite")
    return {phase: statistics.median(seconds) for phase, seconds in found.items()}


def settled(store: Path) -> None:
    """Count everything as grouped, so that no later pass has more to read than the feeds."""
    with closing(sqlite3.connect(store)) as connection, connection:
        connection.execute("UPDATE entries SET work = 0")


def main() -> None:
    """Measure each size, and the difference between the first and the last."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--feeds", type=int, action="append", help="How many feeds; may be given twice.")
    sizes = sorted(parser.parse_args().feeds or [1000])
    if not FARM.exists():
        sys.exit(f"the feed farm is not at {FARM}")
    costs = [measured(size) for size in sizes]
    for phase in ("cold", "warm", "changed"):
        each = 1000 * costs[0][phase] / sizes[0]
        line = f"{phase:<8} {each:7.2f} CPU ms a feed, start included"
        if len(sizes) > 1:
            more = 1000 * (costs[-1][phase] - costs[0][phase]) / (sizes[-1] - sizes[0])
            line += f"; {more:.2f} marginal"
        print(line)


if __name__ == "__main__":
    main()
