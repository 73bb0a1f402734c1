"""The one door where people type: every key of config.toml, its type, its default and its meaning.

This module knows the keys; `config_file` reads and edits the file and says where a mistake stands.
Durations are written as a number and a unit (`90s`, `15m`, `2h`, `30d`), sizes as `15MB`.
Secrets are never values here: `password_env` and `password_file` name where to find them.
"""

from __future__ import annotations

import re
from datetime import time, timedelta
from ipaddress import IPv4Network, IPv6Network, ip_network
from typing import Annotated, Any, Literal, Self
from zoneinfo import ZoneInfo, available_timezones

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, field_validator, model_validator

UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86400, "w": 604800}
SIZES = {"": 1, "B": 1, "KB": 1000, "MB": 1000**2, "GB": 1000**3}
LONGEST_DURATION = 100 * 366 * 86400
PLACEHOLDER_CONTACT = "you@example.org"
"""The contact that the shipped config carries; with it the public web is not polled (etiquette rule 23)."""

UNSAFE_ENCODINGS = frozenset({"utf-7", "unicode-escape", "raw-unicode-escape", "idna", "punycode", "hz", "iso-2022-kr"})
"""In these plain letters can stand for markup, or they are no encodings of documents at all."""


def parse_duration(value: Any) -> Any:
    """Turn `90s`, `15m`, `2h`, `30d`, `2w` or `0` into a timedelta; leave other types to pydantic.

    Raises ValueError, which pydantic turns into a located mistake.
    """
    if isinstance(value, timedelta):
        return value
    match = re.fullmatch(r"(\d+(?:\.\d+)?)\s*([smhdw])", str(value).strip())
    if match is None and str(value) == "0":
        return timedelta(0)
    if match is None:
        raise ValueError('write a duration as a number and a unit, such as "90s", "15m", "2h" or "30d"')
    seconds = float(match[1]) * UNITS[match[2]]
    if seconds > LONGEST_DURATION:
        raise ValueError("a duration of more than a hundred years is no duration")
    return timedelta(seconds=seconds)


def parse_size(value: Any) -> Any:
    """Turn `15MB` or a number of bytes into an int. Raises ValueError."""
    if isinstance(value, int):
        return value
    match = re.fullmatch(r"(\d+)\s*(B|KB|MB|GB)?", str(value).strip(), re.IGNORECASE)
    if match is None:
        raise ValueError('write a size in bytes or as "500KB" or "15MB"')
    return int(match[1]) * SIZES[(match[2] or "").upper()]


def parse_network(value: Any) -> Any:
    """Turn `192.168.1.0/24`, `127.0.0.1` or `::1` into a network. Raises ValueError."""
    if not isinstance(value, str | IPv4Network | IPv6Network):
        raise ValueError('write a network as "192.168.1.0/24" or an address as "127.0.0.1"')  # noqa: TRY004  (located)
    return ip_network(value, strict=False)


def parse_time(value: Any) -> Any:
    """Turn `06:30` into a time of day without zone. Raises ValueError."""
    read = time.fromisoformat(value) if isinstance(value, str) else value
    if not isinstance(read, time) or read.tzinfo is not None:
        raise ValueError('write a time of day as "06:30"; the zone is site.timezone')
    return read


Duration = Annotated[timedelta, BeforeValidator(parse_duration)]
Size = Annotated[int, BeforeValidator(parse_size), Field(gt=0)]
Network = Annotated[IPv4Network | IPv6Network, BeforeValidator(parse_network)]
Clock = Annotated[time, BeforeValidator(parse_time)]
Share = Annotated[float, Field(ge=0.0, le=1.0)]
Weight = Annotated[float, Field(ge=0.0, le=100.0)]
WebAddress = Annotated[str, Field(pattern=r"^https?://\S+$", max_length=2000)]


class Table(BaseModel):
    """The rules of every table: unknown keys are mistakes, values do not change after loading."""

    model_config = ConfigDict(extra="forbid", frozen=True, validate_default=True)


class Site(Table):
    """What is published, and where to."""

    title: str = "Fair Copy"
    url: WebAddress | None = None
    output: str = "site"
    timezone: str = "UTC"
    language: str = "en"
    templates: str | None = None

    @field_validator("timezone")
    @classmethod
    def known_zone(cls, value: str) -> str:
        """Offsets and abbreviations are refused: only an IANA zone knows when clocks change."""
        if value not in available_timezones():
            raise ValueError(f'"{value}" is no IANA time zone; write one such as "Europe/Berlin"')
        return value

    @property
    def zone(self) -> ZoneInfo:
        """The zone in which days begin and times are shown."""
        return ZoneInfo(self.timezone)


class StoreTable(Table):
    """Where everything is kept."""

    url: str = "sqlite:///aggregator.sqlite"


class Fetch(Table):
    """How the web is read. The rules and their reasons: README.md, "Manners"."""

    contact: str = PLACEHOLDER_CONTACT
    interval: Duration = timedelta(minutes=60)
    min_interval: Duration = timedelta(minutes=15)
    max_interval: Duration = timedelta(hours=24)
    concurrency: Annotated[int, Field(ge=1, le=1000)] = 100
    """With so many, a thousand feeds that answer in 0.2 s are two seconds of waiting; each host's own limits stay."""
    per_host: Annotated[int, Field(ge=1, le=8)] = 1
    host_delay: Duration = timedelta(seconds=5)
    timeout: Duration = timedelta(seconds=30)
    max_body: Size = 15_000_000
    max_entries: Annotated[int, Field(ge=1)] = 2000
    allow_private: tuple[Network, ...] = ()
    proxy: WebAddress | None = None
    user_agent: str | None = None
    new_feed_items: Annotated[int, Field(ge=0)] = 10
    full_text: bool = False

    @model_validator(mode="after")
    def ordered_intervals(self) -> Self:
        """The floor stands below the interval, the interval below the ceiling."""
        if not self.min_interval <= self.interval <= self.max_interval:
            raise ValueError("min_interval, interval and max_interval must ascend")
        return self


