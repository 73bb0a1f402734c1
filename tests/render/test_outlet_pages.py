"""Who republishes whom: figures that add up, a page for each outlet, cells that no spreadsheet runs."""

from __future__ import annotations

import csv
import io
import re
from dataclasses import replace
from datetime import timedelta

import pytest

from aggregator.render import paths
from aggregator.render.matrix import matrix, steps
from aggregator.render.outlet_pages import MOST_PAGES, cells
from aggregator.render.records import Network, OutletRow, SitePages, Trade
from aggregator.render.site import render_site
from tests.render.builders import BERLIN, NETWORKS, OUTLETS, TRADES, at, full_site, name_of, speech


@pytest.fixture(scope="module")
def files() -> dict[str, bytes]:
    return render_site(full_site(), site=BERLIN, names=name_of)


def text(body: bytes) -> str:
    return re.sub(r"\s+", " ", re.sub("<[^>]*>", " ", body.decode()))


def test_each_outlet_has_a_page_with_both_directions_of_its_trade(files: dict[str, bytes]) -> None:
    page = text(files["outlet/quaydispatch.example.html"])
    assert "640 entries: 632 pieces of its own and 8 copies." in page
    assert "Others printed its pieces 63 times." in page
    assert re.search("Daily Kestrel 34 32 of 34 \\+41 min", page)
    assert re.search("Merrow Wire 8 none due", page)


def test_a_piece_without_a_card_is_linked_at_its_outlet(files: dict[str, bytes]) -> None:
    page = files["outlet/quaydispatch.example.html"].decode()
    assert 'href="../piece/1.html"' in page
    assert "piece/9999.html" not in page
    assert 'href="https://quaydispatch.example/2"' in page


def test_a_copy_names_its_source_and_says_when_that_is_not_credited(files: dict[str, bytes]) -> None:
    assert re.search(
        "from Quay Dispatch , .*\\+6 h 00, source not credited", text(files["outlet/averiltoday.example.html"])
    )


def test_the_network_names_its_period_and_links_the_others(files: dict[str, bytes]) -> None:
    assert "of each other’s pieces from 10 June 2026 to 10 July 2026." in text(files["outlets.html"])
    assert 'href="outlets-7.html"' in files["outlets.html"].decode()
    assert 'href="outlets.html"' in files["outlets-7.html"].decode()


def test_the_cells_hold_every_pair_of_every_period(files: dict[str, bytes]) -> None:
    rows = list(csv.DictReader(io.StringIO(files["outlets.csv"].decode(), newline="")))
    assert len(rows) == len(TRADES) + 1
    assert rows[0] == {"days": "30", "copier": "Daily Kestrel", "source": "Merrow Wire", "copies": "88", "credit_due": "88",
                       "credited": "86", "share_credited": "0.9773", "median_delay_minutes": "52"}  # fmt: skip
    assert rows[3]["share_credited"] == rows[3]["median_delay_minutes"] == ""


@pytest.mark.parametrize("name", ["=cmd|' /C calc'!A0", "+1", "-1", "@SUM(A1)", "\t=1"])
def test_no_cell_is_run_by_a_spreadsheet(name: str) -> None:
    written = cells(replace(speech(), names=lambda _: name), NETWORKS)
    for row in list(csv.reader(io.StringIO(written.decode(), newline="")))[1:]:
        assert not [cell for cell in row if cell.startswith(("=", "+", "-", "@", "\t"))]


def test_a_cell_of_the_matrix_shows_count_and_share_credited() -> None:
    drawn = matrix(speech(), OUTLETS, TRADES)
    assert "Averil Today from Quay Dispatch: 29 copies, 2 credited" in drawn
    assert drawn.count('class="bare"') == 3, "the line of the pair in which no credit is due is left out"


def test_forty_outlets_keep_tint_and_line_and_drop_the_count() -> None:
    rows = tuple(
        OutletRow(outlet=f"o{n}.example", entries=9, originals=5, copies=4, credited=1, uncredited=3,
                  copies_from=((f"o{(n + 1) % 40}.example", 4),), copied_by=((f"o{(n - 1) % 40}.example", 4),))
        for n in range(40)
    )  # fmt: skip
    trades = tuple(Trade(copier=row.outlet, source=row.copies_from[0][0], copies=4, credited=1, due=4) for row in rows)
    drawn = matrix(speech(), rows, trades)
    assert drawn.count('class="given"') == 40
    assert not re.search("<text[^>]*>4</text>(?!<)", drawn.replace("</g>", ""))


def test_the_tints_part_at_an_eighth_and_at_half_of_the_most() -> None:
    assert steps(TRADES, [row.outlet for row in OUTLETS]) == (12, 45, 88)
    assert steps((), ()) == (1, 1, 1)


def test_only_the_busiest_outlets_have_pages() -> None:
    rows = tuple(
        OutletRow(outlet=f"o{n}.example", entries=9, originals=9, copies=0, credited=0, uncredited=0)
        for n in range(MOST_PAGES + 5)
    )
    whole = SitePages(edition=full_site().edition, networks=(Network(days=30, end=at(16), outlets=rows),))
    found = render_site(whole, site=BERLIN, names=name_of)
    assert sum(name.startswith("outlet/") for name in found) == MOST_PAGES
    assert f"outlet/o{MOST_PAGES}.example.html" not in found["outlets.html"].decode()


@pytest.mark.parametrize(
    "names",
    [("Quay Dispatch", "quay dispatch", "quay-dispatch", "QUAY DISPATCH"), ("medium.com/@ada", "medium.com/ada"),
     ("../../etc", "..", ".", "", "con", "a/b", "a\\b", "\0", "مرآة", "é.example", "e.example", "x" * 300)],
    ids=["case and spaces", "shared hosts", "hostile"],
)  # fmt: skip
def test_every_name_gets_a_file_of_its_own_inside_its_folder(names: tuple[str, ...]) -> None:
    made = [paths.outlet_path(name) for name in names]
    assert len({path.casefold() for path in made}) == len(names)
    assert all(re.fullmatch(r"outlet/[a-z0-9][a-z0-9.-]*\.html", path) and len(path) < 100 for path in made)


def test_a_delay_that_is_not_known_says_so(files: dict[str, bytes]) -> None:
    assert "not known" in text(files["outlets.html"])
    assert timedelta(0) not in [trade.delay for trade in TRADES]
