"""The compiled loops give what numpy gives, bit for bit."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import TypeVar

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aggregator.archive.run import BYTES_A_TEXT, dedupe_file
from aggregator.config import Config, Dedup
from aggregator.dedup import kernels
from aggregator.dedup.boilerplate import Boilerplate
from aggregator.dedup.fingerprint import body_signatures, lead_signatures
from aggregator.dedup.index import BandIndex
from aggregator.dedup.matcher import Matcher
from aggregator.dedup.patterns import patterns_of
from aggregator.dedup.shingles import BEGINNING, Shingles, read, unique
from aggregator.dedup.verify import shared_count, thinned
from tests.dedup.texts import AT, FOOTER, article, document, edited, opening

needs_numba = pytest.mark.skipif(not kernels.load(), reason='numba is not installed (the extra "fast")')
kernels.unload()

T = TypeVar("T")
VALUES = st.lists(st.integers(0, 2**32 - 1), max_size=150).map(lambda values: np.array(values, np.uint32))
FEW = st.lists(st.integers(0, 60), max_size=40).map(lambda values: np.array(values, np.uint32))


@pytest.fixture(autouse=True)
def without_them() -> Iterator[None]:
    """Whatever a test does, the next one begins without the compiled loops."""
    yield
    kernels.unload()


def both(work: Callable[[], T]) -> tuple[T, T]:
    """What the work gives without and with the compiled loops."""
    kernels.unload()
    plain = work()
    assert kernels.load()
    compiled = work()
    kernels.unload()
    return plain, compiled


def learnt(lessons: list[tuple[str, Shingles]]) -> Boilerplate:
    """Boilerplate as these lessons, each an outlet's, make it."""
    boilerplate = Boilerplate()
    for outlet, values in lessons:
        boilerplate.learn(outlet, values)
    return boilerplate


@needs_numba
@settings(deadline=None)
@given(st.lists(VALUES, max_size=6))
def test_signatures_are_the_same(texts: list[Shingles]) -> None:
    for sign in (body_signatures, lead_signatures):
        plain, compiled = both(lambda sign=sign: sign(texts))  # type: ignore[misc]
        assert np.array_equal(plain, compiled)


@needs_numba
@settings(deadline=None)
@given(st.lists(st.text("abcdeé 字ß,İ", max_size=60) | st.text(max_size=60), max_size=6))
def test_texts_are_read_the_same(texts: list[str]) -> None:
    for plain, compiled in zip(*both(lambda: read(texts)), strict=True):
        assert np.array_equal(plain.tokens, compiled.tokens)
        assert np.array_equal(plain.shingles, compiled.shingles)
        assert plain.letters == compiled.letters


@needs_numba
@settings(deadline=None)
@given(st.lists(st.text("abcdefgh", min_size=BEGINNING, max_size=12), min_size=1, max_size=12))
def test_long_words_begin_the_same(words: list[str]) -> None:
    plain, compiled = both(lambda: read([" ".join(words)])[0].beginnings)
    assert plain is not None
    assert compiled is not None
    assert np.array_equal(plain, compiled)


@needs_numba
@settings(deadline=None)
@given(FEW, FEW)
def test_as_many_values_are_shared(first: Shingles, second: Shingles) -> None:
    plain, compiled = both(lambda: shared_count(unique(first), unique(second)))
    assert plain == compiled


@needs_numba
@settings(deadline=None)
@given(FEW, FEW, st.lists(st.tuples(st.sampled_from("ab"), FEW), max_size=8))
def test_texts_overlap_the_same_without_boilerplate(
    first: Shingles, second: Shingles, lessons: list[tuple[str, Shingles]]
) -> None:
    boilerplate = learnt(lessons)
    plain, compiled = both(lambda: boilerplate.overlap(("a", "b", "unknown"), first, second))
    own = [unique(boilerplate.own("b", boilerplate.own("a", values))) for values in (first, second)]
    assert plain == compiled == (len(own[0]), len(own[1]), shared_count(*own))


@needs_numba
@settings(deadline=None)
@given(FEW | VALUES, FEW | VALUES, st.lists(st.tuples(st.sampled_from("ab"), FEW), max_size=8), st.integers(0, 30))
def test_samples_are_measured_the_same_each_without_its_own_boilerplate(
    first: Shingles, second: Shingles, lessons: list[tuple[str, Shingles]], steps: int
) -> None:
    boilerplate, sets = learnt(lessons), (unique(first), unique(second))
    plain, compiled = both(lambda: boilerplate.measure(("a", "b"), *sets, steps))
    own = [thinned(boilerplate.own(outlet, values), steps) for outlet, values in zip("ab", sets, strict=True)]
    assert plain == compiled == (len(own[0]), len(own[1]), shared_count(*own))


