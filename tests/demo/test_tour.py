"""The demo from end to end: real HTTP, real store, every case of the expected table, the site and the mail on disk."""

from __future__ import annotations

import email
import email.policy
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from aggregator.demo.tour import tour
from aggregator.errors import UsageError
from aggregator.model import Copy, Entry, Piece
from aggregator.store import entries, grouping
from aggregator.store.database import open_database
from tests.demo.cases import (
    CORRECTED,
    EXPECTED,
    LINKS_WITHOUT_COPYING,
    LOOK_ALIKES,
    QUOTED,
    REWRITES,
    ROUND_UP,
    STORIES,
    WITH_VIDEO,
    ExpectedPiece,
    ExpectedStory,
    Name,
    reference,
)
from tests.nu import complaints, needs_nu


@dataclass(frozen=True, kw_only=True)
class Toured:
    output: Path
    lines: list[str]
    entries: dict[tuple[str, str], Entry]
    pieces: dict[int, Piece]
    story_of: dict[int, int]

    def entry(self, name: Name) -> Entry:
        return self.entries[reference(name)]

    def piece(self, name: Name) -> Piece:
        return self.pieces[self.entry(name).piece_id or 0]

    def copy(self, name: Name) -> Copy:
        return next(copy for copy in self.piece(name).copies if copy.entry_id == self.entry(name).id)


@pytest.fixture(scope="module")
def toured(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Toured]:
    output = tmp_path_factory.mktemp("tour") / "demo-output"
    lines = list(tour(output))
    database = open_database(f"sqlite:///{output / 'aggregator.sqlite'}")
    try:
        found = entries.by_ids(database, list(range(1, 200)))
        ids = [entry.piece_id or 0 for entry in found]
        yield Toured(
            output=output,
            lines=lines,
            entries={(entry.outlet, entry.guid): entry for entry in found},
            pieces={piece.id: piece for piece in grouping.pieces(database, ids)},
            story_of=grouping.story_of_pieces(database, ids),
        )
    finally:
        database.close()


@pytest.mark.parametrize("expected", EXPECTED, ids=lambda expected: expected.key)
def test_each_piece_holds_its_printings_and_no_others(toured: Toured, expected: ExpectedPiece) -> None:
    members = {copy.entry_id for copy in toured.piece(expected.members[0]).copies}
    assert members == {toured.entry(name).id for name in expected.members}


@pytest.mark.parametrize("expected", EXPECTED, ids=lambda expected: expected.key)
def test_each_piece_has_its_original(toured: Toured, expected: ExpectedPiece) -> None:
    piece = toured.piece(expected.members[0])
    assert piece.original == (toured.entry(expected.original).id if expected.original else None)


@pytest.mark.parametrize(
    "copy", [copy for piece in EXPECTED for copy in piece.copies], ids=lambda copy: " ".join(copy.name)
)
def test_each_copy_has_its_role_credit_and_alarms(toured: Toured, copy) -> None:  # type: ignore[no-untyped-def]
    found = toured.copy(copy.name)
    credited = found.credit and (found.credit.outlet if found.of else found.credit.name)
    assert (found.role, credited, sorted(found.alarms)) == (copy.role, copy.credits, sorted(copy.alarms))


@pytest.mark.parametrize("expected", STORIES, ids=lambda expected: expected.key)
def test_each_story_holds_its_pieces(toured: Toured, expected: ExpectedStory) -> None:
    assert len({toured.story_of[toured.piece(name).id] for name in expected.pieces}) == 1


def test_no_other_story_holds_what_two_outlets_wrote(toured: Toured) -> None:
    meant = {toured.story_of[toured.piece(expected.pieces[0]).id] for expected in STORIES}
    writers: dict[int, set[str]] = {}
    for entry in toured.entries.values():
        if entry.id == toured.pieces[entry.piece_id or 0].original:
            writers.setdefault(toured.story_of[entry.piece_id or 0], set()).add(entry.outlet)
    assert {story for story, outlets in writers.items() if len(outlets) > 1} == meant


