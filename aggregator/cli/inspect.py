"""`status`, `explain`, `export`: what is so, and why."""

from __future__ import annotations

import csv
import json
import sys
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from aggregator.cli.context import Context, open_context, say, say_json, without_secrets
from aggregator.cli.explained import lines
from aggregator.cli.opening import opened
from aggregator.errors import UsageError

if TYPE_CHECKING:
    from aggregator.model import Feed

Json = Annotated[bool, typer.Option("--json", help="Print one JSON document.")]
FORMULA = ("=", "+", "-", "@", "\t", "\r")
"""First characters at which spreadsheets run a cell as a formula (OWASP, "CSV injection")."""


def register(app: typer.Typer) -> None:
    """Add the commands of this module."""
    app.command("status", short_help="Feeds, their next polls, deliveries.")(status)
    app.command("explain", short_help="Say why things are where they are.")(explain)
    app.command("export", short_help="Write out what the store holds.")(export)


def status(command: typer.Context, as_json: Json = False) -> None:
    """Each feed: last success, next poll and why, failures; then the deliveries."""
    from aggregator.store import feeds, outbox  # noqa: PLC0415  (the database is dear)

    context = open_context(command)
    with opened(context) as app:
        feeds.sync(app.database, context.config.feeds, now=context.now)
        polled, deliveries = feeds.all_feeds(app.database), outbox.deliveries(app.database)
    if as_json:
        say_json({"feeds": [feed_json(feed) for feed in polled], "deliveries": [asdict(one) for one in deliveries]})
        return
    for feed in polled:
        say(feed_line(feed, context))
    for one in deliveries:
        reply = f": {one.last_reply}" if one.last_reply else ""
        say(f"{one.recipient}: edition {one.name} of {one.day} {one.state}{reply}")


def feed_json(feed: Feed) -> dict[str, Any]:
    """One feed's state as plain data."""
    return {
        "url": without_secrets(feed.url),
        "title": feed.title,
        "last_success": feed.last_success,
        "last_new": feed.last_new,
        "last_error": feed.last_error,
        "failures": feed.failures,
        "gone": feed.gone,
        "next_poll_at": feed.next_poll_at,
        "next_poll_why": feed.next_poll_why,
    }


def feed_line(feed: Feed, context: Context) -> str:
    """One feed's state in a line."""
    zone = context.config.site.zone

    def clock(at: datetime | None) -> str:
        return f"{at.astimezone(zone):%Y-%m-%d %H:%M}" if at else "never"

    state = "stopped" if feed.gone else f"{feed.failures} failures" if feed.failures else "ok"
    parts = [
        f"{feed.title or without_secrets(feed.url)}: {state}",
        f"last success {clock(feed.last_success)}",
        f"next poll {clock(feed.next_poll_at)} ({feed.next_poll_why or 'new'})",
    ]
    if feed.last_error and feed.failures:
        parts.append(feed.last_error)
    return "; ".join(parts)


def explain(
    command: typer.Context,
    first: Annotated[str, typer.Argument(metavar="A", help="An entry's id or address; story:ID or piece:ID.")],
    second: Annotated[
        str | None, typer.Argument(metavar="B", help="Another entry, or piece:ID: why they are together or not.")
    ] = None,
    as_json: Json = False,
) -> None:
    """Say why an entry, piece or story is where it is, or why A and B are or are not together."""
    from aggregator.pipeline import explain as reasons  # noqa: PLC0415  (matching is dear)

    context = open_context(command)
    with opened(context, create=False) as app:
        found = reasons.together(app, first, second) if second else reasons.alone(app, first)
    if as_json:
        say_json(found)
        return
    for line in lines(found, context.config.site.zone):
        say(line)


def export(
    command: typer.Context,
    since: Annotated[
        str | None, typer.Option("--since", metavar="DAY", help="First seen on or after this day.")
    ] = None,
    form: Annotated[Literal["json", "jsonl", "csv"], typer.Option("--format", help="How it is written.")] = "json",
) -> None:
    """Write the store: feeds, entries with role, source and credit, pieces, stories."""
    from aggregator.store.exporting import export as exported  # noqa: PLC0415  (the database is dear)

    context = open_context(command)
    with opened(context, create=False) as app:
        found = exported(app.database, since=since_moment(since, context))
    if form == "json":
        say_json(found)
    elif form == "jsonl":
        for line in as_lines(found):
            typer.echo(line)
    else:
        write_csv(found["entries"])


def since_moment(text: str | None, context: Context) -> datetime | None:
    """A local day or a time with zone, in UTC. Raises UsageError."""
    if text is None:
        return None
    try:
        moment = datetime.fromisoformat(text)
    except ValueError as error:
        raise UsageError(f"--since: write a day (YYYY-MM-DD) or a time with its zone, not {text!r}") from error
    zoned = moment if moment.tzinfo else moment.replace(tzinfo=context.config.site.zone)
    return zoned.astimezone(UTC)


def as_lines(found: Mapping[str, Iterable[Mapping[str, Any]]]) -> Iterator[str]:
    """One JSON object a line, each with its kind."""
    kinds = {"feeds": "feed", "entries": "entry", "pieces": "piece", "stories": "story"}
    for name, items in found.items():
        for item in items:
            yield json.dumps({"kind": kinds[name], **item}, ensure_ascii=True, default=str)


def write_csv(entries: list[dict[str, Any]]) -> None:
    """The entries as CSV on standard output; cells that a spreadsheet would run are neutralised."""
    if not entries:
        return
    writer = csv.DictWriter(sys.stdout, fieldnames=list(entries[0]))
    writer.writeheader()
    for entry in entries:
        writer.writerow({name: cell(value) for name, value in entry.items()})


def cell(value: Any) -> Any:
    """One cell: lists and objects as JSON, an apostrophe before what a spreadsheet would run."""
    text = json.dumps(value, ensure_ascii=False, default=str) if isinstance(value, list | dict) else value
    return f"'{text}" if isinstance(text, str) and text.startswith(FORMULA) else text
