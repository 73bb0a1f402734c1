"""Titles without what their feed puts on many of them, "… | Outlet", "Section - …", "Morning briefing: …"; and undated.

Segments are learnt per feed from how often a title's first or last one has stood there before, and counted in a table
of fixed size, so that nothing has to be configured. Titles of unknown feeds keep theirs: without knowing whose they
are, a recurring segment is as often a running event's name as an outlet's (measured: -.07 B-cubed). A date tells when,
not what: broadcasts and columns that shared nothing but the day were one story.
"""

from __future__ import annotations

import re
import zlib
from collections.abc import Sequence

import numpy as np

from aggregator.stories.frequencies import TermTable

TITLES = "-titles"
"""Under this name the counts are kept among those of the languages; no language tag begins with a hyphen."""
RECURRING = 3
"""Times a segment must have stood in a feed's titles, this one included."""
RECURRING_SHARE = 0.05
"""Of a feed's titles that must carry it: a section's name does, a running event's name rarely so for long."""
KEY_SPACE = 1 << 18
"""Distinct keys: 5,000 feeds with ten segments each fill a fifth of it."""
LONGEST_SEGMENT = 60
"""Characters of a segment that can be an outlet's or a section's name."""

SEPARATOR = re.compile(r"\s+[|»·•–—-]+\s+|\s*[|»]\s*|:\s+")

_YEAR = r"(?:19|20)\d\d"
_DATE = rf"""(?:[^\W\d]{{2,12}}\.?,?\s+)? (?:
    \d{{1,2}}(?:\.|st|nd|rd|th|º|er)?\s+(?:de\s+)?[^\W\d]{{3,12}}\.?,?\s+(?:de\s+)?{_YEAR}
    | [^\W\d]{{3,12}}\.?\s+\d{{1,2}}(?:st|nd|rd|th)?,\s+{_YEAR}
    | \d{{1,2}}(?:/\d{{1,2}}/|\.\d{{1,2}}\.|-\d{{1,2}}-)(?:{_YEAR}|\d\d) | {_YEAR}-\d\d-\d\d
    | {_YEAR}\s*[年년]\s*\d{{1,2}}\s*[月월]\s*\d{{1,2}}\s*[日일]
)(?:,?\s+part\s+\d+)?"""
DATE = re.compile(_DATE, re.IGNORECASE | re.VERBOSE)
"""A day with its year, perhaps behind a weekday. Between day and year any word is taken for the month."""
ASIDE = re.compile(rf"\s*[(（]\s*{_DATE}\s*[)）] | ,\s+{_DATE}$", re.IGNORECASE | re.VERBOSE)
"""A date in parentheses, or behind the last comma."""


class TitleSegments:
    """Counts of (feed, segment) and of titles a feed."""

    def __init__(self) -> None:
        self.table = TermTable(TITLES, KEY_SPACE)

    def strip(self, titles: Sequence[tuple[str, str]]) -> list[str]:
        """The titles of (feed, title) pairs without dates and without recurring segments at either end.

        Learns from all of them first. At least one segment of each stays.
        """
        titles = [(feed, undated(title)) for feed, title in titles]
        segments = [SEPARATOR.split(title) for _, title in titles]
        known = [(feed, parts) for (feed, _), parts in zip(titles, segments, strict=True) if feed]
        self.table.learn([_keys(feed, parts) for feed, parts in known])
        return [
            self._stripped(feed, title, parts) if feed else title
            for (feed, title), parts in zip(titles, segments, strict=True)
        ]

    def _stripped(self, feed: str, title: str, parts: list[str]) -> str:
        kept = parts
        while len(kept) > 1 and self._recurs(feed, kept[-1]):
            kept = kept[:-1]
        while len(kept) > 1 and self._recurs(feed, kept[0]):
            kept = kept[1:]
        return title if kept is parts else " - ".join(kept)

    def _recurs(self, feed: str, segment: str) -> bool:
        if len(segment) > LONGEST_SEGMENT:
            return False
        times, titles = (int(self.table.counts[key]) for key in (_key(feed, segment), _key(feed)))
        return times >= max(RECURRING, RECURRING_SHARE * titles)


def undated(title: str) -> str:
    """A title without the dates that stand apart in it; one of nothing else stays as it is."""
    parts = SEPARATOR.split(title)
    told = [ASIDE.sub("", part) for part in parts if not DATE.fullmatch(part.strip())]
    return (title if told == parts else " - ".join(told).strip()) or title


def _keys(feed: str, parts: list[str]) -> np.typing.NDArray[np.uint32]:
    """What one title is counted under: its feed, and its outer segments when it has several."""
    outer = {parts[0], parts[-1]} if len(parts) > 1 else set()
    return np.array(sorted({_key(feed), *(_key(feed, part) for part in outer)}), np.uint32)


def _key(*words: str) -> int:
    return zlib.crc32("\0".join(words).casefold().encode("utf-8", "surrogatepass")) % KEY_SPACE
