"""What a text says of where it comes from: sentences, labels, bylines, links and the feed's own statement.

The wordings are data (patterns.toml). They are looked for only where republishers put them: before the text, after
it, in the byline, and whole lines that can mean nothing else. A date, a person, a platform or a picture agency after
the wording means that no source was named; a name that leads to the outlet itself is no credit.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final, TypeAlias
from urllib.parse import urlsplit

from aggregator.dedup.cues import HEAD, Line, foot_of, holds, lines
from aggregator.dedup.patterns import PatternPack, patterns_of
from aggregator.dedup.shingles import read
from aggregator.dedup.wordings import BYLINES, Pattern
from aggregator.model import Credit

Resolve: TypeAlias = Callable[[str, str | None], str | None]
"""(name, address or None) to the outlet that is meant, None where it is not known."""
Link: TypeAlias = tuple[int, int, str]

STRONG: Final = 0.6
"""Confidence from which a credit is taken for a statement about the whole text, not about a detail of it."""
QUOTE: Final = 300
NAME: Final = 80
NAME_WORDS: Final = 9
LINK_NEAR: Final = 60
"""Characters after a wording within which a link still belongs to it."""
DECLARED: Final = 0.9
AUTHOR: Final = 0.6

_DATE_WORDS: Final = re.compile(
    r"\b(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec|mon|tues?|wed|thu|fri|sat|sun|[ap]\.?m|et|est|edt|gmt|utc|"
    r"janv|févr|mars|avril|mai|juin|juil|août|enero|abril|mayo|agosto|märz|dez|ene)\w*\b",
    re.IGNORECASE,
)
_ARTICLES: Final = frozenset({"the", "a", "an", "my", "our", "this"})
"""Words that say nothing alone but may begin a name (The Verge, My London)."""
_TRIM: Final = " \t\r«»《》「」“”„\"'‘’*_()[]{}<>（）【】：；，。、:;,–—-|/.\u00a0"
_SENTENCE_END: Final = re.compile(r"[.!?。！？]+[)\]”\"»]*\s+|[。！？]")


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """All that one search needs to know."""

    text: str
    links: tuple[Link, ...]
    outlet: str
    resolve: Resolve
    pack: PatternPack
    cues: frozenset[str]


def find_credits(  # noqa: PLR0913  all that may tell, each by its name
    text: str,
    links: Sequence[Link],
    *,
    authors: tuple[str, ...],
    source_name: str | None,
    source_url: str | None,
    outlet: str,
    resolve: Resolve,
    patterns: PatternPack | None = None,
    cues: frozenset[str] | None = None,
) -> tuple[Credit, ...]:
    """The credits in a text, best first; each source once, with its best evidence.

    `links` are (start, end, address) over `text`; `source_name` and `source_url` are what the feed declares; `cues`
    are those that the text holds, for those who have looked already. Without `patterns` those of the program are used.
    """
    pack = patterns or patterns_of()
    page = Page(
        text=text,
        links=tuple(sorted(links)),
        outlet=outlet,
        resolve=resolve,
        pack=pack,
        cues=pack.watch.present([text], read([text]))[0] if cues is None else cues,
    )
    found = [*_declared(page, source_name, source_url), *_written(page), *_by_authors(page, authors)]
    best: dict[str, Credit] = {}
    for credit in sorted(found, key=lambda each: -each.confidence):
        best.setdefault(credit.outlet or squashed(credit.name), credit)
    return tuple(best.values())


def squashed(name: str) -> str:
    """A name without what spellings differ in: case, spaces, punctuation, a leading article, a domain's ending."""
    folded = re.sub(r"^(?:the|der|die|das|le|la|el|il|o)\s+", "", name.casefold().strip()).removeprefix("www.")
    if not re.search(r"\s", folded):
        folded = re.sub(r"(?<=\w)(?:\.(?:com?|org|net|ac|gov))?\.[a-z]{2,}$", "", folded)
    return re.sub(r"[\W_]+", "", folded)


def may_hold_credits(text: str, cues: frozenset[str], pack: PatternPack) -> bool:
    """Whether a text with these cues holds a wording of credits where it counts: most do not, and name no source."""
    return any(True for _ in _wordings(text, cues, pack))


# ---------------------------------------------------------------- where to look


def _in_region(text: str, pattern: Pattern, line: Line, at: int) -> bool:
    """Whether the wording itself, not only its line, stands where it must."""
    regions = pattern.regions & line.regions
    if regions - {"head", "foot"}:
        return True
    return ("head" in regions and at < HEAD) or ("foot" in regions and at >= foot_of(text))


def _position(page: Page, pattern: Pattern, at: int) -> str:
    if pattern.regions & BYLINES:
        return "byline"
    return "head" if at < min(HEAD, len(page.text) / 2) else "foot"


# ---------------------------------------------------------------- what is found


def _declared(page: Page, name: str | None, url: str | None) -> Iterator[Credit]:
    if name or url:
        credit = _credit(page, name or "", url, quote=name or url or "", position="markup", confidence=DECLARED)
        if credit:
            yield credit


def _by_authors(page: Page, authors: Iterable[str]) -> Iterator[Credit]:
    """An author's name that is an outlet's: aggregators put the source there."""
    for author in authors:
        if page.resolve(author, None):
            credit = _credit(page, author, None, quote=author, position="byline", confidence=AUTHOR)
            if credit:
                yield credit


