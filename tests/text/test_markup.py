import time

import pytest

from aggregator.text.html import clean, extract, plain
from aggregator.text.markup import Tag, attributes, has_tags, scan


def test_tags_and_texts_come_in_order() -> None:
    assert list(scan('a<p class="x">b</P>c')) == ["a", Tag("p", False, ' class="x"'), "b", Tag("p", True, ""), "c"]


def test_a_tag_of_no_html_element_is_text() -> None:
    assert list(scan("a <b2b> deal")) == ["a <b2b> deal"]


def test_an_angle_bracket_in_a_quoted_value_does_not_end_the_tag() -> None:
    assert [token for token in scan('<a title="x > y">link</a>') if isinstance(token, str)] == ["link"]


def test_comments_declarations_and_dropped_elements_leave_nothing() -> None:
    source = "<!doctype html>a<!-- <p>x --><script>if (a < b) '</p>'</script><svg><title>t</title></svg>b<?xml?>"
    assert "".join(token for token in scan(source) if isinstance(token, str)) == "ab"


def test_an_unclosed_script_swallows_the_rest_as_in_browsers() -> None:
    assert list(scan("a<script>steal()")) == ["a"]


def test_an_unclosed_foreign_element_loses_only_its_tag() -> None:
    assert list(scan("a<svg>b")) == ["a", "b"]


def test_of_two_attributes_with_one_name_the_first_counts() -> None:
    tag = next(token for token in scan("<a HREF=/one href='/two' title>x") if isinstance(token, Tag))
    assert attributes(tag) == {"href": "/one", "title": ""}


def test_a_mathematical_less_than_is_no_tag() -> None:
    assert not has_tags("3 < 4 and 5 > 2, I <3 you")


@pytest.mark.parametrize(
    "hostile",
    [
        "<div>" * 400_000,
        "<a " + " ".join(f"a{number}=1" for number in range(300_000)),
        "<" * 2_000_000,
        "<!--" * 500_000,
        '<a x="' * 300_000,
        "<![CDATA[" * 200_000,
        "&" * 2_000_000,
        "&#" * 1_000_000,
        "<svg>" * 400_000,
        "<b><p>" * 300_000,
        "&lt;" * 500_000,
        '<a href="x">' * 150_000,
        "&#" + "9" * 1_999_990 + ";",
    ],
    ids=lambda text: text[:12],
)
def test_hostile_markup_takes_linear_time(hostile: str) -> None:
    """Quadratic behaviour would take minutes here; the bound leaves room for slow machines."""
    begun = time.process_time()
    extract(hostile, None)
    clean(hostile, None)
    plain(hostile)
    assert time.process_time() - begun < 8
