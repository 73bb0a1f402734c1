"""Corrections by hand, laid over the stories that grouping made. Pure: stories in, stories out.

Two stories that are merged go on under the older id and the other becomes an alias. A piece that is split off goes on
under its own id; where it founded the story, the rest takes the id of its earliest piece that names no story.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from datetime import datetime

from aggregator.model import Story
from aggregator.pipeline.overriding import Correction, Group, regrouped


def corrected_stories(
    stories: Sequence[Story], corrections: Sequence[Correction], dates: Mapping[int, datetime], taken: Collection[int]
) -> tuple[Story, ...]:
    """The stories as corrected, by id; the corrections name pieces.

    `dates` holds the time of every piece that is still one; `taken` are ids of stories that are not among these.
    """
    own = {piece: story.id for story in stories for piece in story.pieces if piece in dates}
    by_id = {story.id: story for story in stories}
    groups = regrouped(own, corrections, lambda _first, _second: 0.0)
    claims = claimed(groups, own)
    bulk = {story: place for place, mine in enumerate(claims) for story in mine}
    names = named(groups, claims, {*by_id, *taken})
    led = {story: names[place] for story, place in bulk.items()}
    made = [
        rebuilt(names[place], group, sorted(claims[place]), by_id, own, dates) for place, group in enumerate(groups)
    ]
    return tuple(sorted((pointing(story, led) for story in made), key=lambda story: story.id))


def claimed(groups: Sequence[Group], own: Mapping[int, int]) -> list[set[int]]:
    """For each group the stories of which it holds most pieces, the earlier group where level."""
    held = [Counter(own[piece] for piece in group.members) for group in groups]
    claims: list[set[int]] = [set() for _ in groups]
    for story in sorted(set(own.values())):
        claims[max(range(len(groups)), key=lambda place: held[place][story])].add(story)
    return claims


def named(groups: Sequence[Group], claims: Sequence[set[int]], taken: Collection[int]) -> list[int]:
    """An id for each group; takes from `claims` what goes to a founding piece that was split off."""
    names: dict[int, int] = {}
    for place, group in enumerate(groups):
        if not claims[place]:
            names[place] = next((piece for piece in sorted(group.members) if piece not in taken), min(group.members))
    for mine in claims:
        mine -= set(names.values())
    for place, group in enumerate(groups):
        if place not in names:
            free = [piece for piece in sorted(group.members) if piece not in taken and piece not in names.values()]
            names[place] = min(claims[place] or free or group.members)
    return [names[place] for place in range(len(groups))]


def rebuilt(
    name: int,
    group: Group,
    claims: Sequence[int],
    by_id: Mapping[int, Story],
    own: Mapping[int, int],
    dates: Mapping[int, datetime],
) -> Story:
    """The story of a group; one on which no hand was laid stays as it was, less the pieces that are none any more."""
    pieces = tuple(sorted(group.members))
    base = by_id[claims[0] if claims else own[pieces[0]]]
    if group.own is not None:
        return replace(base, pieces=pieces)
    old = {alias for story in claims for alias in (story, *by_id[story].aliases)}
    return Story(
        id=name,
        pieces=pieces,
        first_at=min(dates[piece] for piece in pieces),
        last_at=max(dates[piece] for piece in pieces),
        language=base.language,
        aliases=tuple(sorted(old - {name})),
        continues=base.continues if claims else None,
        see_also=tuple(dict.fromkeys(near for story in claims for near in by_id[story].see_also)),
    )


def pointing(story: Story, led: Mapping[int, int]) -> Story:
    """The story with its references to others leading to where those have gone."""
    near = dict.fromkeys(led.get(other, other) for other in story.see_also)
    continues = None if story.continues is None else led.get(story.continues, story.continues)
    return replace(
        story,
        see_also=tuple(other for other in near if other != story.id),
        continues=None if continues == story.id else continues,
    )


def uncorrected(finals: Sequence[Story], labels: Mapping[int, tuple[int, datetime]]) -> tuple[Story, ...]:
    """The stories as grouping alone has them, from the stored ones and each piece's (story by grouping, date), by id.

    Pieces without a label stay where they are.
    """
    stored = {piece: story for story in finals for piece in story.pieces}
    own = {piece: labels[piece][0] if piece in labels else stored[piece].id for piece in {*labels, *stored}}
    pieces: dict[int, list[int]] = {}
    for piece, story in sorted(own.items()):
        pieces.setdefault(story, []).append(piece)
    aliases: dict[int, set[int]] = {}
    for final in finals:
        for alias in (final.id, *final.aliases):
            if alias not in pieces:
                aliases.setdefault(own.get(alias, own[final.pieces[0]] if final.pieces else alias), set()).add(alias)
    return tuple(
        alone(story, held, tuple(sorted(aliases.get(story, ()))), stored, labels)
        for story, held in sorted(pieces.items())
    )


def alone(
    story: int,
    pieces: Sequence[int],
    aliases: tuple[int, ...],
    stored: Mapping[int, Story],
    labels: Mapping[int, tuple[int, datetime]],
) -> Story:
    """One story by grouping alone; what is not known of it is that of the stored story that holds its first piece."""
    times = [labels[piece][1] for piece in pieces if piece in labels]
    base = next((stored[piece] for piece in pieces if piece in stored), None)
    if base is not None and base.id == story and set(base.pieces) == set(pieces):
        return base
    times += [base.first_at, base.last_at] if base and not times else []
    return Story(
        id=story,
        pieces=tuple(pieces),
        first_at=min(times),
        last_at=max(times),
        language=base.language if base else None,
        aliases=aliases,
        continues=base.continues if base else None,
        see_also=base.see_also if base else (),
    )
