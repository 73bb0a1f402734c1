"""A raw server on loopback whose answers are bytes that a test sets, and which keeps what it was asked."""

from __future__ import annotations

import asyncio
import socket
import ssl
import struct
import zlib
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

SELF_SIGNED = Path(__file__).with_name("self_signed.pem")
Script = Callable[[asyncio.StreamWriter], Awaitable[None]]


@dataclass
class Asked:
    """One request as it came: the target and the headers byte for byte (latin-1), names in lower case."""

    target: str
    headers: dict[str, str]
    names: list[str]


@dataclass
class Server:
    """Settable answers by path; anything unset is 404."""

    port: int = 0
    answers: dict[str, bytes | Script] = field(default_factory=dict)
    asked: list[Asked] = field(default_factory=list)
    talks: set[asyncio.Task[None]] = field(default_factory=set)

    def url(self, path: str = "/", host: str = "127.0.0.1") -> str:
        return f"http://{host}:{self.port}{path}"

    def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.talks.add(asyncio.create_task(self._talk(reader, writer)))

    async def _talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            await self._answer(reader, writer)
        finally:
            writer.transport.abort()

    async def _answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(ConnectionError, asyncio.IncompleteReadError):
            lines = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
            pairs = [line.split(": ", 1) for line in lines[1:] if line]
            target = lines[0].split(" ")[1]
            self.asked.append(
                Asked(
                    target=target,
                    headers={name.lower(): value for name, value in pairs},
                    names=[name for name, _ in pairs],
                )
            )
            script = self.answers.get(target, answer(404))
            if isinstance(script, bytes):
                writer.write(script)
                await writer.drain()
            else:
                await script(writer)
        with suppress(ConnectionError, TimeoutError):
            writer.close()
            await asyncio.wait_for(writer.wait_closed(), 1)


@asynccontextmanager
async def running(
    address: str = "127.0.0.1", port: int = 0, *, certificate: Path | None = None
) -> AsyncIterator[Server]:
    """A server until the block ends; with a certificate (and its key, one file) it speaks TLS."""
    server = Server()
    context = None
    if certificate is not None:
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        context.load_cert_chain(certificate)
    listening = await asyncio.start_server(server.serve, address, port, ssl=context)
    server.port = listening.sockets[0].getsockname()[1]
    try:
        yield server
    finally:
        listening.close()
        for talk in server.talks:
            talk.cancel()
        await asyncio.gather(*server.talks, return_exceptions=True)
        await listening.wait_closed()


def answer(status: int, body: bytes = b"", *headers: str | bytes, length: bool = True) -> bytes:
    """A whole answer; headers are `Name: value` texts or bytes."""
    lines: list[bytes] = [f"HTTP/1.1 {status} X".encode()]
    lines += [header.encode("latin-1") if isinstance(header, str) else header for header in headers]
    if length and status != 304:
        lines.append(f"Content-Length: {len(body)}".encode())
    return b"\r\n".join([*lines, b"Connection: close", b"", body])


def bomb(megabytes: int, wbits: int) -> bytes:
    """So many megabytes of blanks, packed, without the end that nobody should come to; `wbits` are those of zlib.

    What follows a full flush refers to nothing before it: one megabyte is packed, and its bytes repeated.
    """
    packer = zlib.compressobj(9, zlib.DEFLATED, wbits)
    first, again = (packer.compress(b" " * 1_000_000) + packer.flush(zlib.Z_FULL_FLUSH) for _ in range(2))
    return first + again * (megabytes - 1)


def slowly(parts: Iterable[bytes], pause: float) -> Script:
    """Bytes one part at a time, with pauses that the client's deadline has to end."""

    async def script(writer: asyncio.StreamWriter) -> None:
        for part in parts:
            writer.write(part)
            await writer.drain()
            await asyncio.sleep(pause)

    return script


async def reset(writer: asyncio.StreamWriter) -> None:
    """Half an answer, then RST instead of FIN."""
    writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\nhalf")
    await writer.drain()
    raw: socket.socket = writer.get_extra_info("socket")
    raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    writer.transport.abort()
