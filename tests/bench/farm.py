"""The feed farm beside the checkout as a process: a thousand outlets on loopback that change when they are told to."""

from __future__ import annotations

import json
import socket
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

SCRIPT = Path(__file__).parents[3] / "shared" / "bench" / "feedfarm.py"
HOSTS = 250
"""Loopback addresses over which the feeds are spread."""


@dataclass(frozen=True, kw_only=True)
class Farm:
    """A running farm."""

    feeds: int
    port: int

    @property
    def urls(self) -> list[str]:
        """The address of every feed."""
        return _run("urls", "--feeds", str(self.feeds), "--port", str(self.port), "--hosts", str(HOSTS)).split()

    def tell(self, path: str) -> dict[str, Any]:
        """`tick`, `reset`, `stats`, `truth`, `set?lo=…&hi=…`: what the farm answers."""
        with urllib.request.urlopen(f"http://127.0.0.1:{self.port}/_ctl/{path}") as answer:
            told: dict[str, Any] = json.loads(answer.read())
            return told


def _run(*arguments: str) -> str:
    made = subprocess.run([sys.executable, str(SCRIPT), *arguments], capture_output=True, text=True, check=True)
    return made.stdout


@contextmanager
def farm(feeds: int, *options: str) -> Iterator[Farm]:
    """A farm of so many feeds with the script's own `options`; it has rendered them all when it is given."""
    with closing(socket.socket()) as free:
        free.bind(("127.0.0.1", 0))
        port = int(free.getsockname()[1])
    serve = [sys.executable, str(SCRIPT), "serve", "--feeds", str(feeds), "--port", str(port), *options]
    with subprocess.Popen(serve, stdout=subprocess.PIPE) as running:
        assert running.stdout is not None
        running.stdout.readline()  # it says when it is ready
        try:
            yield Farm(feeds=feeds, port=port)
        finally:
            running.kill()
