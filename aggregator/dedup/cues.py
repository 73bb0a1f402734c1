"""Where in a text may a credit stand? Most texts hold none, and to learn that must cost next to nothing.

A cue is a stretch of a wording without which it cannot stand. Cues are looked for by the hashes of their words, which
the matcher has made of the text already; only those whose word is there are looked for in the text, and only the
lines that hold one are read. Bylines stand in the first lines, and are looked for there alone.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import accumulate
from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt

from aggregator.dedup.folding import fold
from aggregator.dedup.kernels import kernels
from aggregator.dedup.shingles import BEGINNING, Hashes, Reading, token_hashes
from aggregator.dedup.wordings import BYLINES

HEAD: Final = 1000
"""Characters before which a wording stands before the text; republishers' own furniture takes up to 700."""
FOOT: Final = 1500
FOOT_SHARE: Final = 0.2
"""After the text: the last fifth, but at least so many characters (donation pleas and disclaimers are long)."""
BYLINE_LINES: Final = 14
BYLINE_LENGTH: Final = 120
"""A byline stands in one of the first lines and is short; the first long line ends the search."""
WHOLE_LINE: Final = 400
"""Longer lines are paragraphs, where a wording of the kind "any" means something else."""
LINE: Final = 2000
"""Characters of one line that are searched, from each end: bounds the cost of hostile lines."""
MOST_LINES: Final = 2000
"""Lines with one cue that are searched, the first of them, and lines among which a byline is looked for."""
MIDDLE: Final = 20_000
"""Characters from each end within which cues are looked for: longer texts end in comments and transcripts."""
MOST_BEYOND_ASCII: Final = 0.1
"""Share of other characters up to which a text is mostly ASCII: quotation marks, and an accent in every second word."""

_BYLINE: Final = frozenset({"byline"})
_UNDER: Final = "under-byline"
_NO_CUES: Final[frozenset[str]] = frozenset()
_ASCII: Final = bytes(range(0x80))
_WORD: Final = re.compile(r"\w+")
_SPREAD: Final = np.uint32(0x9E3779B1)
_TABLE: Final = np.uint32(16)
"""A table of 2^16 answers for nearly all words of a text; short words' hashes are small and must be spread over it."""
_NO_LINES: Final[frozenset[int]] = frozenset()
_NONE: Final[Hashes] = np.empty(0, np.uint32)
_NOTHING: Final[Hashes] = np.zeros(1, np.uint32)
"""Behind the last word, and so before the first."""


class Line(NamedTuple):
    """A line of the text where it stands, and in which regions."""

    start: int
    text: str
    folded: str
    regions: frozenset[str]


