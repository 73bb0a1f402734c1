"""`add`, `remove`, `list`, `import-opml`, `export-opml`: the feeds in config.toml, and nothing but that file.

The store learns of a change at the next poll, but for a document that `add` has fetched: that is the feed's first poll.
Nothing else here loads the database or the network.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from aggregator import config_file
from aggregator.cli.choosing import Found, Pace, find_feed
from aggregator.cli.context import (
    IN_PART,
    current_time,
    open_context,
    say,
    say_json,
    warn,
    without_secrets,
)
from aggregator.config import FeedTable
from aggregator.errors import AggregatorError, StoreError, UsageError

if TYPE_CHECKING:
    from aggregator.model import Fetched

Json = Annotated[bool, typer.Option("--json", help="Print one JSON document.")]
SHOWN_REFUSALS = 20
"""Lines that were left out of an import are named up to this number: a terminal's height."""


def register(app: typer.Typer) -> None:
    """Add the commands of this module."""
    app.command("add")(add)
    app.command("remove")(remove)
    app.command("list")(list_feeds)
    app.command("import-opml")(import_opml)
    app.command("export-opml")(export_opml)


def add(
    command: typer.Context,
    urls: Annotated[list[str], typer.Argument(metavar="URL...", help="Addresses of feeds or of sites.")],
    category: Annotated[str | None, typer.Option(help="The category of their entries.")] = None,
    outlet: Annotated[str | None, typer.Option(help="The name or domain of their outlet.")] = None,
    pick: Annotated[int | None, typer.Option(min=1, help="Which one to take where a site has several feeds.")] = None,
    no_fetch: Annotated[bool, typer.Option("--no-fetch", help="Add the addresses as given.")] = False,
) -> None:
    """Add feeds, or the feeds of sites.

    At a site's address its feeds are looked for. They are written to the end of the config.
    """
    context = open_context(command)
    tables, failures = [], []
    documents: dict[str, Fetched] = {}
    pace = Pace()
    for url in urls:
        try:
            address = _whole_address(url)
            found = Found(url=address) if no_fetch else find_feed(context, address, pick, pace)
            tables.append(feed_table(url=found.url, category=category, outlet=outlet))
            documents |= {} if found.document is None else {found.url: found.document}
        except AggregatorError as error:
            failures.append(error)
    added = config_file.add_feeds(context.config_path, tables)
    _say_added(tables, added)
    _keep(command, {feed.url: documents[feed.url] for feed in added if feed.url in documents})
    _report(failures, some_done=bool(tables))


def _keep(command: typer.Context, documents: Mapping[str, Fetched]) -> None:
    """Save what was fetched as the feeds' first polls: their servers need not send it again."""
    if not documents:
        return
    from aggregator.cli.opening import opened  # noqa: PLC0415  (the database is dear)
    from aggregator.pipeline.first_poll import poll_first  # noqa: PLC0415

    try:
        with opened(open_context(command)) as app:
            poll_first(app, documents)
    except StoreError as problem:
        warn(f"the first poll will fetch the feed again: {problem}")


def remove(
    command: typer.Context,
    url: Annotated[str, typer.Argument(metavar="URL", help="The feed's address, as `list` shows it.")],
) -> None:
    """Take a feed out of the config.

    Its entries stay in the store.
    """
    context = open_context(command)
    shown = [feed.url for feed in context.config.feeds if without_secrets(feed.url) == url]
    written = shown[0] if len(shown) == 1 else url
    if not config_file.remove_feed(context.config_path, written):
        raise UsageError(f"{url} is no feed in {context.config_path}")
    say(f"Removed {without_secrets(url)}")


