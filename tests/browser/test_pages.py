"""Every page type in a real browser: accessible, within its width, on paper, by keyboard, without script."""

from __future__ import annotations

from collections.abc import Callable
from importlib import resources
from typing import Any

import pytest

PAGES = (
    "index.html", "2026/07/10/all.html", "story/1.html", "story/77.html", "story/30.html", "piece/1.html", "piece/40.html",
    "outlets.html", "outlet/quaydispatch.example.html", "search.html#q=a", "archive.html", "health.html",
)  # fmt: skip
Open = Callable[..., Any]
AXE = resources.files(pytest.importorskip("axe_playwright_python")).joinpath("axe.min.js").read_text(encoding="utf-8")


def violations(page: Any) -> list[str]:
    """What axe-core finds, as rule and element."""
    page.evaluate(AXE)
    found = page.evaluate("axe.run().then(results => results.violations)")
    return [f"{page.url}: {rule['id']}: {node['html'][:120]}" for rule in found for node in rule["nodes"]]


@pytest.mark.parametrize(("theme", "width"), [("light", 390), ("dark", 1280)])
def test_axe_core_finds_nothing_on_any_page(root: str, open_page: Open, theme: str, width: int) -> None:
    page = open_page(color_scheme=theme, viewport={"width": width, "height": 900})
    found: list[str] = []
    for name in PAGES:
        page.goto(root + name)
        if name.startswith("search"):
            page.locator(".results li").first.wait_for()
        page.evaluate("document.querySelectorAll('details').forEach(fold => { fold.open = true })")
        found += violations(page)
    assert not found


def test_axe_core_finds_nothing_that_hostile_words_break(hostile: str, open_page: Open) -> None:
    page = open_page()
    found: list[str] = []
    for name in ("health.html", "piece/7.html", "piece/45.html", "story/53.html"):
        page.goto(hostile + name)
        found += violations(page)
    assert not found


def test_no_page_is_wider_than_its_window(root: str, arabic: str, hostile: str, open_page: Open) -> None:
    page = open_page()
    wide = []
    names = (
        "index.html",
        "2026/07/10/all.html",
        "story/50.html",
        "piece/50.html",
        "piece/52.html",
        "outlets.html",
        "health.html",
    )
    for address in [
        *(root + name for name in PAGES),
        *(arabic + name for name in PAGES[:9]),
        *(hostile + name for name in names),
    ]:
        page.goto(address)
        for width in (320, 390, 768, 1280, 2560):
            page.set_viewport_size({"width": width, "height": 900})
            found = page.evaluate("document.documentElement.scrollWidth")
            wide += [f"{address}: {found} in {width}"] if found > width else []
    assert not wide


def test_a_page_asks_for_nothing_beyond_the_site_and_says_nothing_on_the_console(root: str, open_page: Open) -> None:
    page, asked, said = open_page(), [], []
    page.on("request", lambda request: asked.append(request.url))
    page.on("console", lambda message: said.append(message.text))
    page.on("pageerror", lambda error: said.append(str(error)))
    for name in PAGES:
        page.goto(root + name)
    assert not [address for address in asked if not address.startswith(root)]
    assert not said


def test_the_skip_link_comes_first_and_leads_past_the_navigation(root: str, open_page: Open) -> None:
    page = open_page(root + "story/1.html")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.className") == "skip"
    assert page.locator(".skip").bounding_box()["x"] >= 0
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    assert page.evaluate("!!document.activeElement.closest('main')")


def test_the_keyboard_reaches_every_control_in_reading_order_and_shows_where_it_is(root: str, open_page: Open) -> None:
    page = open_page(root + "piece/1.html")
    wanted = page.evaluate(
        "[...document.querySelectorAll('a[href], summary, select, input, button, [tabindex=\"0\"]')]"
        ".filter(one => one.checkVisibility({ visibilityProperty: true })).map(one => one.outerHTML.slice(0, 150))"
    )
    seen = []
    for _ in wanted:
        page.keyboard.press("Tab")
        html, outline = page.evaluate(
            "[document.activeElement.outerHTML.slice(0, 150), parseFloat(getComputedStyle(document.activeElement).outlineWidth)]"
        )
        assert outline >= 1, html
        seen.append(html)
    assert seen == wanted


