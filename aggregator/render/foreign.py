"""Words from outside, made fit to stand among ours. Pure; knows no template.

Rules: nothing that comes from a feed reaches a page or a mail without `tidy`. What steers the direction of text
(overrides, embeddings, isolates) is taken out of foreign words, and ours are put round them instead: FIRST STRONG
ISOLATE … POP DIRECTIONAL ISOLATE (Unicode 6.3, UAX 9). Pages turn the pair into `<bdi>`, mail keeps it where a
name is written from right to left.
"""

from __future__ import annotations

import re
from functools import lru_cache

from aggregator.render.localised import is_language
from aggregator.text import characters
from aggregator.text.characters import without_directions

ISOLATE, RELEASE = "\u2068", "\u2069"
NAME_LIMIT = 80
"""Characters of a name: the longest outlet name in four hundred real feeds has 61."""
TITLE_LIMIT = 300
"""Characters of a headline: real ones end at about 220; feeds without titles put whole texts there."""
OFTEN, AGAIN = 4096, 600
"""Lines that are kept, and characters of the longest one: four megabytes at most."""
TEXT_LIMIT = 200_000
"""Characters of a text that a page holds: four times the longest article in our measurements."""
LANGUAGE = re.compile(r"[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8}){0,3}")
"""What may stand in a `lang` attribute (RFC 5646, the common part)."""

_RIGHT_TO_LEFT = re.compile(
    "[\u0590-\u08ff\ufb1d-\ufdcf\ufdf0-\ufdff\ufe70-\ufefc\U00010800-\U00010fff\U0001e800-\U0001efff]"
)
_HARMFUL = re.compile(
    r"[^\t\n\x20-\x7e\xa0-\xac\xae-\u02ff\u0370-\u0482\u048a-\u061b\u061d-\u180d\u2010-\u2027\u2030-\u205f"
    r"\u2070-\u20cf\u2100-\u2fff\u3000-\ud7ff\uf900-\ufdcf\ufdf0-\ufe1f\ufe30-\ufefe\uff01-\uffef]"
)
"""Whatever might have to go: all beyond the ranges in which `clean` removes nothing. Most texts have none of it."""
PLAIN = bytes((9, 10, *range(0x20, 0x7F)))
_OURS = re.compile(f"([{ISOLATE}{RELEASE}])")


def tidy(text: str, limit: int = TITLE_LIMIT) -> str:
    """One line of foreign words without controls, noncharacters or direction marks, cut to `limit` characters."""
    return line(text, limit) if len(text) <= AGAIN else line.__wrapped__(text, limit)


@lru_cache(OFTEN)
def line(text: str, limit: int) -> str:
    """Words as one line; those of a headline are asked for ten times by the pages that show it."""
    return cut(" ".join(clean(text[: limit * 4]).split()), limit)


def tidy_text(text: str, limit: int = TEXT_LIMIT) -> str:
    """A foreign text, one paragraph a line, each line tidied; empty lines fall away."""
    lines = (" ".join(line.split()) for line in clean(text[:limit]).splitlines())
    return "\n".join(line for line in lines if line)


def clean(text: str) -> str:
    """The text without what no reader sees, and without anything that steers direction."""
    return without_directions(characters.tidy(text)).replace("\u061c", "") if suspect(text) else text


def suspect(text: str) -> bool:
    """Whether the text holds anything that might have to go.

    Its plain ASCII, nearly all of a page, is left out first: the pattern takes six times as long for a character.
    """
    odd = text.encode(errors="surrogatepass").translate(None, PLAIN)
    return bool(odd) and _HARMFUL.search(odd.decode(errors="surrogatepass")) is not None


def harmless(text: str) -> str:
    """Any string that is about to be printed, without what must never be printed; our isolates stay."""
    if not suspect(text):
        return text
    return "".join(part if part in {ISOLATE, RELEASE} else clean(part) for part in _OURS.split(text))


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


def may_run_left(text: str) -> bool:
    """Whether the text holds a letter that is written from right to left: only then is its direction a question."""
    return not text.isascii() and _RIGHT_TO_LEFT.search(text) is not None


def language_tag(language: str | None) -> str | None:
    """The language as a page may state it, or None."""
    known = language and LANGUAGE.fullmatch(language) and is_language(language.split("-")[0])
    return language if known else None
