import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aggregator.config import Outlet
from aggregator.text.outlets import OutletBook, fold_name, outlet_domain, short_title

BOOK = OutletBook(
    [
        Outlet(
            name="The Meridian", domains=("meridian.example", "https://www.meridian-news.example/"), aliases=("TM",)
        ),
        Outlet(name="Harbour Post", domains=("medium.com/@harbourpost",), owner="Tidewater", priority=3, weight=2.5),
    ],
    {
        "southreed.org": "South Reed - Analysis of the Marshes",
        "fenland.net": "The Fenland Courier | Front page",
        "harrow.co.uk": "Harrow News",
        "harrow.com": "Harrow World",
        "quiet.org": "",
        "slogan.org": "All the words that a title should never need in order to be a name",
        "plain.org": "News",
    },
)


@pytest.mark.parametrize(
    ("address", "outlet"),
    [
        ("https://news.heron.co.uk/a", "heron.co.uk"),
        ("https://www.heron.example/a", "heron.example"),
        ("https://jo.blogspot.com/2020/a", "jo.blogspot.com"),
        ("https://jo.blogspot.co.uk/2020/a", "jo.blogspot.co.uk"),
        ("https://jo.wordpress.com/a", "jo.wordpress.com"),
        ("https://jo.substack.com/p/a", "jo.substack.com"),
        ("https://jo.github.io/a", "jo.github.io"),
        ("https://jo.livejournal.com/1.html", "jo.livejournal.com"),
        ("https://users.livejournal.com/jo/1.html", "users.livejournal.com/jo"),
        ("https://medium.com/@Jo/a-1", "medium.com/@jo"),
        ("https://medium.com/the-press/a-1", "medium.com/the-press"),
        ("https://medium.com/p/abc", "medium.com"),
        ("https://www.youtube.com/watch?v=1", "youtube.com"),
        ("https://youtube.com/channel/UC1/videos", "youtube.com/channel/uc1"),
        ("https://www.reddit.com/r/fens/comments/1", "reddit.com/r/fens"),
        ("https://t.me/s/fens/12", "t.me/fens"),
        ("http://127.0.0.1:8000/a", "127.0.0.1:8000"),
        ("http://localhost/a", "localhost"),
        ("mailto:jo@heron.example", None),
        ("", None),
    ],
)
def test_the_outlet_is_the_registrable_domain_or_the_writers_place_on_a_platform(
    address: str, outlet: str | None
) -> None:
    assert outlet_domain(address) == outlet


def test_a_configured_outlet_owns_its_domains_and_what_lies_below() -> None:
    assert BOOK.outlet_of("https://sport.meridian.example/a", "feed") == "The Meridian"
    assert BOOK.outlet_of("https://meridian-news.example/a", "feed") == "The Meridian"
    assert BOOK.outlet_of("https://medium.com/@HarbourPost/a-1", "feed") == "Harbour Post"
    assert BOOK.outlet_of("https://medium.com/@other/a-1", "feed") == "medium.com/@other"


def test_an_entry_without_a_link_falls_back() -> None:
    assert BOOK.outlet_of(None, "feed") == "feed"
    assert BOOK.outlet_of("javascript:x", "feed") == "feed"


@pytest.mark.parametrize(
    "name", ["South Reed", "SouthReed", "southreed.org", "www.southreed.org", "SOUTH-REED!", "southreed"]
)
def test_spellings_of_a_name_meet_one_outlet(name: str) -> None:
    assert BOOK.resolve(name) == "southreed.org"


def test_a_leading_article_makes_no_difference() -> None:
    assert BOOK.resolve("Fenland Courier") == BOOK.resolve("the fenland courier") == "fenland.net"
    assert BOOK.resolve("meridian") == BOOK.resolve("TM") == "The Meridian"


def test_the_link_of_a_credit_counts_before_its_name() -> None:
    assert BOOK.resolve("our partners", "https://www.southreed.org/a") == "southreed.org"
    assert BOOK.resolve("South Reed", "https://meridian.example/a") == "The Meridian"


def test_a_link_to_an_unknown_place_leaves_the_name_to_decide() -> None:
    assert BOOK.resolve("South Reed", "https://unknown.example/a") == "southreed.org"


def test_an_unknown_name_resolves_to_nothing() -> None:
    assert BOOK.resolve("Nobody Weekly") is None
    assert BOOK.resolve("", None) is None


def test_a_label_that_two_outlets_share_means_neither() -> None:
    assert BOOK.resolve("harrow") is None
    assert BOOK.resolve("Harrow News") == "harrow.co.uk"


def test_the_shown_name_is_configured_or_a_short_title_or_the_domain() -> None:
    names = {
        key: BOOK.name_of(key) for key in ("The Meridian", "southreed.org", "fenland.net", "quiet.org", "slogan.org")
    }
    assert names == {
        "The Meridian": "The Meridian",
        "southreed.org": "South Reed",
        "fenland.net": "The Fenland Courier",
        "quiet.org": "quiet.org",
        "slogan.org": "slogan.org",
    }
    assert BOOK.name_of("plain.org") == "plain.org"
    assert BOOK.name_of("unknown.example") == "unknown.example"


