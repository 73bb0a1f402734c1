import subprocess
import sys
import time
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aggregator.model import Enclosure, ParsedFeed, Unreadable
from aggregator.parse.entries import MAX_AUTHORS, MAX_ENCLOSURES, MAX_TAGS
from aggregator.text.html import MAX_LINE
from tests.parse.support import DATA, entries, feed, read, read_bytes, rss


def test_what_the_publisher_wishes_is_read() -> None:
    found = feed("wishes.rss")
    assert (found.format, found.title, found.link, found.language) == (
        "RSS 2.0",
        "Wishes",
        "https://heron.example/",
        "en-gb",
    )
    assert (found.ttl, found.update_period) == (timedelta(minutes=90), timedelta(minutes=30))
    assert (found.skip_hours, found.skip_days) == (frozenset({0, 3}), frozenset({"saturday", "sunday"}))


def test_links_are_resolved_against_the_channels_link_and_guids_kept_verbatim() -> None:
    found = [(entry.link, entry.guid) for entry in entries("relative.rss")]
    assert found == [
        ("https://www.heron.example/a?x=1&y=2", "17"),
        ("https://www.heron.example/b", "https://www.heron.example/b"),
        ("https://www.heron.example/c", "/c"),
        (None, "d-4"),
    ]


def test_links_are_resolved_against_the_base_of_their_element() -> None:
    assert [entry.link for entry in entries("bases.atom")] == [
        "https://heron.example/news/a.html",
        "https://heron.example/news/2026/b.html",
        "https://heron.example/c.html",
    ]


def test_the_original_link_behind_a_redirector_is_taken() -> None:
    assert entries("burner.rss")[0].link == "https://heron.example/a"


def test_authors_lose_their_addresses() -> None:
    assert [entry.authors for entry in entries("people.rss")] == [
        ("Jo Doe",),
        ("Jo Doe", "Ann Rush & Sons"),
        ("Jo Doe",),
        (),
    ]
    assert entries("people.atom")[0].authors == ("Jo Doe", "Ann Rush")


def test_categories_are_tags_each_once() -> None:
    assert entries("people.rss")[2].tags == ("Rivers", "Bridges & ferries")
    assert entries("people.atom")[0].tags == ("Rivers",)


def test_declared_sources_are_read() -> None:
    assert [(entry.source_name, entry.source_url) for entry in entries("sources.rss")] == [
        ("Heron & Co", "https://heron.example/feed"),
        (None, "https://heron.example/original"),
        ("The Heron, page 4", None),
        (None, None),
    ]


def test_the_source_of_a_planets_entry_is_read_and_its_id_is_not_the_entrys() -> None:
    (entry,) = entries("planet.atom")
    assert (entry.source_name, entry.source_url) == ("Heron", "https://heron.example/")
    assert (entry.guid, entry.link) == ("tag:planet.example,2026:1", "https://heron.example/a")


def test_enclosures_are_listed_once_and_only_with_web_addresses() -> None:
    assert entries("enclosures.rss")[0].enclosures == (
        Enclosure(url="https://heron.example/a.mp3", type="audio/mpeg", length=123),
        Enclosure(url="https://heron.example/b.jpg", type="image/jpeg"),
    )


def test_an_entry_names_its_language_only_where_it_differs_from_its_feeds() -> None:
    found = feed("languages.atom")
    assert (found.language, [entry.language for entry in found.entries]) == ("en", [None, "fr"])


def test_dublin_core_dates_are_when_an_rss_entry_was_published() -> None:
    (entry,) = entries("dublin_core.rdf")
    assert (entry.published, entry.updated) == (datetime(2026, 7, 9, 8, tzinfo=UTC), None)
    assert entry.guid == "https://heron.example/1"


def test_an_atom_entry_keeps_published_and_updated_apart() -> None:
    (entry,) = entries("video.atom")
    assert (entry.published, entry.updated) == (
        datetime(2026, 7, 9, 8, tzinfo=UTC),
        datetime(2026, 7, 9, 12, tzinfo=UTC),
    )
    assert entries("planet.atom")[0].published is None


def test_of_a_truncated_document_the_whole_entries_are_kept_and_half_a_one_is_not() -> None:
    found = feed("truncated.rss")
    assert [entry.title for entry in found.entries] == ["Whole"]
    assert found.notices == ("the document breaks off; its whole entries were kept",)


def test_references_that_are_no_characters_do_not_cost_the_feed() -> None:
    found = feed("broken_references.rss")
    assert found.title == "Broken \ufffd references"
    assert found.entries[0].title == "Far \ufffd beyond \ufffd all"
    assert found.entries[0].html == "Here – fine."


def test_a_feed_behind_an_error_message_is_found() -> None:
    assert [entry.title for entry in feed("preceded.rss").entries] == ["Whole"]


