import html5lib
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aggregator.text.html import MAX_LINE, MAX_LINKS, MAX_MARKUP, Extracted, clean, extract, plain

BASE = "https://meadow.example/2026/bridge"
MARKUP = st.lists(
    st.sampled_from(
        [
            "<p>",
            "</p>",
            "<a href='/x'>",
            "</a>",
            "<b>",
            "<div ",
            ">",
            "<li>",
            "<ul>",
            "</ul>",
            "<script>",
            "</script>",
            "<!--",
            "-->",
            '"',
            "&lt;",
            "&amp;",
            "<svg>",
            "<math><mi>",
            "<style>",
            "word",
            " ",
            "\n",
            "<br>",
            "]]>",
            "\u202e",
        ]
    ),
    max_size=30,
).map("".join)


def test_each_paragraph_heading_and_list_item_is_one_line() -> None:
    found = extract("<h2>Ferry</h2><p>One\n two</p><ul><li>a<li>b</ul><table><tr><td>x<td>y</table>", None)
    assert found.text == "Ferry\nOne two\na\nb\nx y"


def test_inline_markup_does_not_split_a_word() -> None:
    assert extract("<p>re<b>pub</b>lish</p>", None).text == "republish"


def test_a_credit_keeps_its_link_and_its_place() -> None:
    found = extract(
        '<p>This text originally appeared at <a href="https://heron.example/a?b=1&amp;c=2"> Heron </a>.</p>', BASE
    )
    (link,) = found.links
    assert found.text == "This text originally appeared at Heron ."
    assert (found.text[link.start : link.end], link.href) == ("Heron", "https://heron.example/a?b=1&c=2")


def test_links_that_follow_each_other_are_all_kept() -> None:
    found = extract('<p><a href="/a">A</a><a href="/b">B</a> <a href="c">C', BASE)
    assert [(found.text[link.start : link.end], link.href) for link in found.links] == [
        ("A", "https://meadow.example/a"),
        ("B", "https://meadow.example/b"),
        ("C", "https://meadow.example/2026/c"),
    ]


def test_a_link_without_a_safe_address_is_text_only() -> None:
    assert extract('<a href="javascript:alert(1)">here</a>', BASE) == Extracted(text="here")


def test_images_and_tracking_pixels_leave_nothing() -> None:
    assert extract('<p>a</p><p><a href="/x"><img src="//t.example/p.gif" alt="pixel"></a></p>', BASE) == Extracted(
        text="a"
    )


def test_scripts_styles_and_templates_leave_nothing() -> None:
    source = "a<script>b</script><style>c</style><noscript>d</noscript><template>e</template>f"
    assert extract(source, None).text == "af"


def test_plain_text_keeps_its_lines() -> None:
    assert extract("First  line\nsecond & third\r\n\r\n3 < 4", None).text == "First line\nsecond & third\n3 < 4"


def test_markup_that_was_escaped_twice_is_read_as_markup() -> None:
    source = "&lt;p&gt;Salt &amp;amp; pepper&lt;/p&gt;&lt;p&gt;&lt;a href=&quot;/x&quot;&gt;more&lt;/a&gt;&lt;/p&gt;"
    found = extract(source, BASE)
    assert (found.text, found.links[0].href) == ("Salt & pepper\nmore", "https://meadow.example/x")


def test_an_element_that_is_only_mentioned_stays_a_word() -> None:
    assert extract("Use the &lt;article&gt; element, says the guide.", None).text == (
        "Use the <article> element, says the guide."
    )


def test_line_breaks_end_lines_and_preformatted_lines_stay_apart() -> None:
    assert extract("a<br/>b<pre>c\nd</pre>e\nf", None).text == "a\nb\nc\nd\ne f"


def test_the_language_of_the_first_element_is_reported() -> None:
    assert extract('<div lang="fr"><p lang="en">x</p></div>', None).language == "fr"


@pytest.mark.parametrize(
    "source",
    [
        '<link rel="canonical" href="https://heron.example/a">x',
        '<meta name="syndication-source" content="https://heron.example/a"><p>x',
        '<p>x <a rel="Canonical" href="https://heron.example/a">source</a>',
    ],
)
def test_a_declared_origin_is_reported(source: str) -> None:
    assert extract(source, BASE).canonical == "https://heron.example/a"


def test_no_more_than_the_bound_is_read() -> None:
    assert len(extract("x" * (MAX_MARKUP + 10), None).text) == MAX_MARKUP
    assert len(extract('<a href="https://a.example/">x</a>' * (MAX_LINKS + 5), None).links) == MAX_LINKS


@settings(deadline=None)
@given(MARKUP)
def test_the_places_of_links_lie_within_the_text(source: str) -> None:
    found = extract(source, BASE)
    assert all(0 <= link.start < link.end <= len(found.text) for link in found.links)
    assert all(found.text[link.start : link.end].strip() == found.text[link.start : link.end] for link in found.links)


