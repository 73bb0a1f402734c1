"""`digest --all`: every edition's pages made anew from the store, by processes of their own."""

from __future__ import annotations

import json
import os
import shutil
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from aggregator import config_file
from aggregator.demo.outlets import load_outlets
from aggregator.demo.server import Clock, serve
from aggregator.demo.settings import DAYS
from aggregator.pipeline.app import App
from aggregator.pipeline.publish import publish
from aggregator.pipeline.rebuild import FEW, plan, rendered
from aggregator.render.files import put, unfinished
from aggregator.store.database import open_database
from aggregator.store.retention import purge
from tests.cli.test_run import Installation, configured

LAST = DAYS[-1].isoformat()
WEEKLY = '[[digests]]\nname = "weekly"\ntime = "21:00"\ndays = 7\n'


@pytest.fixture(scope="module")
def two_days(tmp_path_factory: pytest.TempPathFactory) -> Installation:
    """Two days of the sample outlets, each polled and published, with a second digest on the last one."""
    clock = Clock(DAYS[0])
    with serve(load_outlets(), clock) as base:
        made = configured(base, tmp_path_factory.mktemp("two-days"), WEEKLY)
        for day in DAYS:
            clock.set(day)
            made.run("poll", "--all", now=day.isoformat(), code=4)
            made.run("digest", "--name", "daily", now=day.isoformat())
    made.run("digest", "--name", "weekly", now=LAST)
    return made


@pytest.fixture
def published(two_days: Installation, tmp_path: Path) -> Installation:
    """The same in a folder of the test's own."""
    shutil.copytree(two_days.folder, tmp_path / "own")
    return replace(two_days, folder=tmp_path / "own")


def contents(folder: Path) -> dict[str, tuple[bytes, int]]:
    return {
        str(path.relative_to(folder)): (path.read_bytes(), path.stat().st_mtime_ns)
        for path in folder.rglob("*")
        if path.is_file()
    }


def anew(made: Installation, *more: str) -> Any:
    return json.loads(made.run("digest", "--all", "--json", *more, now=LAST).stdout)


def test_what_was_published_comes_out_as_it_stands_and_elsewhere_the_same(published: Installation) -> None:
    """Overlaps with a text that was edited on the second day are measured anew: the first day's page tells of one."""
    site, first = published.folder / "site", f"{DAYS[0]:%Y/%m/%d}/"
    headline = b"Savings bank outage shut out about 41,000 customers"
    mails = published.json("send", "--dry-run", "--json")
    found = anew(published)
    assert all(name.startswith(first) for name in found["written"])
    assert len(found["editions"]) == 3
    assert headline in (site / first / "index.html").read_bytes(), "the headline of that day, not its correction"
    before = contents(site)
    assert anew(published)["written"] == []
    assert contents(site) == before
    anew(published, "--out", str(published.folder / "elsewhere"))
    made = contents(published.folder / "elsewhere")
    assert {name: body for name, (body, _) in made.items()} == {name: body for name, (body, _) in before.items()}
    assert published.json("send", "--dry-run", "--json") == mails, "nothing is queued"


def test_many_editions_made_by_processes_come_out_as_they_do_alone(published: Installation) -> None:
    config = config_file.load(published.folder / "config.toml", {})
    database = open_database(f"sqlite:///{published.folder / 'aggregator.sqlite'}")
    for later in range(1, FEW):
        app = App(config=config, database=database, now=DAYS[-1] + timedelta(days=later))
        publish(app, config.digests[0], app.now.date(), output=published.folder / "alone", mail=False)
    parts = plan(app)
    assert len(parts) > FEW
    alone, apart = published.folder / "alone", published.folder / "apart"
    with unfinished(alone):
        put(
            alone,
            [
                names
                for start in range(0, len(parts), FEW)
                for names in rendered(app, alone, parts[start : start + FEW])
            ],
        )
    database.close()
    found = json.loads(published.run("digest", "--all", "--out", str(apart), "--json", now=app.now.isoformat()).stdout)
    assert len(found["editions"]) == len(parts)
    assert {name: body for name, (body, _) in contents(apart).items()} == {
        name: body for name, (body, _) in contents(alone).items()
    }


def test_a_changed_template_reaches_every_page_that_uses_it_and_no_other(published: Installation) -> None:
    site, templates = published.folder / "site", published.folder / "own"
    anew(published)
    before = contents(site)
    templates.mkdir()
    (templates / "piece.html").write_text('{% extends "default:piece.html" %}{% block evidence %}Hidden{% endblock %}')
    config = published.folder / "config.toml"
    config.write_text(config.read_text().replace("[site]\n", f'[site]\ntemplates = "{templates}"\n'))
    pieces = {name for name, (body, _) in before.items() if name.startswith("piece/") and b"Why we say so" in body}
    assert set(anew(published)["written"]) == pieces
    after = contents(site)
    assert {name for name in before if after[name] != before[name]} == pieces
    (templates / "piece.html").write_text(
        '{% extends "default:piece.html" %}\n{% block evidence %}{{ nothing }}{% endblock %}'
    )
    assert "piece.html:2" in published.run("digest", "--all", code=1).stderr
    assert contents(site) == after


def test_an_edition_whose_stories_were_forgotten_is_left_as_it_stands(published: Installation) -> None:
    site = published.folder / "site"
    before = contents(site)
    database = open_database(f"sqlite:///{published.folder / 'aggregator.sqlite'}")
    assert purge(database, before=DAYS[-1].replace(hour=0))
    database.close()
    found = anew(published)
    assert {"name": "daily", "date": DAYS[0].date().isoformat()} in found["left"]
    kept = f"{DAYS[0]:%Y/%m/%d}/index.html"
    assert contents(site)[kept] == before[kept]
    assert "is left as it stands" in published.run("digest", "--all", now=LAST).stderr


def test_all_goes_with_no_other_choice_of_editions(published: Installation) -> None:
    assert "--date" in published.run("digest", "--all", "--date", "2026-07-09", code=2).stderr


def test_without_an_edition_there_is_nothing_to_make_anew(tmp_path: Path) -> None:
    (tmp_path / "config.toml").write_text("")
    made = Installation(folder=tmp_path, base="")
    made.run("list")
    assert "no edition yet" in made.run("digest", "--all", code=2).stderr
    assert not os.path.lexists(tmp_path / "site" / "index.html")