@needs_numba
@settings(deadline=None)
@given(st.lists(st.lists(st.sampled_from(["first", "appeared", "in", "republica", "source", "©", "Kade"])), max_size=5))
def test_the_same_cues_are_found(texts: list[list[str]]) -> None:
    written = [" ".join(words) for words in texts]
    plain, compiled = both(lambda: patterns_of().watch.present(written, read(written)))
    assert plain == compiled


@needs_numba
def test_they_load_no_scipy_and_leave_it_to_others() -> None:
    program = (
        "import sys; from aggregator.dedup import kernels; assert kernels.load();"
        "assert not any(name.partition('.')[0] == 'scipy' for name in sys.modules);"
        "import scipy.linalg"
    )
    subprocess.run([sys.executable, "-c", program], check=True)


@needs_numba
@settings(deadline=None)
@given(st.lists(st.tuples(st.sampled_from("abc"), FEW), max_size=12))
def test_boilerplate_is_learnt_and_left_out_the_same(lessons: list[tuple[str, Shingles]]) -> None:
    def work() -> tuple[list[list[int]], list[bytes]]:
        boilerplate = Boilerplate()
        for outlet, values in lessons:
            boilerplate.learn(outlet, values)
        own = boilerplate.own_of_each([outlet for outlet, _ in lessons], [values for _, values in lessons])
        alone = [boilerplate.own(outlet, values).tolist() for outlet, values in lessons]
        assert [each.tolist() for each in own] == alone
        return alone, [each.counts for each in boilerplate.changes()]

    plain, compiled = both(work)
    assert plain == compiled


@needs_numba
@settings(deadline=None, max_examples=30)
@given(st.integers(1, 3000), st.integers(1, 40), st.integers(0, 50))
def test_the_index_finds_the_same(count: int, variety: int, oldest: int) -> None:
    signatures = np.random.default_rng(count).integers(0, variety, (count, 4), dtype=np.uint32)

    def work() -> list[tuple[int, int]]:
        index = BandIndex(bands=2, rows=2)
        keys = index.keys(signatures)
        index.insert(keys[: count // 2], np.arange(count // 2))
        index.expire(oldest)
        index.insert(keys[count // 2 :], np.arange(count // 2, count))
        hits = index.lookup(keys[:50])
        index.give_up(hits.position[hits.document % 2 == 0])
        again = index.lookup(keys[:50])
        return [*sorted(zip(hits.query.tolist(), hits.document.tolist(), strict=True)), (len(again.query), -1)]

    plain, compiled = both(work)
    assert plain == compiled


@needs_numba
def test_documents_are_placed_the_same() -> None:
    texts = [article(seed % 20, 160) for seed in range(60)]
    shaped = [
        text if number < 20 else edited(text, 0.1, number) if number < 40 else f"{opening(text, 60)}\n{FOOTER}"
        for number, text in enumerate(texts)
    ]
    documents = [
        document(key, text, f"outlet{key % 5}.example", at=AT + timedelta(hours=key)) for key, text in enumerate(shaped)
    ]
    plain, compiled = both(lambda: [(each[:-1], each.fingerprint) for each in Matcher(Dedup()).place(documents)])
    assert plain == compiled


@needs_numba
def test_they_are_loaded_when_enough_was_placed() -> None:
    matcher = Matcher(Dedup())
    matcher.place([document(key, article(key, 20)) for key in range(kernels.WORTH_IT)])
    assert kernels.kernels() is None
    matcher.place([document(kernels.WORTH_IT, article(1))])
    assert kernels.kernels() is not None


@needs_numba
@pytest.mark.parametrize(("texts", "loaded"), [(kernels.WORTH_IT // 2, False), (kernels.WORTH_IT + 1, True)])
def test_they_are_loaded_at_once_for_a_long_archive(tmp_path: Path, texts: int, loaded: bool) -> None:
    source = tmp_path / "in.jsonl"
    with source.open("w") as file:
        file.writelines(f"{' ' * BYTES_A_TEXT * 1000}\n" for _ in range(0, texts, 1000))
    dedupe_file(str(source), str(tmp_path / "out.jsonl"), config=Config(), stories=None, every=1)
    assert (kernels.kernels() is not None) == loaded


def test_without_numba_nothing_is_loaded_and_all_works() -> None:
    program = """
import sys
sys.modules["numba"] = None
import importlib.util
importlib.util.find_spec = lambda name: None
from aggregator.dedup import kernels
from aggregator.dedup.verify import shared_count, thinned
import numpy as np
assert not kernels.load() and kernels.kernels() is None
assert shared_count(np.arange(3, dtype=np.uint32), np.arange(2, dtype=np.uint32)) == 2
"""
    subprocess.run([sys.executable, "-c", program], check=True)
