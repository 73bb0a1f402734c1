from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta

import pytest

from aggregator.config import Dedup
from aggregator.dedup.provenance import decide
from aggregator.dedup.records import Comparison
from aggregator.dedup.testimony import LATE_FEED, claim_of
from aggregator.model import Copy, Credit, Entry, Piece, Role

T0 = datetime(2024, 5, 1, 8, 0, tzinfo=UTC)
NOW = T0 + timedelta(days=2)
WHOLE = Comparison(jaccard=0.95, containment=1.0, of_first=0.97, of_second=0.98, shared=300)
SHORT = Comparison(jaccard=0.2, containment=0.95, of_first=0.2, of_second=0.95, shared=60)


def hours(count: float) -> timedelta:
    return timedelta(hours=count)


def entry(number: int, outlet: str, *, at: float = 0.0, claimed: float | None = None, **fields: object) -> Entry:
    """An entry first seen `at` hours after the start, claiming to be published `claimed` hours after it."""
    given: dict[str, object] = {
        "id": number,
        "feed_id": number,
        "outlet": outlet,
        "guid": str(number),
        "link": f"https://{outlet}/{number}",
        "url": f"{outlet}/{number}",
        "title": "",
        "first_seen": T0 + hours(at),
        "published": None if claimed is None else T0 + hours(claimed),
    }
    return Entry(**{**given, **fields})  # type: ignore[arg-type]  # the fields' types are Entry's own


def says(outlet: str | None, confidence: float = 0.95, name: str = "") -> tuple[Credit, ...]:
    return (Credit(name=name or outlet or "", outlet=outlet, quote="…", position="foot", confidence=confidence),)


def settle(
    members: Iterable[Entry],
    named: dict[int, tuple[Credit, ...]] | None = None,
    *,
    measured: Comparison | None = WHOLE,
    seen_before: dict[int, datetime | None] | None = None,
    owners: dict[str, str] | None = None,
    **rest: object,
) -> Piece:
    return decide(
        list(members),
        piece=1,
        credits=named or {},
        compare=lambda _first, _second: measured,
        seen_before=seen_before or {},
        owner_of=lambda outlet: (owners or {}).get(outlet, outlet),
        now=NOW,
        **rest,  # type: ignore[arg-type]  # a test names what it needs
    )


def copy_of(piece: Piece, number: int) -> Copy:
    return next(each for each in piece.copies if each.entry_id == number)


def roles(piece: Piece) -> dict[int, str]:
    return {each.entry_id: str(each.role) for each in piece.copies}


# ---------------------------------------------------------------- who had it first


def test_a_lone_entry_is_the_original_but_nobody_would_swear() -> None:
    piece = settle([entry(1, "a.example")])
    assert (piece.original, roles(piece)) == (1, {1: "original"})
    assert piece.confidence <= 0.5


def test_a_lone_entry_that_names_a_source_is_a_republication_of_an_unknown_text() -> None:
    piece = settle([entry(1, "a.example")], {1: says("far.example")})
    assert (piece.original, roles(piece)) == (None, {1: "republication"})
    assert copy_of(piece, 1).of is None
    assert copy_of(piece, 1).credit == says("far.example")[0]


def test_a_lone_entry_with_an_agencys_dateline_is_still_the_original() -> None:
    assert settle([entry(1, "a.example")], {1: says("wire.example", 0.35)}).original == 1


def test_a_credit_outweighs_every_date() -> None:
    members = [entry(1, "copy.example", at=0, claimed=-5), entry(2, "source.example", at=9, claimed=8)]
    piece = settle(members, {1: says("source.example")})
    assert (piece.original, roles(piece)) == (2, {1: "republication", 2: "original"})
    assert piece.confidence >= 0.9


def test_credits_are_followed_to_the_one_who_names_nobody() -> None:
    members = [entry(1, "c.example"), entry(2, "b.example", at=1), entry(3, "a.example", at=2)]
    piece = settle(members, {1: says("b.example"), 2: says("a.example")})
    assert piece.original == 3
    assert copy_of(piece, 1).alarms == ("credits-copy",)


def test_a_name_that_resolved_to_nothing_still_means_the_outlet_it_spells() -> None:
    members = [entry(1, "copy.example"), entry(2, "southport.example", at=5)]
    assert settle(members, {1: says(None, name="South Port")}).original == 2


def test_more_owners_outvote_fewer() -> None:
    members = [entry(number, f"{name}.example", at=number) for number, name in enumerate("abcde")]
    piece = settle(members, {2: says("b.example"), 3: says("b.example"), 4: says("a.example")})
    assert piece.original == 1