@settings(deadline=None)
@given(MARKUP)
def test_a_text_has_no_empty_lines_and_no_folded_spaces(source: str) -> None:
    text = extract(source, BASE).text
    assert all(line and line == " ".join(line.split()) for line in text.split("\n")) or text == ""


def test_shown_markup_is_reduced_balanced_and_linked_absolutely() -> None:
    source = (
        '<div onclick="x()"><p style="color:red" id=a>b <a href="/z" target=_blank ping="//t">w</a></div><h1>T</h1>'
    )
    assert clean(source, BASE) == (
        '<p>b <a href="https://meadow.example/z" rel="noopener noreferrer nofollow">w</a></p><h3>T</h3>'
    )


def test_links_that_are_neither_web_nor_mail_lose_their_address() -> None:
    source = '<a href="java&#9;script:x">a</a> <a href="data:text/html,x">b</a> <a href="mailto:jo@heron.example">c</a>'
    assert clean(source, BASE) == 'a b <a href="mailto:jo@heron.example" rel="noopener noreferrer nofollow">c</a>'


def test_list_items_and_paragraphs_close_each_other() -> None:
    assert clean("<ul><li>a<li>b<ul><li>c</ul></ul><p>d<p>e", None) == (
        "<ul><li>a</li><li>b<ul><li>c</li></ul></li></ul><p>d</p><p>e</p>"
    )


@pytest.mark.parametrize(
    "hostile",
    [
        '<noscript><p title="</noscript><img src=x onerror=alert(1)>">',
        '<math><mtext><table><mglyph><style><!--</style><img title="--&gt;&lt;img src=1 onerror=alert(1)&gt;">',
        "<svg><foreignObject><iframe srcdoc='<script>alert(1)</script>'></svg>",
        '<a href=" javascript:alert(1)">x</a><a href=\'vbscript:x\'>y</a><a href="\x01javascript:x">z</a>',
        "<form action=javascript:x><input name=innerHTML><button formaction=javascript:x>b</button></form>",
        "<xmp><p title='</xmp><script>alert(1)</script>'>",
        "</main></body><iframe src=//x></iframe><base href=//x><meta http-equiv=refresh content='0;javascript:x'>",
        "<![CDATA[><script>alert(1)</script>]]>",
        "<p>x</p><!--><script>alert(1)</script>-->",
        '<textarea><a title="</textarea><img src=x onerror=x>">',
    ],
)
def test_hostile_markup_comes_out_inert(hostile: str) -> None:
    assert_inert(clean(hostile, BASE))


@settings(deadline=None)
@given(MARKUP)
def test_whatever_comes_in_only_the_allowed_comes_out(source: str) -> None:
    assert_inert(clean(source, BASE))


def assert_inert(fragment: str) -> None:
    """Judge by another HTML5 parser than the one that cleaned."""
    allowed = "p a em strong b i blockquote ul ol li br q cite code pre h3 h4 h5 h6 DOCUMENT_FRAGMENT".split()
    for element in html5lib.parseFragment(fragment, namespaceHTMLElements=False).iter():
        assert element.tag in allowed
        assert set(element.attrib) <= ({"href", "rel"} if element.tag == "a" else set())
        assert element.get("href", "https:").startswith(("https:", "http:", "mailto:"))


def test_a_title_loses_tags_references_and_line_ends() -> None:
    assert plain("  Salt &amp;amp; <b>pepper</b>\n &lt;i&gt;now&lt;/i&gt;&#8230;") == "Salt & pepper now…"


def test_a_title_keeps_words_in_angle_brackets() -> None:
    assert plain("The <vector> type and I &lt;3 you") == "The <vector> type and I <3 you"


def test_a_title_that_names_the_script_element_keeps_its_end() -> None:
    assert plain("Why <script> is slow") == "Why is slow"


def test_a_title_is_cut_with_a_mark() -> None:
    assert len(plain("word " * 10_000)) <= MAX_LINE
    assert plain("x" * 10_000_000).endswith("…")


def test_an_unclosed_override_does_not_leak_out_of_a_name() -> None:
    assert plain("Jo \u202eeoD") == "Jo eoD"


@settings(deadline=None)
@given(st.text(max_size=200))
def test_a_plain_line_holds_no_tag_and_no_line_end(text: str) -> None:
    line = plain(f"<p>{text}</p>")
    assert "\n" not in line
    assert "<p>" not in line


def test_links_written_as_markdown_in_plain_text_are_links() -> None:
    found = extract(
        "By [A. Writer](https://a.example/w) and\n[another](/b)\n\n[1] a note (not a link)", "https://c.example/"
    )
    assert found.text == "By A. Writer and\nanother\n[1] a note (not a link)"
    assert [(found.text[link.start : link.end], link.href) for link in found.links] == [
        ("A. Writer", "https://a.example/w"),
        ("another", "https://c.example/b"),
    ]
