import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aggregator.text.urls import canonical, shown

ODD = st.lists(
    st.sampled_from(
        [
            "http://",
            "https://",
            "www.",
            "m.",
            "amp.",
            "heron.example",
            "HERON.example",
            ":80",
            ":443",
            ":8080",
            "/",
            "//",
            "/amp",
            ".amp",
            "amp/",
            "?",
            "&",
            "url=",
            "u=",
            "https%3A%2F%2F",
            "utm_source=x",
            "a=1",
            "#",
            "!x",
            "%",
            "%41",
            "%2f",
            "é",
            "\\",
            "@",
            "user:pw@",
            "\t",
            " ",
            "javascript:",
            "[::1]",
            "..",
            "index.html",
            "+",
            "q=a+b",
            "[",
            "com.au",
        ]
    ),
    max_size=12,
).map("".join)


@pytest.mark.parametrize(
    "variant",
    [
        "https://heron.example/a/bridge?id=7",
        "http://www.heron.example:80/a/bridge/?id=7#top",
        "https://m.heron.example/a/bridge?utm_source=rss&id=7&fbclid=abc",
        "https://amp.heron.example/a/bridge/amp?id=7",
        "https://heron.example/a/bridge.amp.html?id=7&amp=1",
        "https://heron.example/amp/a/bridge?id=7",
        "https://heron-example.cdn.ampproject.org/c/s/heron.example/a/bridge?id=7",
        "https://www.google.com/amp/s/heron.example/a/bridge?id=7",
        "https://news.google.com/news/url?sa=t&url=https%3A%2F%2Fheron.example%2Fa%2Fbridge%3Fid%3D7",
        "https://www.google.com/url?q=https://heron.example/a/bridge?id=7",
        "https://l.facebook.com/l.php?u=https%3A%2F%2Fheron.example%2Fa%2Fbridge%3Fid%3D7&h=x",
        "https://feeds.relay.example/go?x=1&url=http%3A%2F%2Fheron.example%2Fa%2Fbridge%3Fid%3D7",
        "https://web.archive.org/web/20200709101112/https://heron.example/a/bridge?id=7",
        "https://heron.example/a//bridge/index.html?ref=rss&id=7",
        "https://jo:secret@HERON.example./a/%62ridge;jsessionid=5?id=7",
    ],
)
def test_variants_of_one_address_compare_equal(variant: str) -> None:
    assert canonical(variant) == "https://heron.example/a/bridge?id=7"


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("https://heron.example/?p=1", "https://heron.example/?p=2"),
        ("https://heron.example/a?game=5", "https://heron.example/a?game=6"),
        ("https://heron.example/a.aspx?cid=5", "https://heron.example/a.aspx?cid=6"),
        ("https://heron.example/a?source=12", "https://heron.example/a?source=13"),
        ("https://heron.example/A", "https://heron.example/a"),
        ("https://heron.example:8080/a", "https://heron.example/a"),
        ("https://heron.example/#!/one", "https://heron.example/#!/two"),
        ("https://heron.example/a%2Fb", "https://heron.example/a/b"),
    ],
)
def test_addresses_of_different_pages_stay_different(first: str, second: str) -> None:
    assert canonical(first) != canonical(second)


def test_the_order_of_parameters_makes_no_difference() -> None:
    assert canonical("https://heron.example/?b=2&a=1") == canonical("https://heron.example/?a=1&b=2")


def test_a_company_called_amp_and_a_page_called_amp_keep_their_names() -> None:
    assert canonical("https://amp.com.au/x") == "https://amp.com.au/x"
    assert canonical("https://heron.example/amp") == "https://heron.example/amp"


def test_an_international_host_compares_in_ascii() -> None:
    assert canonical("https://bücher.example/ü") == "https://xn--bcher-kva.example/%C3%BC"


def test_a_redirect_without_its_target_in_it_stays_itself() -> None:
    assert canonical("http://feeds.relay.example/~r/x/~3/abc/") == "https://feeds.relay.example/~r/x/~3/abc"


@pytest.mark.parametrize(
    "address",
    [
        "javascript:alert(1)",
        "java\tscript:x",
        "data:text/html,x",
        "",
        "   ",
        "mailto:jo@heron.example",
        "file:///etc/passwd",
        "https://",
        "http:///",
        "https://[::1",
        "https://ex ample.org/",
        "//",
        "https://a:99999/",
        "relative/path",
        "blob:https://x",
    ],
)
def test_what_is_no_web_address_is_none(address: str) -> None:
    assert shown(address, None) is None
    assert canonical(address) is None


def test_a_relative_address_is_resolved_against_its_base() -> None:
    assert shown("../b?x=1", "https://heron.example/news/a/") == "https://heron.example/news/b?x=1"
    assert shown("/logout", "javascript:x") is None


def test_tabs_controls_and_references_are_read_as_a_browser_does() -> None:
    assert shown(" \x01ht\ntps://her\ton.example/a&amp;b\\c ", None) == "https://heron.example/a&b/c"


def test_user_names_and_passwords_are_left_out() -> None:
    assert shown("https://jo:secret@heron.example/a", None) == "https://heron.example/a"


def test_characters_that_could_end_an_attribute_are_encoded() -> None:
    assert shown("https://heron.example/a\"b<c>d e'f", None) == "https://heron.example/a%22b%3Cc%3Ed%20e'f"


def test_a_forgotten_scheme_is_added() -> None:
    assert shown("www.heron.example/a", None) == "https://www.heron.example/a"
    assert shown("//heron.example/a", None) == "https://heron.example/a"


def test_an_overlong_address_is_none() -> None:
    assert shown("https://heron.example/" + "a" * 5000, None) is None


@settings(deadline=None)
@given(ODD)
def test_the_shown_form_is_idempotent(address: str) -> None:
    once = shown(address, "https://base.example/x/")
    assert once is None or shown(once, None) == once


@settings(deadline=None)
@given(ODD)
def test_the_canonical_form_is_idempotent(address: str) -> None:
    once = canonical(address)
    assert once is None or canonical(once) == once


@settings(deadline=None)
@given(st.text(max_size=60))
def test_no_text_makes_it_raise(text: str) -> None:
    assert (canonical(f"https://{text}") or "https://").startswith("https://")
    assert (shown(text, f"https://heron.example/{text}") or "http").startswith("http")
