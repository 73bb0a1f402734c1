"""Dates as publishers write them, turned into UTC; what cannot be believed becomes None.

feedparser's own result is the last resort but one: it takes CET, JST, IST, MSK and NZST for UTC, reads `2016/6/29` as
the first of this month, a Unix time as the year 1587, and drops the time of `20200421T124301Z` (its issue 75, and
measured). No function here raises, whatever it is given.
"""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from functools import cache, lru_cache
from typing import Any

MAX_DATE = 100
"""Characters of a date that are read; the longest real ones spell out day, month and zone in 60."""

FIRST_YEAR = 1990
"""Nothing on the web is older: earlier dates are zeros, epochs and slips of the keyboard."""

FARTHEST_AHEAD = timedelta(days=366)
"""Claims of the future are kept as claimed (they are flagged later), up to here; beyond they are nonsense."""

ZONES = {
    "z": 0, "ut": 0, "utc": 0, "gmt": 0, "wet": 0, "west": 60, "bst": 60, "cet": 60, "met": 60, "mez": 60, "wat": 60,
    "cest": 120, "mest": 120, "mesz": 120, "eet": 120, "sast": 120, "cat": 120, "eest": 180, "msk": 180, "eat": 180,
    "trt": 180, "idt": 180, "msd": 240, "gst": 240, "irst": 210, "pkt": 300, "ist": 330, "npt": 345, "ict": 420,
    "wib": 420, "hkt": 480, "sgt": 480, "pht": 480, "awst": 480, "wita": 480, "jst": 540, "kst": 540, "wit": 540,
    "acst": 570, "aest": 600, "acdt": 630, "aedt": 660, "nzst": 720, "nzdt": 780, "nst": -210, "ndt": -150, "ast": -240,
    "adt": -180, "brt": -180, "art": -180, "clt": -240, "est": -300, "edt": -240, "et": -300, "cst": -360, "cdt": -300,
    "ct": -360, "mst": -420, "mdt": -360, "mt": -420, "pst": -480, "pdt": -420, "pt": -480, "akst": -540, "akdt": -480,
    "hst": -600,
}  # fmt: skip
"""Minutes east of UTC. Ambiguous letters mean what they mean in most feeds: IST India, CST America, BST Britain."""

LANGUAGES = (
    "de fr es it pt nl sv da nb fi pl cs sk hu ro bg ru uk be sr hr sl mk el tr ar fa he hi bn th vi id ja ko zh ca lt "
    "lv et is ka az"
).split()
"""Languages in which months and days are read; with all 200 of dateparser a wrong date takes 33 ms instead of 4."""

