"""`poll`, `digest`, `send`, `run`, `serve`, `demo`: the commands that do the work."""

from __future__ import annotations

import logging
import sys
import threading
import time
from collections.abc import Iterable
from contextlib import ExitStack
from dataclasses import asdict
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from aggregator.cli.context import (
    IN_PART,
    Context,
    current_time,
    open_context,
    say,
    say_json,
    settings,
    warn,
    without_secrets,
)
from aggregator.cli.opening import app_at, day, digests, mailer, opened
from aggregator.errors import UsageError
from aggregator.health import serve_metrics
from aggregator.loading import loading

if TYPE_CHECKING:
    from datetime import date as Date  # noqa: N812  (`date` is the name of an option)

    from aggregator.model import Feed
    from aggregator.pipeline.app import App
    from aggregator.pipeline.publish import Published
    from aggregator.pipeline.refresh import Polled

Json = Annotated[bool, typer.Option("--json", help="Print one JSON document.")]
Name = Annotated[str | None, typer.Option("--name", help="The digest; without it, all of them.")]
PATIENCE = timedelta(minutes=1)
"""How long an edition waits for the daemon to group what is new: it looks every ten seconds, a batch takes seconds."""
ASKED_AGAIN = 1.0
"""Seconds after which it is looked whether it has."""
Day = Annotated[str | None, typer.Option("--date", metavar="YYYY-MM-DD", help="The local day; without it, today.")]


def register(app: typer.Typer) -> None:
    """Add the commands of this module."""
    app.command("poll", short_help="Poll the due feeds once, then group.")(poll)
    app.command("digest", short_help="Write an edition's pages and feeds.")(digest)
    app.command("send", short_help="Deliver what is unsent, per recipient.")(send)
    app.command("run", short_help="Run the daemon.")(run)
    app.command("serve")(serve)
    app.command("demo", short_help="Take the two-minute tour.")(demo)


def poll(
    command: typer.Context,
    everything: Annotated[
        bool, typer.Option("--all", help="Feeds that are not due yet as well, within limits.")
    ] = False,
    as_json: Json = False,
) -> None:
    """Poll the due feeds once, then group what came."""
    with loading():
        from aggregator.pipeline.freed import keep_little  # noqa: PLC0415
        from aggregator.pipeline.refresh import poll_all  # noqa: PLC0415  (the network is dear)

    keep_little()
    context = open_context(command)
    refuse_without_contact(context)
    with opened(context) as app:
        polled = poll_all(app, everything=everything)
        grouped = group_waiting(context, app)
    failed = [one for one in polled if one.failed]
    if as_json:
        say_json({"feeds": [poll_json(one) for one in polled], **grouped})
    else:
        for one in failed:
            warn(f"{called(one.feed)}: {one.status}: {one.detail}")
        say(poll_line(polled, grouped))
    raise typer.Exit(IN_PART if failed else 0)


def refuse_without_contact(context: Context) -> None:
    """Publishers must be able to reach whoever polls them (etiquette 23). Raises UsageError."""
    from aggregator.fetch.guard import contact_problem  # noqa: PLC0415

    problem = contact_problem(context.config.fetch, [feed.url for feed in context.config.feeds])
    if problem is not None:
        raise UsageError(problem)


def group_waiting(context: Context, app: App, patience: timedelta = timedelta(0)) -> dict[str, int]:
    """Group what waits; loads nothing of the matcher when nothing does.

    Where another process groups for this store, that is waited for as long as `patience`, and then left to it.
    """
    from aggregator.store.entries import waiting_count  # noqa: PLC0415

    begun = time.monotonic()
    while waiting := waiting_count(app.database):
        from aggregator.pipeline.turns import group_once  # noqa: PLC0415  (datasketch and scipy are dear)

        report = group_once(lambda: app_at(context.config, app.database, current_time(context.environment)))
        if report is not None:
            return {"entries": report.entries, "pieces": len(report.pieces), "stories": len(report.stories)}
        if time.monotonic() - begun >= patience.total_seconds():
            from aggregator.store import grouping, leases  # noqa: PLC0415

            other = leases.holder(app.database, grouping.GROUP) or "another process"
            warn(f"{waiting} entries are left to {other}, which groups for this store")
            break
        time.sleep(ASKED_AGAIN)
    return {"entries": 0, "pieces": 0, "stories": 0}


