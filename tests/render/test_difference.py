"""What a republisher changed, word by word."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from aggregator.render import templates
from aggregator.render.difference import WORD_LIMIT, Difference, Kind, compare
from tests.render.builders import TEXT

words = st.text(alphabet="abcdefg", min_size=1, max_size=3)
texts = st.lists(st.lists(words, min_size=1, max_size=12).map(" ".join), min_size=1, max_size=6).map("\n".join)


def made(original: str, copy: str, **boilerplate: tuple[str, ...]) -> Difference:
    found = compare(original, copy, **boilerplate)
    assert found is not None
    return found


def runs(difference: Difference) -> list[tuple[str, str]]:
    return [(run.kind.value, run.text) for paragraph in difference.paragraphs for run in paragraph]


def test_one_exchanged_word_is_one_swap() -> None:
    found = made("a crack of 1.9 metres along the hinge", "a crack of two metres along the hinge")
    assert runs(found) == [
        ("same", "a crack of"),
        ("removed", "1.9"),
        ("added", "two"),
        ("same", "metres along the hinge"),
    ]
    assert (found.added, found.removed, found.swaps) == (1, 1, (("1.9", "two"),))


def test_a_mark_at_a_words_end_does_not_make_it_another_word() -> None:
    found = made("The letters, which the paper has read, were old.", "The letters were old.")
    assert runs(found) == [
        ("same", "The letters"),
        ("removed", ", which the paper has read,"),
        ("same", "were old."),
    ]
    assert [run.glued for run in found.paragraphs[0]] == [True, True, False]
    assert (found.added, found.removed) == (0, 5)


def test_equal_texts_have_no_change() -> None:
    found = made(TEXT, TEXT)
    assert (found.added, found.removed, found.swaps) == (0, 0, ())
    assert len(found.paragraphs) == 3


def test_boilerplate_of_the_copy_is_shown_grey_and_counts_for_nothing() -> None:
    found = made(
        TEXT, f"Sign up free.\n{TEXT}\nComments are closed.", copy_boilerplate=("Sign up free.", "Comments are closed.")
    )
    assert runs(found)[0] == ("boilerplate", "Sign up free.")
    assert runs(found)[-1] == ("boilerplate", "Comments are closed.")
    assert (found.added, found.removed) == (0, 0)


def test_boilerplate_of_the_original_is_not_counted_as_left_out() -> None:
    found = made(f"{TEXT}\nSupport us.", TEXT, original_boilerplate=("Support us.",))
    assert (found.added, found.removed) == (0, 0)


def test_a_long_unchanged_run_is_folded_to_its_count() -> None:
    middle = " ".join(f"word{number}" for number in range(400))
    found = made(f"start here. {middle} the end", f"begin here. {middle} an end")
    folds = [run for paragraph in found.paragraphs for run in paragraph if not run.text]
    assert [run.kind for run in folds] == [Kind.SAME]
    shown = sum(run.words for paragraph in found.paragraphs for run in paragraph if run.kind is Kind.SAME and run.text)
    assert folds[0].words + shown == 402
    assert shown < 80


def test_a_text_beyond_the_limit_is_not_compared() -> None:
    assert compare("word " * (WORD_LIMIT + 1), TEXT) is None


def test_an_empty_side_is_not_compared() -> None:
    assert compare("", TEXT) is None
    assert compare(TEXT, "only boilerplate", copy_boilerplate=("only boilerplate",)) is None


def rebuilt(difference: Difference, *kinds: Kind) -> list[str]:
    lines = []
    for paragraph in difference.paragraphs:
        kept = [run for run in paragraph if run.kind in kinds]
        lines.append(
            "".join(run.text if run.glued or not number else f" {run.text}" for number, run in enumerate(kept))
        )
    return " ".join(lines).split()


@settings(max_examples=150)
@given(texts, texts)
def test_both_texts_can_be_read_back_from_their_difference(original: str, copy: str) -> None:
    found = made(original, copy)
    folds = any(not run.text for paragraph in found.paragraphs for run in paragraph)
    if not folds:
        assert rebuilt(found, Kind.SAME, Kind.ADDED) == copy.split()
        assert rebuilt(found, Kind.SAME, Kind.REMOVED) == original.split()
    assert len(copy.split()) - len(original.split()) == found.added - found.removed


@given(texts, texts, texts)
def test_boilerplate_stands_where_the_copy_has_it(first: str, second: str, grey: str) -> None:
    notice = "GREY " + " ".join(grey.split())
    found = made(f"{first}\n{second}", f"{first}\n{notice}\n{second}", copy_boilerplate=(notice,))
    assert ("boilerplate", notice) in runs(found)
    assert (found.added, found.removed) == (0, 0)


def test_texts_made_to_be_slow_are_done_in_seconds() -> None:
    import time

    left, right = " ".join(["a", "b"] * 900), " ".join(["a", "c"] * 900)
    begun = time.process_time()
    assert compare(left, right) is not None
    assert time.process_time() - begun < 5


def test_what_was_changed_is_marked_and_what_was_written_is_escaped() -> None:
    grey = "Follow <us> & share."
    found = made("The <old> lock held.", f"The “new” & lock held.\n{grey}", copy_boilerplate=(grey,))
    assert [str(templates.runs(paragraph)) for paragraph in found.paragraphs] == [
        "The <del>&lt;old&gt;</del> <ins>“new” &amp;</ins> lock held.",
        '<span class="boiler">Follow &lt;us&gt; &amp; share.</span>',
    ]
