from __future__ import annotations

import gzip
import json
import subprocess
import sys
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from aggregator.archive import dedupe, read_archive, write_archive
from aggregator.archive.clock import BEFORE_ALL, arrivals, date_of, stretches
from aggregator.archive.engine import BATCH
from aggregator.config import Config, Outlet
from aggregator.errors import UsageError
from aggregator.stories.records import Assignment, PieceText, StoryMove
from tests.dedup.texts import article


def line(number: int | str, text: str, **fields: Any) -> dict[str, Any]:
    return {"id": number, "outlet": f"o{number}.example", "text": text, **fields}


def run(*lines: dict[str, Any], config: Config | None = None, **rest: Any) -> list[dict[str, Any]]:
    return list(dedupe(lines, config=config or Config(), **rest))


def day(number: int) -> str:
    return (datetime(2024, 1, 1, tzinfo=UTC) + timedelta(days=number)).isoformat()


# ---------------------------------------------------------------- the engine


def test_every_line_gives_one_record_in_its_order_with_all_fields() -> None:
    records = run(line("a", article(1)), line("b", article(2)), line("c", article(1)))
    assert [record["id"] for record in records] == ["a", "b", "c"]
    assert [record["piece"] for record in records] == ["a", "b", "a"]
    assert records[0] == {
        "id": "a", "piece": "a", "role": "original", "of": None,
        "jaccard": None, "containment": None, "credit": None, "story": None,
    }  # fmt: skip
    assert (records[2]["role"], records[2]["of"]) == ("republication", "a")
    assert (records[2]["jaccard"], records[2]["containment"]) == (1.0, 1.0)


def test_ids_keep_their_type() -> None:
    assert [record["piece"] for record in run(line(7, article(1)), line("7b", article(1)))] == [7, 7]


def test_dates_decide_who_was_first_whatever_the_order_of_the_lines() -> None:
    records = run(line(1, article(1), published=day(3)), line(2, article(1), published=day(1)))
    assert [(record["role"], record["of"], record["piece"]) for record in records] == [
        ("republication", 2, 1),
        ("original", None, 1),
    ]


def test_a_credit_is_told_with_its_source() -> None:
    copy = f"{article(1)}\nThis article originally appeared on Harbour Gazette."
    config = Config(outlets=(Outlet(name="harbour", domains=("harbour.example",), aliases=("Harbour Gazette",)),))
    records = run(line(1, copy), line(2, article(1), outlet="harbour"), config=config)
    assert [record["role"] for record in records] == ["republication", "original"]
    assert records[0]["credit"] == {
        "name": "Harbour Gazette", "url": None, "outlet": "harbour", "position": "foot", "confidence": 0.95,
        "quote": "This article originally appeared on Harbour Gazette.",
    }  # fmt: skip


def test_a_lone_copy_of_an_outlet_that_is_not_there_is_a_republication() -> None:
    (record,) = run(line(1, f"{article(1)}\nThis article originally appeared on Harbour Gazette."))
    assert (record["role"], record["of"], record["jaccard"]) == ("republication", None, None)


def test_a_line_without_an_outlet_belongs_to_the_domain_of_its_address() -> None:
    one = {"id": 1, "url": "https://www.quay.example/1", "text": article(1), "published": day(0)}
    other = {"id": 2, "url": "https://quay.example/2", "text": article(1), "published": day(1)}
    assert [record["role"] for record in run(one, other)] == ["original", "update"]


def test_nothing_is_the_same_as_an_empty_text_but_by_address() -> None:
    url = {"url": "https://quay.example/1"}
    records = run(line(1, ""), line(2, "", title="x"), {"id": 3}, line(4, "", **url), line(5, article(1), **url))
    assert [record["piece"] for record in records] == [1, 2, 3, 4, 4]


def test_the_excerpt_of_a_text_is_told_with_its_measures() -> None:
    whole = article(1, 400)
    records = run(line(1, whole, published=day(0)), line(2, " ".join(whole.split()[:90]), published=day(1)))
    assert (records[1]["role"], records[1]["containment"]) == ("excerpt", 1.0)
    assert records[1]["jaccard"] < 0.3


def test_pieces_that_turn_out_to_be_one_are_one_for_every_member() -> None:
    whole = article(1, 400).split()
    records = run(line(1, " ".join(whole[:150])), line(2, " ".join(whole[220:380])), line(3, " ".join(whole)))
    assert [record["piece"] for record in records] == [1, 1, 1]


