"""The search index: every story of a month once, as a script that holds nothing but its rows."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from datetime import date
from typing import Any

from aggregator.render import search
from aggregator.render.site import render_site
from tests.render.builders import BERLIN, copy, edition, full_site, name_of, pages, piece, story


def parts(body: bytes) -> tuple[str, list[str], list[list[Any]]]:
    """What a month's script hands to the page."""
    found = json.loads(re.sub(r"^fairCopyMonth\((.*)\);\n$", r"[\1]", body.decode(), flags=re.DOTALL))
    return found[0], found[1], found[2]


def test_a_row_holds_headline_beginning_outlets_and_language() -> None:
    made = search.row(
        story(7, piece(7, title="Locks", copies=(copy(8, "mirror.example"),)), standfirst="Two metres. …"), name_of
    )
    assert made == (7, "Locks", "Two metres.", ("Quay Dispatch", "مرآة الساحل"), "en")


def test_a_story_of_several_days_stands_once_on_its_last_day() -> None:
    first, last = (7, "Then", "", ("A",), "en"), (7, "Now", "", ("B",), "en")
    _, outlets, lines = parts(search.script("2026-07", [(date(2026, 7, 9), [last]), (date(2026, 7, 2), [first])]))
    assert lines == [[7, 9, "Now", "", [0], "en"]]
    assert outlets == ["B"]


def test_newer_stories_stand_first() -> None:
    days = [(date(2026, 7, day), [(day, "Title", "", (), None)]) for day in (3, 1, 2)]
    assert [line[0] for line in parts(search.script("2026-07", days))[2]] == [3, 2, 1]


def test_a_month_without_stories_is_a_script_too() -> None:
    assert parts(search.script("2026-07", [])) == ("2026-07", [], [])


def test_rows_that_come_back_from_the_store_give_the_same_script() -> None:
    rows = search.rows(full_site().edition, name_of)
    again = json.loads(json.dumps(rows))
    assert search.script("2026-07", [(date(2026, 7, 10), again)]) == search.script(
        "2026-07", [(date(2026, 7, 10), rows)]
    )


def test_a_months_index_holds_its_other_editions_and_no_other_months() -> None:
    old = (5, "An old story", "", ("Merrow Wire",), None)
    whole = replace(
        pages(edition=edition(story(1))), findable=((date(2026, 6, 30), (old,)), (date(2026, 7, 1), ((6, *old[1:]),)))
    )
    found = render_site(whole, site=BERLIN, names=name_of)
    assert [line[0] for line in parts(found["search/2026-07.js"])[2]] == [1, 6]
    assert "search/2026-06.js" not in found


def test_hostile_words_stay_within_their_strings() -> None:
    title = '</script><script>alert(1)</script>"]]);alert(1)//\u202e\u2028'
    found = render_site(pages(edition=edition(story(1, title=title))), site=BERLIN, names=lambda _: '"+alert(1)+"')
    _, outlets, lines = parts(found["search/2026-07.js"])
    assert outlets == ['"+alert(1)+"']
    assert lines[0][2].startswith("</script>")
    assert "\u202e" not in lines[0][2]
