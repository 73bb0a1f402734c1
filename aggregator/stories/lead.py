"""Which piece speaks for a story: its headline, its first words, its link. Pure.

Rules in order, each deciding only between what the earlier ones left equal: a report goes before a page that tells of
many things and before a mere headline, who wrote it before who copied it, what tells of the same as the others before
what tells of something beside it, a text before its beginning, a configured preference before chance, a report before a
flash, the first before the later.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from statistics import median

CENTRAL_SHARE = 0.8
"""A piece that says this part of what the most central one says of the others speaks for them as well: among a few
reports of one event the earliest may be an explainer, the last an aftermath, and either would mislead as a headline."""
FLASH_SHARE = 0.5
"""A piece with fewer words than this part of the story's middle one is a flash: early, and soon outgrown."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LeadCandidate:
    """A piece as it competes for the lead; `words` of its text, `priority` of its outlet (higher goes first)."""

    piece: int
    original_known: bool
    """The printing that stands for the piece is the original, not a copy of an outlet that we do not follow."""
    full_text: bool
    words: int
    priority: int
    at: datetime
    revisions: int = 0
    rounds_up: bool = False
    """A live page, a briefing, a round-up: it tells of other things too."""
    centrality: float = 0.0
    """How much it says of what the story's other pieces say, in [0, 1]; 0 for all where that is not known."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Lead:
    """The piece chosen, and the rule that decided against the runner-up."""

    piece: int
    why: str


Rule = tuple[str, Callable[[LeadCandidate], float]]


def choose(candidates: Sequence[LeadCandidate]) -> Lead:
    """The piece that leads a story. Order of the candidates does not matter.

    Raises ValueError when there are none.
    """
    if not candidates:
        raise ValueError("a story without pieces has no lead")
    rules = _rules(candidates)
    best, *others = sorted(candidates, key=lambda one: (*(-rank(one) for _, rank in rules), one.piece))
    if not others:
        return Lead(piece=best.piece, why="the only piece")
    decisive = (why for why, rank in rules if rank(best) > rank(others[0]))
    return Lead(piece=best.piece, why=next(decisive, "equal to others in all respects; the first that came in"))


def _rules(candidates: Sequence[LeadCandidate]) -> tuple[Rule, ...]:
    """The rules in order, each with the words that explain it; more is better."""
    flash = FLASH_SHARE * median(one.words for one in candidates)
    reports = [one for one in candidates if not one.rounds_up] or candidates
    central = CENTRAL_SHARE * max(one.centrality for one in reports)
    return (
        ("a report, where the next best is a round-up", lambda one: not one.rounds_up),
        ("a text, where the next best is a headline only", lambda one: one.words > 0),
        ("the original, where the next best is a copy", lambda one: one.original_known),
        ("it tells of what most of the others tell", lambda one: one.centrality >= central),
        ("the full text, where the next best is an excerpt", lambda one: one.full_text),
        ("its outlet has priority", lambda one: one.priority),
        ("a report, where the next best is a flash", lambda one: one.words >= flash),
        ("the earliest", lambda one: -one.at.timestamp()),
        ("kept up to date more often", lambda one: one.revisions),
    )
