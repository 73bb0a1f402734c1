"""The program `aggregator`: options that stand before the command, errors as one message, exit codes.

A module of commands has `register(app: typer.Typer) -> None` and stands in COMMANDS, in the order of the help page.
Its commands import what they need when they run, so that `--help` and `list` load no database, network or model.
Exit codes: 0 done, 1 failed, 2 wrong usage or config, 3 store, 4 done in part.
"""

from __future__ import annotations

import io
import os
import sys
from pathlib import Path
from typing import Annotated

import typer

from aggregator.__about__ import NAME, __version__
from aggregator.cli import archive, curate, etiquette, feeds, inspect, run, setup, upkeep
from aggregator.cli.context import FAILED, Settings, say, warn
from aggregator.errors import AggregatorError, ConfigError, RenderError

COMMANDS = (
    setup.register,
    feeds.register,
    run.register,
    inspect.register,
    etiquette.register,
    curate.register,
    upkeep.register,
    archive.register,
)

app = typer.Typer(
    name="aggregator",
    help="Collect feeds, find who wrote each text first, and publish every story once.",
    no_args_is_help=True,
    # Markup would load rich for every help page, and read brackets in texts as its own.
    rich_markup_mode=None,
    # A traceback with local variables would show secrets.
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


def _version(wanted: bool) -> None:
    if wanted:
        say(f"{NAME} {__version__}")
        raise typer.Exit


@app.callback()
def before(
    command: typer.Context,
    config: Annotated[Path, typer.Option("--config", "-c", help="The config file.")] = Path("config.toml"),
    _: Annotated[
        bool, typer.Option("--version", help="Print the version and end.", callback=_version, is_eager=True)
    ] = False,
) -> None:
    """Collect feeds, find who wrote each text first, and publish every story once."""
    command.obj = Settings(config_path=config, environment=os.environ)


for _register in COMMANDS:
    _register(app)


def main() -> None:
    """Run the command line; the entry point of the package. Exits with the code of what happened."""
    _print_anything()
    try:
        app(prog_name="aggregator")
    except AggregatorError as error:
        warn(_message(error))
        sys.exit(error.exit_code)
    except OSError as error:
        warn(f"error: {error.strerror or error}" + (f": {error.filename}" if error.filename else ""))
        sys.exit(FAILED)


def _message(error: AggregatorError) -> str:
    """What begins with a file and line stands as it is, so that editors can jump there."""
    text = str(error) or type(error).__name__
    return text if isinstance(error, ConfigError | RenderError) else f"error: {text}"


def _print_anything() -> None:
    """A stream that cannot show a character (an ASCII terminal, a lone surrogate) shows its escape instead."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")
