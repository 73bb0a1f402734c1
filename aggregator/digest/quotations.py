"""Round-ups and what they quote, named on each other's pages. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace

from aggregator.digest.edition import PieceReference, PieceView, StoryView

Quotation = tuple[int, int]
"""(piece of the round-up, piece that it quotes)."""


def named(views: Mapping[int, StoryView], quotations: Iterable[Quotation]) -> dict[int, StoryView]:
    """The views with round-ups and quoted pieces named both ways, by time; what is not at hand is left out."""
    pieces = {piece.id: piece for view in views.values() for piece in view.pieces}
    within: dict[int, list[PieceReference]] = {}
    quoted: dict[int, list[PieceReference]] = {}
    for round_up, piece in quotations:
        if round_up in pieces and piece in pieces:
            within.setdefault(piece, []).append(reference(pieces[round_up]))
            quoted.setdefault(round_up, []).append(reference(pieces[piece]))
    touched = within.keys() | quoted.keys()
    return {
        key: view
        if touched.isdisjoint(piece.id for piece in view.pieces)
        else replace(view, pieces=tuple(with_names(piece, within, quoted) for piece in view.pieces))
        for key, view in views.items()
    }


def with_names(
    piece: PieceView, within: Mapping[int, list[PieceReference]], quoted: Mapping[int, list[PieceReference]]
) -> PieceView:
    """The piece with those that quote it and those that it quotes."""
    return replace(piece, quoted_in=by_time(within.get(piece.id, ())), quotes=by_time(quoted.get(piece.id, ())))


def by_time(references: Iterable[PieceReference]) -> tuple[PieceReference, ...]:
    """Oldest first."""
    return tuple(sorted(references, key=lambda one: (one.at, one.id)))


def reference(piece: PieceView) -> PieceReference:
    """The piece as other pages name it."""
    return PieceReference(id=piece.id, story_id=piece.story_id, title=piece.title, language=piece.language,
                          outlet=piece.outlet, at=piece.at)  # fmt: skip


def stories_of(view: StoryView) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """(stories of the round-ups that quote its pieces, stories of the pieces that its own round-ups quote)."""
    return (
        tuple(one.story_id for piece in view.pieces for one in piece.quoted_in),
        tuple(one.story_id for piece in view.pieces for one in piece.quotes),
    )
