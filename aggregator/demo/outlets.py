"""The demo's outlets as records, read from the texts beside this module.

The texts are data, one TOML file an outlet under `outlets/`, all of them our own: places, persons and papers are
invented, and their domains end in `.example` (RFC 2606), which no resolver answers. A file gives the outlet's own
fields, the paragraphs that it prints over (`head`) and under (`foot`) every entry, and its entries. Paragraphs are
separated by an empty line and carry the marks that `markup` knows.
"""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.resources import files
from typing import Any

from aggregator.model import Enclosure

CREDIT_PLACE = "{credit}"
"""The foot's paragraph in whose place an entry's credit stands; without one the credit ends the text."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SampleEdit:
    """What an entry says from `at` on, under the same guid."""

    at: datetime
    title: str
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SampleEntry:
    """One entry. `published` is what the outlet claims, `appears` when its feed first holds it."""

    key: str
    """A short name, unique within the outlet, for tests and for reading."""
    guid: str
    link: str
    title: str
    text: str
    published: datetime
    appears: datetime
    authors: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()
    credit: tuple[str, ...] = ()
    """The paragraphs that say where the text came from."""
    source: tuple[str, str] | None = None
    """(name, address) of a source declared in the feed's own fields."""
    enclosure: Enclosure | None = None
    edits: tuple[SampleEdit, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class SampleOutlet:
    """One outlet and its feed. `style` is one of `documents.STYLES`; `status` other than 200 is a feed that fails."""

    slug: str
    name: str
    domain: str
    style: str
    language: str
    category: str
    title: str
    description: str
    owner: str | None = None
    head: tuple[str, ...] = ()
    foot: tuple[str, ...] = ()
    excerpt_words: int | None = None
    """The feed gives no more than so many words of each text; None: the whole."""
    tail: bool = False
    """Whether "The post … appeared first on …" ends each entry, as WordPress has it."""
    status: int = 200
    entries: tuple[SampleEntry, ...] = ()

    @property
    def path(self) -> str:
        """Where the feed is served: `/quay-dispatch/feed.xml`."""
        return f"/{self.slug}/feed.{'json' if self.style == 'json' else 'xml'}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Printing:
    """An entry as it reads at one moment: `changed` is when it came to read so."""

    entry: SampleEntry
    title: str
    paragraphs: tuple[str, ...]
    """The entry's own, with its credit but without the outlet's head and foot."""
    changed: datetime


def load_outlets() -> tuple[SampleOutlet, ...]:
    """All outlets, by slug; the texts travel in the package."""
    folder = files("aggregator.demo") / "outlets"
    documents = sorted((file for file in folder.iterdir() if file.name.endswith(".toml")), key=lambda file: file.name)
    return tuple(_outlet(tomllib.loads(file.read_text(encoding="utf-8"))) for file in documents)


def printings(outlet: SampleOutlet, at: datetime) -> tuple[Printing, ...]:
    """The entries that the feed holds at `at`, as they read then, newest first."""
    held = [_printing(entry, at) for entry in outlet.entries if entry.appears <= at]
    return tuple(sorted(held, key=lambda printing: printing.entry.appears, reverse=True))


def page(outlet: SampleOutlet, printing: Printing) -> tuple[str, ...]:
    """The paragraphs of an entry with all that the outlet prints round it."""
    credit = printing.entry.credit
    if CREDIT_PLACE not in outlet.foot:
        return (*outlet.head, *printing.paragraphs, *credit, *outlet.foot)
    place = outlet.foot.index(CREDIT_PLACE)
    return (*outlet.head, *printing.paragraphs, *outlet.foot[:place], *credit, *outlet.foot[place + 1 :])


def _printing(entry: SampleEntry, at: datetime) -> Printing:
    """The latest version that `at` has reached."""
    title, text, changed = entry.title, entry.text, entry.appears
    for edit in entry.edits:
        if edit.at <= at:
            title, text, changed = edit.title, edit.text, edit.at
    return Printing(entry=entry, title=title, paragraphs=_paragraphs(text), changed=changed)


def _paragraphs(text: str) -> tuple[str, ...]:
    return tuple(paragraph.strip() for paragraph in text.split("\n\n") if paragraph.strip())


def _outlet(table: dict[str, Any]) -> SampleOutlet:
    lists: dict[str, Any] = {name: tuple(table.pop(name, ())) for name in ("head", "foot")}
    entries = tuple(_entry(entry) for entry in table.pop("entries", ()))
    return SampleOutlet(**table, **lists, entries=entries)


def _entry(table: dict[str, Any]) -> SampleEntry:
    enclosure = table.pop("enclosure", None)
    source = table.pop("source", None)
    published = table.pop("published").astimezone(UTC)
    appears = table.pop("appears", published).astimezone(UTC)
    edits = tuple(SampleEdit(**edit | {"at": edit["at"].astimezone(UTC)}) for edit in table.pop("edits", ()))
    lists: dict[str, Any] = {name: tuple(table.pop(name, ())) for name in ("authors", "tags", "credit")}
    return SampleEntry(
        **table,
        **lists,
        published=published,
        appears=appears,
        edits=edits,
        source=(source["name"], source["url"]) if source else None,
        enclosure=Enclosure(**enclosure) if enclosure else None,
    )