def test_lines_are_given_out_as_soon_as_their_window_has_passed() -> None:
    taken = 0

    def stream() -> Iterator[dict[str, Any]]:
        nonlocal taken
        for number in range(24 * BATCH):
            taken += 1
            yield line(number, article(number, 30), published=day(number // 8))

    records = dedupe(stream(), config=Config())
    assert next(records)["id"] == 0
    assert taken < 24 * BATCH
    assert [record["id"] for record in records] == list(range(1, 24 * BATCH))


def test_copies_beyond_the_window_are_pieces_of_their_own() -> None:
    copies = [line(number, article(1), published=day(at)) for number, at in enumerate((0, 20, 90))]
    assert [record["piece"] for record in run(*copies)] == [0, 0, 2]


def test_one_wrong_date_ages_nothing() -> None:
    lines = [line(number, article(number % 200, 60), published=day(number // 40)) for number in range(8 * BATCH)]
    lines[5]["published"] = "2199-01-01T00:00:00Z"
    lines[9]["published"] = "no date at all"
    records = run(*lines)
    assert all(record["piece"] == number % 200 for number, record in enumerate(records))


@pytest.mark.parametrize(
    "value",
    ["2024-01-01T01:00:00+01:00", "2024-01-01", "2024-01-01T00:00:00Z", "Mon, 01 Jan 2024 00:00:00 GMT", 1704067200],
)
def test_dates_are_read_in_the_forms_that_archives_use(value: Any) -> None:
    assert date_of(value) == datetime(2024, 1, 1, tzinfo=UTC)


@pytest.mark.parametrize("value", [None, "", "yesterday", [], "9999-99-99", 1e30, float("nan")])
def test_what_is_no_date_gives_none(value: Any) -> None:
    assert date_of(value) is None


def test_a_jump_ahead_moves_the_clock_only_if_the_next_date_bears_it_out() -> None:
    start, window = datetime(2024, 1, 1, tzinfo=UTC), timedelta(days=30)
    plan = [0, 1, 9000, 2, None, 100, 101, -400, 102]
    dates = [None if number is None else start + timedelta(days=number) for number in plan]
    times = [(time - start).days for time in arrivals(dates, start, window)]
    assert times == [0, 1, 1, 2, 2, 100, 101, 101, 102]


def test_an_archive_that_begins_with_a_wrong_date_is_not_lost() -> None:
    start, window = datetime(2024, 1, 1, tzinfo=UTC), timedelta(days=30)
    dates = [start + timedelta(days=number) for number in (9000, 0, 1)]
    assert arrivals(dates, BEFORE_ALL, window)[0] == start
    assert arrivals([None, None], BEFORE_ALL, window) == [BEFORE_ALL, BEFORE_ALL]


def test_batches_are_cut_where_they_span_too_much() -> None:
    start, window = datetime(2024, 1, 1, tzinfo=UTC), timedelta(days=30)
    times = [start + timedelta(days=number) for number in (0, 1, 3, 4, 40)]
    assert list(stretches(times, window)) == [slice(0, 3), slice(3, 4), slice(4, 5)]
    assert list(stretches([], window)) == []


class Stories:
    """A story placer that puts pieces with the same title together, and corrects it once."""

    def __init__(self) -> None:
        self.first: dict[str, int] = {}
        self.texts: list[PieceText] = []
        self.moves: list[StoryMove] = []

    def place(self, texts: Sequence[PieceText]) -> Sequence[Assignment]:
        self.texts += texts
        stories = [self.first.setdefault(text.title, text.piece) for text in texts]
        return [
            Assignment(piece=text.piece, story=story, score=0.0) for text, story in zip(texts, stories, strict=True)
        ]

    def repair(self, now: datetime) -> Sequence[StoryMove]:
        assert now.tzinfo is not None
        moves, self.moves = self.moves, []
        return moves


def test_pieces_are_placed_in_stories_once_and_named_by_their_first_member() -> None:
    stories = Stories()
    lines = [
        line("a", article(1), title="Storm"),
        line("b", article(2), title="Storm"),
        line("c", article(1), title="x"),
    ]
    assert [record["story"] for record in run(*lines, stories=stories)] == ["a", "a", "a"]
    assert [text.title for text in stories.texts] == ["Storm", "Storm"]


def test_a_correction_of_stories_is_followed() -> None:
    stories = Stories()
    stories.moves = [StoryMove(piece=0, old=0, new=1, at=datetime(2024, 1, 1, tzinfo=UTC), reason="")]
    records = run(line("a", article(1), title="Storm"), line("b", article(2), title="Ferry"), stories=stories)
    assert [record["story"] for record in records] == ["a", "a"]


# ---------------------------------------------------------------- files


@pytest.mark.parametrize("name", ["out.jsonl", "out.jsonl.gz"])
def test_what_is_written_can_be_read_and_has_the_same_bytes_each_time(tmp_path: Path, name: str) -> None:
    records: list[dict[str, Any]] = [{"id": "ä", "text": "港口"}, {"id": 2, "text": "\ud800"}]
    paths = [tmp_path / "one" / name, tmp_path / "two" / name]
    for path in paths:
        path.parent.mkdir()
        assert write_archive(str(path), records) == 2
    assert list(read_archive(str(paths[0]))) == records
    assert paths[0].read_bytes() == paths[1].read_bytes()
    assert [each.name for each in paths[0].parent.iterdir()] == [name]


def test_nothing_is_left_of_a_file_that_could_not_be_finished(tmp_path: Path) -> None:
    def broken() -> Iterator[dict[str, Any]]:
        yield {"id": 1}
        raise UsageError("line 2")

    target = tmp_path / "out.jsonl"
    target.write_text("before")
    with pytest.raises(UsageError):
        write_archive(str(target), broken())
    assert target.read_text() == "before"
    assert list(tmp_path.iterdir()) == [target]


def test_a_dash_means_the_standard_streams() -> None:
    program = "from aggregator.archive import read_archive, write_archive; write_archive('-', read_archive('-'))"
    given = '{"id": 1}\n\n{"id": 2, "text": null}\n'
    done = subprocess.run([sys.executable, "-c", program], input=given, capture_output=True, text=True, check=True)
    assert [json.loads(each) for each in done.stdout.splitlines()] == [{"id": 1}, {"id": 2, "text": None}]


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        ("{", "no JSON"),
        ("[]", '"id"'),
        ('{"text": "x"}', '"id"'),
        ('{"id": null}', '"id"'),
        ('{"id": 1, "text": 5}', '"text" must be text'),
        ('{"id": "a"}', "earlier line"),
    ],
)
def test_a_bad_line_is_named_with_file_and_number(tmp_path: Path, content: str, problem: str) -> None:
    path = tmp_path / "in.jsonl"
    path.write_text(f'{{"id": "a"}}\n\n{content}\n')
    with pytest.raises(UsageError, match=rf"in\.jsonl:3: .*{problem}"):
        list(read_archive(str(path)))


@pytest.mark.parametrize(
    "content",
    [
        b'{"id": 12345678901234567890123, "text": "x"}',
        b'{"id": "\\ud83d", "text": "half a pair \\udea2"}',
        b'{"id": 1, "score": NaN}',
        b'\xef\xbb\xbf{"id": 1}',
        b'{"id": 1.5e3}',
    ],
)
def test_lines_are_read_as_python_reads_json(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "in.jsonl"
    path.write_bytes(content)
    expected = json.loads(content)
    if isinstance(expected["id"], float):
        with pytest.raises(UsageError, match='"id"'):
            list(read_archive(str(path)))
    else:
        assert [repr(each) for each in read_archive(str(path))] == [repr(expected)]


def test_a_file_that_is_missing_or_damaged_is_named(tmp_path: Path) -> None:
    cut = tmp_path / "cut.jsonl.gz"
    cut.write_bytes(gzip.compress(b'{"id": 1}\n' * 1000)[:-12])
    for path in (tmp_path / "absent.jsonl", cut):
        with pytest.raises(UsageError, match=path.name):
            list(read_archive(str(path)))


def test_an_empty_archive_gives_an_empty_one(tmp_path: Path) -> None:
    path = tmp_path / "in.jsonl"
    path.touch()
    assert run(*read_archive(str(path))) == []


# ---------------------------------------------------------------- beyond the window


def test_a_copy_under_the_address_of_a_text_that_has_left_the_window_joins_it() -> None:
    old = line("a", article(1), url="https://www.quay.example/1?utm_source=feed", published=day(0))
    copy = line("b", article(1), url="https://quay.example/1", published=day(60))
    records = run(old, line("x", article(5), published=day(1)), copy, line("c", article(1), published=day(61)))
    assert [record["piece"] for record in records] == ["a", "x", "a", "a"]
    assert [(record["role"], record["of"]) for record in records if record["piece"] == "a"] == [
        ("original", None), ("republication", "a"), ("republication", "a"),
    ]  # fmt: skip
    assert (records[2]["jaccard"], records[2]["containment"]) == (1.0, 1.0)


def test_an_old_address_is_known_after_its_line_was_given_out() -> None:
    old = line("a", article(1), url="https://quay.example/1", published=day(0), title="Storm")
    between = [line(number, article(number, 30), published=day(number)) for number in range(1, 4 * BATCH)]
    late = line("b", article(1), url="https://quay.example/1", published=day(4 * BATCH), title="Storm")
    other = line("c", article(3), url="https://quay.example/1", published=day(4 * BATCH), title="Storm")
    stories = Stories()
    records = {record["id"]: record for record in run(old, *between, late, other, stories=stories)}
    assert (records["b"]["piece"], records["b"]["of"], records["b"]["story"]) == ("a", "a", "a")
    assert records["c"]["piece"] == "c", "two full texts under one address have nothing in common"


def test_the_members_of_a_piece_that_are_joined_to_an_old_line_are_settled_together() -> None:
    address = {"url": "https://quay.example/1"}
    lines = [
        line("a", article(1), published=day(0), **address),
        line("b", article(1), published=day(25)),
        line("c", article(1), published=day(50), **address),
        line("d", article(1), published=day(75)),
        line("e", article(1), published=day(140), **address),
    ]
    assert [record["piece"] for record in run(*lines)] == ["a", "a", "a", "a", "a"]
