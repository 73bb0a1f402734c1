"""`merge`, `split`, `never-join`, `pin-original`, `undo`, `overrides`: corrections by hand.

A correction is applied at once, or within seconds by the daemon that groups for this store.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Annotated

import typer

from aggregator.cli.context import open_context, say, say_json
from aggregator.cli.opening import opened

if TYPE_CHECKING:
    from aggregator.pipeline.app import App

Json = Annotated[bool, typer.Option("--json", help="Print one JSON document.")]
Reference = "An entry's id or address, or piece:ID."


def register(app: typer.Typer) -> None:
    """Add the commands of this module."""
    app.command("merge", short_help="Make one of two pieces or stories.")(merge)
    app.command("split", short_help="Take out of a piece or a story.")(split)
    app.command("never-join", short_help="Keep two texts apart for ever.")(never_join)
    app.command("pin-original", short_help="Say which printing came first.")(pin_original)
    app.command("undo", short_help="Take a correction back.")(undo)
    app.command("overrides", short_help="List the corrections by hand.")(overrides)


def merge(
    command: typer.Context,
    first: Annotated[str, typer.Argument(metavar="A", help=f"{Reference[:-1]} or story:ID.")],
    second: Annotated[str, typer.Argument(metavar="B", help="Another of the same kind.")],
) -> None:
    """Make one piece of the pieces of A and B, or one story of two stories."""
    from aggregator.pipeline import curation  # noqa: PLC0415  (matching is dear)

    correct(command, lambda app: curation.merge(app, first, second))


def split(
    command: typer.Context,
    reference: Annotated[
        str,
        typer.Argument(metavar="ENTRY", help="An entry's id or address: out of its piece. piece:ID: out of its story."),
    ],
) -> None:
    """Take an entry out of its piece, or a piece out of its story."""
    from aggregator.pipeline import curation  # noqa: PLC0415

    correct(command, lambda app: curation.split(app, reference))


def never_join(
    command: typer.Context,
    first: Annotated[str, typer.Argument(metavar="A", help=Reference)],
    second: Annotated[str, typer.Argument(metavar="B", help=Reference)],
) -> None:
    """Keep A and B in different pieces, now and later; other printings go with the one that they are more like."""
    from aggregator.pipeline import curation  # noqa: PLC0415

    correct(command, lambda app: curation.never_join(app, first, second))


def pin_original(
    command: typer.Context, reference: Annotated[str, typer.Argument(metavar="ENTRY", help="Its id or address.")]
) -> None:
    """Declare an entry the original of its piece."""
    from aggregator.pipeline import curation  # noqa: PLC0415

    correct(command, lambda app: curation.pin_original(app, reference))


def undo(
    command: typer.Context,
    number: Annotated[int | None, typer.Argument(metavar="[ID]", help="The correction; without it, the last.")] = None,
) -> None:
    """Take a correction back: what the program itself would say holds again."""
    from aggregator.pipeline import curation  # noqa: PLC0415

    context = open_context(command)
    with opened(context, create=False) as app:
        taken = curation.undo(app, number)
        say(f"Took back correction {taken.id}, {taken.kind}. {applied(app)}")


def overrides(command: typer.Context, as_json: Json = False) -> None:
    """List every correction by hand, those taken back included."""
    from aggregator.pipeline import curation  # noqa: PLC0415
    from aggregator.store.overrides import listing  # noqa: PLC0415  (the database is dear)

    context = open_context(command)
    with opened(context, create=False) as app:
        log = listing(app.database)
        lines = [curation.described(app, one) for one in log]
    if as_json:
        say_json({"overrides": [curation.plain(one) for one in log]})
        return
    for line in lines or ["No corrections were made by hand."]:
        say(line)


def correct(command: typer.Context, make: Callable[[App], int]) -> None:
    """Make a correction, apply it, and say how to take it back."""
    context = open_context(command)
    with opened(context, create=False) as app:
        number = make(app)
        say(f"Made correction {number}. {applied(app)} Take it back with `aggregator undo {number}`.")


def applied(app: App) -> str:
    """Group now, unless a daemon does it anyway; says which."""
    from aggregator.pipeline.turns import group_once  # noqa: PLC0415  (datasketch and scipy are dear)

    report = group_once(lambda: app)
    if report is None:
        return "The daemon applies it within seconds."
    changed = [("piece", sorted(report.pieces)), ("story", sorted(report.stories))]
    told = "; ".join(f"{name} {', '.join(map(str, ids))}" for name, ids in changed if ids)
    return f"It holds now: {told}." if told else "It holds now."
