from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aggregator.config import Dedup
from aggregator.dedup.fingerprint import SCHEME
from aggregator.dedup.matcher import Matcher
from aggregator.dedup.records import Document, Fingerprint, OutletBoilerplate, Placement
from tests.dedup.texts import AT, FOOTER, article, document, edited, opening, pieces, place


def test_expired_pieces_are_not_joined() -> None:
    matcher = Matcher(Dedup())
    place(document(0, article(1), at=AT), document(1, article(2), at=AT + timedelta(days=2)), matcher=matcher)
    assert matcher.expire(AT + timedelta(days=1)) == 1
    again = place(document(2, article(1)), document(3, article(2)), matcher=matcher)
    assert [each.piece for each in again] == [2, 1]


def test_a_piece_outlives_its_reference_while_it_has_a_younger_copy() -> None:
    matcher = Matcher(Dedup())
    place(document(0, article(1), at=AT), document(1, article(1), at=AT + timedelta(days=2)), matcher=matcher)
    matcher.expire(AT + timedelta(days=1))
    (third,) = place(document(2, article(1), at=AT + timedelta(days=3)), matcher=matcher)
    assert (third.piece, third.of) == (0, 1)


def test_all_that_expired_leaves_nothing_behind() -> None:
    matcher = Matcher(Dedup())
    place(document(0, article(1), url="https://a.example/1", source_url="https://b.example/1"), matcher=matcher)
    assert matcher.expire(AT + timedelta(days=1)) == 1
    (again,) = place(document(1, "", url="https://a.example/1"), matcher=matcher)
    assert again.piece == 1


def test_fingerprints_of_another_scheme_are_refused() -> None:
    (placed,) = place(article(1))
    assert placed.fingerprint.scheme == SCHEME
    with pytest.raises(ValueError, match="made by simhash"):
        Matcher(Dedup()).restore([replace(placed.fingerprint, scheme="simhash")], ())


POLLS = st.lists(
    st.tuples(
        st.integers(0, 5),
        st.sampled_from(["whole", "opening", "middle", "edited", "footer", "empty"]),
        st.integers(0, 2),
    ),
    min_size=1,
    max_size=24,
)


def made(key: int, seed: int, kind: str, outlet: int) -> Document:
    text = article(seed, 160)
    parts = {
        "whole": text,
        "opening": opening(text, 60),
        "middle": " ".join(text.split()[70:140]),
        "edited": edited(text, 0.15, key),
        "footer": f"{text}\n{FOOTER}",
        "empty": "",
    }
    url = f"https://a.example/{seed}" if kind in {"empty", "whole"} and outlet == 0 else None
    return document(key, parts[kind], f"outlet{outlet}.example", url=url, at=AT + timedelta(hours=key))


def told(placements: Iterable[Placement]) -> list[tuple[object, Fingerprint]]:
    """Placements with all that is to be stored of them."""
    return [(each[:-1], each.fingerprint) for each in placements]


@settings(max_examples=25, deadline=None)
@given(POLLS, st.integers(1, 8), st.integers(0, 30))
def test_restoring_between_any_two_polls_changes_nothing(
    plan: list[tuple[int, str, int]], size: int, hours: int
) -> None:
    documents = [made(key, *each) for key, each in enumerate(plan)]
    running, kept, counters = Matcher(Dedup()), dict[int, Fingerprint](), dict[str, OutletBoilerplate]()
    for start in range(0, len(documents), size):
        batch = documents[start : start + size]
        before = AT + timedelta(hours=start - hours)
        restored = Matcher(Dedup())
        restored.restore(reversed(kept.values()), counters.values())
        placed = running.place(batch)
        assert told(restored.place(batch)) == told(placed)
        counters |= {each.outlet: each for each in running.boilerplate_changes()}
        for each in placed:
            kept = {
                key: replace(print_, piece=each.piece) if print_.piece in each.absorbs else print_
                for key, print_ in kept.items()
            }
            kept[each.key] = each.fingerprint
        oldest = running.expire(before)
        kept = {key: print_ for key, print_ in kept.items() if key >= oldest}


@settings(max_examples=10, deadline=None)
@given(POLLS)
def test_placing_is_deterministic(plan: list[tuple[int, str, int]]) -> None:
    documents = [made(key, *each) for key, each in enumerate(plan)]
    assert told(Matcher(Dedup()).place(documents)) == told(Matcher(Dedup()).place(documents))


def test_a_story_printed_a_hundred_times_is_one_piece() -> None:
    assert set(pieces(place(*[edited(article(1), 0.05, seed) for seed in range(100)]))) == {0}