@pytest.mark.parametrize(("one", "other"), LOOK_ALIKES, ids=" ".join)
def test_look_alikes_stay_apart(toured: Toured, one: Name, other: Name) -> None:
    assert toured.piece(one).id != toured.piece(other).id


@pytest.mark.parametrize(("one", "other"), REWRITES, ids=" ".join)
def test_rewrites_are_one_story_and_two_pieces(toured: Toured, one: Name, other: Name) -> None:
    assert toured.piece(one).id != toured.piece(other).id
    assert toured.story_of[toured.piece(one).id] == toured.story_of[toured.piece(other).id]


def test_the_round_up_joins_nothing_and_is_named_where_it_quotes(toured: Toured) -> None:
    assert len(toured.piece(ROUND_UP).copies) == 1
    assert all(toured.entry(ROUND_UP).id in toured.piece(name).quoted_in for name in QUOTED)


def test_the_round_ups_page_and_those_that_it_quotes_link_to_each_other(toured: Toured) -> None:
    folder = toured.output / "site" / "piece"
    own = toured.piece(ROUND_UP).id
    for quoted in (toured.piece(name).id for name in QUOTED):
        assert f'<a href="../piece/{quoted}.html">' in section(folder / f"{own}.html", "quotes")
        assert f'<a href="../piece/{own}.html">' in section(folder / f"{quoted}.html", "quoted")


def section(page: Path, name: str) -> str:
    """The section of a page that is labelled by that name."""
    return page.read_text().partition(f'aria-labelledby="{name}"')[2].partition("</section>")[0]


@pytest.mark.parametrize("name", LINKS_WITHOUT_COPYING, ids=" ".join)
def test_who_only_links_to_others_is_an_original(toured: Toured, name: Name) -> None:
    assert toured.piece(name).original == toured.entry(name).id


def test_entries_outside_the_table_are_originals_that_credit_nobody(toured: Toured) -> None:
    expected = {reference(name) for piece in EXPECTED for name in piece.members}
    rest = [entry for key, entry in toured.entries.items() if key not in expected]
    wrong = [
        (entry.outlet, entry.title, copy.role, copy.credit and copy.credit.quote)
        for entry in rest
        for copy in toured.pieces[entry.piece_id or 0].copies
        if copy.role != "original" or copy.credit is not None
    ]
    assert not wrong


def test_the_correction_is_kept_as_a_revision_and_shown(toured: Toured) -> None:
    assert toured.entry(CORRECTED).revisions == 1
    assert "Corrected" in (toured.output / "site" / "index.html").read_text(encoding="utf-8")


def test_the_video_is_kept(toured: Toured) -> None:
    assert any((file.type or "").startswith("video/") for file in toured.entry(WITH_VIDEO).enclosures)


def test_the_failing_feed_is_told_and_stops_nothing(toured: Toured) -> None:
    assert any("503" in line for line in toured.lines)


def test_the_last_lines_name_files_that_are_there(toured: Toured) -> None:
    named = [Path(line.split(maxsplit=1)[1]) for line in toured.lines[-3:]]
    assert all(path.is_file() for path in named)


@needs_nu
def test_every_page_is_valid_html(toured: Toured) -> None:
    assert not complaints([toured.output / "site"])


def test_both_editions_are_mailed_in_two_parts(toured: Toured) -> None:
    messages = sorted((toured.output / "mail" / "new").iterdir())
    assert len(messages) == 2
    for path in messages:
        message = email.message_from_bytes(path.read_bytes(), policy=email.policy.default)
        assert [part.get_content_type() for part in message.iter_parts()] == ["text/plain", "text/html"]
        assert "Lock operator knew" in message.as_string() or "lock operator knew" in message.as_string()


def test_another_tour_starts_afresh_and_a_foreign_folder_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "mine.txt").write_text("keep", encoding="utf-8")
    with pytest.raises(UsageError, match="did not make"):
        list(tour(tmp_path))
    assert (tmp_path / "mine.txt").read_text(encoding="utf-8") == "keep"
