"""Which story a piece joins when it comes in: the best of those that hold pieces like it, or a new one.

A first guess by what was there before; `repair` corrects it with what came later.
"""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from aggregator.stories.neighbours import Links
from aggregator.stories.records import Assignment
from aggregator.stories.repair import freeze
from aggregator.stories.shard import GONE, Shard, StoryState

MEAN_SHARE = 0.6
"""How much the mean similarity to a story's pieces counts; the rest is the nearest piece's (measured .4 to .8)."""
NEAR = 0.11
"""Score from which a story that was not joined is worth naming beside the one that was.

Measured where look-alike events are labelled: .39 of the stories so named are of the same topic at .10, .49 at .12,
.53 at .13; two lone pieces from .128 on are joined by the next repair.
"""
HUB_SIZE = 50
"""Pieces in the window from which a story can swallow its topic: any piece finds one of so many near to it.

Without the guard a chain of 400 texts that drift from word to word was one story until its repair, with it four.
"""
PINNED = 2.0
"""Score of the story that a piece was put into by hand: above every other."""
HUB_SHARE = 0.5
"""Of the threshold: the mean similarity that a hub asks for whatever its nearest piece."""


def arrive(shard: Shard, rows: Iterable[int], *, threshold: float, touch_from: float) -> list[Assignment]:
    """Place rows one after the other; touch the stories that hold pieces at least `touch_from` like them."""
    rows = list(rows)
    return [
        _place(shard, row, links, threshold, touch_from)
        for row, links in zip(rows, shard.window.links(rows), strict=True)
    ]


def _place(shard: Shard, row: int, links: Links, threshold: float, touch_from: float) -> Assignment:
    scores = _scores(shard, row, links, threshold)
    pinned = shard.live(shard.corrections.pins.get(shard.pieces[row], GONE))
    scores |= {} if pinned is None else {pinned.id: PINNED}
    story, score = min(scores.items(), key=lambda item: (-item[1], item[0]), default=(shard.pieces[row], 0.0))
    if score < threshold:
        story, score = _founded(shard, row), 0.0
    shard.put(row, story)
    if pinned is not None:
        freeze(shard, pinned.rows)
    shard.touched.add(story)
    shard.touched.update(shard.labels[links.rows[links.values >= touch_from]].tolist())
    for near in sorted((one for one in scores if scores[one] >= NEAR and one != story), key=lambda one: scores[one]):
        shard.note_near(story, near)
    return Assignment(piece=shard.pieces[row], story=story, score=score)


def _refused(shard: Shard, row: int, state: StoryState) -> bool:
    """Whether people want a row out of this story: so it is for one that had left memory and comes in again."""
    piece = shard.pieces[row]
    held = [*state.older, *(shard.pieces[one] for one in state.rows)] if shard.corrections.named(piece) else []
    return shard.corrections.clash([piece], held, shard.now_called)


def _founded(shard: Shard, row: int) -> int:
    """Open a story for a row, under its piece's id; one that was absorbed by hand, and given back, has it again."""
    piece = shard.pieces[row]
    if piece not in shard.stories:  # else others of its story stayed when the piece was gone for a time
        shard.revive(piece)
        shard.found(piece, shard.dates[row])
    return piece


def _scores(shard: Shard, row: int, links: Links, threshold: float) -> dict[int, float]:
    """How well the row fits each story active at its time that holds a piece like it, where it may fit well enough."""
    at, span = float(shard.window.at[row]), shard.window.span
    stories, places = np.unique(shard.labels[links.rows], return_inverse=True)
    sums = np.bincount(places, links.values, len(stories))
    peaks = np.zeros(len(stories))
    np.maximum.at(peaks, places, links.values)
    telling = peaks >= min(NEAR, threshold)  # no score is above its peak; of 156 at 100,000 pieces 4 are left
    found = zip(stories[telling].tolist(), sums[telling].tolist(), peaks[telling].tolist(), strict=True)
    scores: dict[int, float] = {}
    for story, total, peak in found:
        state = shard.stories.get(story)
        if state is None or abs(state.times[-1] - at) > span:
            continue
        held = state.held_between(at - span, at + span)
        mean = total / held
        if shard.corrections and _refused(shard, row, state):
            continue
        if held < HUB_SIZE or mean >= HUB_SHARE * threshold:
            scores[story] = MEAN_SHARE * mean + (1.0 - MEAN_SHARE) * peak
    return scores