class Dedup(Table):
    """When two texts are the same piece. Measures leave each outlet's boilerplate out.

    Chosen on three labelled sets of families at once, as `dedup.verify` tells. `containment`: .45 finds .984 of heavily
    edited copies and merges 11 % of round-ups, .55 finds .972 and merges 8.5 %, .5 finds .981 and merges 9.8 %.
    `excerpt_containment`: .75 merges 12 % of round-ups, .95 merges 7 % and loses edited excerpts. Between .55 and .75
    `same_outlet_jaccard`, and between 14 and 28 `min_shared`, change nothing.
    """

    window: Duration = timedelta(days=30)
    containment: Share = 0.5
    same_outlet_jaccard: Share = 0.65
    excerpt_containment: Share = 0.85
    min_shared: Annotated[int, Field(ge=1)] = 20
    patterns: str | None = None


class Stories(Table):
    """When two pieces tell of one event."""

    window: Duration = timedelta(hours=72)
    threshold: Share = 0.16


class Category(Table):
    """A section of the edition."""

    weight: Weight = 1.0
    order: int = 100
    full_text: bool | None = None


class Digest(Table):
    """One audience: when its edition is made, what goes in, who gets it."""

    name: Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9-]{0,39}$")] = "daily"
    title: str | None = None
    time: Clock = time(6, 30)
    cron: str | None = None
    days: Annotated[int, Field(ge=1, le=31)] = 1
    categories: tuple[str, ...] = ()
    max_stories: Annotated[int, Field(ge=1, le=2000)] = 200
    recipients: tuple[Annotated[str, Field(pattern=r"^[^@\s]+@[^@\s]+$", max_length=254)], ...] = ()


class Mail(Table):
    """How editions are mailed. `maildir` needs no server: any mail program can open the folder."""

    transport: Literal["maildir", "smtp", "none"] = "maildir"
    maildir: str = "mail"
    host: str = "localhost"
    port: Annotated[int, Field(ge=1, le=65535)] = 587
    security: Literal["starttls", "tls", "none"] = "starttls"
    username: str | None = None
    password_env: str | None = None
    password_file: str | None = None
    sender: str = Field(default="Fair Copy <digest@localhost>", alias="from")
    retry: Duration = timedelta(minutes=15)

    model_config = ConfigDict(extra="forbid", frozen=True, validate_default=True, populate_by_name=True)


class Retention(Table):
    """How long things are kept; 0 keeps for ever."""

    entries: Duration = timedelta(0)
    request_log: Annotated[int, Field(ge=1)] = 30


class Metrics(Table):
    """Numbers for Prometheus."""

    listen: str | None = None


class Outlet(Table):
    """A publisher's name, and what belongs to it."""

    name: str
    domains: tuple[str, ...] = ()
    aliases: tuple[str, ...] = ()
    owner: str | None = None
    priority: int = 0
    weight: Weight = 1.0


class FeedTable(Table):
    """One feed."""

    url: WebAddress
    title: str | None = None
    outlet: str | None = None
    category: str | None = None
    interval: Annotated[timedelta, BeforeValidator(parse_duration), Field(gt=timedelta(0))] | None = None
    full_text: bool | None = None
    headers: dict[str, str] = {}
    auth_env: str | None = None
    auth_file: str | None = None
    cookie_env: str | None = None
    cookie_file: str | None = None
    proxy: WebAddress | None = None
    user_agent: str | None = None
    encoding: str | None = None
    ignore_validators: bool = False

    @field_validator("headers")
    @classmethod
    def without_secrets(cls, value: dict[str, str]) -> dict[str, str]:
        """Logins are no values of the config."""
        for name, key in (("authorization", "auth"), ("cookie", "cookie")):
            if name in {header.lower() for header in value}:
                raise ValueError(f"{name} does not stand here: {key}_env or {key}_file says where it is")
        return value

    @field_validator("encoding")
    @classmethod
    def known_encoding(cls, value: str | None) -> str | None:
        """Only encodings of text in which markup stands as itself, or as itself in wide letters."""
        try:
            plain = value is None or "<a>".encode(value).replace(b"\x00", b"").lstrip(b"\xfe\xff") == b"<a>"
        except (LookupError, UnicodeError):
            plain = False
        if not plain or (value or "").lower().replace("_", "-") in UNSAFE_ENCODINGS:
            raise ValueError(f'"{value}" is no encoding of text that is known here; write one such as "windows-1251"')
        return value

    @property
    def has_login(self) -> bool:
        """Whether requests carry what is for this feed's own server alone."""
        return bool(self.headers or self.auth_env or self.auth_file or self.cookie_env or self.cookie_file)


class Config(Table):
    """The whole file."""

    site: Site = Site()
    store: StoreTable = StoreTable()
    fetch: Fetch = Fetch()
    dedup: Dedup = Dedup()
    stories: Stories = Stories()
    categories: dict[str, Category] = {}
    digests: tuple[Digest, ...] = (Digest(),)
    mail: Mail = Mail()
    retention: Retention = Retention()
    metrics: Metrics = Metrics()
    outlets: tuple[Outlet, ...] = ()
    feeds: tuple[FeedTable, ...] = ()
