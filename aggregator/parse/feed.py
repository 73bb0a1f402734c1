"""A document's bytes into ParsedFeed or Unreadable: the one entry point of this package, and feedparser's only home.

feedparser never fetches, cleans or resolves here: bytes are handed over, nh3 cleans what is shown, links are resolved
against the right base. Every call is wrapped, because it raises on single wrong characters (its issues 591 and 599),
and one bad feed must not stop the others.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from functools import partial
from io import BytesIO
from typing import Any

import feedparser
from feedparser.api import SUPPORTED_VERSIONS, LooseFeedParser, StrictFeedParser

from aggregator.model import ParsedFeed, Unreadable
from aggregator.parse import bounds, instead, wishes
from aggregator.parse.encoding import is_utf_8
from aggregator.parse.entries import Surroundings, Times, entry_from, times_of
from aggregator.parse.jsonfeed import parse_json
from aggregator.text.html import plain
from aggregator.text.urls import shown

BROKEN_OFF = "the document breaks off; its whole entries were kept"
_FEED_INSIDE = re.compile(rb"<(?:rss|feed|rdf:RDF)\s[^>]{0,400}(?:version|xmlns)")
_MALFORMED = frozenset({"SAXParseException", "ExpatError"})
_HEAD = 2000
"""Bytes in which a document's root element begins, after declarations, stylesheets and comments."""
_ENDS = (
    (b"<rss", b"</item>", b"</channel></rss>"),
    (b"<feed", b"</entry>", b"</feed>"),
    (b"<rdf:RDF", b"</item>", b"</rdf:RDF>"),
)
"""(root, end of an entry, what ends a document that breaks off after one)."""
_EAST_ASIAN = re.compile(rb"""^<\?xml[^>]*encoding\s*=\s*["'](?:gb|big5|shift_jis|euc-|ks_c)""", re.IGNORECASE)
_STRAY_PREFIX = re.compile(rb"(</?|\s)rss:(?=[a-zA-Z])")
_REFERENCE = re.compile(rb"&#(?:[xX]([0-9a-fA-F]{1,400})|([0-9]{1,400}))[0-9a-fA-F]*;")


def parse(
    body: bytes,
    *,
    content_type: str | None,
    url: str,
    now: datetime,
    max_entries: int,
    read: Sequence[dict[str, Any] | None] = (),
) -> ParsedFeed | Unreadable:
    """Read a feed of any format. `url` is the document's address, `content_type` the header as it came.

    `read` has a place for each entry of the document: those that `plain_items` has read, which were cut out of the
    body, and None for the others. Of more than `max_entries` entries the newest are kept, in any order of the
    document. Never raises.
    """
    if not body.strip(b"\x00\t\n\r \xef\xbb\xbf\xff\xfe"):
        return Unreadable(reason="an empty document")
    beginning = instead.head(body).lstrip()
    if beginning.startswith(("{", "[")):
        return parse_json(body, url=url, now=now, max_entries=max_entries)
    if instead.root(beginning) in {"urlset", "sitemapindex"}:
        from aggregator.parse.sitemap import parse_sitemap  # noqa: PLC0415 - loads lxml, which few feeds need

        return parse_sitemap(body, url=url, now=now, max_entries=max_entries)
    if instead.is_web_page(beginning) and not _FEED_INSIDE.search(body):
        return Unreadable(reason=instead.name(body))
    if (problem := bounds.refusal(body)) is not None:
        return Unreadable(reason=problem)
    return _parse_xml(body, content_type, url, now, max_entries, read)


def _parse_xml(
    body: bytes,
    content_type: str | None,
    url: str,
    now: datetime,
    max_entries: int,
    read: Sequence[dict[str, Any] | None],
) -> ParsedFeed | Unreadable:
    notices: list[str] = []
    body = _narrowed(body) if _is_wide(body) else body.replace(b"\x00", b"")
    if (beginning := bounds.affordable(body)) != body:
        notices.append(f"large and not well-formed: of {len(body):,} bytes the first {len(beginning):,} were read")
        body = beginning
    body = bounds.shortened(body)
    if (whole := _ended(body)) != body:
        notices.append(BROKEN_OFF)
        body = whole
    with bounds.allowing(max_entries, partial(_newest_of, now=now, most=max_entries)) as allowance:
        found = _read(body, content_type) or _read(_without_wrong_characters(body), content_type)
        if found is None:
            return Unreadable(reason="a document that the feed parser cannot read")
        if not found["entries"] and b"<rss:item" in body and b"xmlns:rss" not in body:
            # one real site declares no namespace and puts the prefix before everything: its 35 entries would be none
            found = _read(_STRAY_PREFIX.sub(rb"\1", body), content_type) or found
    version, entries = str(dict.get(found, "version") or ""), found["entries"]
    if not entries and not instead.could_be_feed(body, known_version=bool(version)):
        return Unreadable(reason=instead.name(body))
    if dict.get(found, "bozo") and type(dict.get(found, "bozo_exception")).__name__ in _MALFORMED:
        notices.append("the document is not well-formed XML; what could be read was kept")
    if read:
        if read.count(None) != len(entries):
            return Unreadable(reason="entries that nobody counted")
        rest = iter(entries)
        found["entries"] = [next(rest) if entry is None else entry for entry in read]
    return _feed_from(found, version, url, now, max_entries, notices, allowance.left)


