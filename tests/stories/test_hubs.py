"""Templates, round-ups and live blogs glue nothing together: their words are on every one of them."""

import random
from collections import Counter
from datetime import timedelta

import pytest

from aggregator.config import Stories
from aggregator.stories.cluster import Clusterer
from aggregator.stories.records import PieceText
from tests.stories.builders import NOON, event, piece, run

PLACES = "Aldermoor Brackwater Corvenna Dunhallow Eskerby Fennimore Garstang Holmfirth Inverlochy Jarrowby".split()
CLUBS = "Rovers Albion Wanderers Harriers Swifts Rangers Corinthians Thistle Orient Casuals Villa Argyle".split()
DAYS = "Monday Tuesday Wednesday Thursday Friday Saturday Sunday".split()
SUBJECTS = (
    "tunnel flooding", "cheese tariff", "choir festival", "lighthouse auction", "beetle outbreak", "tram derailment",
    "glacier survey", "vaccine recall", "opera strike", "quarry permit", "salmon shortage", "comet sighting",
)  # fmt: skip


def words(chance: random.Random, count: int) -> str:
    """Filler that no two pieces share."""
    return " ".join(
        "".join(chance.choice("bdfgklmnprstvz") + chance.choice("aeiou") for _ in range(3)) for _ in range(count)
    )


def weather(number: int, chance: random.Random) -> tuple[str, str]:
    place = PLACES[number % len(PLACES)]
    return f"Weather for {DAYS[number % 7]}: {place}", f"{place} {words(chance, 12)}"


def preview(number: int, chance: random.Random) -> tuple[str, str]:
    home, away = CLUBS[number % len(CLUBS)], PLACES[number % len(PLACES)]
    return f"{home} v {away}: preview", f"{home} meet {away} with {words(chance, 14)}"


def titled(template: str, number: int, chance: random.Random) -> tuple[str, str]:
    subject = SUBJECTS[number % len(SUBJECTS)]
    return template.format(subject), f"{subject} {words(chance, 16)}"


def stream_of(kind: str, seed: int, count: int) -> list[PieceText]:
    """Pieces of one template, an hour apart, each on a matter of its own."""
    chance = random.Random(seed)
    made = []
    for number in range(count):
        if kind == "weather":
            title, text = weather(number, chance)
        elif kind == "preview":
            title, text = preview(number, chance)
        else:
            title, text = titled(kind, number, chance)
        made.append(piece(number + 1, title, text, at=NOON + timedelta(minutes=40 * number), feed="wire"))
    return made


def stories_of(texts: list[PieceText], background: int = 0) -> dict[int, int]:
    """The stories of the texts after a first day of other news."""
    subject, labels, chance = Clusterer(Stories()), dict[int, int](), random.Random(9)
    others = [piece(5000 + number, words(chance, 8), words(chance, 20), at=NOON) for number in range(background)]
    if others:
        run(subject, others, {})
    for start in range(0, len(texts), 6):
        run(subject, texts[start : start + 6], labels)
    return labels


@pytest.mark.parametrize("seed", [1, 2])
@pytest.mark.parametrize("background", [0, 200])
@pytest.mark.parametrize(
    "kind",
    ["weather", "preview", "The Latest: {}", "Live: {} updates", "Morning briefing: {}", "{} - what we know so far"],
)
def test_pieces_of_one_template_on_different_matters_are_different_stories(
    kind: str, background: int, seed: int
) -> None:
    texts = stream_of(kind, seed, 10)
    labels = stories_of(texts, background)
    assert Counter(labels.values()).most_common(1)[0][1] <= 2
    assert len(set(labels.values())) >= 7


def test_a_round_up_does_not_join_the_stories_it_names() -> None:
    subject, labels = Clusterer(Stories()), dict[int, int]()
    run(subject, [*event("bridge", 1), *event("orchard", 11), *event("museum", 21)], labels)
    text = "Harbour bridge closed after barge strikes pillar. Frost destroys apricot blossom. Carved mask goes home to island."
    run(subject, [piece(31, "Morning briefing: five things to know", text, at=NOON + timedelta(hours=1))], labels)
    run(subject, event("bridge", 41, at=NOON + timedelta(hours=2)), labels)
    assert len({labels[1], labels[11], labels[21]}) == 3
    assert labels[41] == labels[1]


SEPARATE = (
    ("Substation fire leaves 400,000 homes dark", "The grid operator cut power to four hundred thousand homes after a transformer fire at the Oldwick substation."),
    ("A third of bee colonies lost in upper valley", "Beekeepers in the upper valley report that a third of their colonies did not survive the wet winter."),
    ("Clubs learn opponents in cup draw", "The cup draw paired the remaining clubs, and the holders travel to the coast in the second round."),
)  # fmt: skip


@pytest.mark.parametrize("background", [0, 50, 200])
@pytest.mark.parametrize("first", [True, False])
def test_a_round_up_does_not_join_single_reports_to_each_other(first: bool, background: int) -> None:
    reports = [piece(number, *report, at=NOON + timedelta(hours=number)) for number, report in enumerate(SEPARATE, 1)]
    text = "Substation fire leaves 400,000 homes dark. A third of bee colonies lost in upper valley. Clubs learn opponents."
    told = piece(9, "Morning briefing: five things to know", text, at=NOON + timedelta(hours=0 if first else 4))
    labels = stories_of([told, *reports] if first else [*reports, told], background)
    assert len({labels[1], labels[2], labels[3]}) == 3


def test_live_pages_on_different_matters_are_different_stories_on_a_quiet_day() -> None:
    pages = (
        ("substation fire", "crews fight the fire at the Oldwick substation and power returns in stages"),
        ("minister's resignation", "transport minister Ilse Brandt resigns over the harbour contract"),
        ("cup draw", "the draw pairs the remaining clubs of the second round"),
    )
    texts = [
        piece(number, f"Live: {matter} latest updates", f"Follow along as {text}.")
        for number, (matter, text) in enumerate(pages, 1)
    ]
    assert len(set(stories_of(texts).values())) == len(pages)


def test_programmes_that_share_nothing_but_the_day_are_different_stories() -> None:
    names = ("Harbour Hour", "The Morning Desk", "Market Notes", "Valley Journal")
    texts = [piece(number, f"{name} | 28 April 2026", feed=f"feed {number}") for number, name in enumerate(names, 1)]
    assert len(set(stories_of(texts, 100).values())) == len(names)


def test_a_live_blog_keeps_its_own_story_and_not_that_of_another_live_blog() -> None:
    texts = [
        piece(1, "Live: tunnel flooding latest updates", "Follow along as crews pump water out of the tunnel."),
        piece(2, "Tunnel flooding: crews pump water", "Crews pump water out of the flooded rail tunnel all night."),
        piece(3, "Live: beetle outbreak latest updates", "Follow along as foresters fell spruce infested by beetles."),
        piece(
            4, "Foresters fell spruce in beetle outbreak", "Beetles infested spruce and foresters fell whole stands."
        ),
    ]
    assert stories_of(texts, 100) == {1: 1, 2: 1, 3: 3, 4: 3}
