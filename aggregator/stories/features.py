"""From a piece's first words to numbers: one sparse unit vector of words and parts of words, and the numbers it names.

Sixty words of text say as much as the whole article and are what most feeds give (measured). Words carry half of
the vector, groups of five letters the other: they meet inflections and compounds, most of all outside English.
Pure: the tables of frequencies come in. A change of any rule here needs a new `records.VERSION`, since vectors
are kept.
"""

from __future__ import annotations

import re
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from aggregator.stories.frequencies import TERM_SPACE, Terms, TermTable
from aggregator.stories.tokens import stem, tokens

FIRST_WORDS = 60
LONGEST_TEXT = 600
"""Characters of text looked at: about sixty words; in scripts without spaces this is the bound that counts."""
TITLE_WEIGHT = 2
"""A title's word counts as often as two in the text."""
WORD_SHARE = 0.5
RARENESS = 0.8
"""Power of the inverse document frequency: in a few thousand titles the rarest word is often a misspelling."""
GRAM_SIZE = 5
"""Letters: groups of five alone do as well as of four and five together (mean B-cubed of six sets .8437 and .8439; of
four .8446), are half as many, and rarer."""
ON_MANY_THINGS = 0.35
"""Length of the vector of a live page, a briefing, a round-up: each thing it tells of is a part of it only.

At 1 a briefing joins the single reports that it names to each other. At .35 no two such pages are ever near enough to
be joined (.35 squared is less than what repair asks for). B-cubed at 1, .7, .5, .35, where titles of that kind stand
(og en, 50 of 4,009): .764 .766 .768 .767; on the five other sets, which have 5 in all, within .001.
"""
FIRST_WORD_TERM = TERM_SPACE // 2
"""Terms from here on are words, those below groups of letters."""
TOKEN_CACHE = 32768
"""Words whose terms are remembered, about 10 MB when full: news says most words again (hits: 19 of 20)."""
LONGEST_TOKEN = 64
"""Letters of a word that count; longer ones are addresses and codes."""

NUMBER = re.compile(r"\d+")
YEAR = re.compile(r"(?:19|20)\d\d")
LONGEST_NUMBER = 5
"""Digits: longer ones are identifiers, which no second outlet repeats."""
NUMBERS_WITHIN = 200
"""Characters of the text searched for numbers: the figures that tell one event from its look-alike stand early."""

Weights = NDArray[np.float16]


@dataclass(frozen=True, slots=True, kw_only=True)
class Counted:
    """A text's distinct terms, ascending, and 1 + ln of how often each stands there."""

    terms: Terms
    frequency: NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True)
class Vector:
    """A sparse vector: terms ascending, weights in (0, 1] to three digits.

    Its length is 1, less where the text tells of many things (`ON_MANY_THINGS`), 0 without any term.
    """

    terms: Terms
    weights: Weights


def count(title: str, text: str) -> Counted:
    """The terms of a title and of the first sixty words under it; where these begin with the title again, of the rest.

    Measured where most texts do so: .921 against .931 B-cubed (ecbplus, two orders); where none do, nothing changes.
    """
    beginning = " ".join(text[:LONGEST_TEXT].split(maxsplit=FIRST_WORDS)[:FIRST_WORDS])
    headline, told = tokens(title), tokens(beginning)
    told = told[len(headline) :] if told[: len(headline)] == headline else told
    parts = [_terms(token) for token in headline] * TITLE_WEIGHT + [_terms(token) for token in told]
    found = np.concatenate([np.zeros(0, np.uint32), *parts])
    terms, times = np.unique(found, return_counts=True)
    return Counted(terms=terms, frequency=1.0 + np.log(times))


@lru_cache(maxsize=TOKEN_CACHE)
def _terms(token: str) -> Terms:
    """The terms of one word: its stem, and its groups of letters with the word's ends marked."""
    token = token[:LONGEST_TOKEN]
    marked = f"_{token}_"
    grams = [marked[start : start + GRAM_SIZE] for start in range(len(marked) - GRAM_SIZE + 1)]
    terms = [_hashed(gram) % FIRST_WORD_TERM for gram in (grams if len(marked) > 5 else [marked])]
    if len(token) > 1 or token.isdigit() or not token.isascii():
        terms.append(FIRST_WORD_TERM + _hashed(stem(token)) % (TERM_SPACE - FIRST_WORD_TERM))
    return np.array(terms, np.uint32)


def _hashed(text: str) -> int:
    """The same number on every machine and in every release, which Python's own hash is not."""
    return zlib.crc32(text.encode("utf-8", "surrogatepass"))


def weigh(counted: Counted, table: TermTable, length: float = 1.0) -> Vector:
    """The vector of a counted text against what the table has learnt so far; `length` is at most 1."""
    weights = counted.frequency * table.weights(counted.terms) ** RARENESS
    words = int(np.searchsorted(counted.terms, FIRST_WORD_TERM))
    weights[:words] *= np.sqrt(1.0 - WORD_SHARE) / (np.linalg.norm(weights[:words]) or 1.0)
    weights[words:] *= np.sqrt(WORD_SHARE) / (np.linalg.norm(weights[words:]) or 1.0)
    weights *= length / (np.linalg.norm(weights) or 1.0)
    return Vector(terms=counted.terms, weights=weights.astype(np.float16))


def word_count(terms: Terms) -> int:
    """How many distinct words a vector holds: how much its text had to say."""
    return len(terms) - int(np.searchsorted(terms, FIRST_WORD_TERM))


def numbers(title: str, text: str) -> tuple[str, ...]:
    """The numbers that a title and the beginning of its text name, sorted; years and long codes left out."""
    found = set(NUMBER.findall(f"{title} {text[:NUMBERS_WITHIN]}"))
    return tuple(sorted(one for one in found if len(one) <= LONGEST_NUMBER and YEAR.fullmatch(one) is None))


def number_mask(found: Sequence[str]) -> int:
    """Numbers as bits of a 64-bit word: two masks without a common bit name no common number."""
    mask = 0
    for number in found:
        mask |= 1 << (_hashed(number) & 63)
    return mask