def _written(page: Page) -> Iterator[Credit]:
    for pattern, line, match in _wordings(page.text, page.cues, page.pack):
        credit = _from_match(page, pattern, line, match)
        if credit:
            yield credit


def _wordings(text: str, cues: frozenset[str], pack: PatternPack) -> Iterator[tuple[Pattern, Line, re.Match[str]]]:
    """All wordings of a text that stand where they must."""
    patterns: tuple[Pattern, ...] | None = None
    for line in lines(text, cues, pack.byline_cues):
        patterns = patterns or pack.possible(cues)  # in most texts there is no line at all
        for pattern in patterns:
            if not pattern.regions.isdisjoint(line.regions) and holds(line.folded, pattern.cues):
                for match in pattern.matches(line.text):
                    if _in_region(text, pattern, line, line.start + match.start()):
                        yield pattern, line, match


def _from_match(page: Page, pattern: Pattern, line: Line, match: re.Match[str]) -> Credit | None:
    """The credit that a wording gives, by its name, else by the link that stands where the name should."""
    named = match.groupdict().get("source") is not None
    start, end = (line.start + place for place in match.span("source" if named else 0))
    near = end if named else min(end + LINK_NEAR, line.start + len(line.text))
    label, link = _link(page, start, near, end)
    name = cleaned(match["source"] if named else label)
    if not names_a_source(name, page.pack):
        name = ""
    if not name and link is None:
        return None
    confidence = pattern.confidence
    elsewhere = link is not None and page.resolve("", link) != page.outlet
    if not elsewhere and page.resolve(name, None) is None:
        if pattern.known:
            return None
        confidence = pattern.confidence if pattern.unresolved is None else pattern.unresolved
    return _credit(
        page,
        name,
        link,
        quote=_sentence(line.text, match.start(), match.end()),
        position=_position(page, pattern, line.start + match.start()) if name else "link",
        confidence=confidence,
    )


def _credit(page: Page, name: str, url: str | None, *, quote: str, position: str, confidence: float) -> Credit | None:
    """A credit, unless it leads to the outlet itself."""
    outlet = page.resolve(name, None) if name else None
    linked = page.resolve("", url) if url else None
    if linked == page.outlet and name:
        url, linked = None, None  # an author's or a topic's page on the outlet's own site: the name alone speaks
    outlet = outlet or linked or (page.resolve(name, url) if name and url else None)
    name = name or (urlsplit(url).hostname or "").removeprefix("www.") if url else name
    own = page.outlet and (outlet == page.outlet or squashed(name) in {squashed(page.outlet), ""})
    if own or not name:
        return None
    return Credit(
        name=name, url=url, outlet=outlet, quote=quote[:QUOTE], position=position, confidence=round(confidence, 2)
    )


def _link(page: Page, start: int, end: int, after: int) -> tuple[str, str | None]:
    """Words and address of the first link that overlaps a stretch and leads somewhere; platforms do not count.

    The words are "" where they belong to the wording itself ("read the original"): then they name nobody.
    """
    for opened, closed, url in page.links:
        if opened <= end and closed >= start and url.lower().startswith(("http://", "https://")):
            host = (urlsplit(url).hostname or "").lower()
            if host and not any(squashed(platform) == squashed(host) for platform in page.pack.platforms):
                return page.text[opened:closed] if opened >= after else "", url
    return "", None


def cleaned(name: str) -> str:
    """A name without the quotes, dates and remarks around it."""
    name = re.split(r"[«»“”\"]|\s\(|\s\|\s|\shttps?:", name.strip(_TRIM), maxsplit=1)[0]
    name = re.sub(
        r"^(?:the\s)?(?:website|site|blog|newspaper|magazine|newsletter)\s(?:of\s)?(?=\w)",
        "",
        name,
        flags=re.IGNORECASE,
    )
    name = re.sub(r"^the\s(?=[A-ZÀ-Þ])", "", name)
    name = re.sub(r"\s(?:on|am|le|em|el|del|il|в)\s\d[\d/. -]*$", "", name)
    return re.sub(r"\s+", " ", name).strip(_TRIM)


def names_a_source(name: str, pack: PatternPack) -> bool:
    """Whether this can be a publisher's name: no date, person, platform, picture agency or half a sentence."""
    folded = name.casefold()
    words = re.findall(r"\w+", folded)
    if not 2 <= len(name) <= NAME or not words or len(words) > NAME_WORDS:
        return False
    if not re.search(r"[^\W\d_]", _DATE_WORDS.sub("", folded)):
        return False
    if folded in pack.words or words[0] in pack.words - _ARTICLES or folded in pack.people or words[-1] in pack.people:
        return False
    if any(re.search(rf"(?<!\w){re.escape(each)}(?!\w)", folded) for each in pack.platforms):
        return False
    return not any(each in folded for each in pack.pictures)


def _sentence(line: str, start: int, end: int) -> str:
    """The sentence around a stretch of a line, as it stands there."""
    opens = max((match.end() for match in _SENTENCE_END.finditer(line, 0, start)), default=0)
    closes = _SENTENCE_END.search(line, end)
    return line[opens : closes.end() if closes else len(line)].strip()[:QUOTE]
