"""Words from outside, made fit to stand among ours. Pure; knows no template.

Rules: nothing that comes from a feed reaches a page or a mail without `tidy`. What steers the direction of text
(overrides, embeddings, isolates) is taken out of foreign words, and ours are put round them instead: FIRST STRONG
ISOLATE … POP DIRECTIONAL ISOLATE (Unicode 6.3, UAX 9). Pages turn the pair into `<bdi>`, mail keeps it where a
name is written from right to left.
"""

from __future__ import annotations

import re
import unicodedata
from typing import Literal

ISOLATE, RELEASE = "\u2068", "\u2069"
NAME_LIMIT = 80
"""Characters of a name: the longest outlet name in four hundred real feeds has 61."""
TITLE_LIMIT = 300
"""Characters of a headline: real ones end at about 220; feeds without titles put whole texts there."""
TEXT_LIMIT = 200_000
"""Characters of a text that a page holds: four times the longest article in our measurements."""
LANGUAGE = re.compile(r"[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8}){0,3}")
"""What may stand in a `lang` attribute (RFC 5646, the common part)."""

_BREAKS = re.compile("[\t\n\r\x0b\x0c\x85\u2028\u2029]+")
_UNWANTED = re.compile(
    "[\x00-\x08\x0e-\x1f\x7f-\x84\x86-\x9f"  # controls: a terminal or an XML parser acts on them or stops
    "\u061c\u200b\u202a-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb"  # invisible, or steers direction
    "\ud800-\udfff\ufdd0-\ufdef\U000e0000-\U000e0fff"  # lone surrogates, noncharacters, tag characters
    + "".join(chr(plane << 16 | low) for plane in range(17) for low in (0xFFFE, 0xFFFF))
    + "]"
)
_MARKS = re.compile("([\u0300-\u036f\u0483-\u0489\u1ab0-\u1aff\u1dc0-\u1dff\u20d0-\u20ff\ufe20-\ufe2f]{4})"
                    "[\u0300-\u036f\u0483-\u0489\u1ab0-\u1aff\u1dc0-\u1dff\u20d0-\u20ff\ufe20-\ufe2f]+")  # fmt: skip
_RIGHT_TO_LEFT = re.compile("[\u0590-\u08ff\ufb1d-\ufdcf\ufdf0-\ufdff\ufe70-\ufefc\U00010800-\U00010fff\U0001e800-\U0001efff]")


def tidy(text: str, limit: int = TITLE_LIMIT) -> str:
    """One line of foreign words without controls, noncharacters or direction marks, cut to `limit` characters."""
    text = _BREAKS.sub(" ", text[: limit * 4])
    return cut(" ".join(_stacked(_UNWANTED.sub("", text)).split()), limit)


def tidy_text(text: str, limit: int = TEXT_LIMIT) -> str:
    """A foreign text, one paragraph a line, each line tidied; empty lines fall away."""
    lines = (tidy(line, limit) for line in text[:limit].splitlines())
    return "\n".join(line for line in lines if line)


def harmless(text: str) -> str:
    """Any string that is about to be printed, without what must never be printed; our isolates stay."""
    return _stacked("".join(part if part in {ISOLATE, RELEASE} else _UNWANTED.sub("", part)
                            for part in re.split(f"([{ISOLATE}{RELEASE}])", text)))  # fmt: skip


def _stacked(text: str) -> str:
    """At most four combining marks on one letter: Vietnamese needs two, cantillated Hebrew is not counted here."""
    return _MARKS.sub(r"\1", text)


def cut(text: str, limit: int) -> str:
    """At most `limit` characters, ended with an ellipsis, at a word's end when one is near."""
    if len(text) <= limit:
        return text
    head = text[: limit - 1]
    space = head.rfind(" ", limit // 2)
    return (head[:space] if space > 0 else head).rstrip(" ,;:.–-") + "…"


def isolated(text: str, limit: int = NAME_LIMIT) -> str:
    """A foreign name for use in a sentence of ours: tidied, between isolates."""
    return f"{ISOLATE}{tidy(text, limit)}{RELEASE}"


def bare(text: str) -> str:
    """A sentence of ours as plain text: isolates stay only round words that hold a right-to-left letter."""
    kept = re.sub(f"{ISOLATE}([^{ISOLATE}{RELEASE}]*){RELEASE}",
                  lambda match: match[0] if _RIGHT_TO_LEFT.search(match[1]) else match[1], text)  # fmt: skip
    return kept if _RIGHT_TO_LEFT.search(kept) else kept.replace(ISOLATE, "").replace(RELEASE, "")


def direction(text: str) -> Literal["ltr", "rtl"]:
    """The direction of the first strong character (UAX 9, P2 and P3); left to right when there is none."""
    for character in text[:TITLE_LIMIT]:
        kind = unicodedata.bidirectional(character)
        if kind in {"R", "AL"}:
            return "rtl"
        if kind == "L":
            return "ltr"
    return "ltr"


def language_tag(language: str | None) -> str | None:
    """The language as a page may state it, or None."""
    return language if language and LANGUAGE.fullmatch(language) else None
