"""Corrections by hand, laid over what grouping says by itself. Pure: groups in, groups out.

The log is told anew over every recomputation, in order, so that a later copy cannot undo a correction and taking one
back leaves what the program itself would say:

    merge         the two groups become one
    split         one member leaves its group, alone
    never-join    last of all: whoever would stand with both goes with the one it is more like
    pin-original  the last one within a piece decides its original

Members are entries for pieces and pieces for stories. A group goes on under the id of a founding member that it holds.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Final

from aggregator.model import Copy, Piece
from aggregator.store.overrides import Override

MERGE, SPLIT, NEVER_JOIN, PIN = "merge", "split", "never-join", "pin-original"
PIECE, STORY = "piece", "story"
DONE: Final = {MERGE: "merged", SPLIT: "split off", NEVER_JOIN: "kept apart", PIN: "pinned as the original"}

Likeness = Callable[[int, int], float]


@dataclass(frozen=True, slots=True, kw_only=True)
class Correction:
    """One correction that stands; `level` is `piece` or `story`, `members` one or two entries, or pieces later on."""

    id: int
    kind: str
    level: str
    members: tuple[int, ...]
    made_at: datetime


@dataclass(slots=True)
class Group:
    """Members that stand together; `own` is the id by which grouping knows them, None once a hand was laid on them."""

    members: set[int]
    own: int | None = None
    bonds: set[frozenset[int]] = field(default_factory=set)
    """Pairs that were merged by hand and belong together whatever else parts the group."""


def standing(log: Iterable[Override]) -> tuple[Correction, ...]:
    """The corrections that were not taken back, in the order of making; kinds of a newer program are let be."""
    return tuple(
        Correction(
            id=one.id,
            kind=one.kind,
            level=one.arguments.get("level", PIECE),
            members=tuple(one.arguments["entries"]),
            made_at=one.made_at,
        )
        for one in log
        if one.undone_at is None and one.kind in DONE
    )


def of_level(corrections: Iterable[Correction], level: str) -> tuple[Correction, ...]:
    """Those that are about pieces, or those that are about stories."""
    return tuple(one for one in corrections if one.level == level)


def concerned(corrections: Iterable[Correction], members: Collection[int]) -> tuple[Correction, ...]:
    """Those that name any of the members."""
    return tuple(one for one in corrections if not set(members).isdisjoint(one.members))


def partners(corrections: Iterable[Correction], members: Collection[int]) -> set[int]:
    """What the members are merged with by hand, themselves included."""
    return {key for one in concerned(corrections, members) if one.kind == MERGE for key in one.members}


# ---------------------------------------------------------------- groups


def regrouped(home: Mapping[int, int], corrections: Sequence[Correction], likeness: Likeness) -> list[Group]:
    """The groups that `home` (member to the group it is in by itself) gives, corrected, by their smallest members."""
    groups: dict[int, Group] = {}
    for member, own in home.items():
        groups.setdefault(own, Group(set(), own)).members.add(member)
    place = {member: groups[own] for member, own in home.items()}
    for one in corrections:
        known = [place[member] for member in one.members if member in place]
        if one.kind == MERGE and len(known) == len(one.members):
            _merge(place, one.members)
        elif one.kind == SPLIT and known:
            _split(place, one.members[0])
    for one in corrections:
        if one.kind == NEVER_JOIN and place.keys() >= set(one.members):
            _part(place, min(one.members), max(one.members), likeness)
    return sorted({id(group): group for group in place.values()}.values(), key=lambda group: min(group.members))


def _merge(place: dict[int, Group], pair: Sequence[int]) -> None:
    first, second = (place[member] for member in pair)
    if first is not second:
        first.own = None
        first.members |= second.members
        first.bonds |= second.bonds
        place.update(dict.fromkeys(second.members, first))
    first.bonds.add(frozenset(pair))


def _split(place: dict[int, Group], member: int) -> None:
    group = place[member]
    if len(group.members) > 1:
        group.own = None
        group.members.discard(member)
        group.bonds = {bond for bond in group.bonds if member not in bond}
        place[member] = Group({member})


def _part(place: dict[int, Group], first: int, second: int, likeness: Likeness) -> None:
    """Let the second go, and with it whoever is more like it than like the first; bonds hold."""
    group = place[first]
    if place[second] is not group:
        return
    parts = [unit for unit in units(group) if first not in unit]
    leaving = {member for unit in parts if _follows(unit, first, second, likeness) for member in unit}
    if leaving:
        gone = Group(leaving, bonds={bond for bond in group.bonds if bond <= leaving})
        group.own, group.members = None, group.members - leaving
        group.bonds -= gone.bonds
        place.update(dict.fromkeys(leaving, gone))


def _follows(unit: set[int], first: int, second: int, likeness: Likeness) -> bool:
    """Whether members that belong together go with the second rather than with the first."""
    near = [(likeness(member, first), likeness(member, second)) for member in unit if second not in unit]
    return second in unit or max(other for _, other in near) > max(one for one, _ in near)


def units(group: Group) -> list[set[int]]:
    """The members in sets that bonds hold together."""
    found = [{member} for member in sorted(group.members)]
    for bond in sorted(group.bonds, key=sorted):
        tied = [unit for unit in found if unit & bond]
        found = [unit for unit in found if not unit & bond] + [set().union(*tied)]
    return found


def holds(home: Mapping[int, int], one: Correction) -> bool:
    """Whether what is merged is together, and what is kept apart is not; members that are not there break nothing."""
    together = len({home[member] for member in one.members if member in home}) < len(one.members)
    return {MERGE: together, NEVER_JOIN: not together}.get(one.kind, True) or not home.keys() >= set(one.members)


# ---------------------------------------------------------------- pieces


def piece_homes(matched: Mapping[int, int], corrections: Sequence[Correction], likeness: Likeness) -> dict[int, int]:
    """Entry to piece, of all entries of the pieces that matching made."""
    found: dict[int, int] = {}
    for group in regrouped(matched, corrections, likeness):
        found |= dict.fromkeys(group.members, piece_name(group, matched))
    return found


def piece_name(group: Group, matched: Mapping[int, int]) -> int:
    """The id of the oldest piece whose founding entry the group holds, else of its first entry."""
    if group.own is not None:
        return group.own
    founders = {matched[member] for member in group.members} & group.members
    return min(founders or group.members)


def pinned(corrections: Iterable[Correction], members: Collection[int]) -> int | None:
    """The member that the last such correction declares the original."""
    pins = [one for one in concerned(corrections, members) if one.kind == PIN]
    return pins[-1].members[0] if pins else None


def with_evidence(piece: Piece, corrections: Iterable[Correction]) -> Piece:
    """The piece with a row of evidence for each correction that names one of its entries."""
    rows = {copy.entry_id: evidence(copy.entry_id, corrections) for copy in piece.copies}
    copies: tuple[Copy, ...] = tuple(
        replace(copy, evidence=(*copy.evidence, *rows[copy.entry_id])) if rows[copy.entry_id] else copy
        for copy in piece.copies
    )
    return replace(piece, copies=copies)


def evidence(entry: int, corrections: Iterable[Correction]) -> tuple[tuple[str, str], ...]:
    """The rows for one entry."""
    return tuple(("Correction", in_words(one, entry)) for one in concerned(corrections, [entry]))


def in_words(one: Correction, entry: int | None = None) -> str:
    """What was done by hand, and when; seen from one of the entries where one is given."""
    others = [member for member in one.members if member != entry]
    named = " and ".join(f"entry {member}" for member in others)
    link = {MERGE: " with ", NEVER_JOIN: " from "}.get(one.kind, "") if entry is not None else " "
    done = DONE[one.kind] if one.level == PIECE else f"its story {DONE[one.kind]}"
    what = f"{done}{link if named else ''}{named}"
    return f"{what}, by hand on {one.made_at:%Y-%m-%d} (correction {one.id})"
