"""The whole site: complete, valid, inert, linked, and the same for the same records."""

from __future__ import annotations

import json
import posixpath
import re
from collections.abc import Iterator
from dataclasses import fields, is_dataclass, replace
from datetime import date, timedelta
from itertools import cycle, pairwise
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import html5lib
import pytest
from lxml import etree

from aggregator.config import Site
from aggregator.digest.edition import EditionSummary, FeedTrouble
from aggregator.errors import RenderError
from aggregator.model import Credit
from aggregator.render import paths
from aggregator.render.records import Ailment, FeedState
from aggregator.render.site import SitePages, render_site
from aggregator.render.templates import broken
from tests.render.builders import (
    BERLIN,
    DAY,
    ONLINE,
    at,
    copy,
    edition,
    full_site,
    lock_story,
    name_of,
    pages,
    piece,
    speech,
    story,
)

HTML = "{http://www.w3.org/1999/xhtml}"


@pytest.fixture(scope="module")
def files() -> dict[str, bytes]:
    return render_site(full_site(), site=BERLIN, names=name_of)


def documents(found: dict[str, bytes]) -> dict[str, Any]:
    """Every page, parsed by a strict HTML parser: it raises at the first mistake."""
    return {
        name: html5lib.HTMLParser(strict=True).parse(body.decode())
        for name, body in found.items()
        if name.endswith("html")
    }


def elements(document: Any) -> list[Any]:
    return [element for element in document.iter() if isinstance(element.tag, str)]


def test_every_page_is_there(files: dict[str, bytes]) -> None:
    expected = {"index.html", "2026/07/10/index.html", "2026/07/10/all.html", "archive.html", "outlets.html"}
    expected |= {"health.html", "stories.atom", "stories.json", "style.css", "enhance.js", "search.html", "search.js"}
    expected |= {"search/2026-07.js", "outlets-7.html", "outlets.csv", "2026/07/10/edition.json", "story/1.json"}
    expected |= {"outlet/quaydispatch.example.html", "schema/edition.schema.json", "schema/story.schema.json"}
    expected |= {
        "story/1.html",
        "story/77.html",
        "piece/1.html",
        "piece/9.html",
        "piece/78.html",
        "story/300.html",
        "piece/300.html",
    }
    assert expected <= set(files)


def test_every_page_is_valid_html_with_unique_ids(files: dict[str, bytes]) -> None:
    for name, document in documents(files).items():
        ids = [element.get("id") for element in elements(document) if element.get("id")]
        assert len(ids) == len(set(ids)), name
        for element in elements(document):
            for reference in ("aria-labelledby", "for"):
                assert element.get(reference) is None or element.get(reference) in ids, name


def test_every_page_has_one_first_heading_one_main_and_a_language(files: dict[str, bytes]) -> None:
    for name, document in documents(files).items():
        tags = [element.tag for element in elements(document)]
        assert (tags.count(f"{HTML}h1"), tags.count(f"{HTML}main")) == (1, 1), name
        assert document.get("lang") == "en"


def test_no_page_skips_a_level_of_headings(files: dict[str, bytes]) -> None:
    for name, document in documents(files).items():
        levels = [int(element.tag[-1]) for element in elements(document) if re.fullmatch(rf"{HTML}h[1-6]", element.tag)]
        assert all(new <= old + 1 for old, new in pairwise(levels)), name


def test_every_page_states_a_strict_policy_and_needs_nothing_that_it_forbids(files: dict[str, bytes]) -> None:
    for name, document in documents(files).items():
        policies = [
            element.get("content")
            for element in elements(document)
            if element.get("http-equiv") == "Content-Security-Policy"
        ]
        assert len(policies) == 1, name
        assert "default-src 'none'" in policies[0]
        assert "unsafe" not in policies[0]
        for element in elements(document):
            assert element.get("style") is None, name
            assert element.tag != f"{HTML}style", name
            assert not any(key.startswith("on") for key in element.keys()), name  # noqa: SIM118
            assert element.tag != f"{HTML}script" or (element.get("src") and not element.text), name


