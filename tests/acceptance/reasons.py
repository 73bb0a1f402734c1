"""Why some documents give less than their manifest counts, and why some of feedparser's expectations are not ours."""

from __future__ import annotations

_TWICE = "the document holds the same item twice: one guid or none, one link, one title, one text"

SHORTFALLS = {
    "conformance/fastfeedparser/tests/integration/osm-pl.xml": (
        "the document breaks off within its last entry, which is left for the next poll"
    ),
} | dict.fromkeys(
    (
        "conformance/awesome-feedparser/Tests/Resources/RSS_0_92.xml",
        "conformance/feedvalidator/testcases/atom/4.1.1/duplicate-entries.xml",
        "conformance/feedvalidator/testcases/atom/4.2.11/missing-self.xml",
        "conformance/feedvalidator/testcases/atom/must/entry_id_duplicate_value.xml",
        "conformance/rust-rss/tests/data/rss092.xml",
        "real/derived-encodings/utf-16/feeder__rss_ukrnet.xml",
        "real/feeder/app/src/androidTest/resources/com/nononsenseapps/feeder/model/rss_ukrnet.xml",
        "real/feedreader-net/FeedReader.Tests/Feeds/Rss092FullSample.xml",
        "real/kagi-benchmark/benchmark_data/72fea1ebfd02e90a",
    ),
    _TWICE,
)
"""Documents of which fewer entries are stored than the manifest counts."""

_LOCATION = "Content-Location is no base: RFC 9110, 8.7 took that meaning from it, and servers send wrong ones"
_VERBATIM = "ids are kept as written: an id that changes with the feed's address would make every entry new"
_SHOWN = "bodies are kept as written and cleaned where they are shown, by another rule than feedparser's"
_CODEC = "Python has no codec of that name, and the suite itself leaves the case out where iconv is missing"

_OF_FEEDPARSER: dict[str, tuple[str, ...]] = {
    _LOCATION: (
        "wellformed/base/http_entry_content_base64_base_content_location.xml",
        "wellformed/base/http_entry_summary_base64_base_content_location.xml",
        "wellformed/base/http_entry_summary_base_content_location.xml",
        "wellformed/base/http_entry_summary_inline_base_content_location.xml",
        "wellformed/base/http_item_body_base_content_location.xml",
        "wellformed/http/headers_content_location-relative.xml",
    ),
    _VERBATIM: (
        "wellformed/base/http_entry_id_base_content_location.xml",
        "wellformed/base/http_entry_id_base_docuri.xml",
    ),
    _SHOWN: (
        "encoding/bozo_linenoise.xml",
        "wellformed/rss/item_description_not_a_doctype.xml",
        "wellformed/sanitize/acceptable_element_br.xml",
        "wellformed/sanitize/acceptable_element_keygen.xml",
        "wellformed/sanitize/entry_summary_iframe.xml",
    ),
    _CODEC: ("encoding/x80_tcvn-5712.xml", "encoding/x80_viscii.xml"),
    "names of authors are kept without their e-mail addresses": ("wellformed/atom10/entry_author_map_author.xml",),
    "of a category's term and its label the label is the tag: it is what readers see": (
        "wellformed/atom10/entry_category_term.xml",
    ),
    "hosts of addresses are in small letters, as they are compared": ("wellformed/rss/item_image_link_conflict.xml",),
}

DEVIATIONS = {
    f"conformance/feedparser/tests/{path}": reason for reason, paths in _OF_FEEDPARSER.items() for path in paths
}
"""Documents of feedparser's own tests with a value that we read otherwise, by path."""
