"""Documents in the encoding that their reader names for them, where they and their servers are known to be wrong."""

from __future__ import annotations

import re

_DECLARATION = re.compile(r"\A\ufeff?\s*<\?xml[^>]{0,200}\?>")


def in_utf_8(body: bytes, encoding: str) -> bytes:
    """The document in UTF-8 and without what it says of itself; bytes that `encoding` does not have become U+FFFD."""
    return _DECLARATION.sub("", body.decode(encoding, "replace")).lstrip("\ufeff").encode("utf-8", "replace")