class Cue(NamedTuple):
    """A cue of whole words, known by the hash of its longest one."""

    text: str
    words: tuple[int, ...]
    longest: int
    """Which of the words the longest is."""
    before: int | None
    behind: int | None
    """The words beside the longest, None where it has none there."""
    bare: bool
    """Nothing but the words: where these stand in a row the cue is there."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CueWatch:
    """Cues by what can be known of them without a search: whole words, a beginning, letters beyond ASCII."""

    by_word: Mapping[int, tuple[Cue, ...]]
    by_beginning: Mapping[int, tuple[str, ...]]
    by_letter: Mapping[int, tuple[tuple[frozenset[int], str], ...]]
    """By the highest of their letters beyond ASCII, with all of these."""
    signs: tuple[str, ...]
    """Of no letters and one case: these stand in a text as they are written."""
    others: tuple[str, ...]
    words: npt.NDArray[np.bool_]
    beginnings: npt.NDArray[np.bool_]

    def present(self, texts: Sequence[str], readings: Sequence[Reading]) -> list[frozenset[str]]:
        """The cues that each text holds."""
        sure: defaultdict[int, set[str]] = defaultdict(set)
        likely: defaultdict[int, set[str]] = defaultdict(set)
        for number, (text, reading) in enumerate(zip(texts, readings, strict=True)):
            if self.others or reading.beginnings is None or not text.isascii():
                likely[number] |= self._likely(text, reading)
        for number, place, before, value, behind in _looked_up(self.words, [each.tokens for each in readings]):
            for cue in self.by_word.get(value, ()):
                fits = (cue.before is None or cue.before == before) and (cue.behind is None or cue.behind == behind)
                if fits and (len(cue.words) == 1 or _stands(cue, readings[number].tokens, place)):
                    (sure if cue.bare else likely)[number].add(cue.text)
        begun = [_NONE if reading.beginnings is None else reading.beginnings for reading in readings]
        for number, _, _, value, _ in _looked_up(self.beginnings, begun):
            likely[number].update(self.by_beginning.get(value, ()))
        for number, cues in likely.items():
            if cues:
                sure[number] |= _held(texts[number], cues)
        return [frozenset(sure[number]) if number in sure else _NO_CUES for number in range(len(texts))]

    def _likely(self, text: str, reading: Reading) -> set[str]:
        found = set(self.others)
        if not text.isascii():
            found.update(sign for sign in self.signs if sign in text)
            for letter in reading.letters & self.by_letter.keys():
                found.update(cue for letters, cue in self.by_letter[letter] if letters <= reading.letters)
        if reading.beginnings is None:
            found.update(cue for cues in self.by_beginning.values() for cue in cues)
        return found


def watch_for(cues: Iterable[str]) -> CueWatch:
    """A watch for cues as patterns.toml writes them, case-folded; one that ends in * is the beginning of a word."""
    by_word: dict[int, tuple[Cue, ...]] = {}
    by_beginning: dict[int, tuple[str, ...]] = {}
    by_letter: dict[int, tuple[tuple[frozenset[int], str], ...]] = {}
    signs, others = [], []
    for written in sorted(cues):
        text, cue = written.rstrip("*"), _of_words(written)
        beginning = re.match(rf"[a-z]{{{BEGINNING}}}", text)
        if cue:
            key = cue.words[cue.longest]
            by_word[key] = (*by_word.get(key, ()), cue)
        elif letters := frozenset(code for code in fold(text).codes.tolist() if code > 0x7F):
            by_letter[max(letters)] = (*by_letter.get(max(letters), ()), (letters, text))
        elif len(text) == 1 and text.upper() == text and not text.isascii():
            signs.append(text)
        elif beginning:
            start = int(token_hashes(beginning[0])[0])
            by_beginning[start] = (*by_beginning.get(start, ()), text)
        else:
            others.append(text)
    return CueWatch(
        by_word=by_word,
        by_beginning=by_beginning,
        by_letter=by_letter,
        signs=tuple(signs),
        others=tuple(others),
        words=_table(by_word),
        beginnings=_table(by_beginning),
    )


def _of_words(written: str) -> Cue | None:
    """An ASCII cue of whole words; None for cues in other scripts and for beginnings of words."""
    words = _WORD.findall(written) if written.isascii() and not written.endswith("*") else []
    if not words:
        return None
    longest = max(range(len(words)), key=lambda number: len(words[number]))
    hashes = tuple(int(token_hashes(word)[0]) for word in words)
    before = hashes[longest - 1] if longest else None
    behind = hashes[longest + 1] if longest + 1 < len(words) else None
    return Cue(written, hashes, longest, before, behind, bare=" ".join(words) == written.strip())


def _stands(cue: Cue, tokens: Hashes, place: int) -> bool:
    """Whether the words of the cue stand in a row where its longest was found."""
    start = place - cue.longest
    return start >= 0 and tuple(tokens[start : start + len(cue.words)].tolist()) == cue.words


def _table(hashes: Iterable[int]) -> npt.NDArray[np.bool_]:
    table = np.zeros(1 << 16, np.bool_)
    table[_slots(np.array(list(hashes), np.uint32))] = True
    return table


def _slots(hashes: Hashes) -> Hashes:
    return (hashes * _SPREAD) >> _TABLE


def _looked_up(table: npt.NDArray[np.bool_], hashes: Sequence[Hashes]) -> Iterator[tuple[int, int, int, int, int]]:
    """Array and place of what may be in the table, and the values before, there and behind, for one look at all."""
    flat = np.concatenate([*hashes, _NOTHING])
    hits = _flagged(table, flat[:-1])
    ends = np.array(list(accumulate(map(len, hashes), initial=0)))
    numbers = ends.searchsorted(hits, side="right") - 1
    columns = numbers, hits - ends[numbers], flat[hits - 1], flat[hits], flat[hits + 1]
    return zip(*(column.tolist() for column in columns), strict=True)


def _flagged(table: npt.NDArray[np.bool_], values: Hashes) -> npt.NDArray[np.intp]:
    """The places of the values that may be in the table."""
    compiled = kernels()
    if compiled is None:
        return np.flatnonzero(table.take(_slots(values)))
    found = np.empty(len(values), np.intp)
    return found[: compiled.flagged(values, table, _SPREAD, _TABLE, found)]


def _held(text: str, cues: set[str]) -> set[str]:
    if not cues:
        return cues
    folded = folded_line(text if len(text) <= 2 * MIDDLE else f"{text[:MIDDLE]}\n{text[-MIDDLE:]}")
    return {cue for cue in cues if cue in folded}


def folded_line(text: str) -> str:
    """Text as cues are looked for in it: case-folded, with plain spaces."""
    return folded_case(text).replace("\u00a0", " ")


def folded_case(text: str) -> str:
    """`str.casefold`, twice as fast for what is mostly ASCII: bytes change case faster than characters do."""
    if text.isascii():
        return text.casefold()
    packed = text.encode("utf-8", "surrogatepass")
    beyond = packed.translate(None, _ASCII).decode("utf-8", "surrogatepass")
    if len(beyond) > MOST_BEYOND_ASCII * len(text):
        return text.casefold()
    folded = packed.lower().decode("utf-8", "surrogatepass")
    for character in set(beyond):
        if (small := character.casefold()) != character:  # what case folding gives it leaves alone, so order is free
            folded = folded.replace(character, small)
    return folded


# ---------------------------------------------------------------- lines


def lines(text: str, present: frozenset[str], byline_cues: Sequence[str]) -> Iterator[Line]:
    """The lines in which a credit may stand, with their regions: bylines that hold a cue of such, and what holds a cue.

    Under a byline anything may stand.
    """
    bylines = _bylines(text)
    holding = _holding(text, present) if present else _NO_LINES
    for start in sorted(bylines.keys() | holding) if holding else bylines:
        whole, as_byline = text[start : _end_of_line(text, start)], bylines.get(start, _NO_CUES)
        if start not in holding and _UNDER not in as_byline and not holds(folded_line(whole), byline_cues):
            continue
        regions = as_byline | _regions(whole.strip(), start=start, end=start + len(whole), foot=foot_of(text))
        if regions:
            yield from _ends(start, whole, regions)


def holds(folded: str, cues: Iterable[str]) -> bool:
    """Whether one of the cues stands there."""
    for cue in cues:  # noqa: SIM110  asked twenty times a text: a generator takes three times as long
        if cue in folded:
            return True
    return False


def _end_of_line(text: str, start: int) -> int:
    end = text.find("\n", start)
    return len(text) if end < 0 else end


def _bylines(text: str) -> dict[int, frozenset[str]]:
    """Where the lines begin in which a byline may stand, with the regions that makes."""
    found: dict[int, frozenset[str]] = {}
    start, seen, after_byline = 0, 0, False
    for _ in range(MOST_LINES):
        end = _end_of_line(text, start)
        line = text[start:end].strip()
        if line:
            seen += 1
            if seen > BYLINE_LINES or len(line) > 2 * BYLINE_LENGTH:
                break
            if len(line) <= BYLINE_LENGTH:
                found[start] = BYLINES if after_byline else _BYLINE
        if end == len(text):
            break
        start, after_byline = end + 1, line[:3].casefold() == "by "
    return found


def _holding(text: str, present: frozenset[str]) -> set[int]:
    """Where the lines begin that hold a cue: few do, so the text is searched, not each line."""
    folded = folded_line(text)  # which leaves the ends of lines alone
    found = set()
    for cue in present:
        at = folded.find(cue)
        for _ in range(MOST_LINES):
            if at < 0:
                break
            found.add(folded.rfind("\n", 0, at) + 1)
            at = folded.find(cue, _end_of_line(folded, at))
    if len(folded) == len(text) or not found:
        return found
    starts = list(accumulate((len(line) + 1 for line in text.split("\n")), initial=0))
    return {starts[folded.count("\n", 0, start)] for start in found}  # folding made it longer


def foot_of(text: str) -> int:
    """Where the foot of a text begins."""
    return len(text) - max(FOOT, int(len(text) * FOOT_SHARE))


def _regions(line: str, *, start: int, end: int, foot: int) -> set[str]:
    regions = set() if len(line) > WHOLE_LINE else {"any"}
    regions |= {"head"} if start < HEAD else set()
    return regions | ({"foot"} if end > foot else set())


def _ends(start: int, line: str, regions: frozenset[str]) -> Iterator[Line]:
    """A line as it is searched: whole, or the two ends of a long one."""
    if len(line) <= 2 * LINE:
        yield Line(start, line, folded_line(line), regions)
        return
    if "head" in regions:
        yield Line(start, line[:LINE], folded_line(line[:LINE]), frozenset({"head"}))
    if "foot" in regions:
        tail = line[-LINE:]
        yield Line(start + len(line) - LINE, tail, folded_line(tail), frozenset({"foot"}))
