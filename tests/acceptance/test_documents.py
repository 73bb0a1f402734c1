"""Every document, served over HTTP and polled through the real client and pipeline: one outcome each, entries kept."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime

import pytest

from aggregator.config import Config
from aggregator.model import FailureKind
from aggregator.pipeline.app import App
from aggregator.pipeline.refresh import Polled, poll_all
from aggregator.store import exporting
from aggregator.store.database import open_database
from tests.acceptance.documents import ARCHIVE, EXPECTED, MISSING, address_of, documents, served
from tests.acceptance.reasons import SHORTFALLS
from tests.acceptance.tables import ShowTable, agree

pytestmark = [pytest.mark.acceptance, pytest.mark.skipif(not ARCHIVE.exists(), reason=MISSING)]

NOW = datetime(2026, 7, 10, tzinfo=UTC)
MORE_THAN_ANY = 5000
"""Entries; the longest document has 1,450, and a cap is no matter of this test."""


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """What the poll of one document came to, and how many of its entries the store then holds."""

    path: str
    format: str
    promised: int
    polled: Polled
    stored: int


@pytest.fixture(scope="module")
def outcomes(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Outcome, ...]]:
    store = f"sqlite:///{tmp_path_factory.mktemp('documents') / 'store.sqlite'}"
    with served(documents()) as base:
        database = open_database(store, create=True)
        polled = poll_all(App(config=_config(base), database=database, now=NOW), everything=True)
        stored = Counter(entry["feed_url"] for entry in exporting.export(database, since=None)["entries"])
        database.close()
        by_url = {one.feed.url: one for one in polled}
        assert len(polled) == len(by_url)
        yield tuple(
            Outcome(
                path=row["path"], format=row["format"], promised=row["entries"], polled=by_url[url], stored=stored[url]
            )
            for row in documents().rows
            for url in (address_of(base, row["path"]),)
        )


def _config(base: str) -> Config:
    fetch = {"allow_private": ("127.0.0.0/8",), "per_host": 8, "max_entries": MORE_THAN_ANY, "timeout": "60s"}
    feeds = tuple({"url": address_of(base, row["path"])} for row in documents().rows)
    return Config.model_validate({"fetch": fetch, "feeds": feeds})


def test_every_document_has_one_clear_outcome(outcomes: tuple[Outcome, ...], show_table: ShowTable) -> None:
    odd = [
        one
        for one in outcomes
        if one.polled.status not in {"new", "unchanged", FailureKind.UNREADABLE, FailureKind.EMPTY}
        or (one.polled.failed and not one.polled.detail)
        or "Error" in one.polled.detail
    ]
    assert odd == []
    counted = Counter((one.format, str(one.polled.status)) for one in outcomes)
    show_table("Documents: outcomes", ("format", "outcome", "documents"), _rows(counted))
    why = Counter(one.polled.detail for one in outcomes if one.polled.detail)
    show_table("Documents: what was said of them", ("documents", "words"), [(n, say) for say, n in why.most_common()])
    agree(EXPECTED, {"outcomes": _nested(counted), "said": dict(sorted(why.items()))})


def test_what_the_manifest_counts_is_stored(outcomes: tuple[Outcome, ...], show_table: ShowTable) -> None:
    feeds = [one for one in outcomes if one.format != "opml"]  # there the manifest counts outlines
    short = {one.path for one in feeds if one.stored < one.promised}
    assert short == set(SHORTFALLS), "explain each shortfall in reasons.py, and only those"
    promised, stored, more = Counter[str](), Counter[str](), Counter[str]()
    for one in feeds:
        promised[one.format] += one.promised
        stored[one.format] += min(one.stored, one.promised)
        more[one.format] += max(0, one.stored - one.promised)
    rows = [(name, promised[name], stored[name], more[name]) for name in sorted(promised)]
    totals = ("all", promised.total(), stored.total(), more.total())
    show_table("Documents: entries", ("format", "counted", "stored", "beyond"), [*rows, totals])
    assert stored.total() >= 0.995 * promised.total()
    agree(EXPECTED, {"entries": {name: list(counts) for name, *counts in (*rows, totals)}})


def _rows(counted: Counter[tuple[str, str]]) -> list[tuple[str, str, int]]:
    return [(*key, number) for key, number in sorted(counted.items())]


def _nested(counted: Counter[tuple[str, str]]) -> dict[str, dict[str, int]]:
    formats = sorted({name for name, _ in counted})
    return {name: {status: n for (of, status), n in sorted(counted.items()) if of == name} for name in formats}
