"""A real Chromium on sites written to a disk. Without one the suite is skipped, saying so."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from aggregator.config import Site
from aggregator.render import search
from aggregator.render.site import render_site, write_site
from tests.browser.hostile import hostile_site
from tests.render.builders import BERLIN, full_site, name_of

CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    if CHROMIUM is None:
        absent = pytest.mark.skip(reason="no Chromium on this machine")
        for item in items:
            if Path(__file__).parent in item.path.parents:
                item.add_marker(absent)


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    """Closed behind each file: while the driver runs, its event loop holds the thread, and no other can be run."""
    driving = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
    with driving.sync_playwright() as driver:
        driving.expect.set_options(timeout=30_000)
        opened = driver.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield opened
        opened.close()


@pytest.fixture
def open_page(browser: Any) -> Iterator[Callable[..., Any]]:
    """A page in a fresh profile; its options are those of a browser context."""
    contexts = []

    def opened(address: str = "", **options: Any) -> Any:
        contexts.append(browser.new_context(**({"viewport": {"width": 1280, "height": 900}} | options)))
        page = contexts[-1].new_page()
        page.set_default_timeout(30_000)  # milliseconds; a busy machine is no defect
        if address:
            page.goto(address)
        return page

    yield opened
    for context in contexts:
        context.close()


def written(folder: Path, site: Site, **changes: Any) -> str:
    """A whole site on disk; the address of its root."""
    root = folder / "site"
    old = ((7, "The ferry that never was", "Nobody has seen it.", ("Merrow Wire",), "en"),)
    pages = replace(full_site(), **changes)
    write_site(root, render_site(pages, site=site, names=name_of))
    june = search.script("2026-06", [(pages.edition.day.replace(month=6), old)])
    write_site(root, {"search/2026-06.js": june})
    return f"{root.as_uri()}/"


@pytest.fixture(scope="session")
def root(tmp_path_factory: pytest.TempPathFactory) -> str:
    return written(tmp_path_factory.mktemp("plain"), BERLIN)


@pytest.fixture(scope="session")
def arabic(tmp_path_factory: pytest.TempPathFactory) -> str:
    return written(tmp_path_factory.mktemp("arabic"), Site(title="نسخة", language="ar", timezone="Africa/Cairo"))


@pytest.fixture(scope="session")
def hostile(tmp_path_factory: pytest.TempPathFactory) -> str:
    folder = tmp_path_factory.mktemp("hostile") / "site"
    write_site(folder, render_site(hostile_site(), site=BERLIN, names=lambda key: key))
    return f"{folder.as_uri()}/"
