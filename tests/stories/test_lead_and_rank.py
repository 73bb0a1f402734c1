from datetime import timedelta
from itertools import permutations

import pytest

from aggregator.stories.lead import LeadCandidate, choose
from aggregator.stories.rank import StoryFacts, score
from tests.stories.builders import NOON


def candidate(
    piece: int,
    *,
    original: bool = True,
    full: bool = True,
    words: int = 500,
    priority: int = 0,
    hours: float = 0.0,
    central: float = 0.5,
    round_up: bool = False,
) -> LeadCandidate:
    return LeadCandidate(
        piece=piece, original_known=original, full_text=full, words=words, priority=priority, at=NOON + timedelta(hours=hours),
        centrality=central, rounds_up=round_up,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("others", "why"),
    [
        ([candidate(1, round_up=True, central=0.9, hours=-1)], "a report, where the next best is a round-up"),
        ([candidate(1, words=0, central=0.9, hours=-1)], "a text, where the next best is a headline only"),
        ([candidate(1, central=0.39, hours=-1, priority=9)], "it tells of what most of the others tell"),
        ([candidate(1, central=0.6, hours=1)], "the earliest"),
        ([candidate(1, original=False, priority=9)], "the original, where the next best is a copy"),
        ([candidate(1, full=False, priority=9)], "the full text, where the next best is an excerpt"),
        ([candidate(1, priority=-1)], "its outlet has priority"),
        ([candidate(1, words=30, hours=-1), candidate(3, words=400, hours=2)], "the earliest"),
        ([candidate(1, words=30, hours=-1)], "a report, where the next best is a flash"),
        ([candidate(1, hours=1)], "the earliest"),
        ([candidate(3)], "equal to others in all respects; the first that came in"),
        ([], "the only piece"),
    ],
)
def test_the_lead_is_chosen_by_the_first_rule_that_decides(others: list[LeadCandidate], why: str) -> None:
    lead = choose([candidate(2), *others])
    assert (lead.piece, lead.why) == (2, why)


def test_the_order_of_candidates_does_not_matter() -> None:
    candidates = [candidate(1, original=False), candidate(2, words=20), candidate(3, hours=2), candidate(4, hours=1)]
    assert {choose(order).piece for order in permutations(candidates)} == {4}


def test_a_story_of_round_ups_only_is_led_by_one() -> None:
    assert choose([candidate(1, round_up=True, central=0.0), candidate(2, round_up=True)]).piece == 2


def test_a_story_without_pieces_is_refused() -> None:
    with pytest.raises(ValueError, match="no lead"):
        choose([])


def facts(voices: int = 3, **other: object) -> StoryFacts:
    values: dict[str, object] = {"story": 1, "pieces": voices, "last_at": NOON}
    return StoryFacts(voices=voices, **(values | other))  # type: ignore[arg-type]


def value(story: StoryFacts, hours: float = 0.0) -> float:
    return score(story, now=NOON + timedelta(hours=hours)).value


def test_the_parts_multiply_to_the_value() -> None:
    ranked = score(facts(4, heard=0.25, pieces=9, category_weight=1.5, corrected=True), now=NOON + timedelta(hours=5))
    product = 1.0
    for _, factor in ranked.parts:
        product *= factor
    assert ranked.value == pytest.approx(product)


def test_another_voice_outranks_many_pieces_of_the_same_voices() -> None:
    assert value(facts(3)) > value(facts(2, pieces=10))


def test_each_further_voice_says_less() -> None:
    gains = [value(facts(count + 1)) - value(facts(count)) for count in range(1, 8)]
    assert gains == sorted(gains, reverse=True)
    assert gains[-1] > 0


def test_score_halves_in_a_day() -> None:
    assert value(facts(), 24) == pytest.approx(value(facts()) / 2)


def test_a_date_in_the_future_gains_nothing() -> None:
    assert value(facts(last_at=NOON + timedelta(days=3))) == value(facts())


def test_a_story_that_stands_still_goes_behind_one_that_grew_and_that_behind_a_new_one() -> None:
    assert value(facts(6, heard=1.0)) < value(facts(6, heard=0.5)) < value(facts(6))


@pytest.mark.parametrize(("voices", "corrected"), [(3, False), (2, True)])
def test_what_several_told_yesterday_goes_before_what_one_tells_today(voices: int, corrected: bool) -> None:
    assert value(facts(voices, heard=1.0, corrected=corrected)) > value(facts(1))


def test_a_large_story_that_stands_still_goes_behind_new_ones_of_a_few_voices() -> None:
    assert value(facts(12, heard=1.0)) < value(facts(5))


def test_weights_and_corrections_multiply() -> None:
    assert value(facts(outlet_weight=2.0)) == pytest.approx(2 * value(facts()))
    assert value(facts(category_weight=0.0)) == 0.0
    assert value(facts(corrected=True)) > value(facts())