def _read(body: bytes, content_type: str | None) -> dict[str, Any] | None:
    """What feedparser makes of the document; None where it raises."""
    headers = {"content-type": _true_type(body, content_type)}
    try:
        found = feedparser.parse(
            BytesIO(body), response_headers=headers, sanitize_html=False, resolve_relative_uris=False
        )
    except Exception:  # noqa: BLE001 - UnicodeEncodeError, OverflowError, ValueError and AssertionError were seen
        return None
    problem = dict.get(found, "bozo_exception")
    while isinstance(problem, Exception):  # its frames hold the whole document, and `found` holds it
        problem.__traceback__, problem = None, problem.__context__
    return found if isinstance(found, dict) else None


def _true_type(body: bytes, content_type: str | None) -> str:
    """The media type with the charset that the bytes are in: many servers say latin-1 or nothing and send UTF-8.

    Text that is no ASCII and yet valid UTF-8 is UTF-8, whatever header and XML declaration say. A few words in a
    declared East Asian encoding can be valid UTF-8 by chance, but then in letters of two bytes, as its own are not.
    """
    told = content_type or "application/xml"
    if _is_wide(body) or body.isascii():
        return told
    if not is_utf_8(body):
        return told
    by_chance = _EAST_ASIAN.search(body[:200]) and max(body.decode("utf-8")) < "\u0800"
    return told if by_chance else "application/xml; charset=utf-8"


def _is_wide(body: bytes) -> bool:
    """Whether the document is in UTF-16 or UTF-32, where NUL bytes belong."""
    return body[:2] in {b"\xff\xfe", b"\xfe\xff"} or b"\x00" in body[:4]


def _narrowed(body: bytes) -> bytes:
    """UTF-16 that no XML declaration announces as UTF-8: feedparser would take it for that, NUL bytes and all."""
    start = body.removeprefix(b"\xff\xfe").removeprefix(b"\xfe\xff")
    for encoding in ("utf-16-le", "utf-16-be"):
        if start.startswith("<".encode(encoding)) and not start.startswith(("<?".encode(encoding), b"<\x00\x00")):
            return start.decode(encoding, "replace").encode("utf-8", "replace")
    return body


def _ended(body: bytes) -> bytes:
    """A document that broke off on its way, ended after its last whole entry; others as they are.

    feedparser would fall back to its loose parser, which reads some addresses otherwise than the strict one, so that
    twenty entries of one real poll came a second time under other ids; and half an entry is no version of it.
    """
    for root, entry, end in _ENDS:
        last = body.rfind(entry)
        if last >= 0 and root in body[:_HEAD] and root.replace(b"<", b"</") not in body[last:]:
            return body[: last + len(entry)] + end
    return body


def _without_wrong_characters(body: bytes) -> bytes:
    """References to surrogates, controls and numbers beyond Unicode replaced by U+FFFD; `srsName` of GML left out."""

    def replaced(match: re.Match[bytes]) -> bytes:
        code = int(match[1][-9:], 16) if match[1] else int(match[2][-9:])
        long = len(match[1] or match[2]) > 9
        allowed = code in {9, 10, 13} or 0x20 <= code < 0xD800 or 0xE000 <= code < 0xFFFE or 0x10000 <= code < 0x110000
        return match[0] if allowed and not long else b"&#xFFFD;"

    return re.sub(rb"""\ssrsName\s*=\s*(?:"[^"]*"|'[^']*')""", b"", _REFERENCE.sub(replaced, body))


def _feed_from(
    found: dict[str, Any], version: str, url: str, now: datetime, max_entries: int, notices: list[str], gone: int
) -> ParsedFeed:
    head = found["feed"]
    link = shown(str(dict.get(head, "link") or ""), url)
    language = str(dict.get(head, "language") or "") or None
    atom = version.startswith("atom")
    # Atom resolves against the document (RFC 4287, 2), RSS by custom against the channel's link
    around = Surroundings(base=url if atom or link is None else link, atom=atom, language=language, now=now)
    dated = list(zip(found["entries"], times_of(found["entries"], around), strict=True))
    kept = _newest(dated, max_entries)
    if left := gone + len(dated) - len(kept):
        notices.append(f"left out {left} of {gone + len(dated)} entries: max_entries keeps the newest {max_entries}")
    return ParsedFeed(
        format=SUPPORTED_VERSIONS[version] if version in SUPPORTED_VERSIONS and version else "unknown",
        title=plain(str(dict.get(head, "title") or "")),
        link=link,
        language=language,
        entries=tuple(entry_from(entry, times, around) for entry, times in kept),
        ttl=wishes.ttl(str(dict.get(head, "ttl") or "")),
        update_period=wishes.update_period(head),
        skip_hours=wishes.skip_hours(dict.get(head, "skip_hours") or ()),
        skip_days=wishes.skip_days(dict.get(head, "skip_days") or ()),
        notices=tuple(notices),
        whole=BROKEN_OFF not in notices,
    )