def called(feed: Feed) -> str:
    """The feed by its title, where it has one, and its address."""
    address = without_secrets(feed.url)
    return f"{' '.join(feed.title.split())} ({address})" if feed.title else address


def poll_json(one: Polled) -> dict[str, Any]:
    """One feed's outcome as plain data."""
    return {
        "url": without_secrets(one.feed.url),
        "status": one.status,
        "detail": one.detail,
        "new": one.new,
        "changed": one.changed,
        "next_poll_at": one.feed.next_poll_at,
        "next_poll_why": one.feed.next_poll_why,
    }


def poll_line(polled: tuple[Polled, ...], grouped: dict[str, int]) -> str:
    """What a poll came to, in a line."""
    new, changed, failed = sum(p.new for p in polled), sum(p.changed for p in polled), sum(p.failed for p in polled)
    line = f"{len(polled)} feeds polled, {failed} failed: {new} new entries, {changed} changed"
    return line + (
        f"; {grouped['pieces']} pieces and {grouped['stories']} stories touched" if grouped["entries"] else ""
    )


def digest(
    command: typer.Context,
    name: Name = None,
    date: Day = None,
    out: Annotated[Path | None, typer.Option("--out", metavar="DIR", help="Where to write; else site.output.")] = None,
    everything: Annotated[
        bool, typer.Option("--all", help="Make the pages of every edition anew, after a change of templates or design.")
    ] = False,
    as_json: Json = False,
) -> None:
    """Write the edition's pages and feeds, and what they link to."""
    if everything:
        make_anew(command, name or date, out, as_json=as_json)
        return
    from aggregator.pipeline.publish import publish  # noqa: PLC0415  (templates are dear)

    context = open_context(command)
    with opened(context) as app:
        group_waiting(context, app, PATIENCE)
        wanted = digests(context.config, name)
        made = [publish(app, one, day(date, context), output=out) for one in wanted]
    if as_json:
        say_json({"editions": [edition_json(one) for one in made]})
        return
    for one in made:
        counts = one.edition.counts
        found = (
            (counts.stories, "story", "stories"),
            (counts.pieces, "piece", "pieces"),
            (counts.copies, "copy folded", "copies folded"),
            (len(one.written), "file written", "files written"),
        )
        told = ", ".join(counted(*one) for one in found)
        say(f"{one.edition.name} {one.edition.day}: {told} below {one.output}")


def make_anew(command: typer.Context, chosen: str | None, out: Path | None, *, as_json: bool) -> None:
    """Make the whole site anew from the store. Raises UsageError where one edition is asked for as well."""
    from aggregator.pipeline.rebuild import rebuild  # noqa: PLC0415  (templates are dear)

    if chosen is not None:
        raise UsageError("--all makes every edition anew: leave --name and --date out")
    with opened(open_context(command)) as app:
        made = rebuild(app, output=out)
    if as_json:
        say_json({"editions": named(made.editions), "left": named(made.left), "output": str(made.output),
                  "written": list(made.written)})  # fmt: skip
        return
    for name, when in made.left:
        warn(f"{name} {when} is left as it stands: the store does not hold all of its stories any more")
    say(f"{counted(len(made.editions), 'edition', 'editions')} made anew, "
        f"{counted(len(made.written), 'file', 'files')} written below {made.output}")  # fmt: skip


def named(found: Iterable[tuple[str, Date]]) -> list[dict[str, Any]]:
    """Editions as plain data."""
    return [{"name": name, "date": when.isoformat()} for name, when in found]


def counted(number: int, single: str, many: str) -> str:
    """A number of things in words."""
    return f"{number} {single if number == 1 else many}"


