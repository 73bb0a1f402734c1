"""What can become of a message: three expected outcomes, each with the other side's words.

`reply` is one line for the delivery log and for people: bounded, without controls, without secrets.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

from aggregator.text.characters import tidy

REPLY_LIMIT = 500
"""Characters of a reply that are kept: RFC 5321 allows 512 bytes a line, and the first lines say it all."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivered:
    """The next system has taken the message over."""

    reply: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Deferred:
    """Not now: the message must be tried again, later, under the same Message-ID."""

    reply: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Refused:
    """Never: this message to this recipient will not be taken."""

    reply: str


Outcome: TypeAlias = Delivered | Deferred | Refused


def one_line(reply: str | bytes, *, secret: str | None = None) -> str:
    """A reply as one bounded line; should the other side repeat a secret, it is taken out."""
    words = reply.decode("utf-8", "replace") if isinstance(reply, bytes) else reply
    words = words.replace(secret, "…") if secret else words
    return " ".join(tidy(words).split())[:REPLY_LIMIT]
