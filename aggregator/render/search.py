"""The site's search: an index of our own, as scripts split by month. Pure.

A page that is opened from a disk may not fetch, but it may load scripts; so an index is a script that hands its rows
to the search page (`search.js`). A row holds a story's headline, the beginning of its standfirst, its outlets and the
last day on which an edition had it; nothing is fetched before somebody searches, newest month first.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Sequence
from datetime import date
from typing import Any

from aggregator.digest.edition import Edition, StoryView
from aggregator.render.foreign import language_tag, tidy
from aggregator.render.words import opening

TITLE, TEXT, NAME = 200, 160, 60
"""Characters that are kept: 9,000 stories a month then make two megabytes, read from a disk in a moment."""
MOST_OUTLETS = 12
"""Outlets of a story that can be searched for: those with pieces of their own first."""

Row = tuple[Any, ...]
"""(story, headline, beginning, names of outlets, language or None)."""


def rows(edition: Edition, names: Callable[[str], str]) -> tuple[Row, ...]:
    """What an edition adds to the index; plain values, so that the store can keep them."""
    return tuple(row(story, names) for story in edition.stories)


def row(story: StoryView, names: Callable[[str], str]) -> Row:
    """One story's row."""
    outlets = dict.fromkeys(piece.outlet for piece in story.pieces)
    outlets |= dict.fromkeys(copy.outlet for piece in story.pieces for copy in piece.copies)
    called = tuple(tidy(names(key) or key, NAME) for key in list(outlets)[:MOST_OUTLETS])
    text = tidy(opening(story.standfirst), TEXT)
    return story.id, tidy(story.title, TITLE), text, called, language_tag(story.language)


def month_of(day: date) -> str:
    """2026-07, the name of a day's index."""
    return f"{day:%Y-%m}"


def script(month: str, days: Iterable[tuple[date, Sequence[Sequence[Any]]]]) -> bytes:
    """A month's index: each story once, on its last day, newest first. Outlets are numbers into a list of names."""
    latest = {found[0]: (day, found) for day, held in sorted(days, key=lambda one: one[0]) for found in held}
    outlets: dict[str, int] = {}
    lines = [
        [key, day.day, title, text, [outlets.setdefault(name, len(outlets)) for name in called], language]
        for key, (day, (_, title, text, called, language)) in sorted(
            latest.items(), key=lambda item: (item[1][0], item[0]), reverse=True
        )
    ]
    body = ",\n".join(json.dumps(line, ensure_ascii=False, separators=(",", ":")) for line in lines)
    named = json.dumps(list(outlets), ensure_ascii=False, separators=(",", ":"))
    return f'fairCopyMonth("{month}",{named},[\n{body}\n]);\n'.encode()