def test_no_page_loads_anything_from_another_place(files: dict[str, bytes]) -> None:
    for name, document in documents(files).items():
        for element in elements(document):
            for key in ("src", "srcset", "data", "poster", "action", "formaction", "background"):
                assert "//" not in (element.get(key) or ""), name
            if element.tag == f"{HTML}link" and element.get("rel") != "canonical":
                assert "//" not in element.get("href"), name
    assert b"url(" not in files["style.css"]
    assert b"@import" not in files["style.css"]
    assert not re.search(rb"https?://|fetch\(|eval|innerHTML", files["enhance.js"])


def links(found: dict[str, bytes]) -> list[tuple[str, str, str]]:
    """(page, target file, fragment) of every link within the site."""
    targets = []
    for name, document in documents(found).items():
        for element in elements(document):
            address = element.get("href") or (element.get("src") if element.tag.endswith("script") else None)
            if address and not urlsplit(address).scheme:
                path, _, fragment = address.partition("#")
                target = posixpath.normpath(posixpath.join(posixpath.dirname(name), path)) if path else name
                targets.append((name, target, fragment))
    return targets


def test_every_link_within_the_site_leads_to_a_page_and_to_a_place_on_it(files: dict[str, bytes]) -> None:
    earlier = {paths.edition_path("daily", summary.day, "daily") for summary in full_site().summaries}
    earlier |= {"story/900.html"}  # the stories that a story continues have their pages from earlier editions
    parsed = documents(files)
    for page, target, fragment in links(files):
        assert target in files or target in earlier, (page, target)
        if fragment:
            ids = {element.get("id") for element in elements(parsed[target])}
            assert fragment in ids, (page, target, fragment)


def test_links_are_relative_so_that_the_site_works_from_a_folder(files: dict[str, bytes]) -> None:
    for body in files.values():
        assert b'href="/' not in body
        assert b'src="/' not in body


def test_links_to_outlets_tell_nothing_and_open_nothing(files: dict[str, bytes]) -> None:
    found = 0
    for document in documents(files).values():
        for element in elements(document):
            if (element.get("href") or "").startswith("http"):
                found += 1
                assert element.get("rel") == "noopener noreferrer nofollow"
                assert element.get("target") is None
    assert found > 20


def test_the_same_records_give_the_same_bytes(files: dict[str, bytes]) -> None:
    assert render_site(full_site(), site=BERLIN, names=name_of) == files


def test_an_older_edition_leaves_the_front_page_and_the_feeds_alone() -> None:
    later = EditionSummary(name="daily", day=DAY + timedelta(days=1), number=188, stories=3, headline="Later")
    found = render_site(pages(story(1), summaries=(later,)), site=BERLIN, names=name_of)
    assert "2026/07/10/index.html" in found
    assert not {"index.html", "stories.atom", "stories.json", "health.html"} & set(found)


def test_another_digest_has_its_name_before_its_days() -> None:
    daily = EditionSummary(name="daily", day=DAY, number=9, stories=3, headline="Daily headline")
    weekly = edition(story(1), name="weekly", title="The week")
    found = render_site(pages(edition=weekly, summaries=(daily,)), site=BERLIN, names=name_of)
    assert {"weekly/2026/07/10/index.html", "weekly/index.html", "weekly/stories.atom"} <= set(found)
    assert "index.html" not in found
    assert b'href="../../../../weekly/index.html"' in found["weekly/2026/07/10/index.html"]
    assert b"The week" in found["weekly/index.html"]
    assert b"Daily headline" in found["archive.html"]


def test_the_only_digest_of_a_site_is_its_front_page_whatever_its_name() -> None:
    found = render_site(pages(edition=edition(story(1), name="weekly")), site=BERLIN, names=name_of)
    assert "index.html" in found


