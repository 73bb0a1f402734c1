"""B-cubed F1 of story grouping on labelled streams, one set of defaults for all."""

import gzip
import json
from collections import Counter
from collections.abc import Sequence
from datetime import UTC, datetime
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


def grouped(texts: Sequence[PieceText]) -> dict[int, int]:
    """Each piece's story at the end of the stream."""
    clusterer, stories, now = Clusterer(Stories()), dict[int, int](), texts[0].at
    for start in range(0, len(texts), BATCH):
        batch = texts[start : start + BATCH]
        now = max(now, *(text.at for text in batch))
        stories |= {one.piece: one.story for one in clusterer.place(batch)}
        stories |= {move.piece: move.new for move in clusterer.repair(now)}
    return stories


@pytest.mark.parametrize(
    ("name", "least"),
    [("ecbplus", 0.90), ("basil", 0.96), ("allsides", 0.915), ("og_en", 0.76), ("og_pt", 0.71), ("og_ru", 0.75)],
)
def test_stories_agree_with_the_labels(name: str, least: float) -> None:
    with gzip.open(DATA / f"stories_{name}.jsonl.gz", "rt", encoding="utf-8") as lines:
        articles = [json.loads(line) for line in lines]
    stories = grouped([article(number, line) for number, line in enumerate(articles, 1)])
    labelled = [number for number, line in enumerate(articles, 1) if line["story"] is not None]
    reached = b_cubed([articles[number - 1]["story"] for number in labelled], [stories[number] for number in labelled])
    assert reached >= least
