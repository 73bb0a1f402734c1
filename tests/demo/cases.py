"""What the demo's texts were written to show, and what a right answer says of them.

Entries are named `(outlet slug, key)` here; `reference` turns that into what stands in the store: the outlet's name
and the guid. An entry that stands in no expected piece is a piece of its own.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

from aggregator.demo.outlets import SampleEntry, SampleOutlet, load_outlets
from aggregator.model import Role

Name: TypeAlias = tuple[str, str]
"""(outlet slug, entry key)."""

OUTLETS: dict[str, SampleOutlet] = {outlet.slug: outlet for outlet in load_outlets()}
ENTRIES: dict[Name, SampleEntry] = {(slug, entry.key): entry for slug, o in OUTLETS.items() for entry in o.entries}


@dataclass(frozen=True, slots=True, kw_only=True)
class ExpectedCopy:
    """One member that is not the original. `credits`: the outlet named; None: the text names nobody."""

    name: Name
    role: Role
    credits: str | None = None
    alarms: tuple[str, ...] = ()

    @property
    def outlet(self) -> str:
        return OUTLETS[self.name[0]].name

    @property
    def guid(self) -> str:
        return ENTRIES[self.name].guid


@dataclass(frozen=True, slots=True, kw_only=True)
class ExpectedPiece:
    """One text on the evening of day two. `original` None: an outlet that the demo does not follow."""

    key: str
    original: Name | None
    copies: tuple[ExpectedCopy, ...]

    @property
    def members(self) -> tuple[Name, ...]:
        own = (self.original,) if self.original else ()
        return (*own, *(copy.name for copy in self.copies))


@dataclass(frozen=True, slots=True, kw_only=True)
class ExpectedStory:
    """Entries of one event, one for each of its pieces. `outlets_day_one` counts those that carried it on day one."""

    key: str
    pieces: tuple[Name, ...]
    outlets_day_one: int
    outlets_day_two: int


def reference(name: Name) -> tuple[str, str]:
    """(outlet's name, guid)."""
    return OUTLETS[name[0]].name, ENTRIES[name].guid


def republication(slug: str, key: str, credited: str | None, *alarms: str) -> ExpectedCopy:
    return ExpectedCopy(name=(slug, key), role=Role.REPUBLICATION, credits=credited, alarms=alarms)


def excerpt(slug: str, key: str, *alarms: str) -> ExpectedCopy:
    return ExpectedCopy(name=(slug, key), role=Role.EXCERPT, alarms=alarms)


EXPECTED: tuple[ExpectedPiece, ...] = (
    ExpectedPiece(
        key="lock-letters",
        original=("quay-dispatch", "lock-letters"),
        copies=(
            republication("daily-kestrel", "lock-letters", "Quay Dispatch"),
            republication("tidewater-post", "lock-letters", "Quay Dispatch"),
            republication("upland-record", "lock-letters", "Daily Kestrel", "credits-copy"),
            republication("averil-today", "lock-letters", None, "no-credit", "claimed-before-original"),
            excerpt("quickbrief", "lock-letters", "no-credit"),
        ),
    ),
    ExpectedPiece(
        key="lock-third-letter",
        original=("quay-dispatch", "lock-third-letter"),
        copies=(
            republication("daily-kestrel", "lock-third-letter", "Quay Dispatch"),
            excerpt("quickbrief", "lock-third-letter", "no-credit"),
        ),
    ),
    ExpectedPiece(
        key="ferry-talks",
        original=("merrow-wire", "ferry-talks"),
        copies=(
            republication("daily-kestrel", "ferry-talks", "Merrow Wire"),
            republication("tidewater-post", "ferry-talks", "Merrow Wire"),
            republication("harbour-courier", "ferry-talks", "Merrow Wire"),
            republication("upland-record", "ferry-talks", "Merrow Wire"),
        ),
    ),
    ExpectedPiece(
        key="water-court",
        original=("tidewater-post", "water-court"),
        copies=(excerpt("quickbrief", "water-court", "no-credit"),),
    ),
    ExpectedPiece(
        key="bank-outage",
        original=("daily-kestrel", "bank-outage"),
        copies=(republication("averil-today", "bank-outage", None, "no-credit"),),
    ),
    ExpectedPiece(
        key="whale-cable",
        original=("signal-and-stream", "whale-cable"),
        copies=(
            republication("tidewater-post", "whale-cable", "Signal & Stream"),
            republication("averil-today", "whale-cable", None, "no-credit"),
            excerpt("quickbrief", "whale-cable", "no-credit"),
        ),
    ),
    # One owner, so nobody owes a credit.
    ExpectedPiece(key="benches", original=("averil-today", "benches"), copies=(excerpt("quickbrief", "benches"),)),
    # A lone copy of an outlet that the demo does not follow.
    ExpectedPiece(
        key="cloudberry",
        original=None,
        copies=(republication("severny-mayak", "cloudberry", "Вестник Залива"),),
    ),
)

STORIES: tuple[ExpectedStory, ...] = (
    ExpectedStory(
        key="lock",
        pieces=(
            ("quay-dispatch", "lock-letters"),
            ("harbour-courier", "lock-users"),
            ("quay-dispatch", "lock-third-letter"),
            ("merrow-wire", "lock-operator"),
        ),
        outlets_day_one=5,
        outlets_day_two=8,
    ),
    ExpectedStory(
        key="ferry",
        pieces=(
            ("merrow-wire", "ferry-talks"),
            ("harbour-courier", "ferry-islands"),
            ("merrow-wire", "ferry-envoy"),
        ),
        outlets_day_one=5,
        outlets_day_two=5,
    ),
    ExpectedStory(
        key="water",
        pieces=(
            ("tidewater-post", "water-court"),
            ("harbour-courier", "water-court"),
            ("upland-record", "wells-of-tamsel"),
        ),
        outlets_day_one=3,
        outlets_day_two=4,
    ),
    ExpectedStory(
        key="bank",
        pieces=(("daily-kestrel", "bank-outage"), ("signal-and-stream", "bank-update")),
        outlets_day_one=3,
        outlets_day_two=3,
    ),
)

LOOK_ALIKES: tuple[tuple[Name, Name], ...] = (
    (("harbour-courier", "boat-sold-twice"), ("upland-record", "field-sold-twice")),
    (("merrow-wire", "fish-auction"), ("merrow-wire", "fish-auction-friday")),
)
"""Alike in headline and formula; never one piece. The first pair is never one story either."""

REWRITES: tuple[tuple[Name, Name], ...] = (
    (("tidewater-post", "water-court"), ("harbour-courier", "water-court")),
    (("daily-kestrel", "bank-outage"), ("signal-and-stream", "bank-update")),
    (("quay-dispatch", "lock-letters"), ("harbour-courier", "lock-users")),
)
"""One event in different words: one story, two pieces."""

ROUND_UP: Name = ("harbour-courier", "friday-reading")
QUOTED: tuple[Name, ...] = (
    ("quay-dispatch", "lock-letters"),
    ("upland-record", "rain-book"),
    ("signal-and-stream", "whale-cable"),
)
"""The pieces that the round-up quotes without being a copy of any."""

LINKS_WITHOUT_COPYING: tuple[Name, ...] = (("harbour-courier", "lock-users"), ROUND_UP)
"""Own texts that name or link others: originals, whatever credit a reader might see in the links."""

CORRECTED: Name = ("daily-kestrel", "bank-outage")
CLAIMS_TO_BE_OLDER: Name = ("averil-today", "lock-letters")
WITH_VIDEO: Name = ("signal-and-stream", "whale-cable")
FAILS = "le-phare"
EXCERPT_ONLY = "quickbrief"
