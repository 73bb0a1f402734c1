"""Lists of feeds from and for other programs, as OPML 2.0 (http://opml.org/spec2.opml). The only use of lxml here.

A file from outside is foreign input: no entity is expanded, no DTD read, nothing fetched, and only http(s)
addresses come through; commands and local files that some readers' lists may hold (`exec:`, `file:`) do not.
A category is the path of the outlines around a feed, joined by `/`.

More than half of a well-known collection of lists is not well-formed: bare `&`, and `"` and `<` within descriptions.
Such a file is read again with these taken as text, and what is still broken then is refused.
"""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from email.utils import format_datetime
from html import escape
from html.entities import html5
from itertools import groupby
from typing import Any

from lxml import etree

from aggregator.errors import UsageError

MAX_BYTES = 10_000_000
"""Some 300 bytes describe a feed, so this is three times what MAX_FEEDS need."""
MAX_FEEDS = 10_000
"""Ten times the largest published list that we know of."""
MAX_OUTLINES = 4 * MAX_FEEDS
"""Folders and comments among the feeds; more is no list of feeds."""
MAX_DEPTH = 32
"""Readers nest one or two folders; libxml2 itself ends at 256."""
MAX_URL = 2000
"""The limit of `url` in the config."""
MAX_TITLE = 500
"""Longer titles are cut: they are only shown."""
MAX_VALUE = 10_000
"""Characters of one attribute in which the end of a broken value is looked for; the longest real one has 900."""

_ILLEGAL = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""What XML 1.0 (section 2.2) cannot hold, not even as a reference."""
_DECLARATION = re.compile(r"^\s*<\?xml\b[^>]*\?>")
_ENCODING = re.compile(rb"<\?xml[^>]{0,200}?encoding\s*=\s*[\"']([A-Za-z][A-Za-z0-9._-]{0,40})[\"']")
_ENTITIES = re.compile(r"<!ENTITY|<!DOCTYPE[^>]*\[", re.IGNORECASE)
_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
    (b"<\x00", "utf-16-le"),
    (b"\x00<", "utf-16-be"),
)
_TEXT_ENCODINGS = re.compile(
    r"utf-?(8|16)|us-ascii|ascii|iso-8859-\d+|windows-125\d|cp125\d|koi8-[ru]|gbk?|gb2312|gb18030"
    r"|big5|shift_jis|euc-(jp|kr)",
    re.IGNORECASE,
)

_BARE = re.compile(r"&(?!#\d{1,7};|#x[0-9a-fA-F]{1,6};|[A-Za-z][A-Za-z0-9]{1,31};)")
_NAMED = re.compile(r"&(?!(?:amp|lt|gt|quot|apos);)([A-Za-z][A-Za-z0-9]{1,31};)")
_OUTLINE = re.compile(r"<outline(?=\s)", re.IGNORECASE)
_NAME = re.compile(r"\s++([A-Za-z_][\w:.-]*+)\s*+=\s*+([\"'])")
_TAG_END = re.compile(r"\s*+(/?>)")
_VALUE_END = {
    quote: re.compile(rf"{quote}(?=\s++[A-Za-z_][\w:.-]*+\s*+=\s*+[\"']|\s*+/?>\s*+(?:<|\Z))") for quote in "\"'"
}
_READ = frozenset({"text", "title", "xmlurl"})
"""Attributes that are kept where a list is mended: the only ones that are read."""


class OpmlError(UsageError):
    """The file is no OPML that we read; the message names the file, the line and the reason."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OpmlFeed:
    """One feed of a list. `title` is empty where the list gives none."""

    url: str
    title: str = ""
    category: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Refused:
    """An outline that is left out, with its line and the reason."""

    line: int
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class OpmlDocument:
    """What a file holds, and what of it was left out."""

    feeds: tuple[OpmlFeed, ...]
    refused: tuple[Refused, ...] = ()
    mended: str = ""
    """Why the file had to be mended before it could be read, with the line; "" for well-formed ones."""


