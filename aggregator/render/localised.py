"""Dates, numbers, lengths of time and plurals in the site's language and zone. The only home of babel.

Rules: nothing here knows an edition; every method turns one value into words. Interface words go through
`gettext` and `ngettext` with English in the source; a catalogue can be put in without touching a caller. Figures
are printed for what is counted, so that parts can be added up.
"""

from __future__ import annotations

import gettext
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from functools import cache, lru_cache
from io import BytesIO
from pathlib import Path
from zoneinfo import ZoneInfo

from babel import Locale, UnknownLocaleError, dates, lists, numbers

DAY = timedelta(days=1)
PATTERNS = {"en_GB": {"yMMMMEEEEd": "EEEE d MMMM y", "MMMMEEEEd": "EEEE d MMMM", "MMMd": "d MMM", "yMMMMd": "d MMMM y"}}
"""The house's own dates: CLDR has a comma in them that newspapers do not print."""
FROM_THE_LEFT = "\u200e"
"""LEFT-TO-RIGHT MARK: keeps a sign before its figure among words that run to the left, as CLDR has it in Arabic."""
NEAR = timedelta(days=6)
"""A weekday names a day without doubt for less than a week."""


def locale_of(language: str) -> Locale:
    """The locale of a language tag; plain `en` keeps the 24-hour clock, what is unknown becomes English."""
    tag = "en_GB" if language.lower() in {"en", ""} else language.replace("-", "_")
    try:
        return Locale.parse(tag)
    except (ValueError, UnknownLocaleError):
        return Locale.parse("en_GB")


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Interface:
    """How this site speaks: its locale, its zone and its catalogue of words.

    Two are never equal, so that what is kept for one is found without looking at what it is made of.
    """

    locale: Locale
    zone: ZoneInfo
    catalogue: gettext.NullTranslations = field(default_factory=gettext.NullTranslations)

    def gettext(self, message: str) -> str:
        """The message in the site's language."""
        return said(self, message)

    def ngettext(self, singular: str, plural: str, count: int) -> str:
        """The message in the form for `count`, its `{n}` filled with the figure."""
        return self.catalogue.ngettext(singular, plural, count).replace("{n}", self.number(count))

    def number(self, value: float) -> str:
        """A count: 4,000."""
        return decimal(self, value)

    def share(self, value: float) -> str:
        """A share in [0, 1] as whole percents, never rounded up to all or down to nothing."""
        percent = round(value * 100)
        percent = min(percent, 99) if value < 1 else percent
        return percents(self, max(percent, 1 if value > 0 else 0))

    def listed(self, names: Sequence[str]) -> str:
        """Names as a sentence has them: a, b and c."""
        return lists.format_list(list(names), locale=self.locale)

    def local(self, moment: datetime) -> datetime:
        """The moment on the site's clocks."""
        return in_zone(self.zone, moment)

    def _pattern(self, day: date, skeleton: str) -> str:
        return dated(self, day, skeleton)

    def day(self, day: date) -> str:
        """Friday 10 July 2026."""
        return self._pattern(day, "yMMMMEEEEd")

    def day_of_year(self, day: date) -> str:
        """Friday 10 July."""
        return self._pattern(day, "MMMMEEEEd")

    def plain_day(self, day: date) -> str:
        """10 July 2026, without the weekday."""
        return self._pattern(day, "yMMMMd")

    def month(self, day: date) -> str:
        """July."""
        return str(self.locale.months["stand-alone"]["wide"][day.month])

    def weekday(self, day: date) -> str:
        """Friday."""
        return weekday(self, "stand-alone", "wide", day.weekday())

    def weekday_short(self, day: date) -> str:
        """Fri."""
        return weekday(self, "format", "abbreviated", day.weekday())

    def day_short(self, day: date) -> str:
        """10 Jul."""
        return self._pattern(day, "MMMd")

    def weekdays(self) -> list[tuple[str, str]]:
        """(short, wide) names in the order in which the locale's week runs."""
        days = self.locale.days["stand-alone"]
        order = [(self.locale.first_week_day + step) % 7 for step in range(7)]
        return [(str(days.get("short", days["abbreviated"])[key]), str(days["wide"][key])) for key in order]

    def clock(self, moment: datetime) -> str:
        """16:10."""
        local = self.local(moment)
        return clock(self, time(local.hour, local.minute))

    def moment(self, moment: datetime, near: date) -> str:
        """The shortest time that is clear on a page of the day `near`: 06:02, Thu 16:10, or 2 Jul 16:10."""
        day = self.local(moment).date()
        if day == near:
            return self.clock(moment)
        if timedelta(0) < near - day < NEAR:
            return f"{self.weekday_short(day)} {self.clock(moment)}"
        short = self._pattern(day, "MMMd") if day.year == near.year else self.plain_day(day)
        return f"{short} {self.clock(moment)}"

    def day_near(self, day: date, near: date) -> str:
        """The shortest name of a day on a page of the day `near`: Tuesday, or 2 July 2026."""
        return self.weekday(day) if abs(near - day) < NEAR else self.plain_day(day)

    def delay(self, delay: timedelta) -> str:
        """A copy's distance from its original: +38 min, +2 h 05, +1 d 3 h; with a minus sign when it came before."""
        minutes = round(abs(delay).total_seconds() / 60)
        sign = "−" if delay < timedelta(0) and minutes else "+"
        sign = f"{FROM_THE_LEFT}{sign}" if self.right_to_left else sign
        hours, rest = divmod(minutes, 60)
        if hours == 0:
            return f"{sign}{rest} {self.gettext('min')}"
        if hours < 24:
            return f"{sign}{hours} {self.gettext('h')} {rest:02d}"
        days, hours = divmod(hours, 24)
        tail = f" {hours} {self.gettext('h')}" if hours else ""
        return f"{sign}{days} {self.gettext('d')}{tail}"

    def span(self, span: timedelta) -> str:
        """A length of time in one rounded unit: 38 minutes, 9 hours, 3 days."""
        span = max(abs(span), timedelta(minutes=1))
        return length(self, span)

    def zone_name(self) -> str:
        """Central European Time: true all year, so that old pages need no rewriting."""
        if self.zone.key in {"UTC", "Etc/UTC"}:  # babel knows no name for it
            return "UTC"
        return dates.get_timezone_name(self.zone, locale=self.locale)

    def language_name(self, language: str | None) -> str | None:
        """German for `de`; None for what has no name or is the site's own language."""
        base = (language or "").replace("_", "-").split("-")[0].lower()
        if not base or base == self.locale.language:
            return None
        return named(self, base)

    @property
    def right_to_left(self) -> bool:
        """Whether the site's own language runs from right to left."""
        return self.locale.character_order == "right-to-left"