def test_a_declared_source_address_is_a_credit() -> None:
    source = entry(2, "a.example", at=4)
    assert settle([entry(1, "b.example", source_url=source.link), source]).original == 2


def test_a_link_to_another_member_outweighs_dates() -> None:
    source = entry(2, "a.example", at=4, claimed=4)
    piece = settle([entry(1, "b.example", claimed=0, html=f'<a href="{source.link}">more</a>'), source])
    assert piece.original == 2
    assert copy_of(piece, 1).alarms == ("claimed-before-original",)


def test_the_earliest_believable_date_decides_without_other_evidence() -> None:
    members = [entry(1, "a.example", at=1, claimed=0.5), entry(2, "b.example", at=9, claimed=-8)]
    piece = settle(members)
    assert piece.original == 2
    assert roles(piece)[1] == "republication"


def test_first_seen_decides_where_nothing_is_dated() -> None:
    piece = settle([entry(1, "a.example", at=5), entry(2, "b.example", at=1)])
    assert piece.original == 2
    assert piece.confidence <= 0.5


def test_level_printings_leave_little_confidence() -> None:
    clear = settle([entry(1, "a.example", at=1, claimed=0), entry(2, "b.example", at=9, claimed=8)])
    level = settle([entry(1, "a.example", at=1, claimed=0), entry(2, "b.example", at=1, claimed=0.1)])
    assert level.original == clear.original == 1
    assert level.confidence < clear.confidence


def test_who_says_it_comes_from_elsewhere_is_never_the_original() -> None:
    members = [entry(1, "a.example", claimed=-9), entry(2, "b.example", at=5)]
    assert settle(members, {1: says("far.example")}).original == 2


def test_where_all_name_a_stranger_the_original_is_not_among_them() -> None:
    members = [entry(1, "a.example"), entry(2, "b.example", at=1)]
    piece = settle(members, {1: says("far.example"), 2: says("far.example")})
    assert (piece.original, roles(piece)) == (None, {1: "republication", 2: "republication"})
    assert {each.of for each in piece.copies} == {None}
    assert all(each.alarms == () for each in piece.copies)


def test_a_named_member_that_names_a_stranger_passes_the_question_on() -> None:
    members = [entry(1, "a.example"), entry(2, "b.example", at=1)]
    piece = settle(members, {1: says("b.example"), 2: says("far.example")})
    assert piece.original is None
    assert copy_of(piece, 1).of == 2
    assert copy_of(piece, 2).of is None


# ---------------------------------------------------------------- dates


def test_a_date_in_the_future_is_not_believed_and_raises_an_alarm() -> None:
    piece = settle([entry(1, "a.example", at=3, claimed=30), entry(2, "b.example", at=5, claimed=4)])
    assert piece.original == 1
    assert copy_of(piece, 1).alarms == ("claimed-in-future",)


def test_a_date_before_the_poll_that_did_not_have_it_is_not_believed() -> None:
    members = [entry(1, "a.example", at=2, claimed=1), entry(2, "b.example", at=9, claimed=-50)]
    piece = settle(members, seen_before={2: T0 + hours(8)})
    assert piece.original == 1
    assert copy_of(piece, 2).alarms == ("no-credit", "claimed-before-original")
    assert any("not believed" in fact for label, fact in copy_of(piece, 2).evidence if label == "Claimed")


def test_a_feed_may_show_an_entry_a_little_late() -> None:
    one = entry(1, "a.example", at=1, claimed=0)
    assert claim_of(one, T0 + LATE_FEED, NOW).believed == T0
    assert claim_of(one, T0 + LATE_FEED + hours(0.1), NOW).believed == one.first_seen


def test_a_date_before_the_web_is_no_date() -> None:
    members = [entry(1, "a.example", at=1), entry(2, "b.example", at=5, published=datetime(1970, 1, 1, tzinfo=UTC))]
    assert settle(members).original == 1


def test_a_longer_address_that_begins_alike_is_no_link() -> None:
    source = entry(2, "a.example", at=4)
    assert settle([entry(1, "b.example", html=f'<a href="{source.link}2">more</a>'), source]).original == 1


def test_clocks_may_run_ahead_by_minutes() -> None:
    claim = claim_of(entry(1, "a.example", at=0, claimed=0.1), None, NOW)
    assert not claim.future
    assert claim.believed == T0


# ---------------------------------------------------------------- roles and alarms


