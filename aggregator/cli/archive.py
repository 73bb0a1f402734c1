"""`dedupe` and `evaluate`: the matching engine on an archive, without store or network."""

from __future__ import annotations

from typing import Annotated

import typer

Json = Annotated[bool, typer.Option("--json", help="Print one JSON document.")]


def register(app: typer.Typer) -> None:
    """Add the commands of this module."""
    app.command("dedupe")(dedupe)
    app.command("evaluate")(evaluate)