# Babel looks everything up anew each time; a page asks for some hundred figures and times, mostly the same ones.


@lru_cache(maxsize=4096)
def said(speaker: Interface, message: str) -> str:
    """A message in the site's language."""
    return speaker.catalogue.gettext(message)


@lru_cache(maxsize=8192)
def in_zone(zone: ZoneInfo, moment: datetime) -> datetime:
    """The moment on the zone's clocks."""
    return moment.astimezone(zone)


@lru_cache(maxsize=4096)
def decimal(speaker: Interface, value: float) -> str:
    """A count."""
    return str(numbers.format_decimal(value, locale=speaker.locale))


@lru_cache(maxsize=256)
def percents(speaker: Interface, value: int) -> str:
    """Whole percents."""
    return str(numbers.format_percent(value / 100, locale=speaker.locale))


@lru_cache(maxsize=2048)
def clock(speaker: Interface, at: time) -> str:
    """A time of the day, already local."""
    return dates.format_time(at, "short", locale=speaker.locale)


@lru_cache(maxsize=4096)
def dated(speaker: Interface, day: date, skeleton: str) -> str:
    """A day in the house's own pattern, else in the locale's."""
    pattern = PATTERNS.get(str(speaker.locale), {}).get(skeleton) or widened(speaker.locale, skeleton)
    return dates.format_date(day, pattern, locale=speaker.locale)


@lru_cache(maxsize=64)
def widened(locale: Locale, skeleton: str) -> str:
    """The locale's nearest pattern with whole names: CLDR lists few skeletons, most with abbreviations."""
    known = dates.match_skeleton(skeleton, locale.datetime_skeletons)
    pattern = str(locale.datetime_skeletons[known]) if known else "y-MM-dd"
    pattern = re.sub("E+", "EEEE", pattern) if "EEEE" in skeleton else pattern
    return re.sub("(?<!M)MMM(?!M)", "MMMM", pattern) if "MMMM" in skeleton else pattern


@lru_cache(maxsize=64)
def weekday(speaker: Interface, form: str, width: str, number: int) -> str:
    """A weekday's name."""
    return str(speaker.locale.days[form][width][number])


@lru_cache(maxsize=2048)
def length(speaker: Interface, span: timedelta) -> str:
    """A length of time in one rounded unit."""
    return dates.format_timedelta(span, threshold=1.5, granularity="minute", locale=speaker.locale)


@lru_cache(maxsize=256)
def named(speaker: Interface, language: str) -> str | None:
    """A language's name."""
    name = speaker.locale.languages.get(language)
    return str(name) if name else None


@lru_cache(maxsize=256)
def is_language(code: str) -> bool:
    """Whether the code is a language's own: CLDR lists each by its shortest ISO 639 code, as BCP 47 wants it."""
    return code.lower() in Locale.parse("en").languages


CATALOGUES = Path(__file__).parents[1] / "locale"
"""One catalogue of messages for each language, as people write them; English needs none."""


@cache
def catalogue(language: str) -> gettext.NullTranslations:
    """The words of a language, compiled from its catalogue when first asked for; English where there is none."""
    place = CATALOGUES / f"{language}.po"
    if not place.is_file():
        return gettext.NullTranslations()
    from babel.messages.mofile import write_mo  # noqa: PLC0415  (only other languages need them)
    from babel.messages.pofile import read_po  # noqa: PLC0415

    compiled = BytesIO()
    with place.open("rb") as source:
        write_mo(compiled, read_po(source, locale=language))
    compiled.seek(0)
    return gettext.GNUTranslations(compiled)


@cache  # the same object each time, with all that is kept for it
def interface(language: str, zone: ZoneInfo) -> Interface:
    """The interface of a site; a language without a catalogue has English words and its own dates."""
    locale = locale_of(language)
    return Interface(locale=locale, zone=zone, catalogue=catalogue(locale.language))