def test_a_copy_without_a_credit_is_told() -> None:
    piece = settle([entry(1, "a.example"), entry(2, "b.example", at=5)])
    assert copy_of(piece, 2).alarms == ("no-credit",)
    assert copy_of(piece, 1).alarms == ()


@pytest.mark.parametrize(
    "named", [{2: says("a.example", 0.4)}, {2: says("far.example")}], ids=["a weak one", "one to a stranger"]
)
def test_any_credit_is_better_than_none(named: dict[int, tuple[Credit, ...]]) -> None:
    assert copy_of(settle([entry(1, "a.example"), entry(2, "b.example", at=5)], named), 2).alarms == ()


def test_outlets_of_one_owner_owe_each_other_no_credit() -> None:
    members = [entry(1, "a.example"), entry(2, "b.example", at=5)]
    piece = settle(members, owners={"a.example": "group", "b.example": "group"})
    assert roles(piece)[2] == "republication"
    assert copy_of(piece, 2).alarms == ()


def test_who_credit_each_other_are_both_told_and_time_decides() -> None:
    members = [entry(1, "a.example", at=1), entry(2, "b.example", at=5)]
    piece = settle(members, {1: says("b.example"), 2: says("a.example")})
    assert piece.original == 1
    assert [each.alarms for each in piece.copies] == [("mutual-credit",), ("mutual-credit",)]


def test_a_later_printing_by_the_same_outlet_is_an_update_and_owes_nothing() -> None:
    piece = settle([entry(1, "a.example"), entry(2, "a.example", at=5)])
    assert roles(piece) == {1: "original", 2: "update"}
    assert (copy_of(piece, 2).of, copy_of(piece, 2).alarms) == (1, ())


def test_unknown_outlets_are_all_different() -> None:
    assert roles(settle([entry(1, ""), entry(2, "", at=5)])) == {1: "original", 2: "republication"}


def test_a_short_contained_copy_is_an_excerpt() -> None:
    piece = settle([entry(1, "a.example"), entry(2, "b.example", at=5)], measured=SHORT)
    assert copy_of(piece, 2).role is Role.EXCERPT
    assert copy_of(piece, 2).of_copy == 0.95


def test_a_full_copy_of_a_short_original_is_a_republication() -> None:
    longer = Comparison(jaccard=0.2, containment=0.95, of_first=0.95, of_second=0.2, shared=60)
    piece = settle([entry(1, "a.example"), entry(2, "b.example", at=5)], measured=longer)
    assert copy_of(piece, 2).role is Role.REPUBLICATION


def test_where_nothing_can_be_measured_nothing_is_claimed() -> None:
    copy = copy_of(settle([entry(1, "a.example"), entry(2, "b.example", at=5)], measured=None), 2)
    assert (copy.jaccard, copy.containment, copy.role) == (None, None, Role.REPUBLICATION)
    assert ("Overlap", "not measured: a text is missing") in copy.evidence


def test_the_original_has_no_measures_and_keeps_its_own_credit() -> None:
    copy = copy_of(settle([entry(1, "a.example")], {1: says("wire.example", 0.35)}), 1)
    assert copy.jaccard is None
    assert copy.credit is not None
    assert copy.credit.outlet == "wire.example"


def test_the_credit_shown_is_the_one_that_names_the_original() -> None:
    both = (*says("far.example", 0.9), *says("a.example", 0.5))
    copy = copy_of(settle([entry(1, "a.example"), entry(2, "b.example", at=5)], {2: both}), 2)
    assert copy.credit is not None
    assert copy.credit.outlet == "a.example"


def test_evidence_says_stage_measures_thresholds_credit_dates_and_versions() -> None:
    members = [entry(1, "a.example"), entry(2, "b.example", at=5, revisions=2)]
    piece = settle(members, {2: says("a.example")}, stages={2: "text"}, settings=Dedup(containment=0.55))
    rows = dict(copy_of(piece, 2).evidence)
    assert rows["Joined because"] == "the texts agree"
    assert "97% of its source" in rows["Overlap"]
    assert "0.55" in rows["Containment"]
    assert "a.example" in rows["Credit"]
    assert rows["Versions"] == "3"
    assert rows["First seen"] == "2024-05-01T13:00+00:00"


def test_quoting_round_ups_are_passed_on() -> None:
    assert settle([entry(1, "a.example")], quoted_in=(9, 7)).quoted_in == (7, 9)


def test_a_piece_without_members_is_refused() -> None:
    with pytest.raises(ValueError, match="at least one"):
        settle([])
