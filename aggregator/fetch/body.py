"""Content codings undone as the bytes stream in, never beyond a cap: pure, one object per answer.

We ask for gzip only. Brotli and zstd are refused rather than decoded: nobody asked for them, and a decoder
without a cap is a bomb (CVE-2025-6176).
"""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from io import BytesIO

GZIP_OR_ZLIB = 32 + zlib.MAX_WBITS
"""zlib looks at the first bytes and takes either wrapper."""

CODINGS = {"gzip": GZIP_OR_ZLIB, "x-gzip": GZIP_OR_ZLIB, "deflate": GZIP_OR_ZLIB}
NO_CODINGS = frozenset({"", "identity", "none", "utf-8"})
"""The last two are no codings, but servers send them beside plain bodies."""

STEP = 262_144
"""Bytes unpacked at a time: a few bytes of a bomb would else fill the memory up to the cap at once."""

MOST_MEMBERS = 100
"""Gzip members in one body. Log rotation makes a few; thousands of empty ones only cost us time."""


class BodyError(Exception):
    """The body cannot be taken; the message says why, in one line."""


class TooLargeError(BodyError):
    """The body is larger than the cap, packed or unpacked."""


def _is_raw_deflate(first: bytes) -> bool:
    """True when `deflate` was sent without the zlib wrapper that RFC 9110 8.4.1.2 demands, as some servers do."""
    return len(first) > 1 and ((first[0] << 8 | first[1]) % 31 != 0 or first[0] & 0x0F != zlib.DEFLATED)


class Body:
    """Collects one answer's bytes; `cap` bounds both what comes in and what comes out of the decoder.

    Raises BodyError for a coding that we do not take and TooLargeError at the first byte beyond the cap.
    """

    def __init__(self, coding: str, cap: int) -> None:
        name = coding.strip().lower()
        if name not in CODINGS and name not in NO_CODINGS:
            raise BodyError(f"the body comes in a coding that was not asked for ({name[:40]})")
        self._coding = name if name in CODINGS else ""
        self._cap, self._received = cap, 0
        self._taken = BytesIO()  # which hands its bytes over as they are; joined parts would be there twice
        self._size = 0
        self._members = 0
        self._ended = False
        self._inflate: zlib._Decompress | None = None

    @property
    def size(self) -> int:
        """Bytes so far, unpacked."""
        return self._size

    def feed(self, chunk: bytes) -> None:
        """Take the next bytes from the wire. Raises BodyError and TooLargeError."""
        for _ in self.taking(chunk):
            pass

    def taking(self, chunk: bytes) -> Iterator[None]:
        """The same in steps that add STEP bytes at most each, so that whoever feeds may wait between them."""
        self._received += len(chunk)
        if self._received > self._cap:
            raise TooLargeError(f"the body is larger than {self._cap:,} bytes")
        if not self._coding:
            self._keep(chunk)
            yield
            return
        try:
            yield from self._decode(chunk)
        except zlib.error as error:
            raise BodyError(f"the {self._coding} body is damaged ({error})") from None

    def _decode(self, chunk: bytes) -> Iterator[None]:
        """Inflate `chunk`, member after member, each step no further than one byte beyond the cap."""
        while chunk and not self._ended:
            if self._inflate is None or self._inflate.eof:
                self._members += 1
                raw = self._coding == "deflate" and _is_raw_deflate(chunk)
                self._inflate = zlib.decompressobj(-zlib.MAX_WBITS if raw else CODINGS[self._coding])
            self._keep(self._inflate.decompress(chunk, min(STEP, self._cap - self._size + 1)))
            yield
            if not self._inflate.eof:
                chunk = self._inflate.unconsumed_tail
                continue
            # A gzip file may hold several members (RFC 1952 2.2); padding after the last one is no member.
            chunk = self._inflate.unused_data
            self._ended = bool(chunk) and not chunk.startswith(b"\x1f\x8b")
            if self._members >= MOST_MEMBERS:
                raise BodyError(f"the {self._coding} body has more than {MOST_MEMBERS} members")

    def _keep(self, part: bytes) -> None:
        self._size += len(part)
        if self._size > self._cap:
            raise TooLargeError(f"the body is larger than {self._cap:,} bytes unpacked")
        self._taken.write(part)

    def finish(self) -> bytes:
        """The whole body, to be asked for once. Raises BodyError when a packed one ends too early."""
        if self._coding and self._received and (self._inflate is None or not self._inflate.eof):
            raise BodyError(f"the {self._coding} body ends too early")
        taken, self._taken = self._taken, BytesIO()
        return taken.getvalue()
