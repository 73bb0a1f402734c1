"""The feed documents of many suites and publishers, their manifest, and a loopback server that hands them out."""

from __future__ import annotations

import json
import mimetypes
import re
import tarfile
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import quote, unquote

ARCHIVE = Path(__file__).parents[2].parent / "shared" / "feeds" / "documents.tar.xz"
MISSING = f"the measuring data is not at {ARCHIVE}"
EXPECTED = "expected_documents.json"
_HEADER = re.compile(rb"^\s*Header:\s*Content-type:\s*(.+?)\s*$", re.IGNORECASE | re.MULTILINE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Documents:
    """Bodies by path, the manifest's row of each, and feedparser's expectations as (path, …, checks) objects."""

    bodies: Mapping[str, bytes]
    rows: tuple[dict[str, Any], ...]
    expectations: tuple[dict[str, Any], ...]

    def content_type(self, path: str) -> str:
        """What the document itself asks to be sent as (feedparser's tests do so in a comment), else by its name."""
        asked = _HEADER.search(self.bodies[path][:2000]) if "/feedparser/" in path else None
        return asked[1].decode("latin-1") if asked else mimetypes.guess_type(path)[0] or "application/xml"


@cache
def documents() -> Documents:
    """The whole archive: 42 MB, in one pass, since xz cannot be read out of order in time."""
    files = {}
    with tarfile.open(ARCHIVE, "r|xz") as archive:
        for member in archive:
            file = archive.extractfile(member)
            if file is not None:
                files[member.name.removeprefix("feeds/")] = file.read()
    rows, expectations = (
        tuple(map(json.loads, files.pop(name).splitlines()))
        for name in ("manifest.jsonl", "feedparser_expectations.jsonl")
    )
    return Documents(bodies=files, rows=rows, expectations=expectations)


@contextmanager
def served(found: Documents) -> Iterator[str]:
    """The documents on loopback; gives the address below which their paths stand, with a slash at its end."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            path = unquote(self.path[1:])
            body = found.bodies[path]
            self.send_response(200)
            self.send_header("Content-Type", found.content_type(path))
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - its name there
            """Nothing: 3,779 lines tell nobody anything."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.block_on_close = False
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def address_of(base: str, path: str) -> str:
    """Where `served` hands out the document."""
    return base + quote(path)
