"""`etiquette`: our own manners, scored from the request log; `--log` writes the log itself."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated, Any

import typer

from aggregator.cli.context import open_context, say, say_json, without_secrets
from aggregator.cli.opening import opened

if TYPE_CHECKING:
    from aggregator.pipeline.etiquette import Score
    from aggregator.store.request_log import RequestRow


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("etiquette", short_help="Score our own manners from the request log.")(etiquette)


def etiquette(
    command: typer.Context,
    log: Annotated[bool, typer.Option("--log", help="Write the request log, one JSON object a line.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON document.")] = False,
) -> None:
    """Score our own manners from the request log.

    The log keeps the last polls of each feed: what was asked, what came, when the next poll is and why.
    """
    from aggregator.pipeline.etiquette import score  # noqa: PLC0415  (the database is dear)
    from aggregator.store.request_log import request_log  # noqa: PLC0415

    with opened(open_context(command), create=False) as app:
        rows = request_log(app.database) if log else ()
        found = score(app)
    if log:
        write_log(rows, as_json=as_json)
    elif as_json:
        say_json(score_json(found))
    else:
        write_score(found)


def write_log(rows: Iterable[RequestRow], *, as_json: bool) -> None:
    """The log for programs."""
    shown = [asdict(row) | {"url": without_secrets(row.url)} for row in rows]
    if as_json:
        say_json({"requests": shown})
        return
    for row in shown:
        typer.echo(json.dumps(row, default=lambda moment: moment.isoformat()))


def score_json(found: Score) -> dict[str, Any]:
    """The score as plain data."""
    return asdict(found) | {"broken": found.broken}


def write_score(found: Score) -> None:
    """The score sheet for people."""
    if not found.requests:
        say("The request log is empty: nothing was polled yet.")
        return
    say(f"{found.requests} requests for {found.feeds} feeds at {found.hosts} hosts, {found.since} to {found.until}")
    say(f"{found.not_modified} not modified, {found.failed} failed, {found.body_bytes:,} bytes; as {found.user_agent}")
    say(f"{'rule':>4}  {'tested':>7}  {'broken':>7}  what it says")
    for rule in found.rules:
        say(f"{rule.number:>4}  {rule.tested:>7}  {rule.broken:>7}  {rule.says}")
        for example in rule.examples:
            say(f"{'':>22}  {example}")
    say("All rules kept." if not found.broken else f"{found.broken} of {len(found.rules)} rules broken.")