def read_opml(data: bytes, *, name: str) -> tuple[OpmlFeed, ...]:
    """The feeds of the file, in its order; `name` names it in errors. Raises OpmlError."""
    return read_document(data, name=name).feeds


def read_document(data: bytes, *, name: str) -> OpmlDocument:
    """The feeds of the file and the outlines that were left out. Raises OpmlError."""
    if len(data) > MAX_BYTES:
        raise OpmlError(f"{name}: larger than {MAX_BYTES // 1_000_000} MB")
    root, mended = _root(_decoded(data, name), name)
    if _local_name(root) != "opml":
        raise OpmlError(f"{name}:{root.sourceline}: this is no OPML: it begins with <{_local_name(root)}>")
    rows = tuple(_outlines(root, name))
    feeds = tuple(row for row in rows if isinstance(row, OpmlFeed))
    if len(feeds) > MAX_FEEDS:
        raise OpmlError(f"{name}: more than {MAX_FEEDS} feeds")
    return OpmlDocument(feeds=feeds, refused=tuple(row for row in rows if isinstance(row, Refused)), mended=mended)


def write_opml(feeds: Sequence[OpmlFeed], *, title: str, now: datetime) -> bytes:
    """The feeds as an OPML document in UTF-8; neighbours of one category share an outline.

    Characters that XML cannot hold are left out; all else comes back from `read_opml` as it was.
    """
    root = etree.Element("opml", {"version": "2.0"})
    head = etree.SubElement(root, "head")
    etree.SubElement(head, "title").text = _legal(title)
    etree.SubElement(head, "dateCreated").text = format_datetime(now)
    body = etree.SubElement(root, "body")
    for category, members in groupby(feeds, key=lambda feed: feed.category):
        folder = body if category is None else etree.SubElement(body, "outline", {"text": _legal(category)})
        for feed in members:
            etree.SubElement(folder, "outline", _attributes(feed))
    return etree.tostring(root, encoding="utf-8", xml_declaration=True, pretty_print=True)


def _attributes(feed: OpmlFeed) -> dict[str, str]:
    """`text` is required (OPML 2.0), so the address stands in it for a feed without a title."""
    title = {"title": _legal(feed.title)} if feed.title else {}
    return {"type": "rss", "text": _legal(feed.title or feed.url), **title, "xmlUrl": _legal(feed.url)}


def _legal(text: str) -> str:
    return _ILLEGAL.sub("", text)


def _decoded(data: bytes, name: str) -> str:
    """The document as text. We decode, not libxml2, so that no encoding can hide an entity from `_root`."""
    encoding = next((encoding for mark, encoding in _MARKS if data.startswith(mark)), None)
    declared = _ENCODING.match(data.lstrip()[:300])
    encoding = encoding or (declared[1].decode("ascii") if declared else "utf-8")
    if not _TEXT_ENCODINGS.match(encoding) and encoding not in {"utf-8-sig", "utf-32"}:
        raise OpmlError(f"{name}:1: the encoding {encoding} is not read")
    try:
        return data.decode(encoding)
    except (UnicodeDecodeError, LookupError) as error:
        line = data[: getattr(error, "start", 0)].count(b"\n") + 1
        raise OpmlError(f"{name}:{line}: this is not {encoding} text") from None


def _root(text: str, name: str) -> tuple[Any, str]:
    """The root element, and what was wrong with the file where it is read mended."""
    found = _ENTITIES.search(text)
    if found:
        line = text.count("\n", 0, found.start()) + 1
        raise OpmlError(f"{name}:{line}: it declares entities, which no list of feeds needs")
    text = _DECLARATION.sub("", text)
    try:
        return _element(text), ""
    except etree.XMLSyntaxError as error:
        problem = f"line {error.lineno or 1}: {error.msg or 'the file is empty'}"
    try:
        return _element(_mended(text)), problem
    except etree.XMLSyntaxError as error:
        raise OpmlError(f"{name}:{error.lineno or 1}: {error.msg or 'the file is empty'}") from None


