"""The use cases against a real store and a web that is a dictionary: nothing lost, nothing doubled, whatever happens."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from aggregator.config import Config
from aggregator.deliver.outcomes import Deferred, Delivered, Outcome, Refused
from aggregator.fetch.request import Request
from aggregator.model import FailureKind, Fetched, FetchFailed, Story, Unchanged, Validators
from aggregator.model import Outcome as WebOutcome
from aggregator.pipeline.app import App
from aggregator.pipeline.group import group
from aggregator.pipeline.material import beside, neighbours
from aggregator.pipeline.publish import publish
from aggregator.pipeline.refresh import Polled, refresh
from aggregator.pipeline.send import send
from aggregator.store import editions, entries, feeds, grouping, outbox
from aggregator.store.database import Database

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
WORDS = (
    "The keeper of the north light said on Monday that the lamp had burned without a break since the storm of January "
    "and that the oil would last until the supply boat came back from its winter berth in the lee of the island, where "
    "it has lain since the engine failed on the way home with forty sacks of flour and one very cross harbour pilot"
)
OTHER = (
    "Choirs from eleven villages will meet in the market hall at Easter to sing one long piece that nobody has heard for "
    "ninety years, because the only copy of its second half was found in a baker's cellar under a heap of bread tins, "
    "somewhat singed, with the bass part eaten by mice and later written out again by a schoolteacher from memory"
)


def rss(*items: tuple[str, str, str], title: str = "A feed") -> bytes:
    listed = "".join(
        f"<item><guid>{guid}</guid><link>https://{guid.split('/')[0]}/{guid}</link><title>{head}</title>"
        f"<description>{text}</description><pubDate>Mon, 02 Mar 2026 10:00:00 GMT</pubDate></item>"
        for guid, head, text in items
    )
    return f'<rss version="2.0"><channel><title>{title}</title>{listed}</channel></rss>'.encode()


@dataclass(kw_only=True)
class FakeWeb:
    """Answers from a dictionary; a body answers once under its own ETag, then as not modified."""

    answers: dict[str, bytes | FetchFailed | Exception] = field(default_factory=dict)
    asked: list[Request] = field(default_factory=list)

    async def get(self, request: Request) -> WebOutcome:
        self.asked.append(request)
        answer = self.answers[request.url]
        if isinstance(answer, Exception):
            raise answer
        if isinstance(answer, FetchFailed):
            return answer
        tag = f'"{hash(answer)}"'
        if request.conditional and request.validators.etag == tag:
            return Unchanged()
        return Fetched(url=request.url, status=200, body=answer, validators=Validators(etag=tag))


@dataclass(kw_only=True)
class RecordingMailer:
    """Delivers, or answers as told."""

    replies: dict[str, Outcome] = field(default_factory=dict)
    delivered: list[tuple[str, bytes]] = field(default_factory=list)

    def deliver(self, *, recipient: str, message: bytes) -> Outcome:
        reply = self.replies.get(recipient, Delivered(reply="250 taken"))
        if isinstance(reply, Delivered):
            self.delivered.append((recipient, message))
        return reply


@dataclass(kw_only=True)
class World:
    app: App
    web: FakeWeb
    mailer: RecordingMailer

    def at(self, now: datetime) -> World:
        return replace(self, app=replace(self.app, now=now))

    def poll(self, *, everything: bool = True) -> tuple[Polled, ...]:
        return asyncio.run(refresh(self.app, self.web, everything=everything))

    def day(self) -> int:
        """Poll, group, publish and send; the number of stories in the edition."""
        self.poll()
        group(self.app)
        return publish(self.app, self.app.config.digests[0], self.app.now.date()).edition.counts.stories


@pytest.fixture
def world(database: Database, tmp_path: Path) -> World:
    config = Config.model_validate(
        {
            "site": {"output": str(tmp_path / "site")},
            "fetch": {"min_interval": "15m"},
            "digests": ({"name": "daily", "recipients": ("a@x.example", "b@x.example")},),
            "feeds": ({"url": "https://a.example/feed"}, {"url": "https://b.example/feed"}),
        }
    )
    web = FakeWeb(
        answers={
            "https://a.example/feed": rss(("a.example/1", "Lamp", WORDS)),
            "https://b.example/feed": rss(("b.example/1", "A lamp that lasts", WORDS), ("b.example/2", "Song", OTHER)),
        }
    )
    return World(app=App(config=config, database=database, now=NOON), web=web, mailer=RecordingMailer())


def test_one_feed_that_raises_stops_no_other(world: World) -> None:
    world.web.answers["https://a.example/feed"] = RuntimeError("a bug")
    first, second = world.poll()
    assert (first.status, first.failed) == (FailureKind.INTERNAL, True)
    assert "a bug" in first.detail
    assert second.new == 2


def test_polling_again_asks_conditionally_and_adds_nothing(world: World) -> None:
    world.poll()
    again = world.at(NOON + timedelta(hours=1)).poll()
    assert [polled.status for polled in again] == ["not-modified", "not-modified"]
    assert len(entries.by_ids(world.app.database, list(range(1, 20)))) == 3


def test_a_failure_keeps_the_entries_and_the_validators(world: World) -> None:
    world.poll()
    before = feeds.all_feeds(world.app.database)[0]
    world.web.answers["https://a.example/feed"] = FetchFailed(kind=FailureKind.SERVER, detail="500", status=500)
    world.at(NOON + timedelta(hours=1)).poll()
    after = feeds.all_feeds(world.app.database)[0]
    assert (after.validators, after.failures, after.last_error) == (before.validators, 1, "500")
    assert len(entries.by_ids(world.app.database, [1, 2, 3])) == 3


def test_grouping_twice_changes_nothing(world: World) -> None:
    world.poll()
    group(world.app)
    ids = [entry.piece_id or 0 for entry in entries.by_ids(world.app.database, [1, 2, 3])]
    once = grouping.pieces(world.app.database, ids)
    assert group(world.app).entries == 0
    assert grouping.pieces(world.app.database, ids) == once
    assert sorted(len(piece.copies) for piece in once) == [1, 2]


def test_a_grouper_that_dies_before_saving_loses_nothing(world: World) -> None:
    world.poll()
    taken = entries.waiting(world.app.database, 10)  # taken up, and then the process is gone
    assert len(taken) == 3
    assert group(world.app).entries == 3


def test_grouping_in_two_runs_of_the_program_gives_what_one_gives(world: World) -> None:
    late = world.web.answers.pop("https://b.example/feed")
    world.web.answers["https://b.example/feed"] = FetchFailed(kind=FailureKind.TIMEOUT, detail="slow")
    world.poll()
    group(world.app)
    world.web.answers["https://b.example/feed"] = late
    world.at(NOON + timedelta(days=1)).poll()
    group(world.at(NOON + timedelta(days=1)).app)
    members = {entry.guid: entry.piece_id for entry in entries.by_ids(world.app.database, [1, 2, 3])}
    assert members["a.example/1"] == members["b.example/1"] != members["b.example/2"]


def test_an_edition_of_the_same_store_is_the_same_to_the_byte(world: World, tmp_path: Path) -> None:
    world.poll()
    group(world.app)
    digest = world.app.config.digests[0]
    publish(world.app, digest, NOON.date(), output=tmp_path / "one")
    publish(world.app, digest, NOON.date(), output=tmp_path / "two")
    files = {path.relative_to(tmp_path / "one") for path in (tmp_path / "one").rglob("*") if path.is_file()}
    assert files
    for file in files:
        assert (tmp_path / "one" / file).read_bytes() == (tmp_path / "two" / file).read_bytes(), file


def test_a_second_publication_neither_queues_nor_changes_a_message(world: World) -> None:
    world.day()
    first = outbox.unsent(world.app.database, now=NOON, limit=10)
    publish(world.app, world.app.config.digests[0], NOON.date())
    assert outbox.unsent(world.app.database, now=NOON, limit=10) == first
    assert len(first) == 2


def test_the_next_edition_begins_where_the_last_one_ended_and_repeats_nothing(world: World) -> None:
    assert world.day() == 2
    tomorrow = world.at(NOON + timedelta(days=1))
    assert tomorrow.day() == 0
    first = editions.edition(world.app.database, "daily", NOON.date())
    second = editions.edition(world.app.database, "daily", date(2026, 3, 3))
    assert first is not None
    assert second is not None
    assert (second.start, second.number) == (first.end, first.number + 1)


def test_what_the_last_edition_showed_is_named_as_unchanged_once_and_then_no_more(world: World) -> None:
    world.day()
    digest = world.app.config.digests[0]
    named = []
    for days in (1, 2):
        later = world.at(NOON + timedelta(days=days))
        later.poll()
        named.append(publish(later.app, digest, later.app.now.date()).edition.unchanged)
    assert [len(stories) for stories in named] == [2, 0]


def test_an_edit_of_what_no_edition_showed_is_no_news(world: World) -> None:
    (digest,) = world.app.config.digests
    config = world.app.config.model_copy(update={"digests": (digest.model_copy(update={"max_stories": 1}),)})
    world = replace(world, app=replace(world.app, config=config))
    assert world.day() == 1
    longer = f"{OTHER}. And more was found later."
    world.web.answers["https://b.example/feed"] = rss(("b.example/1", "A lamp", WORDS), ("b.example/2", "Song", longer))
    assert world.at(NOON + timedelta(days=1)).day() == 0


def test_a_page_that_stands_is_left_alone_while_its_story_does_not_move(world: World) -> None:
    world.day()
    pages = sorted((Path(world.app.config.site.output) / "story").glob("*.html"))
    for page in pages:
        page.write_bytes(b"as it was made")
    for days in (1, 2, 3):
        world.web.answers["https://a.example/feed"] = rss(("a.example/9", "Lamp goes out", f"{days} {OTHER[::-1]}"))
        world.at(NOON + timedelta(days=days)).day()
        assert [page.read_bytes() for page in pages] == [b"as it was made"] * 2, "the edition names it and leaves it"


def test_a_page_is_written_again_when_a_story_that_it_may_name_moves() -> None:
    stories = [
        Story(id=key, pieces=(key, 10 * key), first_at=NOON, last_at=NOON, continues=before, see_also=near)
        for key, before, near in ((1, None, (5,)), (2, 6, ()), (3, None, ()), (4, None, (7,)), (8, None, ()))
    ]
    near = neighbours(stories, [(30, 8), (40, 999)])
    assert near == {1: {5}, 2: {6}, 3: {8}, 4: {7}, 8: {3}}
    assert beside([1, 2, 3, 4], {5, 6, 8}, near) == {1, 2, 3}


def test_an_old_edition_made_again_takes_nothing_from_the_pages_of_its_stories(world: World) -> None:
    world.day()
    world.web.answers["https://b.example/feed"] = rss(("b.example/1", "A lamp that lasts", f"{WORDS}. Corrected."))
    world.at(NOON + timedelta(days=1)).day()
    site = Path(world.app.config.site.output)
    standing = {page: page.read_bytes() for page in (*site.glob("story/*"), *site.glob("piece/*"))}
    publish(world.app, world.app.config.digests[0], NOON.date())
    assert {page: page.read_bytes() for page in standing} == standing


def test_a_refused_recipient_costs_no_other_and_is_not_tried_again(world: World) -> None:
    world.day()
    world.mailer.replies["a@x.example"] = Refused(reply="550 no such box")
    states = {sent.recipient: sent.state for sent in send(world.app, world.mailer)}
    assert states == {"a@x.example": "refused", "b@x.example": "sent"}
    assert send(world.at(NOON + timedelta(days=1)).app, world.mailer) == ()


def test_a_deferred_message_is_tried_again_later_with_the_same_bytes(world: World) -> None:
    world.day()
    world.mailer.replies["a@x.example"] = Deferred(reply="451 later")
    send(world.app, world.mailer)
    assert send(world.app, world.mailer) == ()
    del world.mailer.replies["a@x.example"]
    (again,) = send(world.at(NOON + timedelta(hours=1)).app, world.mailer)
    assert (again.recipient, again.state) == ("a@x.example", "sent")
    ids = {message.split(b"Message-ID: ", 1)[1].split(b"\r\n", 1)[0] for _, message in world.mailer.delivered}
    assert len(world.mailer.delivered) == len(ids) == 2
