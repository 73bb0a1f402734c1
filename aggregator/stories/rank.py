"""How high a story stands in an edition. Pure; the score is the product of parts that can be shown one by one.

What counts first is how many wrote about it independently, on a logarithm: the tenth voice says less than the second.
Copies add reach, little. What grew since the last edition goes before what stood there, the fresh before the stale.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import datetime, timedelta

HALF_LIFE = timedelta(hours=24)
"""A day: what six outlets told in the morning stays before what two tell in the evening, last week's has no chance."""
REACH = 0.1
"""Gain for each doubling of outlets over voices: mere copies must never outrank another voice."""
DEPTH = 0.1
"""Gain for each doubling of pieces over voices: the same outlets went on reporting."""
STANDING = 0.5
"""Growth of a story that no new outlet took up; one that is all new has three times that."""
CORRECTED = 1.25
"""Who read the story before must see that it was corrected."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StoryFacts:
    """What a story's rank is made of. `outlets_before` are those of the last edition."""

    story: int
    voices: float
    """Independent texts, each as far as it tells of the same as the leading one."""
    outlets: int
    outlets_before: int
    pieces: int
    last_at: datetime
    category_weight: float = 1.0
    outlet_weight: float = 1.0
    corrected: bool = False
    """Readers of an earlier edition saw it as it stood before."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Score:
    """The product of `parts`, (name, factor) in order."""

    value: float
    parts: tuple[tuple[str, float], ...]


def score(facts: StoryFacts, *, now: datetime) -> Score:
    """How high a story stands at `now`; only comparisons between stories of one edition mean anything."""
    voices = max(1.0, facts.voices)
    parts = (
        ("voices", math.log2(1 + voices)),
        ("reach", 1.0 + REACH * _doublings(facts.outlets, voices)),
        ("depth", 1.0 + DEPTH * _doublings(facts.pieces, voices)),
        ("growth", _growth(facts)),
        ("recency", 0.5 ** (max(timedelta(0), now - facts.last_at) / HALF_LIFE)),
        ("category", facts.category_weight),
        ("outlets' weight", facts.outlet_weight),
        ("correction", CORRECTED if facts.corrected else 1.0),
    )
    return Score(value=math.prod(factor for _, factor in parts), parts=parts)


def _doublings(number: int, voices: float) -> float:
    return math.log2(max(1.0, number / voices))


def _growth(facts: StoryFacts) -> float:
    """Between `STANDING` and that and one: the share of the outlets that are new since the last edition."""
    return STANDING + max(0, facts.outlets - facts.outlets_before) / max(1, facts.outlets)