def test_an_absorbed_story_keeps_its_address_and_points_to_the_other(files: dict[str, bytes]) -> None:
    body = files["story/77.html"].decode()
    assert '<link rel="canonical" href="../story/1.html">' in body
    assert 'http-equiv="refresh"' not in body
    online = render_site(full_site(), site=ONLINE, names=name_of)["story/77.html"].decode()
    assert '<link rel="canonical" href="https://faircopy.example/news/story/1.html">' in online


def test_an_edition_without_a_story_is_a_page_all_the_same() -> None:
    found = render_site(pages(), site=BERLIN, names=name_of)
    documents(found)
    assert b"Nothing new since Thursday." in found["index.html"]
    first = render_site(pages(edition=edition(previous=None, next_at=None)), site=BERLIN, names=name_of)
    assert b"No story has come in yet." in first["index.html"]


def test_a_story_of_hundreds_of_copies_is_counted_and_bounded() -> None:
    copies = tuple(copy(number, f"o{number}.example", delay=timedelta(minutes=number)) for number in range(2, 300))
    big = story(1, piece(1, copies=copies))
    found = render_site(pages(big), site=BERLIN, names=name_of)
    documents(found)
    assert b"+287" in found["index.html"]
    assert b"290 more copies" in found["index.html"]
    assert len(found["piece/1.html"]) < 700_000


def test_an_edition_of_two_hundred_copied_stories_is_a_light_page() -> None:
    stories = []
    for key in range(1, 201):
        copies = tuple(copy(key * 100 + n, f"o{n}.example", delay=timedelta(minutes=9 * n)) for n in range(1, 6))
        reports = [
            piece(key * 10 + n, f"p{n}.example", title="Fish auction moves " * 4, copies=copies) for n in range(4)
        ]
        stories.append(story(key, *reports, title="Fish auction moves " * 4, standfirst="It moves. " * 30))
    made = edition(*stories, leads=tuple(stories[:6]), briefs=tuple(stories[6:]))
    found = render_site(SitePages(edition=made), site=BERLIN, names=name_of)
    sizes = {
        name: len(body) for name, body in found.items() if name.startswith("2026/07/10/") and name.endswith("html")
    }
    assert len(sizes) == 2
    assert max(sizes.values()) < 300_000, sizes


def test_an_absorbed_address_leads_to_where_its_story_or_piece_is_now(files: dict[str, bytes]) -> None:
    for old, new in (("story/77.html", "story/1.html"), ("piece/78.html", "piece/1.html")):
        body = files[old].decode()
        assert f'<link rel="canonical" href="../{new}">' in body
        assert f'It turned out to be one with another: <a href="../{new}">' in body


def test_outlets_are_shown_by_their_names_everywhere() -> None:
    found = render_site(full_site(), site=BERLIN, names=lambda key: f"[{key.upper()}]")
    for name, body in found.items():
        if name.endswith((".html", ".atom")) or "stories" in name:
            visible = re.sub(rb'href="[^"]*"', b"", body)
            assert b"quaydispatch.example" not in visible, name


def test_a_right_to_left_site_and_other_languages_render() -> None:
    for language in ("ar", "de", "ja", "xx"):
        found = render_site(pages(lock_story()), site=Site(title="X", language=language), names=name_of)
        assert len(documents(found)) > 8
    arabic = render_site(full_site(), site=Site(language="ar"), names=name_of)["index.html"]
    assert b'<html lang="ar" dir="rtl">' in arabic


# ---------------------------------------------------------------- hostile words

POISON = (
    "\"'><script>alert(1)</script><img src=https://evil.example/x onerror=alert(1)>{{7*7}}{% raw %}%s${x}"
    "</title></bdi></main><style>*{}</style>\u202e\u2066\u0000\u0007\x1b[31m\ud800\ufffe\u2028\r\n.\r\n&#x202e;<!--"
)
SCHEMES = ("javascript:alert(1)", "java\tscript:alert(1)", "data:text/html,<script>", "vbscript:x", "file:///etc/passwd",
           "//evil.example/x", "/logout", "https://[::1", "jAvAsCrIpT&colon;alert(1)", "\x01javascript:alert(1)")  # fmt: skip


