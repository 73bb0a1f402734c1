"""What a republisher changed, word by word. Pure; knows nothing of HTML.

Texts hold one paragraph a line. Whole paragraphs are matched first, since that is what copies keep, and words only
within what is left; so the work stays near linear for copies, and `WORD_LIMIT` bounds it for the rest. Boilerplate
paragraphs of either side take no part: they are shown grey, or not at all.
"""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from enum import StrEnum
from functools import lru_cache
from itertools import chain, groupby
from typing import NamedTuple

from aggregator.render.foreign import tidy_text

WORD_LIMIT = 3000
"""Words of either text that are compared: 0.1 s for a copy with a change in every line, 2 s for texts made to be
slow (one cycle of words on both sides); difflib's rule for popular words must stay on, without it they take 20 s."""
CHANCE_WORDS, CHANCE_RATIO = 2, 3
"""An equal run of one or two words between changes three times as long is an "of the", no common text."""
FOLD_OVER = 60
"""A run of unchanged words longer than this is folded to a line…"""
CONTEXT = 18
"""…that leaves this many words standing before and after a change."""
BREAK = "\n"
GLUE = "\b"
"""Begins a token that stands at the word before it without a space: a tidied text holds no such character."""
ENDS = re.compile(r"(.*?\w)([^\w\s]+)$", re.DOTALL)
"""A word and the marks at its end, which are compared apart: "letters," and "letters" are one word."""


class Kind(StrEnum):
    """What became of a run of words on the way from the original to the copy."""

    SAME = "same"
    ADDED = "added"
    REMOVED = "removed"
    BOILERPLATE = "boilerplate"


class Run(NamedTuple):
    """Words with one fate; `words` counts them, `text` is empty where they are counted and not shown."""

    kind: Kind
    text: str
    words: int
    glued: bool = False
    """Whether no space stands before it: it begins its paragraph, or with the marks that end the run before."""


