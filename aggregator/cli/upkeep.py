"""`backup`, `restore`, `doctor`, `stats`, `replay`: what keeps an installation well, and what it amounts to."""

from __future__ import annotations

import csv
import json
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from aggregator import config_file
from aggregator.cli.checking import Problem, find_problems
from aggregator.cli.context import FAILED, Context, open_context, say, say_json, settings
from aggregator.cli.explained import span
from aggregator.cli.inspect import cell, since_moment
from aggregator.cli.opening import is_running, opened
from aggregator.errors import ConfigError, NoStoreError, StoreError, UsageError

if TYPE_CHECKING:
    from aggregator.config import Config
    from aggregator.pipeline.app import App
    from aggregator.pipeline.replay import Replayed
    from aggregator.pipeline.statistics import Exchange

Json = Annotated[bool, typer.Option("--json", help="Print one JSON document.")]
Since = Annotated[str | None, typer.Option("--since", metavar="DAY", help="Copies first seen on or after this day.")]

stats = typer.Typer(help="What the store amounts to.", no_args_is_help=True, rich_markup_mode=None)


def register(app: typer.Typer) -> None:
    """Add the commands of this module."""
    stats.command("republications", short_help="Who republishes whom.")(republications)
    app.add_typer(stats, name="stats", short_help="Who republishes whom, in figures.")
    app.command("backup", short_help="Copy the store while it is in use.")(backup)
    app.command("restore", short_help="Bring a backup of the store back.")(restore)
    app.command("replay", short_help="Try other thresholds, change nothing.")(replay)
    app.command("doctor", short_help="Find what ails this installation.")(doctor)


# ---------------------------------------------------------------- stats


def republications(
    command: typer.Context,
    since: Since = None,
    form: Annotated[Literal["table", "csv", "json"], typer.Option("--format", help="How it is written.")] = "table",
) -> None:
    """Who republishes whom: copies, how many credit their source, and the median delay."""
    from aggregator.pipeline.statistics import exchanges  # noqa: PLC0415  (the database is dear)

    context = open_context(command)
    with opened(context, create=False) as app:
        found = exchanges(app, since_moment(since, context))
    if form == "json":
        say_json({"republications": [as_row(one) for one in found]})
    elif form == "csv":
        writer = csv.writer(sys.stdout)
        writer.writerow(COLUMNS)
        writer.writerows([cell(value) for value in as_row(one).values()] for one in found)
    else:
        for line in table(found):
            say(line)


COLUMNS = ("copier", "source", "copies", "credit_due", "credited", "share_credited", "median_delay_seconds")


def as_row(one: Exchange) -> dict[str, Any]:
    """One pair of outlets as plain data; shares in 0 to 1, delays in seconds."""
    share, delay = one.share, one.delay
    values = (
        one.copier,
        one.source,
        one.copies,
        one.due,
        one.credited,
        None if share is None else round(share, 3),
        None if delay is None else round(delay.total_seconds()),
    )
    return dict(zip(COLUMNS, values, strict=True))


def table(found: Sequence[Exchange]) -> Iterator[str]:
    """The pairs in columns for people."""
    if not found:
        yield "No republications were found."
        return
    rows = [("copier", "source", "copies", "credited", "median delay")]
    for one in found:
        share = "-" if one.share is None else f"{one.share:.0%}"
        delay = "source not followed" if one.delay is None else span(one.delay)
        rows.append((one.copier, one.source, str(one.copies), share, delay))
    widths = [max(len(row[column]) for row in rows) for column in range(2)]
    for copier, source, copies, credited, delay in rows:
        yield f"{copier:<{widths[0]}}  {source:<{widths[1]}}  {copies:>6}  {credited:>8}  {delay}"


# ---------------------------------------------------------------- replay


def replay(
    command: typer.Context,
    since: Annotated[str, typer.Option("--since", metavar="DAY", help="Group again what came on or after this day.")],
    changed: Annotated[
        list[str] | None, typer.Option("--set", metavar="KEY=VALUE", help="dedup.containment=0.6 and the like.")
    ] = None,
    as_json: Json = False,
) -> None:
    """Group again in memory, with other thresholds, and show what would be different; nothing is changed.

    Without --set: what grouping everything anew would change.
    """
    from aggregator.pipeline.replay import replay as tried  # noqa: PLC0415  (matching is dear)

    context = open_context(command)
    moment = since_moment(since, context)
    assert moment is not None, "--since is required"
    other = with_thresholds(context.config, changed) if changed else None
    with opened(context, create=False) as app:
        found = tried(app, moment, other)
        titles = headlines(app, found)
    if as_json:
        say_json(asdict(found))
        return
    for line in replayed_lines(found, titles):
        say(line)


def with_thresholds(config: Config, changed: Sequence[str]) -> Config:
    """The config with `dedup.containment=0.6` and the like. Raises ConfigError, and UsageError for other sections."""
    tables: dict[str, dict[str, str]] = {}
    for one in changed:
        key, mark, value = one.partition("=")
        section, _, name = key.strip().partition(".")
        if not mark or section not in {"dedup", "stories"} or not name.isidentifier():
            raise UsageError(f"--set: write dedup.KEY=VALUE or stories.KEY=VALUE, not {one!r}")
        tables.setdefault(section, {})[name] = as_toml(value.strip())
    text = "".join(
        f"[{section}]\n" + "".join(f"{name} = {value}\n" for name, value in keys.items())
        for section, keys in tables.items()
    )
    given = config_file.parse(text, "--set")
    updates = {
        section: getattr(config, section).model_copy(
            update={name: getattr(getattr(given, section), name) for name in keys}
        )
        for section, keys in tables.items()
    }
    return config.model_copy(update=updates)