def poisoned(value: Any, links: Iterator[str]) -> Any:
    """The record with every text replaced by hostile words, and every address by one of `links`."""
    if is_dataclass(value) and not isinstance(value, type):
        changes = {field.name: poisoned_field(field.name, getattr(value, field.name), links) for field in fields(value)}
        return replace(value, **changes)
    if isinstance(value, tuple):
        return tuple(poisoned(part, links) for part in value)
    return POISON if type(value) is str else value


def poisoned_field(name: str, value: Any, links: Iterator[str]) -> Any:
    if name == "name" and not isinstance(value, Credit):
        return value if value == "daily" else POISON
    if name == "alarms":
        return value
    return next(links) if name in {"link", "url"} and value else poisoned(value, links)


def test_hostile_words_in_every_field_come_out_inert() -> None:
    whole: SitePages = poisoned(full_site(), cycle(SCHEMES))
    whole = replace(whole, edition=replace(whole.edition, name="daily"), main_digest="daily",
                    summaries=tuple(replace(summary, name="daily") for summary in whole.summaries))  # fmt: skip
    found = render_site(whole, site=Site(title=POISON, timezone="Europe/Berlin"), names=lambda _: POISON)
    for name, document in documents(found).items():
        body = found[name].decode()
        assert not re.search("[\x00-\x08\x0b-\x1f\x7f\u202a-\u202e\u2066-\u2069\ufffe]", body), name
        for element in elements(document):
            assert element.tag not in {f"{HTML}img", f"{HTML}style", f"{HTML}iframe"}, name
            assert element.tag != f"{HTML}script" or element.get("src", "").endswith(("enhance.js", "search.js")), name
            for value in element.attrib.values():
                assert not re.match(r"\s*(java|vb)script|\s*data:|\s*file:", value, re.IGNORECASE), name
            if element.tag == f"{HTML}a":
                assert "evil.example/" not in element.get("href", "") or element.get("href").startswith("http"), name
    assert all(
        "49" not in body.decode() or "7*7" in body.decode() for name, body in found.items() if name == "index.html"
    )
    for name, written in found.items():
        if name.endswith(".atom"):
            etree.fromstring(written)
        elif name.endswith(".json"):
            json.loads(written)


def test_a_hostile_link_becomes_plain_text() -> None:
    for link in ("javascript:alert(1)", "data:text/html,x", "/logout", "evil"):
        found = render_site(
            pages(story(1, piece(1, link=link), piece(2, link=link, outlet="b.example"))), site=BERLIN, names=name_of
        )
        assert "Read it at the source" not in found["piece/1.html"].decode()
        assert "evil" not in found["story/1.html"].decode()


def test_secrets_in_a_feeds_address_are_not_shown(files: dict[str, bytes]) -> None:
    body = files["health.html"].decode()
    assert "secret" not in body
    assert "t0ken" not in body
    assert "reed.example/rss" in body


def test_a_feed_whose_title_is_its_address_keeps_its_secrets_too() -> None:
    secret = "https://u:pw@x.example/f?key=k3y"
    state = FeedState(title=secret, url="https://x.example", ailment=Ailment.GONE, reason="gone", moved_to=secret)
    trouble = FeedTrouble(title=secret, url="https://x.example", reason=f"403 at {secret}", since=None)
    whole = replace(pages(edition=edition(troubles=(trouble,))), states=(state, replace(state, ailment=Ailment.MOVED)))
    found = render_site(whole, site=BERLIN, names=name_of)
    assert b"x.example/f" in found["health.html"]
    assert not [name for name, body in found.items() if re.search(rb"pw@|k3y", body)]