def _element(text: str) -> Any:
    """The root element. Raises XMLSyntaxError."""
    parser = etree.XMLParser(
        encoding="utf-8", resolve_entities=False, no_network=True, load_dtd=False, remove_comments=True, remove_pis=True
    )
    return etree.fromstring(text.encode("utf-8", "surrogatepass"), parser)


def _mended(text: str) -> str:
    """The document with bare `&`, and `"` and `<` within the values of outlines, as text; every line stays its own."""
    pieces: list[str] = []
    done = 0
    for outline in _OUTLINE.finditer(text):
        if outline.start() >= done and (read := _attributes_from(text, outline.end())) is not None:
            values, end = read
            lines = "\n" * text.count("\n", outline.start(), end)
            given = "".join(f' {key}="{value}"' for key, value in values.items())
            pieces += (_amended(text[done : outline.start()]), f"<outline{given}{lines}")
            done = end
    return "".join((*pieces, _amended(text[done:])))


def _attributes_from(text: str, position: int) -> tuple[dict[str, str], int] | None:
    """The attributes that are read, fit for XML, and where they end; None where no end of the tag can be told.

    A value ends at its quotation mark only where another attribute, or the tag's end and then another tag, follows.
    """
    values: dict[str, str] = {}
    while (match := _NAME.match(text, position)) is not None:
        end = _VALUE_END[match[2]].search(text, match.end(), match.end() + MAX_VALUE)
        if end is None:
            return None
        if match[1].lower() in _READ:
            values.setdefault(match[1].lower(), _as_value(text[match.end() : end.start()]))
        position = end.end()
    return (values, position) if _TAG_END.match(text, position) else None


def _as_value(text: str) -> str:
    return _amended(" ".join(text.split())).replace("<", "&lt;").replace('"', "&quot;")


def _amended(text: str) -> str:
    """Bare `&` escaped, and HTML's names of characters, which XML does not know, replaced by the characters."""
    return _NAMED.sub(lambda match: escape(html5.get(match[1], "")) or match[0], _BARE.sub("&amp;", text))


def _outlines(root: Any, name: str) -> Iterator[OpmlFeed | Refused]:
    """Every outline in document order, with an own stack: the depth is the file's, not Python's."""
    waiting: list[tuple[Any, tuple[str, ...]]] = [(root, ())]
    count = 0
    while waiting:
        element, folders = waiting.pop()
        count += 1
        if count > MAX_OUTLINES or len(folders) > MAX_DEPTH:
            raise OpmlError(f"{name}:{element.sourceline}: too many or too deeply nested outlines")
        attributes = {key.lower(): value for key, value in element.attrib.items()}
        if "xmlurl" in attributes:
            yield _feed(attributes, folders, element.sourceline)
        is_folder = _local_name(element) == "outline" and "xmlurl" not in attributes
        inner = (*folders, _title(attributes)) if is_folder else folders
        waiting.extend((child, inner) for child in reversed(element) if _local_name(child) in {"body", "outline"})


def _feed(attributes: dict[str, str], folders: tuple[str, ...], line: int) -> OpmlFeed | Refused:
    url = attributes["xmlurl"].strip()
    if not re.fullmatch(r"https?://[^\s/?#]\S*", url, re.IGNORECASE):
        return Refused(line=line, reason="its address is not http or https")
    if len(url) > MAX_URL:
        return Refused(line=line, reason=f"its address is longer than {MAX_URL} characters")
    title = _title(attributes)
    category = "/".join(folder for folder in folders if folder)[:MAX_TITLE]
    named = "title" in attributes or title != url
    return OpmlFeed(url=url, title=title if named else "", category=category or None)


def _title(attributes: dict[str, str]) -> str:
    return (attributes.get("title") or attributes.get("text") or "")[:MAX_TITLE]


def _local_name(element: Any) -> str:
    """The name without its namespace, in small letters; entity references have no name."""
    return etree.QName(element).localname.lower() if isinstance(element.tag, str) else ""
