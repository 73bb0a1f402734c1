"""Documents in the encoding that their reader names for them, where they and their servers are known to be wrong."""

from __future__ import annotations

import codecs
import re

STEP = 1_000_000
"""Bytes that are decoded at a time where only their validity counts: one odd letter makes text four times as large."""
_DECLARATION = re.compile(r"\A\ufeff?\s*<\?xml[^>]{0,200}\?>")


def in_utf_8(body: bytes, encoding: str) -> bytes:
    """The document in UTF-8 and without what it says of itself; bytes that `encoding` does not have become U+FFFD."""
    return _DECLARATION.sub("", body.decode(encoding, "replace")).lstrip("\ufeff").encode("utf-8", "replace")


def is_utf_8(body: bytes) -> bool:
    """Whether the bytes are valid UTF-8."""
    if body.isascii():
        return True
    decoder = codecs.getincrementaldecoder("utf-8")()
    view = memoryview(body)
    try:
        for place in range(0, len(body), STEP):
            decoder.decode(view[place : place + STEP])
        decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        return False
    return True
