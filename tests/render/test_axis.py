"""The time axis: marks on whole hours, and its direction, which is that of the site's words."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from hypothesis import given
from hypothesis import strategies as st

from aggregator.render.axis import LONG_CLOCK_TICKS, MOST_TICKS, axis
from aggregator.render.charts import growth, strip
from aggregator.render.localised import interface
from aggregator.render.timeline import timeline
from aggregator.render.words import Speech
from tests.render.builders import DAY, lock_story

BERLIN = ZoneInfo("Europe/Berlin")
ENGLISH, ARABIC, HEBREW = (interface(language, BERLIN) for language in ("en", "ar", "he"))
moments = st.datetimes(datetime(2020, 1, 1), datetime(2030, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001


@given(moments, st.timedeltas(timedelta(minutes=1), timedelta(days=300)))
def test_all_moments_lie_between_the_first_and_the_last_mark(first: datetime, span: timedelta) -> None:
    at = axis([first, first + span], ENGLISH)
    assert at.start <= first <= first + span <= at.end
    assert list(at.ticks) == sorted(set(at.ticks))


@given(moments, st.timedeltas(timedelta(minutes=1), timedelta(days=300)))
def test_time_runs_the_other_way_on_a_right_to_left_site(first: datetime, span: timedelta) -> None:
    there, back = axis([first, first + span], ENGLISH), axis([first, first + span], HEBREW)
    assert abs(there.place(first) + back.place(first) - 100) < 0.02
    assert back.place(first) > back.place(first + span)


@given(moments, st.timedeltas(timedelta(minutes=1), timedelta(days=300)))
def test_long_clock_times_stand_at_fewer_marks(first: datetime, span: timedelta) -> None:
    assert len(axis([first, first + span], ARABIC).ticks) <= LONG_CLOCK_TICKS + 1
    assert len(axis([first, first + span], ENGLISH).ticks) <= MOST_TICKS + 1


def test_every_picture_of_a_right_to_left_site_keeps_its_words_within() -> None:
    speech, story = Speech(interface=ARABIC, names=str), lock_story()
    pictures = (
        strip(speech, story, DAY),
        growth(speech, story),
        timeline(speech, story.pieces[0], row=48, top=32, mark=24),
    )
    for picture in pictures:
        for place, anchor in re.findall(r'<text class="soft[^"]*" x="([\d.]+)%?"[^>]*text-anchor="(\w+)"', picture):
            assert anchor != ("start" if float(place) > 90 else "end" if float(place) < 10 else ""), picture