def _newest_of(entries: list[dict[str, Any]], *, now: datetime, most: int) -> list[dict[str, Any]]:
    """The newest entries of those that the parser holds, before it is known where they belong."""
    nowhere = Surroundings(base="", atom=False, language=None, now=now)
    return [entry for entry, _ in _newest(list(zip(entries, times_of(entries, nowhere), strict=True)), most)]


def _newest(dated: list[tuple[dict[str, Any], Times]], most: int) -> list[tuple[dict[str, Any], Times]]:
    """The newest entries in the document's order; undated ones count as older than all, the first ones as newer."""
    if len(dated) <= most:
        return dated
    oldest = datetime.min.replace(tzinfo=UTC)
    moments = [max(times.published or oldest, times.updated or oldest) for _, times in dated]
    order = sorted(range(len(dated)), key=lambda place: (moments[place], -place), reverse=True)
    return [dated[place] for place in sorted(order[:most])]


# feedparser looks its handlers up by name on the parser class (mixin.py, unknown_starttag) and has no other seam. These
# keep what its own lose: captions apart from bodies, ids unresolved, authors whole (it ends e-mail addresses after the
# fourth letter of the last label), every skipHours and skipDays; and they end an xml:base with its element, where its
# own leave it in force for all that follows unless an element outside has one too.


def _push(element: str) -> Callable[[Any, dict[str, str]], None]:
    return lambda parser, _: parser.push(element, 1)


def _end_caption(parser: Any) -> None:
    text = parser.pop("media_description")
    if text and parser.inentry and getattr(parser, "in_group", False):
        dict.setdefault(parser.entries[-1], "group_description", text)


def _start_group(parser: Any, _: dict[str, str]) -> None:
    parser.in_group = True


def _end_group(parser: Any) -> None:
    parser.in_group = False


def _written(parser: Any, element: str) -> str:
    """The text of the element that is about to end, as it stands; "" when another one is open."""
    if not parser.elementstack or parser.elementstack[-1][0] != element:
        return ""
    pieces = parser.elementstack[-1][2]
    text = "".join(piece.decode("utf-8", "replace") if isinstance(piece, bytes) else piece for piece in pieces)
    return str(parser.decode_entities(element, text.strip()))


def _end_id(parser: Any) -> None:
    text = _written(parser, "id")
    if text and parser.inentry and not parser.insource:
        parser.entries[-1]["verbatim_id"] = text
    _feedparsers_end_id(parser)


def _end_author(parser: Any) -> None:
    text = _written(parser, "author")
    _feedparsers_end_author(parser)
    people: list[dict[str, str]] = (dict.get(parser.entries[-1], "authors") or []) if parser.inentry else []
    if text and people and not parser.insource:
        people[-1]["written"] = text


def _end_skip(element: str, key: str) -> Callable[[Any], None]:
    def end(parser: Any) -> None:
        text = parser.pop(element)
        if text and not parser.inentry:
            parser.feeddata.setdefault(key, []).append(text)

    return end


def _end_any(parsers: type) -> Callable[[Any, str], None]:
    ended: Callable[[Any, str], None] = parsers.unknown_endtag  # type: ignore[attr-defined]  # it ships no types

    def end(parser: Any, tag: str) -> None:
        ended(parser, tag)
        if parser.basestack:
            parser.baseuri = parser.basestack[-1]

    return end


_feedparsers_end_id = StrictFeedParser._end_guid  # noqa: SLF001 - no other way to keep what it does
_feedparsers_end_author = StrictFeedParser._end_author  # noqa: SLF001

StrictFeedParser.startElementNS = bounds.bounded_start(StrictFeedParser.startElementNS)
StrictFeedParser.endElementNS = bounds.bounded_end(StrictFeedParser.endElementNS)
_begins = bounds.begins_entry(StrictFeedParser._start_item)  # noqa: SLF001
_reads_people = bounds.bounded_people(StrictFeedParser._sync_author_detail)  # noqa: SLF001

for _parser in (StrictFeedParser, LooseFeedParser):
    _parser.unknown_endtag = _end_any(_parser)
    for _name, _handler in {
        "_start_item": _begins,
        "_start_entry": _begins,
        "_start_media_description": _push("media_description"),
        "_end_media_description": _end_caption,
        "_start_media_group": _start_group,
        "_end_media_group": _end_group,
        "_end_guid": _end_id,
        "_end_id": _end_id,
        "_end_author": _end_author,
        "_sync_author_detail": _reads_people,
        "_start_hour": _push("hour"),
        "_end_hour": _end_skip("hour", "skip_hours"),
        "_start_day": _push("day"),
        "_end_day": _end_skip("day", "skip_days"),
    }.items():
        setattr(_parser, _name, _handler)
