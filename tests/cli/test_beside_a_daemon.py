"""Commands by hand beside a running daemon: two processes, one store, and nobody works from an outdated memory."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

from aggregator.demo.outlets import load_outlets
from aggregator.demo.server import Clock, serve
from aggregator.demo.settings import DAYS
from aggregator.store import grouping, leases
from aggregator.store.database import open_database
from tests.cli.test_run import Installation, configured

EVENING, LATER = DAYS[0].isoformat(), (DAYS[0] + timedelta(minutes=2)).isoformat()
SOON = 'min_interval = "1m"\n'


def installed(base: str, folder: Path) -> Installation:
    folder.mkdir()
    made = configured(base, folder)
    config = folder / "config.toml"
    config.write_text(config.read_text("utf-8").replace("[fetch]\n", f"[fetch]\n{SOON}"), "utf-8")
    return made


@contextmanager
def grouping_daemon(made: Installation) -> Iterator[subprocess.Popen[str]]:
    """A daemon that groups and does nothing else."""
    command = [sys.executable, "-m", "aggregator", "--config", str(made.folder / "config.toml"), "run"]
    environment = made.environment(EVENING)
    with subprocess.Popen([*command, "--role", "group"], stderr=subprocess.PIPE, text=True, env=environment) as daemon:
        try:
            yield daemon
        finally:
            daemon.terminate()


def grouped_pieces(made: Installation) -> list[list[tuple[str, str]]]:
    """Every piece as the feeds and guids of its entries: ids follow the order in which the feeds happened to answer."""
    exported = json.loads(made.run("export", now=LATER).stdout)
    found: dict[int, list[tuple[str, str]]] = {}
    for entry in exported["entries"]:
        found.setdefault(entry["piece"], []).append((entry["feed_url"], entry["guid"] or entry["link"]))
    assert None not in found
    return sorted(map(sorted, found.values()))


def test_a_poll_and_a_digest_beside_a_daemon_leave_the_grouping_to_it_and_nothing_is_lost(tmp_path: Path) -> None:
    clock = Clock(DAYS[0])
    with serve(load_outlets(), clock) as base:
        alone, beside = installed(base, tmp_path / "alone"), installed(base, tmp_path / "beside")
        alone.run("poll", code=4)
        store = open_database(f"sqlite:///{beside.folder / 'aggregator.sqlite'}", create=True)
        leases.acquire(store, grouping.GROUP, "elsewhere-1", now=DAYS[0], duration=timedelta(minutes=10))
        assert "50 entries are left to elsewhere-1" in beside.run("poll", code=4).stderr
        with grouping_daemon(beside) as daemon:
            leases.give_back(store, grouping.GROUP, "elsewhere-1")
            store.close()
            assert daemon.stderr is not None
            assert "grouped 50 entries" in daemon.stderr.readline()
            clock.set(DAYS[1])
            told = beside.run("poll", "--all", now=LATER).stderr
            assert f"-{daemon.pid}, which groups for this store" in told
            edition = json.loads(beside.run("digest", "--json", now=LATER).stdout)["editions"][0]
            assert "grouped" in daemon.stderr.readline()
        alone.run("poll", "--all", now=LATER)
        assert grouped_pieces(beside) == grouped_pieces(alone)
        assert edition["counts"] == json.loads(alone.run("digest", "--json", now=LATER).stdout)["editions"][0]["counts"]
