"""`dedupe` and `evaluate`: the matching engine on an archive, without store or network."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Annotated, Any

import typer

from aggregator.cli.context import load, say, say_json, settings
from aggregator.config import Config
from aggregator.errors import UsageError

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
) -> None:
    """Find copies and stories in an archive of {id, outlet, url, title, text, published, lang} lines."""
    from aggregator import archive  # noqa: PLC0415  (matching is dear)

    config = archive_config(command)
    placer = None
    if not no_stories:
        from aggregator.stories.cluster import Clusterer  # noqa: PLC0415  (scipy is dear)

        placer = Clusterer(config.stories)
    articles = with_progress(archive.read_archive(source))
    archive.write_archive(output, archive.dedupe(articles, config=config, stories=placer))


def archive_config(command: typer.Context) -> Config:
    """The config if there is one; an archive needs none."""
    given = settings(command)
    if given.config_path.exists():
        return load(given)
    if given.config_path != Path("config.toml"):
        raise UsageError(f"there is no config file {given.config_path}")
    return Config()


def with_progress(articles: Iterable[Mapping[str, Any]]) -> Iterator[Mapping[str, Any]]:
    """The articles, counted on a terminal; nothing is shown in a pipe."""
    if not sys.stderr.isatty():
        yield from articles
        return
    from rich.console import Console  # noqa: PLC0415
    from rich.progress import Progress, TextColumn, TimeElapsedColumn  # noqa: PLC0415

    columns = (TextColumn("{task.completed} articles read"), TimeElapsedColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as progress:
        task = progress.add_task("read", total=None)
        for article in articles:
            progress.advance(task)
            yield article


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
