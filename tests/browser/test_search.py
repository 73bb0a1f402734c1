"""The search in a real browser, from a disk: no fetch, month by month, by keyboard."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any
from urllib.parse import quote

Open = Callable[..., Any]


def results(page: Any) -> list[str]:
    return [one.inner_text() for one in page.locator(".results h2").all()]


def settled(page: Any, words: str) -> None:
    """Wait until what was typed last is what is shown: each letter is a search, and its results replace the ones before."""
    from playwright.sync_api import expect

    # The page's own policy forbids what `wait_for_function` does, so the waiting is done from outside.
    expect(page).to_have_url(re.compile(re.escape("#q=" + quote(words)) + "$"))
    expect(page.locator("[data-status]")).not_to_have_text(re.compile("^Reading"))


def searched(page: Any, words: str) -> None:
    page.locator("#q").fill(words)
    settled(page, words)


def test_words_are_found_in_headlines_outlets_and_first_lines(root: str, open_page: Open) -> None:
    page = open_page(root + "search.html")
    for words, title in (
        ("CABLE whales", "A seabed cable hears whales thirty kilometres away"),
        ("burgermeisterin", "Bürgermeisterin von Nordkai tritt zurück"),
        ("orchard radar gauge", "The family that kept a rain book for 140 years, and the week it put the weather office right"),
        ("أفيريل", "ميناء أفيريل يعيد فتح الرصيف الشرقي بعد إغلاق دام ثلاثة أسابيع"),
    ):  # fmt: skip
        searched(page, words)
        assert title in results(page), words


def test_the_page_says_how_many_and_how_far_back(root: str, open_page: Open) -> None:
    page = open_page(root + "search.html")
    searched(page, "whales")
    assert page.locator("[data-status]").inner_text() == "1 story found back to July 2026."
    searched(page, "no such word")
    assert page.locator("[data-status]").inner_text() == "Nothing found back to July 2026."


def test_earlier_months_are_read_when_asked_for(root: str, open_page: Open) -> None:
    page = open_page(root + "search.html")
    searched(page, "ferry never")
    assert results(page) == []
    page.get_by_role("button", name="Search June 2026 too").click()
    page.locator(".results li").first.wait_for()
    assert results(page) == ["The ferry that never was"]
    assert page.locator("[data-status]").inner_text() == "1 story found back to June 2026."


def test_a_search_has_an_address(root: str, open_page: Open) -> None:
    page = open_page(root + "search.html#q=whales%20cable")
    page.locator(".results li").first.wait_for()
    assert page.locator("#q").input_value() == "whales cable"
    page.get_by_role("link", name="A seabed cable").click()
    assert page.locator("h1").inner_text().startswith("A seabed cable")
    page.go_back()
    page.locator(".results li").first.wait_for()


def test_the_keyboard_alone_leads_from_the_field_to_a_story(root: str, open_page: Open) -> None:
    page = open_page(root + "search.html")
    page.keyboard.type("whales")
    settled(page, "whales")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    page.wait_for_url("**/story/*.html")


def test_without_script_the_page_says_so_and_leads_on_by_hand(root: str, open_page: Open) -> None:
    page = open_page(root + "search.html", java_script_enabled=False)
    assert page.get_by_text("Searching needs the small script").is_visible()
    assert not page.locator("#q").is_visible()
    assert page.get_by_role("link", name="Every headline of the latest edition").is_visible()


def test_the_archive_is_narrowed_as_one_types(root: str, open_page: Open) -> None:
    page = open_page(root + "archive.html")
    before = page.locator("[data-results] > li:visible").count()
    page.locator("#q").fill("headline of the day, 12")
    assert 0 < page.locator("[data-results] > li:visible").count() < before