Step = tuple[Kind, list[str]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """The copy beside its original, as paragraphs of runs; `steps` are all words, in order, by what became of them."""

    paragraphs: tuple[tuple[Run, ...], ...]
    added: int
    removed: int
    steps: Sequence[Step]

    @property
    def swaps(self) -> tuple[tuple[str, str], ...]:
        """(removed, added) at each place where the texts part."""
        return tuple(pair for pair in swaps(self.steps) if any(pair))


def compare(
    original: str, copy: str, *, original_boilerplate: Collection[str] = (), copy_boilerplate: Collection[str] = ()
) -> Difference | None:
    """The copy's changes against the original; None when either is empty or longer than `WORD_LIMIT` words."""
    old = tokens(original, frozenset(original_boilerplate))
    new = tokens(copy, frozenset(copy_boilerplate))
    left, right = [words for words, grey in old if not grey], [words for words, grey in new if not grey]
    if not left or not right or max(size(left), size(right)) > WORD_LIMIT:
        return None
    steps = list(changes(left, right))
    return Difference(
        paragraphs=tuple(paragraphs(folded(with_grey(steps, new)))),
        added=sum(counted(words) for kind, words in steps if kind is Kind.ADDED),
        removed=sum(counted(words) for kind, words in steps if kind is Kind.REMOVED),
        steps=steps,
    )


@lru_cache(maxsize=8)  # the original comes again with each copy
def tokens(text: str, boilerplate: frozenset[str]) -> list[tuple[tuple[str, ...], bool]]:
    """(words, whether boilerplate) of each paragraph; the paragraph's end is a word of its own."""
    grey = {tidy_text(paragraph) for paragraph in boilerplate}
    return [(split(line), line in grey) for line in tidy_text(text).splitlines()]


@lru_cache(maxsize=512)  # most lines of a copy are the original's
def split(line: str) -> tuple[str, ...]:
    """The words of a line, and the marks at their ends as glued tokens; the line's end is a word of its own."""
    words: list[str] = []
    for word in line.split():
        found = None if word.isalnum() else ENDS.fullmatch(word)
        words += (found[1], GLUE + found[2]) if found else (word,)
    return (*words, BREAK)


def text_of(words: Iterable[str]) -> str:
    """Tokens as they are printed."""
    return " ".join(words).replace(f" {GLUE}", "").replace(GLUE, "")


def run_of(kind: Kind, text: str, *, glued: bool) -> Run:
    """Tokens of a line, a space between each two, as a run."""
    marks = text.count(GLUE)
    shown = text.replace(f" {GLUE}", "").replace(GLUE, "") if marks else text
    return Run(kind, shown, text.count(" ") + 1 - marks, glued)


def size(paragraphs_of_words: Sequence[tuple[str, ...]]) -> int:
    """Words in all, paragraph ends and marks left out."""
    return sum(counted(words) for words in paragraphs_of_words)


def changes(left: Sequence[tuple[str, ...]], right: Sequence[tuple[str, ...]]) -> Iterator[Step]:
    """The way from one text to the other: equal paragraphs as they are, the rest by words."""
    for tag, a, b, c, d in SequenceMatcher(None, left, right, autojunk=False).get_opcodes():
        if tag == "equal":
            yield Kind.SAME, joined_words(right[c:d])
        elif tag == "delete":
            yield Kind.REMOVED, joined_words(left[a:b])
        elif tag == "insert":
            yield Kind.ADDED, joined_words(right[c:d])
        else:
            for old, new in stretches(left[a:b], right[c:d]):
                yield from by_words(old, new)


def stretches(old: Sequence[tuple[str, ...]], new: Sequence[tuple[str, ...]]) -> Iterator[tuple[list[str], list[str]]]:
    """What is compared word by word: each paragraph with its own, where they run side by side, else all at once.

    A copy that edits every paragraph keeps their number; eight pairs of forty words cost an eighth of one of 320.
    """
    if len(old) == len(new) and all(map(alike, old, new)):
        yield from ((list(one), list(other)) for one, other in zip(old, new, strict=True))
    else:
        yield joined_words(old), joined_words(new)


def alike(one: tuple[str, ...], other: tuple[str, ...]) -> bool:
    """Whether two paragraphs share more than half of the words of either."""
    first, second = set(one), set(other)
    return 2 * len(first & second) > max(len(first), len(second))


def joined_words(parts: Iterable[tuple[str, ...]]) -> list[str]:
    """The words of paragraphs in a row."""
    return list(chain.from_iterable(parts))


def by_words(old: list[str], new: list[str]) -> Iterator[Step]:
    """The words that two unequal stretches share, and those that they do not, each stretch of change in one."""
    steps = word_steps(old, new)
    kept = [step[0] == "equal" and not chance(steps, number) for number, step in enumerate(steps)]
    first = 0
    for last, (_, _, end, _, latest) in enumerate(steps):
        if last + 1 < len(steps) and kept[last + 1] is kept[last]:
            continue
        removed, added = old[steps[first][1] : end], new[steps[first][3] : latest]
        if kept[last]:
            yield Kind.SAME, added
        else:
            yield from ((kind, words) for kind, words in ((Kind.REMOVED, removed), (Kind.ADDED, added)) if words)
        first = last + 1


def word_steps(old: Sequence[str], new: Sequence[str]) -> list[tuple[str, int, int, int, int]]:
    """The steps of difflib; the same words at either end, most of an edited paragraph, are found without it.

    Marks and ends of lines alone are no end in common: a sentence that was added has its full stop too.
    """
    head = in_common(old, new)
    tail = in_common(old[head:][::-1], new[head:][::-1])
    while tail and (old[-tail] == BREAK or old[-tail].startswith(GLUE)):
        tail -= 1
    last, latest = len(old) - tail, len(new) - tail
    one, other = old[head:last], new[head:latest]
    inner: Sequence[tuple[str, int, int, int, int]]
    if set(one).isdisjoint(other):  # most often: a word for another
        inner = [("replace", 0, len(one), 0, len(other))] if one or other else []
    else:
        inner = SequenceMatcher(None, one, other).get_opcodes()
    return [
        *([("equal", 0, head, 0, head)] if head else []),
        *((tag, a + head, b + head, c + head, d + head) for tag, a, b, c, d in inner),
        *([("equal", last, len(old), latest, len(new))] if tail else []),
    ]


def in_common(one: Sequence[str], other: Sequence[str]) -> int:
    """How many words the two begin with alike."""
    for place, (a, b) in enumerate(zip(one, other, strict=False)):
        if a != b:
            return place
    return min(len(one), len(other))


def chance(steps: Sequence[tuple[str, int, int, int, int]], number: int) -> bool:
    """Whether an equal run is a lone word or two between changes so long that it stands there by chance."""
    _, start, end, _, _ = steps[number]
    if end - start > CHANCE_WORDS or number in {0, len(steps) - 1}:
        return False
    around = (steps[number - 1], steps[number + 1])
    return all(max(b - a, d - c) > CHANCE_RATIO * (end - start) for _, a, b, c, d in around)


def with_grey(steps: Iterable[Step], new: Sequence[tuple[tuple[str, ...], bool]]) -> Iterator[Step]:
    """The steps with the copy's boilerplate paragraphs put back where they stood."""
    waiting = deque(grey_paragraphs(new))
    if not waiting:
        yield from steps
        return
    printed = 0
    for kind, step in steps:
        words = step
        while kind is not Kind.REMOVED and waiting and waiting[0][0] <= printed + len(words):
            place = waiting[0][0] - printed
            if place:
                yield kind, words[:place]
            yield Kind.BOILERPLATE, waiting.popleft()[1]
            printed, words = printed + place, words[place:]
        if words:
            yield kind, words
        printed += 0 if kind is Kind.REMOVED else len(words)


def grey_paragraphs(new: Sequence[tuple[tuple[str, ...], bool]]) -> Iterator[tuple[int, list[str]]]:
    """(words of the text proper that stand before it, its words) of each boilerplate paragraph."""
    before = 0
    for words, grey in new:
        if grey:
            yield before, list(words)
        else:
            before += len(words)


def folded(steps: Iterable[Step]) -> Iterator[tuple[Kind, list[str], bool]]:
    """The steps with the middle of every long run set apart, to be counted and not shown (True)."""
    for kind, words in steps:
        if kind is Kind.BOILERPLATE or len(words) <= FOLD_OVER or counted(words) <= FOLD_OVER:
            yield kind, words, False
            continue
        head = sentence_end(words, CONTEXT)
        tail = len(words) - sentence_end(words[::-1], CONTEXT, backwards=True) if kind is Kind.SAME else len(words)
        if tail - head < CONTEXT:
            yield kind, words, False
            continue
        yield kind, words[:head], False
        yield kind, words[head:tail], True
        if tail < len(words):
            yield kind, words[tail:], False


def sentence_end(words: Sequence[str], start: int, *, backwards: bool = False) -> int:
    """Where to cut at or soon after `start`: behind a sentence (before one, when the words run backwards)."""
    for position in range(start, min(start * 2, len(words))):
        word = words[position] if backwards else words[position - 1]
        if word == BREAK or word.rstrip("\"'”’»)")[-1:] in ".!?…。！？":
            return position
    return start


def counted(words: Sequence[str]) -> int:
    """How many are words, neither paragraph ends nor marks: only a mark holds the sign that it begins with."""
    return len(words) - words.count(BREAK) - "".join(words).count(GLUE)


def paragraphs(steps: Iterable[tuple[Kind, list[str], bool]]) -> Iterator[tuple[Run, ...]]:
    """The steps as paragraphs; a folded run is a paragraph of its own."""
    line: list[Run] = []
    for kind, words, fold in steps:
        if fold:
            yield from [tuple(line)] if line else []
            yield (Run(kind=kind, text="", words=counted(words)),)
            line = []
            continue
        for number, part in enumerate(" ".join(words).split(BREAK)):
            if number and line:
                yield tuple(line)
                line = []
            if text := part.strip(" "):
                line.append(run_of(kind, text, glued=not line or text[0] == GLUE))
    if line:
        yield tuple(line)


def swaps(steps: Sequence[Step]) -> Iterator[tuple[str, str]]:
    """(removed, added) at each place where the texts part; one side is empty where words were only added or cut."""
    for same, group in groupby(steps, key=lambda step: step[0] in {Kind.SAME, Kind.BOILERPLATE}):
        if not same:
            part = list(group)
            yield joined(part, Kind.REMOVED), joined(part, Kind.ADDED)


def joined(steps: Iterable[Step], kind: Kind) -> str:
    """The words of one kind as a line."""
    return text_of(word for step, words in steps if step is kind for word in words if word != BREAK)