def edition_json(one: Published) -> dict[str, Any]:
    """One publication as plain data."""
    edition = one.edition
    return {
        "name": edition.name,
        "date": edition.day.isoformat(),
        "number": edition.number,
        "start": edition.start,
        "end": edition.end,
        "counts": asdict(edition.counts),
        "output": str(one.output),
        "written": list(one.written),
        "queued": one.queued,
    }


def send(
    command: typer.Context,
    name: Name = None,
    date: Annotated[str | None, typer.Option("--date", metavar="YYYY-MM-DD", help="Only this edition.")] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Say what would go out and send nothing.")] = False,
    as_json: Json = False,
) -> None:
    """Queue and deliver what is unsent, per recipient."""
    from aggregator.pipeline.send import send as deliver_unsent  # noqa: PLC0415

    context = open_context(command)
    outlet = mailer(context)
    if outlet is None:
        raise UsageError("mail.transport is none: there is nothing to send with")
    if name is not None:
        digests(context.config, name)
    which = day(date, context) if date else None
    with opened(context) as app:
        sent = deliver_unsent(app, outlet, name=name, day=which, dry_run=dry_run)
    if as_json:
        say_json({"messages": [asdict(one) for one in sent]})
    else:
        for one in sent:
            say(f"{one.recipient}: edition of {one.day} {one.state}{': ' + one.reply if one.reply else ''}")
        if not sent:
            asked = any(one.recipients for one in digests(context.config, name))
            say("Nothing is unsent." if asked else "Nothing to send: no digest in the config has recipients.")
    raise typer.Exit(IN_PART if any(one.state in {"deferred", "refused"} for one in sent) else 0)


def run(
    command: typer.Context,
    role: Annotated[Literal["all", "fetch", "group", "publish"], typer.Option(help="What this process does.")] = "all",
) -> None:
    """Run the daemon: poll what is due, group it, publish and mail each digest at its time."""
    with loading():
        from aggregator import daemon  # noqa: PLC0415  (apscheduler and all that the ticks need)
        from aggregator.pipeline.freed import keep_little  # noqa: PLC0415

    keep_little()
    context = open_context(command)
    if role in {"all", "fetch"}:
        refuse_without_contact(context)
    logging.basicConfig(stream=sys.stderr, level=logging.INFO, format="%(asctime)s %(message)s")
    logging.getLogger("apscheduler").setLevel(logging.WARNING)
    given = settings(command)
    with opened(context) as app, ExitStack() as closing:

        def present() -> App:
            return app_at(context.config, app.database, current_time(given.environment))

        if context.config.metrics.listen is not None:
            closing.callback(serve_metrics(context.config.metrics.listen, lambda: daemon.measures(present())))
        daemon.run(
            daemon.Daemon(
                app=present,
                mailer=lambda: mailer(context),
                role=role,
                stopping=threading.Event(),
            )
        )


def serve(
    command: typer.Context,
    port: Annotated[int, typer.Option(min=0, max=65535, help="0 takes a free one.")] = 8000,
) -> None:
    """Preview the site on loopback."""
    from functools import partial  # noqa: PLC0415
    from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer  # noqa: PLC0415

    root = Path(open_context(command).config.site.output)
    if not (root / "index.html").is_file():
        raise UsageError(f"there is no site below {root} yet; `aggregator digest` writes one")
    with ThreadingHTTPServer(("127.0.0.1", port), partial(SimpleHTTPRequestHandler, directory=str(root))) as server:
        say(f"http://127.0.0.1:{server.server_port}/ shows {root}; stop with Ctrl-C")
        try:
            server.serve_forever()
        except KeyboardInterrupt:
            say("")


def demo(
    output: Annotated[Path, typer.Option("--output", metavar="DIR", help="Where to write.")] = Path("demo-output"),
) -> None:
    """Take the two-minute tour: sample outlets on loopback, two days, a site and a mail."""
    from aggregator.demo.tour import tour  # noqa: PLC0415  (everything at once)

    for line in tour(output):
        say(line)
