"""Runs the command line as users do: in a process of its own, or with typer's runner where speed matters."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

from typer.testing import CliRunner, Result

from aggregator.cli.main import app

ROOT = Path(__file__).parents[2]


def process(
    *arguments: str,
    folder: Path,
    environment: Mapping[str, str] | None = None,
    stdin: int = subprocess.DEVNULL,
    stdout: int = subprocess.PIPE,
    stderr: int = subprocess.PIPE,
) -> subprocess.CompletedProcess[bytes]:
    """The program in a process, in a folder, with nothing in its environment but what is given."""
    return subprocess.run(
        [sys.executable, "-m", "aggregator", *arguments],
        cwd=folder,
        env={"PYTHONPATH": str(ROOT), "PATH": os.defpath, **(environment or {})},
        stdin=stdin,
        stdout=stdout,
        stderr=stderr,
        check=False,
        timeout=60,
    )


def command(folder: Path, *arguments: str, environment: Mapping[str, str] | None = None) -> Result:
    """The program within this process; an error that `main` would print stands in `exception`."""
    return CliRunner().invoke(app, ["--config", str(folder / "config.toml"), *arguments], env=environment)


def configured(folder: Path, text: str = "") -> Path:
    """A folder with this config."""
    (folder / "config.toml").write_text(text, encoding="utf-8")
    return folder