def test_external_entities_are_not_read() -> None:
    (entry,) = entries("external_entity.rss")
    assert entry.title in {"a b", "a &secret; b"}


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("challenge.html", "a web page that wants to see a browser (challenge), not a feed"),
        ("login.html", "a log-in page, not a feed"),
        ("page.html", "a web page, not a feed"),
        ("list.opml", "an OPML list of feeds, not a feed: import it instead"),
        ("sitemap_index.xml", "an index of sitemaps, not a feed: add one of the sitemaps it names"),
    ],
)
def test_a_document_that_is_no_feed_is_named(name: str, reason: str) -> None:
    assert read(name) == Unreadable(reason=reason)


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (b"", "an empty document"),
        (b"\xef\xbb\xbf \n", "an empty document"),
        (b"\x89PNG\r\n\x1a\n\x00\x00", "a PNG image, not a feed"),
        (b"%PDF-1.4", "a PDF document, not a feed"),
        (b"\x1f\x8b\x08\x00abc", "compressed data that nobody unpacked, not a feed"),
        (b"Too many requests", "text, not a feed"),
        (b"<?xml version='1.0'?><catalog><book/></catalog>", "markup, but no feed: its first element is <catalog>"),
        (b'{"error": "not found"}', "JSON, but no JSON Feed"),
        (b"[1, 2]", "JSON, but no JSON Feed"),
        (b'{"version": "https://jsonfeed.org/version/1", "items": [', "JSON that is damaged or cut off"),
    ],
)
def test_bytes_that_are_no_feed_are_named(body: bytes, reason: str) -> None:
    assert read_bytes(body) == Unreadable(reason=reason)


def test_an_empty_feed_is_a_feed() -> None:
    assert read_bytes(rss()) == ParsedFeed(format="RSS 2.0", title="Heron", link="https://heron.example/")


@pytest.mark.parametrize("order", [1, -1])
def test_of_too_many_entries_the_newest_are_kept_in_any_order_of_the_document(order: int) -> None:
    items = [f"<title>{day}</title><pubDate>{day} Jun 2026 10:00:00 GMT</pubDate>" for day in range(1, 11)][::order]
    found = read_bytes(rss(*items), max_entries=3)
    assert isinstance(found, ParsedFeed)
    assert [entry.title for entry in found.entries] == ["8", "9", "10"][::order]
    assert found.notices == ("left out 7 of 10 entries: max_entries keeps the newest 3",)


def test_of_too_many_undated_entries_the_first_are_kept() -> None:
    found = read_bytes(rss(*(f"<title>{number}</title>" for number in range(5))), max_entries=2)
    assert isinstance(found, ParsedFeed)
    assert [entry.title for entry in found.entries] == ["0", "1"]


@pytest.mark.parametrize(
    ("encoding", "declared", "content_type"),
    [
        ("utf-8", "utf-8", "application/rss+xml"),
        ("utf-8", "iso-8859-1", "text/xml"),
        ("utf-8", "utf-8", "text/xml; charset=iso-8859-1"),
        ("iso-8859-1", "iso-8859-1", None),
        ("iso-8859-1", "utf-8", "text/html; charset=utf-8"),
        ("windows-1252", "windows-1252", "text/xml"),
        ("utf-16", "utf-16", "application/xml"),
        ("utf-8-sig", "utf-8", None),
        ("utf-8", "klingon", None),
    ],
)
def test_the_text_is_decoded_as_the_feed_means_it(encoding: str, declared: str, content_type: str | None) -> None:
    document = f"<?xml version='1.0' encoding='{declared}'?>{rss('<title>Brücke für Münster</title>').decode()}"
    found = read_bytes(document.encode(encoding), content_type=content_type)
    assert isinstance(found, ParsedFeed)
    assert found.entries[0].title == "Brücke für Münster"


@pytest.mark.parametrize(
    ("encoding", "title"),
    [("gb18030", "詹姆斯"), ("gb18030", "Brücke"), ("big5", "渡船"), ("utf-8", "詹姆斯"), ("utf-8", "渡船")],
)
def test_a_few_words_in_a_declared_east_asian_encoding_are_not_taken_for_utf_8(encoding: str, title: str) -> None:
    declared = "big5" if encoding == "big5" else "gb2312"
    document = f"<?xml version='1.0' encoding='{declared}'?>{rss(f'<title>{title}</title>').decode()}"
    found = read_bytes(document.encode(encoding))
    assert isinstance(found, ParsedFeed)
    assert found.entries[0].title == title


@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be", "utf-16"])
@pytest.mark.parametrize("title", ["Ferry", "Fähre", "渡し船"])
def test_utf_16_that_nothing_announces_is_decoded(encoding: str, title: str) -> None:
    found = read_bytes(rss(f"<title>{title}</title>").decode().encode(encoding))
    assert isinstance(found, ParsedFeed)
    assert [entry.title for entry in found.entries] == [title]