_MONTHS = "jan feb mar apr may jun jul aug sep oct nov dec".split()
_CLOCK = r"(?P<hour>\d{1,2})[:.h](?P<minute>\d{2})(?:[:.](?P<second>\d{2})(?:[.,]\d+)?)?\s*(?P<half>[ap]\.?m\b\.?)?"
_ZONE = r"\s*(?P<zone>(?:[a-z]{1,5})?\s?[+-]\d{1,2}:?\d{0,2}|[a-z]{1,5})?(?:\s*[(\[].*[)\]])?"
_DAY_NAME = r"(?:[^\W\d_]+\.?,?\s+)?"
_YEAR_FIRST = re.compile(
    r"(?P<year>\d{4})\s?[-/.年년]\s?(?P<month>\d{1,2})\s?[-/.月월]\s?(?P<day>\d{1,2})[日일.]?"
    rf"(?:[t ,]+{_CLOCK}{_ZONE})?",
    re.IGNORECASE,
)
_DAY_FIRST = re.compile(
    rf"{_DAY_NAME}(?P<day>\d{{1,2}})(?:st|nd|rd|th)?\.?[\s-]+(?P<month>[a-z]{{3,9}})\.?,?[\s-]+(?P<year>\d{{2}}|\d{{4}}),?"
    rf"(?:\s+(?:at\s+)?{_CLOCK}{_ZONE})?",
    re.IGNORECASE,
)
_MONTH_FIRST = re.compile(
    rf"{_DAY_NAME}(?P<month>[a-z]{{3,9}})\.?\s+(?P<day>\d{{1,2}})(?:st|nd|rd|th)?,?\s+(?P<year>\d{{4}}),?"
    rf"(?:\s+(?:[-–]\s+|at\s+)?{_CLOCK}{_ZONE})?",
    re.IGNORECASE,
)
_ASCTIME = re.compile(
    rf"[a-z]{{3,9}},?\s+(?P<month>[a-z]{{3,9}})\s+(?P<day>\d{{1,2}})\s+{_CLOCK}(?:\s+(?P<zone>[a-z]{{1,5}}))?\s+(?P<year>\d{{4}})",
    re.IGNORECASE,
)
_BASIC_ISO = re.compile(r"\d{8}(?:[Tt ]?\d|$)|\d{4}-?W\d|\d{4}-\d{2}(?:T|$)|\d{4}-\d{2}-\d{2}[Tt]\d{6}")
_NUMBERS = re.compile(
    rf"(?P<first>\d{{1,2}})[/.-](?P<other>\d{{1,2}})[/.-](?P<year>\d{{4}})(?:[ ,]+{_CLOCK}{_ZONE})?", re.IGNORECASE
)
_OFFSET = re.compile(r"([+-])(\d{1,2}):?(\d{2})?")
_COMMENT = re.compile(r"\([^()]*+\)")
"""RFC 822, 3.1.4: anywhere in a date."""
_UNIX = re.compile(r"\d{9,10}(?:\.\d+)?|\d{12,13}")


def repair(
    raw: str | None, parsed: time.struct_time | None, now: datetime, *, thorough: bool = True
) -> datetime | None:
    """The moment that a feed's date means, in UTC, or None when it means none that can be believed.

    `raw` is the date as written, `parsed` what feedparser made of it. A date without zone is taken as UTC, one without
    time as midnight. Years before `FIRST_YEAR` and dates more than `FARTHEST_AHEAD` after `now` are dropped. Words of
    other languages than English are tried only where `thorough`: that takes milliseconds a date.
    """
    if not raw:
        return None
    text = " ".join(_COMMENT.sub(" ", raw[: MAX_DATE + 1]).split()).replace(" ,", ",")
    if not text or len(text) > MAX_DATE or not any(character.isdigit() for character in text):
        return None
    try:
        for reading in (_unix, _iso, _written, _numbers):
            if (moment := reading(text, now)) is not None:
                return _believable(moment, now)
    except (ValueError, OverflowError, OSError):  # a date in a known form that does not exist, such as 30 February
        return None
    trusted = _believable(_trusted(text, parsed), now)
    return trusted or (_believable(_in_other_words(text), now) if thorough else None)


def _believable(moment: datetime | None, now: datetime) -> datetime | None:
    if moment is None or moment.year < FIRST_YEAR or moment > now + FARTHEST_AHEAD:
        return None
    return moment


def _unix(text: str, _: datetime) -> datetime | None:
    """Seconds or milliseconds since 1970."""
    if not _UNIX.fullmatch(text):
        return None
    number = float(text)
    return datetime.fromtimestamp(number / 1000 if number > 1e11 else number, UTC).replace(microsecond=0)


def _iso(text: str, _: datetime) -> datetime | None:
    """ISO 8601 in all its forms (Python reads the basic one too), the sloppy `2016/6/29 10:00 CET`, a leap second."""
    match = _YEAR_FIRST.fullmatch(text)
    if match is not None:
        return _moment(match, int(match["year"]), int(match["month"]), int(match["day"]))
    if not _BASIC_ISO.match(text):
        return None
    moment = datetime.fromisoformat(text if len(text) != 14 else f"{text[:8]}T{text[8:]}")
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).astimezone(UTC)


