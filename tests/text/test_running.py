import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aggregator.text.running import _RUNNING, is_running


@pytest.mark.parametrize(
    "title",
    [
        "Live: The harbour fire, minute after minute",
        "Harbour fire: Live Updates",
        "Harbour LIVE Northport updates: two boats lost",
        "Harbour updates LIVE: two boats lost",
        "As it happened: The harbour fire",
        "Ice, Harbours, Cats: Your Tuesday Briefing",
        "Morning Briefing: Top stories from the Heron",
        "Harbour fire: Evening update as boats return",
        "Harbour fire: All you need to know about today's developments",
        "Harbour fire: What happened in Northport on 3 May",
        "The Papers: 'Boats lost' and cats found",
        "The week in pictures",
        "Heron News Full Episode - May 3, 2026",
        "Heron Radio Livestream | May 3, 2026",
        "Heron Breakfast Livestream (May 3, 2026)",
        "Liveblog: Der Hafenbrand",
        "Hafenbrand im Liveticker",
        "EN DIRECT - Incendie du port",
        "Incendio en el puerto, última hora",
    ],
)
def test_live_pages_briefings_and_round_ups_are_told_by_their_titles(title: str) -> None:
    assert is_running(title)


@pytest.mark.parametrize(
    "title",
    [
        "",
        "Minister leaves harbour briefing without an answer",
        "Clubs welcome an update on the season",
        "Live Free or Die: walkers defy the harbour rule",
        "How to live by the harbour",
        "The Daily Heron gives boats to the needy",
        "What happened to the cat of the harbour master?",
        "Tracker shows that the fire began on Sunday",
        "The latest drawing by our artist",
        "Live show returns to the harbour hall",
        "Harbour master walks into livestream of choir",
        "How livestreams saved the harbour choir",
    ],
)
def test_a_report_that_mentions_such_words_is_none(title: str) -> None:
    assert not is_running(title)


@settings(max_examples=1000)
@given(st.from_regex(_RUNNING, alphabet=st.characters(max_codepoint=0x52F, exclude_characters="\u0130\u0131\u017f")))
def test_every_form_of_such_a_title_is_told(title: str) -> None:
    assert is_running(title)
