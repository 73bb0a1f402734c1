"""Pieces for these tests: small events in plain words, and streams of made-up words as long as wanted."""

import random
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

from aggregator.config import Stories
from aggregator.model import Story
from aggregator.stories.cluster import Clusterer
from aggregator.stories.records import PieceText, PieceVector, TermCounts

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)

EVENTS = {
    "bridge": (
        ("Harbour bridge closed after barge strikes pillar", "A barge loaded with gravel struck a pillar of the harbour bridge at dawn and divers are inspecting the damaged foundation."),
        ("Gravel barge rams pillar, harbour bridge shut", "Divers searched the foundation of the harbour bridge on Monday after a barge carrying gravel rammed one pillar."),
        ("Commuters stranded as bridge over harbour is shut", "Thousands of commuters took ferries because the harbour bridge stays closed while divers inspect the pillar hit by the barge."),
    ),
    "orchard": (
        ("Late frost destroys apricot blossom in the valley", "Growers lit candles among the apricot trees all night, but frost destroyed most of the blossom in the valley orchards."),
        ("Apricot growers count losses after night of frost", "Orchards in the valley lost their blossom to frost and apricot growers expect the smallest harvest for decades."),
    ),
    "museum": (
        ("Museum returns carved mask to island museum", "The carved mask, taken by sailors, was handed to a delegation of elders who sang in the museum courtyard."),
        ("Elders sing as carved mask goes home", "A delegation of island elders received the carved mask that sailors had taken and that the museum has returned."),
    ),
}  # fmt: skip


def piece(
    number: int, title: str, text: str = "", *, at: datetime = NOON, language: str | None = "en", feed: str = ""
) -> PieceText:
    return PieceText(piece=number, title=title, text=text, at=at, language=language, feed=feed)


def event(name: str, start: int, *, at: datetime = NOON, language: str = "en") -> list[PieceText]:
    """All texts on one event, numbered from `start`, ten minutes apart."""
    return [
        piece(start + place, title, text, at=at + timedelta(minutes=10 * place), language=language)
        for place, (title, text) in enumerate(EVENTS[name])
    ]


def stream(
    seed: int, pieces: int, *, hours: float = 200.0, events: int = 30, late: tuple[float, ...] = (4.0,)
) -> Iterator[list[PieceText]]:
    """Batches of 10 made-up pieces in order of arrival, each on one of some events; one in ten is `late` by hours."""
    chance = random.Random(seed)
    words = ["".join(chance.choice("bdfgklmnprstv") + chance.choice("aeiou") for _ in range(3)) for _ in range(400)]
    topics = [chance.sample(words, 12) for _ in range(events)]
    batch: list[PieceText] = []
    for number in range(1, pieces + 1):
        passed = number / pieces
        topic = topics[min(events - 1, int(passed * events * 0.8) + chance.randrange(max(1, events // 5)))]
        title = " ".join(chance.sample(topic, 4) + chance.sample(words, 2))
        text = " ".join(chance.sample(topic, 8) + chance.sample(words, 10))
        delay = chance.choice(late) if chance.random() < 0.1 else 0.0
        batch.append(
            piece(
                number,
                title,
                text,
                at=NOON + timedelta(hours=hours * passed - delay),
                language=chance.choice(["en", "de"]),
                feed="wire" if number % 3 else "post",
            )
        )
        if len(batch) == 10:
            yield batch
            batch = []


class Keeper:
    """What a store would keep of a clusterer, and a clusterer restored from it."""

    def __init__(self) -> None:
        self.vectors: dict[int, PieceVector] = {}
        self.counts: dict[str, TermCounts] = {}
        self.stories: dict[int, Story] = {}

    def save(self, clusterer: Clusterer) -> None:
        vectors, counts = clusterer.changes()
        self.vectors |= {one.piece: one for one in vectors}
        self.counts |= {one.language: one for one in counts}
        for story in clusterer.stories({one.story for one in self.vectors.values()}):
            self.stories[story.id] = story

    def restored(self) -> Clusterer:
        clusterer = Clusterer(Stories())
        clusterer.restore(self.vectors.values(), self.counts.values(), self.stories.values())
        return clusterer


def run(clusterer: Clusterer, batch: list[PieceText], labels: dict[int, int], now: datetime | None = None) -> None:
    """Place and repair one batch; keep the labels up to date."""
    labels |= {one.piece: one.story for one in clusterer.place(batch)}
    for move in clusterer.repair(now or max(one.at for one in batch)):
        assert labels[move.piece] == move.old
        labels[move.piece] = move.new