def _written(text: str, _: datetime) -> datetime | None:
    """RFC 822 and its relatives with English months; the day's name is not looked at, in whatever language."""
    for pattern in (_DAY_FIRST, _MONTH_FIRST, _ASCTIME):
        match = pattern.fullmatch(text)
        if match is not None and match["month"][:3].lower() in _MONTHS:
            return _moment(
                match, _full_year(match["year"]), _MONTHS.index(match["month"][:3].lower()) + 1, int(match["day"])
            )
    return None


def _numbers(text: str, now: datetime) -> datetime | None:
    """`21/04/2020` or `04/21/2020`; where both readings are possible, the one nearer to now that is not ahead of it."""
    match = _NUMBERS.fullmatch(text)
    if match is None:
        return None
    first, other, year = int(match["first"]), int(match["other"]), int(match["year"])
    readings = list(_readings(match, year, first, other))
    past = [moment for moment in readings if moment <= now + timedelta(days=2)]
    return max(past) if past else min(readings, default=None)


def _readings(match: re.Match[str], year: int, first: int, other: int) -> Iterator[datetime]:
    for day, month in ((first, other), (other, first)):
        if 1 <= month <= 12:
            yield _moment(match, year, month, day)


def _moment(match: re.Match[str], year: int, month: int, day: int) -> datetime:
    """The moment in UTC. Raises ValueError for a day or time that does not exist."""
    hour, minute, second = (int(match[name] or 0) for name in ("hour", "minute", "second"))
    half = (match["half"] or "").lower()
    if half:
        hour = hour % 12 + (12 if half.startswith("p") else 0)
    next_day = hour == 24 and minute == 0
    local = datetime(year, month, day, 0 if next_day else hour, minute, min(second, 59), tzinfo=UTC)  # :60 leaps
    return local + timedelta(days=next_day) - timedelta(minutes=_minutes_east(match["zone"] or ""))


def _minutes_east(zone: str) -> int:
    """The zone's offset; 0 for unknown names and offsets that no place has (beyond 14 hours)."""
    if found := _OFFSET.search(zone):
        digits = found[2] + (found[3] or "")
        hours, minutes = (int(found[2]), int(found[3] or 0)) if len(digits) != 3 else (int(digits[0]), int(digits[1:]))
        offset = hours * 60 + minutes
        return (-offset if found[1] == "-" else offset) if offset <= 14 * 60 and minutes < 60 else 0
    return ZONES.get(zone.strip().lower(), 0)


def _full_year(year: str) -> int:
    """Two digits as RFC 2822, 4.3 reads them: 50 and above are last century."""
    return int(year) if len(year) == 4 else int(year) + (1900 if int(year) >= 50 else 2000)


def _trusted(text: str, parsed: time.struct_time | None) -> datetime | None:
    """The result of feedparser where its year and more stand in the text (it reads Korean, Greek, Hungarian dates)."""
    if parsed is None or str(parsed.tm_year) not in text or text.isdigit():
        return None
    try:
        return datetime(*parsed[:6], tzinfo=UTC)
    except (ValueError, TypeError):
        return None


@lru_cache(maxsize=1024)  # many items of one feed share a date, and this takes milliseconds
def _in_other_words(text: str) -> datetime | None:
    """Dates with months and days in other languages, which need dateparser (a tenth of a second to load: late)."""
    if not re.search(r"\d{4}|\d{1,2}.+[^\W\d_]{3}", text) or not re.search(r"[^\W\d_]{2}", text):
        return None
    try:
        moment = _reader().get_date_data(text).date_obj
    except Exception:  # noqa: BLE001 - a foreign text in a foreign parser: RecursionError, regex.error and more were seen
        return None
    return moment.astimezone(UTC) if isinstance(moment, datetime) and moment.tzinfo else None


@cache
def _reader() -> Any:
    from dateparser.date import DateDataParser  # noqa: PLC0415 - see `_in_other_words`

    return DateDataParser(
        languages=LANGUAGES,
        try_previous_locales=False,  # otherwise the result would depend on what was read before
        settings={
            "TIMEZONE": "UTC",
            "RETURN_AS_TIMEZONE_AWARE": True,
            "REQUIRE_PARTS": ["day", "month", "year"],
            "PARSERS": ["absolute-time"],
        },
    )