def as_toml(value: str) -> str:
    """A number as it is, anything else in quotes."""
    try:
        float(value)
    except ValueError:
        return json.dumps(value)
    return value


MOST_SHOWN = 40
"""Changes that people are shown; `--json` gives all."""


def headlines(app: App, found: Replayed) -> dict[int, str]:
    """Outlet and headline of every entry that would be elsewhere and is shown."""
    from aggregator.store import entries  # noqa: PLC0415

    shown = [*found.piece_changes[:MOST_SHOWN], *found.story_changes[:MOST_SHOWN]]
    ids = {entry for change in shown for group in change.now for entry in group}
    return {entry.id: f"{entry.outlet}: {entry.title}" for entry in entries.by_ids(app.database, ids)}


def replayed_lines(found: Replayed, titles: Mapping[int, str]) -> Iterator[str]:
    """What a replay came to, for people."""
    pieces, stories = (f"{now} would be {then}" for now, then in (found.pieces, found.stories))
    yield f"{found.entries} entries grouped again: of pieces, {pieces}; of stories, {stories}. Nothing was changed."
    for name, changes in (("pieces", found.piece_changes), ("stories", found.story_changes)):
        if not changes:
            yield f"No {name} would be others."
            continue
        yield ""
        yield f"{len(changes)} changes of {name}" + (f", the first {MOST_SHOWN}" if len(changes) > MOST_SHOWN else "")
        for change in changes[:MOST_SHOWN]:
            yield f"  {together(change.now)}  would be  {together(change.then)}"
            for entry in sorted(entry for group in change.now for entry in group)[:MOST_SHOWN]:
                yield f"    {entry}  {titles.get(entry, '')}"


def together(groups: Sequence[Sequence[int]]) -> str:
    """Groups of entries in brackets."""
    return " ".join(f"[{' '.join(map(str, group))}]" for group in groups)


# ---------------------------------------------------------------- the store's copies


def backup(
    command: typer.Context,
    file: Annotated[Path, typer.Argument(metavar="FILE", help="Where to; an earlier backup there is replaced.")],
) -> None:
    """Copy the store, consistently, while others use it."""
    from aggregator.store.database import backup as copy  # noqa: PLC0415  (the database is dear)
    from aggregator.store.database import file_of  # noqa: PLC0415
    from aggregator.store.restoring import version_of  # noqa: PLC0415

    context = open_context(command)
    with opened(context, create=False) as app:
        url = app.database.engine.url
        if url.get_backend_name() == "sqlite" and file.exists():
            if file.samefile(file_of(url)):
                raise UsageError(f"{file} is the store itself; name another file")
            if version_of(file) is None:
                raise UsageError(f"{file} exists and is no backup; name another file")
        copy(app.database, file)
    say(f"Wrote {file}, {file.stat().st_size / 1_000_000:.1f} MB.")


def restore(
    command: typer.Context,
    file: Annotated[Path, typer.Argument(metavar="FILE", help="What `backup` wrote.")],
) -> None:
    """Bring a backup back; the present store is set aside under another name."""
    from aggregator.store.restoring import bring_back  # noqa: PLC0415  (the database is dear)

    context = open_context(command)
    refuse_while_used(context)
    aside = bring_back(context.config.store.url, file)
    say(f"The store is that of {file}." + (f" The one before is {aside}." if aside else ""))


def refuse_while_used(context: Context) -> None:
    """A program that has the store open would go on writing into the old file. Raises UsageError."""
    from aggregator.store import feeds, leases  # noqa: PLC0415

    try:
        with opened(context, create=False) as app:
            workers = {*feeds.holders(app.database), *leases.holders(app.database)}
    except (NoStoreError, StoreError):
        return  # there is none, or it cannot be read: a reason to bring one back
    alive = [worker for worker in sorted(workers) if is_alive(worker)]
    if alive:
        raise UsageError(f"{', '.join(alive)} works with this store: stop the daemon first")


def is_alive(worker: str) -> bool:
    """Whether a worker may be running: one of another machine may."""
    process = worker.rpartition("-")[2]
    return not process.isdecimal() or is_running(int(process))


# ---------------------------------------------------------------- doctor


def place(one: Problem) -> str:
    """Where a problem of the config stands."""
    line = f":{one.line}" if one.line else ""
    return f"{one.file}{line}:{f' {one.key}:' if one.key else ''}"


def doctor(command: typer.Context, as_json: Json = False) -> None:
    """Find what is wrong with this installation: config, store, templates, output, feeds, digests, mail.

    Exits with 0 where there is nothing but advice.
    """
    found, code = examined(command)
    if as_json:
        say_json({"ok": code == 0, "findings": found})
    else:
        for one in found:
            say(f"{one['area']}: {'' if one['level'] == 'error' else 'advice: '}{one['problem']}")
        if not found:
            say("Nothing ails this installation.")
    raise typer.Exit(code)


def examined(command: typer.Context) -> tuple[list[dict[str, str]], int]:
    """Every finding, and the exit code: the first mistake's, 1 for what is only found in a running installation."""
    given = settings(command)
    problems = tuple(find_problems(given.config_path, given.environment))
    found = [
        {
            "area": "config",
            "level": "error" if one.exit_code else "advice",
            "problem": f"{place(one)} {one.problem}",
        }
        for one in problems
    ]
    code = next((one.exit_code for one in problems if one.exit_code), 0)
    try:
        from aggregator.pipeline.diagnosis import diagnosis  # noqa: PLC0415  (matching and templates are dear)

        with opened(open_context(command), create=False) as app:
            more = [asdict(one) for one in diagnosis(app)]
    except (ConfigError, StoreError):
        return found, code  # said above
    failed = any(one["level"] == "error" for one in more)
    return found + more, code or (FAILED if failed else 0)
