"""Whole pages and mails beside what they should be.

The actual output is saved under `actual` when it differs; `UPDATE_GOLDEN=1` accepts it.
"""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from aggregator.render.mail import render_mail
from aggregator.render.site import render_site
from tests.render.builders import BERLIN, ONLINE, full_site, name_of

HERE = Path(__file__).parent
PAGES = (
    "index.html",
    "2026/07/10/all.html",
    "story/1.html",
    "story/77.html",
    "piece/1.html",
    "piece/7.html",
    "piece/40.html",
    "outlets.html",
    "outlets.csv",
    "outlet/quaydispatch.example.html",
    "search.html",
    "search/2026-07.js",
    "2026/07/10/edition.json",
    "story/1.json",
    "health.html",
    "stories.atom",
    "stories.json",
)


def compare(name: str, actual: bytes) -> None:
    expected, beside = HERE / "expected" / name, HERE / "actual" / name
    if expected.exists() and expected.read_bytes() == actual:
        beside.unlink(missing_ok=True)
        return
    place = expected if os.environ.get("UPDATE_GOLDEN") else beside
    place.parent.mkdir(parents=True, exist_ok=True)
    place.write_bytes(actual)
    assert place is expected, f"{name} differs: compare {beside} with {expected}, accept with UPDATE_GOLDEN=1"


@pytest.fixture(scope="module")
def site() -> dict[str, bytes]:
    return render_site(full_site(), site=BERLIN, names=name_of)


@pytest.mark.parametrize("name", PAGES)
def test_a_page_is_as_it_was_accepted(site: dict[str, bytes], name: str) -> None:
    compare(name.replace("/", "_"), site[name])


def test_a_mail_is_as_it_was_accepted() -> None:
    body = render_mail(
        full_site().edition,
        site=ONLINE,
        names=name_of,
        sender="Fair Copy <digest@faircopy.example>",
        recipient="ada@reader.example",
        message_id="<daily.2026-07-10.5f2c@faircopy.example>",
    )
    compare("edition.eml", body)