def test_owner_priority_and_weight_come_from_the_config() -> None:
    assert (BOOK.owner_of("Harbour Post"), BOOK.priority_of("Harbour Post"), BOOK.weight_of("Harbour Post")) == (
        "Tidewater",
        3,
        2.5,
    )
    assert (BOOK.owner_of("quiet.org"), BOOK.priority_of("quiet.org"), BOOK.weight_of("quiet.org")) == (
        "quiet.org",
        0,
        1.0,
    )


def test_a_title_is_cut_at_its_first_separator() -> None:
    assert short_title("Reed & Rush » Home") == "Reed & Rush"
    assert short_title("Latest") is None
    assert short_title("  ") is None


@pytest.mark.parametrize(
    ("title", "outlet", "name"),
    [
        ("Latest | Harbour Post", "harbourpost.example", "Harbour Post"),
        ("Breaking News | Harbour Post", "harbourpost.example", "Harbour Post"),
        ("HPT > Coast News", "hptidings.example", "HPT"),
        ("Harbour Post Online / News", "harbournetwork.example", "Harbour Post Online"),
        ("Tidewater Evening Courier - Front page", "tec.example", "Tidewater Evening Courier"),
        ("The Reed Desk - Reedwater Post", "reedwaterpost.example", "Reedwater Post"),
        ("Essays: Reed", "rush.example", "Essays"),
        ("Reed", "rush.example", "Reed"),
        ("Articles - Latest", "rush.example", None),
    ],
)
def test_the_part_of_a_title_that_resembles_the_domain_is_the_name(title: str, outlet: str, name: str | None) -> None:
    assert short_title(title, outlet) == name


def test_a_link_that_names_no_writer_of_its_platform_belongs_to_the_feeds_home_there() -> None:
    book, video = OutletBook([]), "https://www.youtube.com/watch?v=1"
    assert book.outlet_of(video, "x", "https://www.youtube.com/channel/UCabc") == "youtube.com/channel/ucabc"
    assert book.outlet_of(video, "x", "https://heron.example/films") == "youtube.com"
    assert book.outlet_of(video, "x") == "youtube.com"
    named = OutletBook([Outlet(name="Heron Films", domains=("youtube.com/channel/UCabc",))])
    assert named.outlet_of(video, "x", "https://www.youtube.com/channel/UCabc") == "Heron Films"
    assert book.outlet_of("https://heron.example/1", "x", "https://www.youtube.com/channel/UCabc") == "heron.example"


@pytest.mark.parametrize(
    ("link", "home", "outlet"),
    [
        ("https://heron.it/2Ab", "https://edition.heron.com/", "heron.com"),
        ("https://heron.it/2Ab", None, "heron.it"),
        ("https://heron.it/2Ab", "https://stork.com/", "heron.it"),
        ("https://harrow.com/a", "https://harrow.co.uk/", "harrow.com"),  # a feed of its own is read: another house
        ("http://127.0.0.1:8001/a", "http://127.0.0.1:8002/", "127.0.0.1:8001"),
        ("https://meridian.it/a", "https://meridian.example/", "meridian.it"),
    ],
)
def test_a_domain_that_differs_in_its_suffix_from_the_feeds_home_is_the_homes(
    link: str, home: str | None, outlet: str
) -> None:
    assert BOOK.outlet_of(link, "x", home) == outlet


def test_a_channel_that_bears_the_name_of_one_outlet_belongs_to_its_house() -> None:
    channel, other = "youtube.com/channel/uc1", "youtube.com/channel/uc2"
    titles = {
        channel: "Heron",
        other: "Films of the marshes",
        "heron.com": "Heron.com - World",
        "stork.org": "The Stork",
    }
    book = OutletBook([Outlet(name="Stork", domains=("stork.org",), owner="Birds")], titles)
    assert book.owner_of(channel) == "heron.com"
    assert book.owner_of(other) == other
    assert book.resolve("Heron") == "heron.com"
    assert book.name_of(channel) == "Heron"
    named = OutletBook([Outlet(name="Stork", domains=("stork.org",), owner="Birds")], {channel: "The Stork"})
    assert named.owner_of(channel) == "Birds"


def test_a_channel_that_shares_its_name_with_two_outlets_stands_for_itself() -> None:
    channel = "youtube.com/channel/uc1"
    book = OutletBook([], {channel: "Harrow", "harrow.com": "World", "harrow.co.uk": "Home"})
    assert book.owner_of(channel) == channel


@settings(deadline=None)
@given(
    st.dictionaries(
        st.sampled_from([f"outlet{n}.example" for n in range(6)] + ["reed.org", "rush.co.uk"]), st.text(max_size=50)
    )
)
def test_a_shown_name_resolves_to_its_outlet_unless_two_share_it(titles: dict[str, str]) -> None:
    book = OutletBook([], titles)
    for key in titles:
        same = [other for other in titles if fold_name(book.name_of(key)) in known_names(other, titles[other])]
        if fold_name(book.name_of(key)):
            assert book.resolve(book.name_of(key)) == (key if same == [key] else None)


def known_names(key: str, title: str) -> set[str]:
    return {fold_name(name or "") for name in (key, title, short_title(title), short_title(title, key))}
