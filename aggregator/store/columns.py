"""Column types that make both databases answer alike. They know texts and times, and no table.

SQLite returns times without a zone and accepts NULs; PostgreSQL refuses NULs, lone surrogates and index rows of
more than 2,704 bytes. Whatever differs is settled here, so that no statement and no caller has to know.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import BigInteger, DateTime, Dialect, Double, Integer, LargeBinary, Text
from sqlalchemy.types import TypeDecorator

MAX_SHORT = 300
"""Characters kept of a text that stands in an index: at four bytes each, far below PostgreSQL's 2,704."""

KEY_BYTES = 16
"""128 bits: a chance meeting among a billion texts is less likely than 1 in 10^20."""

Key = BigInteger().with_variant(Integer, "sqlite")
"""An id: SQLite numbers rows by itself only where the type is exactly INTEGER."""

_AS_JSON = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode
_FROM_JSON = json.JSONDecoder().raw_decode
"""What was written has no space around it, which is most of what `json.loads` looks for in a short text."""


def clean(text: str) -> str:
    """The text without NULs and lone surrogates, which PostgreSQL cannot hold; surrogate pairs become one character."""
    if "\x00" in text:
        text = text.replace("\x00", "")
    if text.isascii():
        return text
    try:
        text.encode()  # cheaper than a search: the driver encodes anyway, and nearly every text passes
    except UnicodeEncodeError:
        return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "ignore")
    return text


def clean_deeply(value: Any) -> Any:
    """A JSON value with every text in it cleaned, keys too."""
    if isinstance(value, str):
        return clean(value)
    if isinstance(value, dict):
        return {clean(str(name)): clean_deeply(inner) for name, inner in value.items()}
    if isinstance(value, list | tuple):
        return [clean_deeply(inner) for inner in value]
    return value


def key_of(text: str) -> bytes:
    """A short key for a text of any length, as it will be stored: index rows have a limit, guids have none."""
    return hashlib.blake2b(clean(text).encode(), digest_size=KEY_BYTES).digest()


def key_or_none(text: str | None) -> bytes | None:
    """The same for a text that may be missing."""
    return None if text is None else key_of(text)


class UtcTime(TypeDecorator[datetime]):
    """An aware time in UTC, in and out. Raises ValueError for a naive one: it could mean any of 38 zones."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Refuse naive times; SQLite gets UTC without a zone, whose text form sorts by time."""
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError(f"a time without zone cannot be stored: {value.isoformat()}")
        moment = value.astimezone(UTC)
        return moment.replace(tzinfo=None) if dialect.name == "sqlite" else moment

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Give the zone back."""
        del dialect
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


def seconds(stored: Sequence[Any]) -> list[float]:
    """Times since 1970, from those that a database gave as it keeps them: SQLite as text in UTC, PostgreSQL aware."""
    if stored and isinstance(stored[0], str):
        read, start = datetime.fromisoformat, datetime(1970, 1, 1)  # noqa: DTZ001  (a naive one takes a third of the time)
        return [(read(each) - start).total_seconds() for each in stored]
    return [each.timestamp() for each in stored]


class CleanText(TypeDecorator[str]):
    """A text of any length without NULs and lone surrogates."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: str | None, dialect: Dialect) -> str | None:
        """Clean on the way in, also where the text is only compared (the lookup fails as well as the insert)."""
        del dialect
        return None if value is None else clean(value)


class ShortText(TypeDecorator[str]):
    """A clean text that stands in an index, cut to `MAX_SHORT` characters: names of outlets, languages, kinds."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: str | None, dialect: Dialect) -> str | None:
        """Clean and cut, alike for storing and comparing."""
        del dialect
        return None if value is None else clean(value)[:MAX_SHORT]


class JsonText(TypeDecorator[Any]):
    """A JSON value as text: neither database looks inside, and PostgreSQL's own type refuses some of its escapes."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: Any, dialect: Dialect) -> str | None:
        """None stays NULL."""
        del dialect
        return None if value is None else _AS_JSON(clean_deeply(value))

    def process_result_value(self, value: str | None, dialect: Dialect) -> Any:
        """The value again; tuples come back as lists."""
        del dialect
        if value is None:
            return None
        return [] if value == "[]" else _FROM_JSON(value)[0]


class Seconds(TypeDecorator[timedelta]):
    """A length of time as seconds."""

    impl = Double
    cache_ok = True

    def process_bind_param(self, value: timedelta | None, dialect: Dialect) -> float | None:
        """Seconds, fractions included."""
        del dialect
        return None if value is None else value.total_seconds()

    def process_result_value(self, value: float | None, dialect: Dialect) -> timedelta | None:
        """The length again."""
        del dialect
        return None if value is None else timedelta(seconds=value)


Bytes = LargeBinary
