"""The daemon's ticks over a clock that stands in a file: a week in a minute, and a process that can be killed.

    python -m tests.acceptance.clockwork FOLDER

FOLDER holds config.toml and `clock` (ISO 8601). Each step ticks as the daemon does, then moves the clock on. A process
that is told to stop, or dies, leaves the clock where it is, and the next one takes the same step again.
"""

from __future__ import annotations

import signal
import sys
import threading
from datetime import datetime, timedelta
from pathlib import Path

from aggregator import config_file
from aggregator.cli.context import Context
from aggregator.cli.opening import app_at, mailer, opened
from aggregator.daemon import Daemon

STEP = timedelta(hours=1)
END = "end"
"""The name of the file that holds the time at which the clockwork stops."""


def read(clock: Path) -> datetime:
    return datetime.fromisoformat(clock.read_text(encoding="utf-8"))


def move(clock: Path, now: datetime) -> None:
    beside = clock.with_suffix(".new")
    beside.write_text(now.isoformat(), encoding="utf-8")
    beside.replace(clock)


def main(folder: Path) -> None:
    clock, end = folder / "clock", read(folder / END)
    path = folder / "config.toml"
    context = Context(config_path=path, config=config_file.load(path, {}), now=read(clock), environment={})
    stopping = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: stopping.set())
    with opened(context) as app:
        daemon = Daemon(
            app=lambda: app_at(context.config, app.database, read(clock)),
            mailer=lambda: mailer(context),
            stopping=stopping,
        )
        while (now := read(clock)) < end and not stopping.is_set():
            daemon.fetch()
            daemon.match()
            daemon.publish()
            if not stopping.is_set():
                move(clock, now + STEP)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