def test_an_untitled_piece_has_words_for_its_link() -> None:
    found = render_site(pages(story(1, piece(1, title=" \u200b"), title="")), site=BERLIN, names=name_of)
    assert b"(untitled)" in found["index.html"]


def test_a_picture_in_several_sizes_is_one_line_and_the_rest_folded() -> None:
    sizes = [(f"https://cdn.example/{width}.jpg", "image/jpeg") for width in (90, 300, 600)]
    sound = ("https://cdn.example/talk.mp3", "audio/mpeg")
    held = piece(1, enclosures=(*sizes, sound, ("javascript:alert(1)", "image/jpeg")))
    page = render_site(pages(story(1, held)), site=BERLIN, names=name_of)["piece/1.html"].decode()
    assert page.count("image/jpeg") == 1
    assert "<summary>2 more</summary>" in page
    assert all(f'href="{address}"' in page for address, _ in (*sizes, sound))
    assert "javascript:" not in page


def test_foreign_words_state_their_language_and_direction(files: dict[str, bytes]) -> None:
    front = files["index.html"].decode()
    assert '<bdi lang="de">Schleuse Averil' in front
    assert '<h3 dir="rtl">' in front
    assert '<bdi lang="ar" dir="rtl">' in front


def test_a_language_tag_that_is_none_is_left_out() -> None:
    found = render_site(pages(story(1, piece(1, language='de" onload="x'))), site=BERLIN, names=name_of)
    assert b"onload" not in found["piece/1.html"]


# ---------------------------------------------------------------- templates of users


def with_template(folder: Path, name: str, body: str) -> Site:
    folder.mkdir(exist_ok=True)
    (folder / name).write_text(body)
    return Site(timezone="Europe/Berlin", templates=str(folder))


def test_a_users_template_may_extend_the_default_one(tmp_path: Path) -> None:
    site = with_template(
        tmp_path,
        "digest.html",
        '{% extends "default:digest.html" %}{% block briefs %}<p>No briefs here.</p>{% endblock %}',
    )
    front = render_site(full_site(), site=site, names=name_of)["index.html"].decode()
    assert "No briefs here." in front
    assert "Lock operator knew" in front
    assert "Orchard frost fund" not in front


def test_a_users_macros_speak_of_the_page_that_imports_them(tmp_path: Path) -> None:
    with_template(tmp_path, "own.html", "{% macro here() %}{{ root }}{{ story.id }}{% endmacro %}")
    body = '{% import "own.html" as own with context %}{{ own.here() }}'
    found = render_site(pages(story(1), story(2)), site=with_template(tmp_path, "story.html", body), names=name_of)
    assert [found[f"story/{key}.html"] for key in (1, 2)] == [b"../1", b"../2"]


def test_a_users_macros_that_many_pages_share_know_the_way_to_the_root(tmp_path: Path) -> None:
    with_template(tmp_path, "own.html", "{% macro top() %}[{{ root }}]{% endmacro %}")
    body = '{% import "own.html" as own with context %}{{ own.top() }}'
    for name in ("story.html", "search.html", "all.html"):
        site = with_template(tmp_path, name, body)
    found = render_site(pages(story(1), story(2)), site=site, names=name_of)
    ways = {path: page for path, page in found.items() if page.startswith(b"[")}
    assert len(ways) == 4
    assert all(page == b"[%s]" % (b"../" * path.count("/")) for path, page in ways.items())


def test_a_users_template_may_call_whatever_jinja_has(tmp_path: Path) -> None:
    body = (
        "{% macro twice() %}{{ caller('<') }}{{ caller(kind='b') }}{% endmacro %}"
        "{% call(kind) twice() %}<i>{{ kind }}</i>{% endcall %}"
        "{% for n in range(2) %}{{ cycler('a', 'b').next() }}{{ dict(x=n).x }}{% endfor %}"
        "{% block one %}{{ 1 }}{{ True }}{{ 1.0 }}{{ none }}{% endblock %}{{ self.one() }}"
    )
    found = render_site(pages(story(1)), site=with_template(tmp_path, "search.html", body), names=name_of)
    assert found["search.html"] == b"<i>&lt;</i><i>b</i>a0a11True1.0None1True1.0None"