def test_a_prefix_that_is_declared_nowhere_does_not_cost_the_entries() -> None:
    body = (
        "<!-- made by hand --><?xml?xml version='1.0' ??><rss rss:version=2.0><rss:channel><rss:title>Heron</rss:title>"
        "<rss:item><rss:title>Ferry</rss:title><rss:link>https://heron.example/a</rss:link></rss:item>"
        "</rss:channel></rss>"
    )
    found = read_bytes(body.encode())
    assert isinstance(found, ParsedFeed)
    assert [(entry.title, entry.link) for entry in found.entries] == [("Ferry", "https://heron.example/a")]


def test_nul_bytes_are_dropped() -> None:
    found = read_bytes(rss("<title>Bri\x00dge</title>"))
    assert isinstance(found, ParsedFeed)
    assert found.entries[0].title == "Bridge"


def test_titles_are_one_clean_line() -> None:
    found = read_bytes(rss("<title>&lt;b&gt;Salt&lt;/b&gt; &amp;amp;\n pepper &#x202E;x</title>"))
    assert isinstance(found, ParsedFeed)
    assert found.entries[0].title == "Salt & pepper x"


def test_lists_of_one_entry_are_bounded() -> None:
    item = "".join(f"<category>c{n}</category><enclosure url='https://heron.example/{n}'/>" for n in range(200))
    people = "".join(f"<dc:creator xmlns:dc='http://purl.org/dc/elements/1.1/'>p{n}</dc:creator>" for n in range(200))
    found = read_bytes(rss(item + people))
    assert isinstance(found, ParsedFeed)
    (entry,) = found.entries
    assert (len(entry.tags), len(entry.enclosures), len(entry.authors)) == (MAX_TAGS, MAX_ENCLOSURES, MAX_AUTHORS)


def test_a_document_of_a_hundred_thousand_nested_elements_is_survived() -> None:
    body = rss("<title>a</title><description>" + "<div>" * 100_000 + "</description>")
    assert isinstance(read_bytes(body), ParsedFeed | Unreadable)


def test_entity_bombs_are_inert() -> None:
    levels = "".join(f"<!ENTITY e{n} '{f'&e{n - 1};' * 10}'>" for n in range(1, 12))
    bomb = f"<?xml version='1.0'?><!DOCTYPE rss [<!ENTITY e0 'lol'>{levels}]>{rss('<title>&e11;</title>').decode()}"
    begun = time.process_time()
    found = read_bytes(bomb.encode())
    assert time.process_time() - begun < 10
    assert isinstance(found, Unreadable) or all(len(entry.title) <= MAX_LINE for entry in found.entries)


SAMPLES = [path.read_bytes() for path in sorted(DATA.iterdir())]


@settings(max_examples=150, deadline=None)
@given(st.sampled_from(SAMPLES), st.integers(0, 3000), st.binary(max_size=12), st.integers(0, 40))
def test_damaged_documents_never_raise(sample: bytes, place: int, noise: bytes, cut: int) -> None:
    damaged = sample[:place] + noise + sample[place + cut :]
    assert isinstance(read_bytes(damaged), ParsedFeed | Unreadable)


@settings(max_examples=100, deadline=None)
@given(st.binary(max_size=200))
def test_noise_never_raises(noise: bytes) -> None:
    assert isinstance(read_bytes(noise), ParsedFeed | Unreadable)


def test_reading_an_ordinary_feed_loads_nothing_expensive() -> None:
    code = (
        "import sys; from tests.parse.support import feed; feed('wishes.rss');"
        "dear = {'datasketch', 'scipy', 'numpy', 'dateparser', 'lxml', 'py3langid', 'trafilatura', 'sqlalchemy'};"
        "sys.exit(', '.join(dear & set(sys.modules)) or 0)"
    )
    root = DATA.parents[2]
    done = subprocess.run([sys.executable, "-c", code], cwd=root, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.parametrize("cut", [b"<link>c", b"<item><title>C</title><link>https://heron.ex", b"<title>C &am"])
def test_a_document_that_breaks_off_gives_its_whole_entries_under_the_ids_that_they_always_have(cut: bytes) -> None:
    items = b"".join(
        b"<item><title>%b</title><link>https://heron.example/?a=1&amp;amp;b=%b</link></item>" % (name, name)
        for name in (b"A", b"B", b"C")
    )
    whole = b"<rss version='2.0'><channel><title>Heron</title>" + items + b"</channel></rss>"
    broken = whole[: whole.rindex(b"<item>")] + cut
    found, rest = read_bytes(whole), read_bytes(broken)
    assert isinstance(found, ParsedFeed)
    assert isinstance(rest, ParsedFeed)
    assert rest.entries == found.entries[:2]
    assert all("?a=1&" in str(entry.link) for entry in rest.entries)
