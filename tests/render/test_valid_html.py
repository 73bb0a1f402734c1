"""Whole sites before the Nu HTML checker: in three languages, and with hostile words in every field."""

from __future__ import annotations

from pathlib import Path

from aggregator.config import Site
from aggregator.render.records import SitePages
from aggregator.render.site import render_site, write_site
from tests.browser.hostile import hostile_site
from tests.nu import complaints, needs_nu
from tests.render.builders import BERLIN, full_site, name_of

pytestmark = needs_nu
SITES = {
    "english": (BERLIN, full_site()),
    "german": (Site(title="Fair Copy", language="de", timezone="Europe/Berlin"), full_site()),
    "arabic": (Site(title="نسخة", language="ar", timezone="Africa/Cairo"), full_site()),
    "hostile": (BERLIN, hostile_site()),
}


def written(folder: Path, site: Site, pages: SitePages) -> Path:
    write_site(folder, render_site(pages, site=site, names=name_of))
    return folder


def test_every_page_and_the_style_sheet_are_valid_whatever_a_feed_says(tmp_path: Path) -> None:
    assert not complaints([written(tmp_path / name, *given) for name, given in SITES.items()])


def test_the_checker_sees_what_is_wrong(tmp_path: Path) -> None:
    (tmp_path / "page.html").write_text("<!doctype html><title>t</title><p id=a><p id=a>", encoding="utf-8")
    (tmp_path / "style.css").write_text("p { colour: red }", encoding="utf-8")
    assert len(complaints([tmp_path])) == 2
