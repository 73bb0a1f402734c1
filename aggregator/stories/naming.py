"""Which id each group of pieces goes by after a repair. Pure.

A story's id is the id of its founding piece, so that every id stays free of any counter and the same after a restart.
An id goes to the group that holds most of its frozen pieces (readers have seen them there), then most of its pieces,
then to the older story first. A group that inherits nothing takes the id of its earliest piece that names no story.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Member:
    """A piece and the story it stood in; `frozen` if readers may rely on that. `weight` stands for so many like it."""

    piece: int
    story: int
    frozen: bool
    weight: int = 1


def name_groups(
    groups: Sequence[Sequence[Member]], live: Collection[int], aliases: Collection[int]
) -> list[int | None]:
    """An id for each group, members in order of arrival; None where a group can have none and must stay where it was.

    `live` are the ids of all stories outside these groups, `aliases` the ids that stories once had: one of these
    returns to life only for the piece that founded it, and only where every other id of the group is taken.
    """
    names = _inherited(groups)
    for group, members in enumerate(groups):
        if names[group] is None:
            taken = {*live, *(name for name in names if name is not None)}
            names[group] = _own(members, taken, aliases)
            if names[group] is None:
                _take_back(group, groups, names, taken, aliases)
    return names


def _inherited(groups: Sequence[Sequence[Member]]) -> list[int | None]:
    """The story that each group goes on with, if any."""
    claims = []
    for group, members in enumerate(groups):
        frozen, every = Counter[int](), Counter[int]()
        for member in members:
            every[member.story] += member.weight
            frozen[member.story] += member.weight if member.frozen else 0
        claims += [(-frozen[story], -count, story, group) for story, count in every.items()]
    names: list[int | None] = [None] * len(groups)
    given: set[int] = set()
    for _, _, story, group in sorted(claims):
        if names[group] is None and story not in given:
            names[group] = story
            given.add(story)
    return names


def _own(members: Sequence[Member], taken: Collection[int], aliases: Collection[int]) -> int | None:
    """The earliest of the members' own ids that names nothing yet, else the earliest that names nothing any more."""
    free = [member.piece for member in members if member.piece not in taken]
    unused = [piece for piece in free if piece not in aliases]
    return next(iter(unused or free), None)


def _take_back(
    group: int,
    groups: Sequence[Sequence[Member]],
    names: list[int | None],
    taken: Collection[int],
    aliases: Collection[int],
) -> None:
    """Give a group its founding piece's id back from the group that inherited it, unless readers have seen it there."""
    for member in groups[group]:
        if member.piece not in names:
            continue
        holder = names.index(member.piece)
        seen = any(other.frozen and other.story == member.piece for other in groups[holder])
        other_name = _own(groups[holder], taken, aliases)
        if not seen and other_name is not None:
            names[holder], names[group] = other_name, member.piece
            return