def test_a_fold_opens_by_keyboard_and_without_script(root: str, open_page: Open) -> None:
    for script in (True, False):
        page = open_page(root + "index.html", java_script_enabled=script)
        fold = page.locator("details.fold:not([open])").first
        inside = fold.locator("li").first
        summary = fold.locator("summary").element_handle()
        assert not inside.is_visible()
        summary.focus()
        page.keyboard.press("Enter")
        assert page.locator(".lead-1 details.fold[open]").count()
        assert summary.evaluate("one => one.parentElement.open")
        page.keyboard.press("Enter")
        assert not summary.evaluate("one => one.parentElement.open")


def test_the_chosen_colours_stay_on_every_page(root: str, open_page: Open) -> None:
    page = open_page(root + "index.html", color_scheme="light")
    paper = "getComputedStyle(document.body).backgroundColor"
    light = page.evaluate(paper)
    page.get_by_label("Colours").select_option("dark")
    dark = page.evaluate(paper)
    assert dark != light
    page.goto(root + "outlets.html")
    assert page.evaluate(paper) == dark
    page.get_by_label("Colours").select_option("")
    assert page.evaluate(paper) == light


def test_paper_shows_every_fold_and_the_sources_address_but_no_navigation(root: str, open_page: Open) -> None:
    page = open_page(root + "index.html")
    page.emulate_media(media="print")
    folds = page.locator("details.fold:not([open]) .copies li")
    assert folds.count()
    assert all(box["height"] > 0 for box in (one.bounding_box() for one in folds.all()))
    assert not page.locator(".masthead nav").is_visible()
    page.goto(root + "piece/1.html")
    page.emulate_media(media="print")
    assert "quaydispatch.example" in page.evaluate(
        "getComputedStyle(document.querySelector('.head .source a'), '::after').content"
    )


def test_dark_paper_is_white(root: str, open_page: Open) -> None:
    page = open_page(root + "index.html", color_scheme="dark")
    page.emulate_media(media="print", color_scheme="dark")
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"


def test_a_right_to_left_site_begins_at_the_right(arabic: str, open_page: Open) -> None:
    page = open_page(arabic + "story/1.html")
    name, links = page.locator(".nameplate").bounding_box(), page.locator(".masthead nav").bounding_box()
    assert name["x"] > links["x"]


def test_hostile_words_run_nothing_ask_for_nothing_and_stay_in_their_place(hostile: str, open_page: Open) -> None:
    """With the policy switched off: escaping alone must hold."""
    page, asked = open_page(bypass_csp=True), []
    page.add_init_script(
        "window.ran = []; for (const name of ['alert', 'prompt', 'confirm']) window[name] = () => ran.push(name)"
    )
    page.on("request", lambda request: asked.append(request.url))
    names = ["index.html", "2026/07/10/all.html", "outlets.html", "health.html", "archive.html"]
    names += [f"{kind}/{number}.html" for number in range(1, 58, 2) for kind in ("story", "piece")]
    for name in names:
        page.goto(hostile + name)
        assert page.evaluate("ran") == [], name
        assert (
            page.evaluate(
                "[...document.body.children].map(one => one.localName).join() + document.querySelectorAll('main, h1').length"
            )
            == "a,header,main,footer2"
        ), name
        assert not page.evaluate(
            "document.querySelectorAll('iframe, form, object, embed, img, style, base, dialog, [onload]').length"
        )
        assert not page.evaluate("[...document.links].filter(one => !/^(https?|file):$/.test(one.protocol)).length"), (
            name
        )
    page.goto(hostile + "search.html#q=script")
    page.locator(".results li").first.wait_for()
    assert page.evaluate("ran") == []
    assert not [address for address in asked if not address.startswith(hostile)]
