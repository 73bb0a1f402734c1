"""Story grouping on labelled streams, one set of defaults for all: B-cubed F1, steadiness from order to order and day
to day."""

import gzip
import json
import random
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, date, datetime, timedelta
from itertools import combinations, pairwise
from pathlib import Path
from typing import Any

import pytest

from aggregator.config import Stories
from aggregator.stories.cluster import Clusterer
from aggregator.stories.records import PieceText

DATA = Path(__file__).parents[2].parent / "shared" / "data"
UNDATED = datetime(2024, 1, 1, tzinfo=UTC)
BATCH = 50

pytestmark = [
    pytest.mark.acceptance,
    pytest.mark.skipif(not DATA.is_dir(), reason=f"the measuring data are not at {DATA}"),
]


def b_cubed(gold: Sequence[str], predicted: Sequence[int]) -> float:
    """Bagga and Baldwin (1998): mean precision and recall of each piece's story, as F1."""
    cells, stories, found = Counter(zip(gold, predicted, strict=True)), Counter(gold), Counter(predicted)
    precision = sum(count * count / found[one] for (_, one), count in cells.items()) / len(gold)
    recall = sum(count * count / stories[one] for (one, _), count in cells.items()) / len(gold)
    return 2 * precision * recall / (precision + recall)


def article(number: int, line: dict[str, Any]) -> PieceText:
    at = datetime.fromisoformat(line["published"]) if line["published"] else UNDATED
    return PieceText(
        piece=number, title=line["title"] or "", text=line["text"] or "", at=at,
        language=line["lang"], feed=line["outlet"] or "",
    )  # fmt: skip


def read(name: str) -> list[dict[str, Any]]:
    with gzip.open(DATA / f"stories_{name}.jsonl.gz", "rt", encoding="utf-8") as lines:
        return [json.loads(line) for line in lines]


def grouped(texts: Sequence[PieceText]) -> dict[int, int]:
    """Each piece's story at the end of the stream."""
    return list(runs(texts, {text.piece: text.at for text in texts}))[-1][1]


def runs(texts: Sequence[PieceText], arrival: dict[int, datetime]) -> Iterator[tuple[datetime, dict[int, int]]]:
    """The time and all stories after each batch, pieces in order of the texts; nothing comes before its date."""
    clusterer, stories, now = Clusterer(Stories()), dict[int, int](), arrival[texts[0].piece]
    for start in range(0, len(texts), BATCH):
        batch = texts[start : start + BATCH]
        now = max(now, *(arrival[text.piece] for text in batch))
        stories |= {one.piece: one.story for one in clusterer.place(batch)}
        moves = clusterer.repair(now)
        stories |= {move.piece: move.new for move in moves}
        vanished = {move.old for move in moves} - set(stories.values())
        assert vanished == {alias for story in clusterer.stories(vanished) for alias in story.aliases} & vanished
        yield now, dict(stories)


def pairs(sizes: Iterable[int]) -> float:
    return sum(size * (size - 1) / 2 for size in sizes)


def adjusted_rand(one: Sequence[int], other: Sequence[int]) -> float:
    """Hubert and Arabie (1985): agreement of two groupings beyond chance."""
    both = pairs(Counter(zip(one, other, strict=True)).values())
    first, second = pairs(Counter(one).values()), pairs(Counter(other).values())
    chance = first * second / pairs([len(one)])
    return (both - chance) / ((first + second) / 2 - chance)


@pytest.mark.parametrize(
    ("name", "least"),
    [("ecbplus", 0.90), ("basil", 0.96), ("allsides", 0.915), ("og_en", 0.76), ("og_pt", 0.71), ("og_ru", 0.75)],
)
def test_stories_agree_with_the_labels(name: str, least: float) -> None:
    articles = read(name)
    stories = grouped([article(number, line) for number, line in enumerate(articles, 1)])
    labelled = [number for number, line in enumerate(articles, 1) if line["story"] is not None]
    reached = b_cubed([articles[number - 1]["story"] for number in labelled], [stories[number] for number in labelled])
    assert reached >= least


NAMES = ("ecbplus", "basil", "allsides", "og_en", "og_pt", "og_ru")


def delayed(texts: Sequence[PieceText], seed: int) -> tuple[list[PieceText], dict[int, datetime]]:
    """The texts as they may come in: each up to three hours after its date."""
    chance = random.Random(seed)
    arrival = {text.piece: text.at + timedelta(hours=3 * chance.random()) for text in texts}
    return sorted(texts, key=lambda text: arrival[text.piece]), arrival


@pytest.mark.parametrize("name", NAMES)
def test_shuffled_arrival_gives_the_same_stories(name: str) -> None:
    texts = [article(number, line) for number, line in enumerate(read(name), 1)]
    orders = [list(runs(*delayed(texts, seed)))[-1][1] for seed in range(4)]
    labels = [[order[text.piece] for text in texts] for order in orders]
    agreement = [adjusted_rand(one, other) for one, other in combinations(labels, 2)]
    assert sum(agreement) / len(agreement) >= 0.96


@pytest.mark.parametrize("name", ["allsides", "og_en", "og_pt", "og_ru"])
def test_few_pieces_change_story_by_the_next_day(name: str) -> None:
    texts, arrival = delayed([article(number, line) for number, line in enumerate(read(name), 1)], 0)
    at_end_of: dict[date, dict[int, int]] = {now.date(): stories for now, stories in runs(texts, arrival)}
    compared = changed = 0
    for day, next_day in pairwise(sorted(at_end_of)):
        fresh = {piece: story for piece, story in at_end_of[day].items() if arrival[piece].date() == day}
        compared += len(fresh)
        changed += sum(at_end_of[next_day][piece] != story for piece, story in fresh.items())
    assert compared
    assert changed <= 0.03 * compared
