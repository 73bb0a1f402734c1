"""TLS-01: nobody is believed without a certificate, and the line that says so names the feed and what is wrong.

The certificates were made once: an authority of our own, which the program trusts by SSL_CERT_FILE, and one sound, one
expired, one future certificate and one for another host, all signed by it. `self_signed.pem` is signed by nobody.
"""

from __future__ import annotations

import asyncio
import json
import os
import socket
import sys
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path

from tests.fetch.server import SELF_SIGNED, Server, answer, running
from tests.threats.reader import rss

CERTIFICATES = Path(__file__).with_name("certificates")
NOW = "2026-03-02T12:00:00Z"


@dataclass(frozen=True, kw_only=True)
class Done:
    """What one run of the program said."""

    out: str
    lines: dict[str, str]
    """The line of each feed that failed, by the feed's title."""
    code: int


async def polled(folder: Path, feeds: dict[str, str], *arguments: str) -> Done:
    """`aggregator poll` over feeds (address by title) with our authority as the only one that is trusted."""
    tables = "".join(f'[[feeds]]\nurl = "{url}"\ntitle = "{title}"\n' for title, url in feeds.items())
    settings = '[fetch]\ncontact = "editor@paper.example"\nallow_private = ["127.0.0.0/8", "::1"]\ntimeout = "3s"\n'
    (folder / "config.toml").write_text(settings + tables)
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "aggregator", "--config", str(folder / "config.toml"), "poll", *arguments),
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
        env=os.environ | {"AGGREGATOR_NOW": NOW, "SSL_CERT_FILE": str(CERTIFICATES / "authority.pem")},
    )
    out, err = (stream.decode() for stream in await process.communicate())
    lines = [line for line in err.splitlines() if line]
    named = {title: line for title in feeds for line in lines if line.startswith(f"{title} (")}
    assert len(named) == len(lines), err
    return Done(out=out, lines=named, code=process.returncode or 0)


async def in_the_clear(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """A server that knows no TLS."""
    await reader.read(100)
    writer.write(answer(400))
    writer.close()
    await writer.wait_closed()


def test_each_kind_of_bad_certificate_and_connection_is_named_in_the_feeds_own_line(tmp_path: Path) -> None:
    async def run() -> None:
        async with AsyncExitStack() as stack:

            async def serving(certificate: Path) -> Server:
                server = await stack.enter_async_context(running(certificate=certificate))
                server.answers["/feed"] = answer(200, rss(1))
                return server

            def secure(server: Server) -> str:
                return server.url("/feed", host="localhost").replace("http://", "https://")

            named = ("good", "expired", "not_yet", "other_host")
            servers = {name: await serving(CERTIFICATES / f"{name}.pem") for name in named}
            servers["self signed"] = await serving(SELF_SIGNED)
            urls = {name: secure(server) for name, server in servers.items()}
            urls["nowhere"] = "https://no-such-name.invalid/feed"
            silent = stack.enter_context(socket.create_server(("127.0.0.1", 0)))
            urls["silent"] = f"https://localhost:{silent.getsockname()[1]}/feed"
            listening = await stack.enter_async_context(await asyncio.start_server(in_the_clear, "127.0.0.1"))
            urls["plain"] = f"https://localhost:{listening.sockets[0].getsockname()[1]}/feed"
            done = await polled(tmp_path, urls)
        assert (done.code, set(done.lines)) == (4, set(urls) - {"good"})
        for name, words in SAID.items():
            url = urls[name]
            assert done.lines[name].startswith(f"{name} ({url}): "), done.lines[name]
            assert words in done.lines[name]
        assert len(servers["good"].asked) == 1
        # Neither a request without a certificate that is believed, nor a second try in the clear.
        assert [name for name, server in servers.items() if name != "good" and server.asked] == []

    asyncio.run(run())


SAID = {
    "expired": "tls: localhost: certificate not accepted: certificate has expired",
    "not_yet": "tls: localhost: certificate not accepted: certificate is not yet valid",
    "other_host": "Hostname mismatch, certificate is not valid for 'localhost'",
    "self signed": "tls: localhost: certificate not accepted: self-signed certificate",
    "plain": "tls: localhost: no TLS connection (",
    "silent": "timeout: no whole answer within 3 s",
    "nowhere": "dns: no-such-name.invalid cannot be looked up (",
}


def test_a_step_down_from_https_to_plain_http_is_refused_and_the_plain_server_hears_nothing(tmp_path: Path) -> None:
    async def run() -> None:
        async with running(certificate=CERTIFICATES / "good.pem") as secure, running() as plain:
            secure.answers["/feed"] = answer(301, b"", f"Location: {plain.url('/feed')}")
            plain.answers["/feed"] = answer(200, rss(1))
            done = await polled(tmp_path, {"Down": secure.url("/feed").replace("http:", "https:")}, "--json")
        (feed,) = json.loads(done.out)["feeds"]
        assert (feed["status"], plain.asked) == ("redirect", [])
        assert feed["detail"] == "redirected from https to plain http at 127.0.0.1"

    asyncio.run(run())