def test_a_users_style_sheet_stands_in_for_ours(tmp_path: Path) -> None:
    site = with_template(tmp_path, "style.css", "body { color: teal }")
    assert render_site(pages(story(1)), site=site, names=name_of)["style.css"] == b"body { color: teal }"


@pytest.mark.parametrize(
    ("body", "line", "words"),
    [
        ("line one\n{% if %}\n", 2, "Expected an expression"),
        ("one\n\n{{ edition.day }}\n{{ nothing.at.all }}\n", 4, "'nothing' is undefined"),
        ("one\n{{ edition.nonsense }}\n", 2, "nonsense"),
        ("{% block x %}\n{{ 1 / 0 }}{% endblock %}", 2, "ZeroDivisionError"),
        ('{% extends "missing.html" %}', 1, "missing.html"),
    ],
)
def test_a_broken_template_is_named_with_its_line(tmp_path: Path, body: str, line: int, words: str) -> None:
    site = with_template(tmp_path, "digest.html", body)
    with pytest.raises(RenderError, match=re.escape(words)) as caught:
        render_site(pages(story(1)), site=site, names=name_of)
    assert caught.value.line == line
    assert caught.value.file.endswith("digest.html")


def test_checking_finds_every_template_that_cannot_be_read(tmp_path: Path) -> None:
    assert broken(BERLIN, speech()) == ()
    with_template(tmp_path, "story.html", "{% for %}")
    (tmp_path / "mail.txt").write_bytes(b"\xff\xfe")
    site = with_template(tmp_path, "piece.html", "x\n{{ }")
    assert sorted(Path(error.file).name for error in broken(site, speech())) == ["mail.txt", "piece.html", "story.html"]


def test_what_a_users_template_prints_is_escaped_and_harmless(tmp_path: Path) -> None:
    site = with_template(tmp_path, "health.html", "<p>{{ edition.title }}</p>")
    bad = edition(story(1), title="<b>x\u202e\x00</b>")
    found = render_site(pages(edition=bad), site=site, names=name_of)["health.html"]
    assert found == b"<p>&lt;b&gt;x&lt;/b&gt;</p>"


def test_days_without_a_piece_are_one_line() -> None:
    long_story = story(1, piece(1, at=at(0)), piece(2, "b.example", at=at(24 * 9)))
    body = render_site(pages(long_story), site=BERLIN, names=name_of)["story/1.html"].decode()
    assert body.count("No new piece.") == 1
    assert "Friday 10 July to Friday 17 July" in body


def test_the_archive_has_a_leaf_for_each_month_with_editions(files: dict[str, bytes]) -> None:
    body = files["archive.html"].decode()
    assert body.count('<table class="calendar">') == 2
    assert "36 editions since 1 June 2026." in body
    assert body.count('aria-current="date"') == 1


def test_an_editions_day_of_another_year_gets_its_own_section() -> None:
    old = EditionSummary(name="daily", day=date(2025, 12, 31), number=1, stories=2, headline="Old")
    body = render_site(pages(story(1), summaries=(old,)), site=BERLIN, names=name_of)["archive.html"].decode()
    assert body.index('id="year-2026"') < body.index('id="year-2025"')


def test_the_card_of_the_first_lead_shows_all_three_depths(files: dict[str, bytes]) -> None:
    front, card = files["index.html"].decode(), files["piece/1.html"].decode()
    assert lock_story().pieces[0].copies
    assert "5 copies: 2 credit it, 1 credits a copy, 2 credit nobody" in front
    assert '<details class="fold" open>' in front
    assert "Claimed time not believable." in card
    assert "<del>" in card
    assert "<ins>" in card
    assert "Jaccard 0.81" in card
