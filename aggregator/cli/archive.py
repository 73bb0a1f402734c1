"""`dedupe` and `evaluate`: the matching engine on an archive, without store or network."""

from __future__ import annotations

import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING, Annotated

import typer

from aggregator.cli.context import IN_PART, load, say, say_json, settings, warn
from aggregator.config import Config
from aggregator.errors import UsageError

if TYPE_CHECKING:
    from aggregator.archive import Archive

EVERY = 20_000
"""Lines between two states that are kept, at first: some seconds of work. Large states are kept more seldom."""

Json = Annotated[bool, typer.Option("--json", help="Print one JSON document.")]


def register(app: typer.Typer) -> None:
    """Add the commands of this module."""
    app.command("dedupe", short_help="Find copies and stories in an archive.")(dedupe)
    app.command("evaluate", short_help="Score groups against labels.")(evaluate)


def dedupe(
    command: typer.Context,
    source: Annotated[str, typer.Argument(metavar="IN", help="JSON lines, packed for .gz; - reads standard input.")],
    output: Annotated[
        str, typer.Option("--output", "-o", metavar="OUT", help="Where to write; - for standard output.")
    ],
    no_stories: Annotated[bool, typer.Option("--no-stories", help="Find copies only.")] = False,
    keep_every: Annotated[
        int,
        typer.Option("--keep-every", min=1, metavar="LINES", help="Keep the state for a later run at least so seldom."),
    ] = EVERY,
) -> None:
    """Find copies and stories in an archive of {id, outlet, url, title, text, published, lang} lines.

    A run that was interrupted or killed goes on where it was when the same command is given again; until the output is
    whole, all of it lies in OUT.unfinished.
    """
    from aggregator import archive  # noqa: PLC0415  (matching is dear)

    config = archive_config(command)
    placer = None
    if not no_stories:
        from aggregator.stories.cluster import Clusterer  # noqa: PLC0415  (scipy is dear)

        placer = Clusterer(config.stories)
    with stopped_by_signals() as stopping, progress() as watch:
        done = archive.dedupe_file(
            source, output, config=config, stories=placer, every=keep_every, stopping=stopping, watch=watch
        )
    if not done:
        warn("interrupted; the same command goes on from here")
        raise typer.Exit(IN_PART)


@contextmanager
def stopped_by_signals() -> Iterator[Callable[[], bool]]:
    """Tells whether SIGINT or SIGTERM has come: the work in hand ends first. A second one ends everything at once."""
    received: list[int] = []
    before = {name: signal.getsignal(name) for name in (signal.SIGINT, signal.SIGTERM)}

    def receive(number: int, _: FrameType | None) -> None:
        received.append(number)
        signal.signal(number, before[signal.Signals(number)])

    for name in before:
        signal.signal(name, receive)
    try:
        yield lambda: bool(received)
    finally:
        for name, handler in before.items():
            signal.signal(name, handler)


@contextmanager
def progress() -> Iterator[Callable[[Archive], None]]:
    """Shows how far an archive has been read, on a terminal; nothing is shown in a pipe."""
    if not sys.stderr.isatty():
        yield lambda _: None
        return
    from rich.console import Console  # noqa: PLC0415
    from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeRemainingColumn  # noqa: PLC0415

    columns = (TextColumn("{task.description}"), BarColumn(), TaskProgressColumn(), TimeRemainingColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as shown:
        task = shown.add_task("reading", total=None)

        def watch(archive: Archive) -> None:
            size = None if archive.path == "-" else Path(archive.path).stat().st_size
            shown.update(task, total=size, completed=archive.read, description=f"{archive.line} articles")

        yield watch


def archive_config(command: typer.Context) -> Config:
    """The config if there is one; an archive needs none."""
    given = settings(command)
    if given.config_path.exists():
        return load(given)
    if given.config_path != Path("config.toml"):
        raise UsageError(f"there is no config file {given.config_path}")
    return Config()


def evaluate(
    gold: Annotated[str, typer.Argument(metavar="GOLD", help="Labelled lines: id, dup_group, story.")],
    predicted: Annotated[str, typer.Argument(metavar="PRED", help="What `dedupe` wrote.")],
    as_json: Json = False,
) -> None:
    """Print B-cubed, pairwise and ARI figures of `piece` against `dup_group` and of `story` against `story`."""
    from aggregator.archive import read_archive  # noqa: PLC0415
    from aggregator.evaluation import evaluate as scored  # noqa: PLC0415

    try:
        found = scored(read_archive(gold), read_archive(predicted))
    except ValueError as error:
        raise UsageError(str(error)) from error
    if not found:
        raise UsageError(f"{gold}: no line has a label that {predicted} answers")
    if as_json:
        say_json(found)
        return
    for question, figures in found.items():
        say(question)
        for name, value in figures.items():
            say(
                f"  {name.replace('_', ' '):<18} {value:.4f}"
                if isinstance(value, float)
                else f"  {name.replace('_', ' '):<18} {value}"
            )
