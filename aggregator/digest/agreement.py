"""How far the reports of one story tell of the same. Pure.

Grouping joins what is about one event, and now and then what only shares a word with it. What such a report is worth
for the story's place, and whether it may speak for the story, follows from what it says: the cosine of two beginnings,
words weighted by how rare they are among all that the edition looks at.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from functools import lru_cache

from aggregator.digest.edition import PieceView, StoryView
from aggregator.text.words import first_words, words

BEGINNING = 40
"""Words of the text beside the title: what feeds that carry only a line or two have, so that all are read alike."""
SHORTEST_WORD = 3
"""Letters: shorter words are articles and prepositions in most scripts; pairs of characters stay, see `terms`."""
FULL = 0.2
"""Cosine from which a report counts in full. In ten real days, reports of one event had .17 to .65 with the one that
led them, and those that shared only a name or a word with it .02 to .13."""

KEPT = 8192
"""Reports whose words are kept: an edition asks three times for those of some thousands."""

Terms = frozenset[str]


@lru_cache(KEPT)
def terms(title: str, text: str) -> Terms:
    """The words of a report's title and beginning, numbers left out: they are what changes from report to report."""
    found = words(f"{title}\n{first_words(text, BEGINNING)}")
    return frozenset(
        word for word in found if not word.isdigit() and (len(word) >= SHORTEST_WORD or not word.isascii())
    )


class Rarity:
    """What each word weighs among many reports: the square of its inverse document frequency."""

    __slots__ = ("_counts", "_reports", "_said", "_weights")

    def __init__(self, reports: Iterable[Terms]) -> None:
        self._counts: Counter[str] = Counter()
        self._reports = 0
        for report in reports:
            self._counts.update(report)
            self._reports += 1
        self._weights: dict[str, float] = {}
        self._said: dict[Terms, float] = {}

    def weight(self, word: str) -> float:
        """0 for a word that every report has."""
        if word not in self._weights:
            self._weights[word] = math.log((self._reports + 1) / (self._counts[word] or 1)) ** 2
        return self._weights[word]

    def cosine(self, first: Terms, second: Terms) -> float:
        """How much of what two reports say is the same, in [0, 1]; 0 where one says nothing."""
        shared = sum(map(self.weight, first & second))
        length = self.said(first) * self.said(second)
        return min(1.0, shared / math.sqrt(length)) if length else 0.0

    def said(self, report: Terms) -> float:
        """How much a report says at all: the weights of its words together, reckoned once for each."""
        if report not in self._said:
            self._said[report] = sum(map(self.weight, report))
        return self._said[report]


def centrality(pieces: Sequence[PieceView], rarity: Rarity, owner_of: Callable[[str], str]) -> dict[int, float]:
    """Piece to how much it says of what the others say: the mean over other outlets of the best cosine with theirs.

    Where one outlet has them all, the mean over the other pieces; 0 for a lone one.
    """
    said = {piece.id: terms(piece.title, piece.text) for piece in pieces}
    owners = {piece.id: owner_of(piece.outlet) for piece in pieces}
    alone = len(set(owners.values())) == 1
    found: dict[int, float] = {}
    for piece in pieces:
        best: dict[object, float] = {}
        for other in pieces:
            place = other.id if alone else owners[other.id]
            if other.id != piece.id and place != owners[piece.id]:
                best[place] = max(best.get(place, 0.0), rarity.cosine(said[piece.id], said[other.id]))
        found[piece.id] = sum(best.values()) / len(best) if best else 0.0
    return found


def tells_on(view: StoryView, before: StoryView, rarity: Rarity) -> bool:
    """Whether a story goes on where an earlier one ended: some report of it tells of the same as some of that one."""
    earlier = [terms(piece.title, piece.text) for piece in before.pieces]
    later = (terms(piece.title, piece.text) for piece in view.pieces)
    return any(rarity.cosine(one, other) >= FULL for one in later for other in earlier)


def agreeing_voices(pieces: Sequence[PieceView], rarity: Rarity, owner_of: Callable[[str], str]) -> float:
    """Independent texts, the leading one first, each other owner's for as much as it tells of the same.

    A round-up is no voice: it repeats what others report.
    """
    lead, said = pieces[0], terms(pieces[0].title, pieces[0].text)
    best: dict[str, float] = {}
    for piece in pieces[1:]:
        owner = owner_of(piece.outlet)
        if owner != owner_of(lead.outlet) and not piece.rounds_up:
            cosine = rarity.cosine(said, terms(piece.title, piece.text))
            best[owner] = max(best.get(owner, 0.0), min(1.0, cosine / FULL) ** 2)
    return 1.0 + sum(best.values())
