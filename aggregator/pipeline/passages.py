"""What two texts share and where they part, in a few passages. Pure."""

from __future__ import annotations

from typing import Any

from aggregator.render.difference import WORD_LIMIT, Difference, Kind, compare

MOST = 5
"""Passages shown of a kind, the longest: who wants all of it opens the piece's page."""
LONGEST = 300
"""Characters shown of a passage."""

Text = tuple[str, tuple[str, ...]]
"""A text and those of its paragraphs that its outlet prints everywhere."""


def passages(one: Text, other: Text) -> dict[str, Any]:
    """The longest shared passages, those of one text only, and how many words each kind has."""
    left, right = cut(one[0]), cut(other[0])
    found = compare(left, right, original_boilerplate=one[1], copy_boilerplate=other[1])
    if found is None:
        return {"note": "a text is empty, or all of it is the outlet's boilerplate"}
    made = told(found)
    if (left, right) != (one[0], other[0]):
        made["note"] = f"only the first {WORD_LIMIT} words of each were compared"
    return made


def cut(text: str) -> str:
    """The text's first paragraphs, no more words of them than can be compared."""
    kept: list[str] = []
    left = WORD_LIMIT
    for line in text.split("\n"):
        words = line.split()
        if len(words) > left:
            kept.append(" ".join(words[:left]))
            break
        kept.append(line)
        left -= len(words)
    return "\n".join(kept)


def told(found: Difference) -> dict[str, Any]:
    """A difference as a few passages."""
    runs = [run for paragraph in found.paragraphs for run in paragraph if run.kind is Kind.SAME]
    return {
        "shared_words": sum(run.words for run in runs),
        "words_only_in_a": found.removed,
        "words_only_in_b": found.added,
        "shared": longest([run.text for run in runs]),
        "only_in_a": longest([removed for removed, _ in found.swaps]),
        "only_in_b": longest([added for _, added in found.swaps]),
    }


def longest(texts: list[str]) -> list[str]:
    """The longest of them in the order of the text, each cut where it is very long."""
    chosen = sorted(range(len(texts)), key=lambda place: (-len(texts[place]), place))[:MOST]
    return [shortened(texts[place]) for place in sorted(chosen) if texts[place].strip()]


def shortened(text: str) -> str:
    """The passage, or its beginning."""
    return text if len(text) <= LONGEST else f"{text[: LONGEST - 1].rstrip()}…"