def list_feeds(command: typer.Context, as_json: Json = False) -> None:
    """List the feeds.

    One feed a line: address, category and title, separated by tabs; passwords and tokens in addresses are masked.
    """
    feeds = open_context(command).config.feeds
    if as_json:
        say_json({"feeds": [_as_json(feed) for feed in feeds]})
        return
    for feed in feeds:
        cells = (without_secrets(feed.url), feed.category or "", feed.title or feed.outlet or "")
        say("\t".join(" ".join(cell.split()) for cell in cells).rstrip("\t"))


def import_opml(
    command: typer.Context,
    file: Annotated[Path, typer.Argument(metavar="FILE", help="An OPML file, as feed readers export it.")],
) -> None:
    """Add the feeds of an OPML file.

    Feeds that the config has already stay as they are.
    """
    from aggregator import opml  # noqa: PLC0415  (lxml is dear)

    context = open_context(command)
    with file.open("rb") as opened:
        found = opml.read_document(opened.read(opml.MAX_BYTES + 1), name=str(file))
    tables = [feed_table(url=feed.url, title=feed.title or None, category=feed.category) for feed in found.feeds]
    added = config_file.add_feeds(context.config_path, tables)
    say(f"{len(added)} added, {len(tables) - len(added)} there already, {len(found.refused)} left out")
    if found.mended:
        warn(f"{file}: not well-formed ({found.mended}); bare characters were taken as text")
    for refused in found.refused[:SHOWN_REFUSALS]:
        warn(f"{file}:{refused.line}: left out: {refused.reason}")
    raise typer.Exit(IN_PART if found.refused else 0)


def export_opml(
    command: typer.Context,
    file: Annotated[Path | None, typer.Argument(metavar="[FILE]", help="Without it: standard output.")] = None,
) -> None:
    """Write the feeds as an OPML file.

    Passwords in addresses are left out, tokens masked.
    """
    from aggregator import opml  # noqa: PLC0415  (lxml is dear)

    context = open_context(command)
    feeds = [
        opml.OpmlFeed(url=without_secrets(feed.url), title=feed.title or "", category=feed.category)
        for feed in context.config.feeds
    ]
    document = opml.write_opml(feeds, title=context.config.site.title, now=current_time(context.environment))
    if file is None:
        sys.stdout.buffer.write(document)
    else:
        config_file.replace_file(file, document)
        say(f"Wrote {len(feeds)} feeds to {file}")


def feed_table(*, url: str, **values: str | None) -> FeedTable:
    """A feed for the config. Raises UsageError when the address cannot be one."""
    try:
        return FeedTable(url=url, **values)  # type: ignore[arg-type]  # pydantic judges them
    except ValueError:
        raise UsageError(f"{without_secrets(url)} is no whole http or https address") from None


def _whole_address(url: str) -> str:
    """People leave the scheme out; the other schemes are not ours."""
    scheme, mark, _ = url.partition("://")
    if mark and scheme.lower() not in {"http", "https"}:
        raise UsageError(f"{without_secrets(url)} is no http or https address")
    return url if mark else f"https://{url}"


def _say_added(wanted: Sequence[FeedTable], added: Sequence[FeedTable]) -> None:
    for feed in wanted:
        if without_secrets(feed.url) != feed.url:
            warn(
                "advice: the address holds a secret; if its server takes an Authorization header, use auth_env instead"
            )
        word = "Added" if feed in added else "There already:"
        say(f"{word} {without_secrets(feed.url)}")


def _report(failures: Sequence[AggregatorError], *, some_done: bool) -> None:
    """One failure alone ends the command as itself; among others that were done it makes them "done in part"."""
    if failures and not some_done and len(failures) == 1:
        raise failures[0]
    for failure in failures:
        warn(f"error: {failure}")
    if failures:
        raise typer.Exit(IN_PART if some_done else failures[0].exit_code)


def _as_json(feed: FeedTable) -> dict[str, Any]:
    return {
        "url": without_secrets(feed.url),
        "title": feed.title,
        "outlet": feed.outlet,
        "category": feed.category,
        "interval": None if feed.interval is None else feed.interval.total_seconds(),
    }
