"""Plain items read straight from expat, as feedparser would read them and ten times faster.

Most items of most feeds hold a dozen well-known elements and nothing else. Such an item becomes the dictionary that
feedparser would make of it, as far as `entries` looks at it. Anything else about an item (an element or attribute that
is not named here, one element twice, markup that is not escaped, an address or a date in an odd form) makes it None,
and feedparser reads it. A differential test over every document that we have holds the two to be equal.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import Any
from xml.parsers import expat

ATOM = "http://www.w3.org/2005/Atom"
CANONICAL = {
    "dc": "http://purl.org/dc/elements/1.1/",
    "content": "http://purl.org/rss/1.0/modules/content/",
    "slash": "http://purl.org/rss/1.0/modules/slash/",
    "wfw": "http://wellformedweb.org/CommentAPI/",
    "media": "http://search.yahoo.com/mrss/",
}
"""Prefixes that must mean what they always mean, since feedparser goes by prefixes too."""

_ROOT = re.compile(rb"<(?:rss|feed)(?=[\s>])[^<>]*>")
_XMLNS = re.compile(rb"xmlns")
_LANGUAGE = re.compile(rb"""[\s:]lang\s*=\s*["']([^"'<>]*)["']""")
_CHARSET = re.compile(r"charset\s*=\s*[\"']?(?!utf-8|utf8|us-ascii|iso-8859-1)", re.IGNORECASE)
_WEB = re.compile(r"https?://[^/\s]\S*", re.IGNORECASE)
_DATE = re.compile(
    r"(?:[A-Z][a-z]{2}, )?\d{1,2}"
    r" (?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec) \d{4} \d\d:\d\d:\d\d (?:[+-]\d{4}|GMT)"
    r"|\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,9})?(?:Z|[+-]\d\d:\d\d)"
)
"""Forms that `dates.repair` reads by itself, without what feedparser makes of them."""
_C1 = re.compile("[\x80-\x9f]")
_TEXT_TYPES = frozenset({"text", "html", "text/html"})
_HTML_TYPES = frozenset({"text/html", "html", "xhtml", "application/xhtml+xml"})
_LINK_ATTRIBUTES = frozenset({"rel", "type", "href", "hreflang", "title", "length"})


class OddItemError(Exception):
    """The item is not plain."""


Found = dict[str, Any]
Bytes = bytes | memoryview


def read_items(head: Bytes, items: Sequence[Bytes], content_type: str | None) -> list[Found | None]:
    """What feedparser would find in each item; None for those that it has to read itself.

    `head` is what stands before the first item of a well-formed UTF-8 document, without DTD and `xml:base`.
    """
    head = bytes(head)
    root = _ROOT.search(head)
    nothing: list[Found | None] = [None] * len(items)
    languages = _LANGUAGE.findall(head)
    if root is None or b"base" in head or _CHARSET.search(content_type or "") or any(map(_XMLNS.search, items)):
        return nothing
    if len(languages) > 1 or (languages and languages != _LANGUAGE.findall(root[0])):
        return nothing
    reader = _Reader((languages[0].decode().replace("_", "-") if languages else "") or None)
    parser = reader.parser()
    try:
        for part in (root[0], *items):
            parser.Parse(part, False)
        parser.Parse(b"</rss>" if root[0][1:4] == b"rss" else b"</feed>", True)
    except (expat.ExpatError, OddItemError):  # a prefix that the root does not declare, or declares oddly
        return nothing
    return reader.found if len(reader.found) == len(items) else nothing


class _Reader:
    """The state of one pass: which item and which of its elements is open, and the text so far."""

    def __init__(self, language: str | None) -> None:
        self.found: list[Found | None] = []
        self.detail = {"language": language}
        self.item: Found | None = None
        self.depth = 0
        self.names: list[str] = []
        self.attributes: list[dict[str, str]] = []
        self.pieces: list[list[str]] = []
        self.odd = False

    def parser(self) -> expat.XMLParserType:
        """A parser that tells this reader; not held by it, or both would stay in memory with all that was read."""
        parser = expat.ParserCreate(namespace_separator=" ")
        parser.buffer_text = True
        parser.StartNamespaceDeclHandler = self.declared
        parser.StartElementHandler = self.start
        parser.EndElementHandler = self.end
        parser.CharacterDataHandler = self.characters
        return parser

    def declared(self, prefix: str | None, uri: str) -> None:
        """Refuse prefixes that mean something else than usual."""
        usual = CANONICAL.get(prefix or "")
        odd = uri in CANONICAL.values() if usual is None else uri != usual
        if odd or (prefix is None and uri != ATOM):
            raise OddItemError

    def start(self, name: str, attributes: dict[str, str]) -> None:
        """An element begins: the root, an item, one of its elements, or one of an author's."""
        self.depth += 1
        if self.depth == 2:
            self.item, self.odd = {}, bool(attributes)
        elif self.depth > 2:
            inside = self.names[-1] if self.names else ""
            known = name in _READ if not inside else inside == f"{ATOM} author" and name in _PERSON
            self.odd = self.odd or not known
            self.names.append(name)
            self.attributes.append(attributes)
            self.pieces.append([])

    def characters(self, text: str) -> None:
        """Text of the innermost element; between elements it means nothing."""
        if self.pieces:
            self.pieces[-1].append(text)

    def end(self, name: str) -> None:
        """An element ends."""
        self.depth -= 1
        if self.depth == 1:
            self.found.append(None if self.odd else self.item)
        elif self.depth > 1:
            self.names.pop()
            attributes, text = self.attributes.pop(), "".join(self.pieces.pop()).strip()
            if self.odd or self.item is None:
                return
            read = _PERSON.get(name) if self.names else _READ.get(name)
            try:
                assert read is not None
                read(self.item, attributes, text, self.detail)
            except OddItemError:
                self.odd = True


def _once(item: Found, key: str, value: Any) -> None:
    if key in item:
        raise OddItemError
    item[key] = value


def _mended(text: str) -> str:
    """The text with feedparser's repair: UTF-8 that was taken for latin-1 and encoded again."""
    if text.isascii():
        return text
    with suppress(UnicodeError):
        text = text.encode("iso-8859-1").decode("utf-8")
    if _C1.search(text):
        raise OddItemError
    return text


def _only(attributes: dict[str, str], *names: str) -> None:
    if not attributes.keys() <= set(names):
        raise OddItemError


def _words(attributes: dict[str, str], text: str) -> str:
    """The value of an element that may hold markup, escaped."""
    if attributes:
        _only(attributes, "type")
        if attributes["type"] not in _TEXT_TYPES:
            raise OddItemError
    return _mended(text)


def _title(item: Found, attributes: dict[str, str], text: str, detail: Found) -> None:
    _once(item, "title_detail", detail)
    item["title"] = _words(attributes, text)


def _summary(item: Found, attributes: dict[str, str], text: str, detail: Found) -> None:
    _once(item, "summary_detail", detail)
    item["summary"] = _words(attributes, text)


def _content(item: Found, attributes: dict[str, str], text: str, detail: Found) -> None:
    value = _words(attributes, text)
    _once(item, "content", [{"value": value, **detail}])
    item.setdefault("summary", value)


def _written_link(item: Found, attributes: dict[str, str], text: str, _: Found) -> None:
    _only(attributes)
    if not _WEB.fullmatch(text) or not text.isascii() or ";" in text:
        raise OddItemError
    item["link"] = text
    item.setdefault("links", []).append({"rel": "alternate", "type": "text/html", "href": text})


def _given_link(item: Found, attributes: dict[str, str], text: str, _: Found) -> None:
    address = attributes.get("href", "")
    if text or not attributes.keys() <= _LINK_ATTRIBUTES or not _WEB.fullmatch(address):
        raise OddItemError
    relation = attributes.get("rel", "alternate").lower()
    kind = attributes.get("type", "application/atom+xml" if relation == "self" else "text/html").lower()
    item.setdefault("links", []).append({**attributes, "rel": relation, "type": kind})
    if relation == "alternate" and kind in _HTML_TYPES:
        item["link"] = address


def _identity(item: Found, attributes: dict[str, str], text: str, _: Found) -> None:
    _only(attributes, "isPermaLink")
    if not text or ":///" in text:
        raise OddItemError
    permanent = attributes.get("isPermaLink", "true") == "true"
    _once(item, "verbatim_id", text)
    item["guidislink"] = permanent and "link" not in item
    if permanent:
        item.setdefault("link", _mended(text))


def _moment(key: str) -> Callable[[Found, dict[str, str], str, Found], None]:
    def read(item: Found, attributes: dict[str, str], text: str, _: Found) -> None:
        _only(attributes)
        if not _DATE.fullmatch(text):
            raise OddItemError
        _once(item, key, text)

    return read


def _category(item: Found, attributes: dict[str, str], text: str, _: Found) -> None:
    if not text or not attributes.keys() <= {"domain"}:
        raise OddItemError
    item.setdefault("tags", []).append({"term": _mended(text)})


def _atom_category(item: Found, attributes: dict[str, str], text: str, _: Found) -> None:
    if text or not attributes.get("term") or not attributes.keys() <= {"term", "label", "scheme"}:
        raise OddItemError
    item.setdefault("tags", []).append({"term": attributes["term"], "label": attributes.get("label")})


def _author(item: Found, attributes: dict[str, str], text: str, _: Found) -> None:
    _only(attributes)
    item.setdefault("authors", []).append({"written": text})


def _person(item: Found, attributes: dict[str, str], text: str, _: Found) -> None:
    _only(attributes)
    if text or "name" not in item:
        raise OddItemError
    item.setdefault("authors", []).append({"name": item.pop("name")})


def _name(item: Found, attributes: dict[str, str], text: str, _: Found) -> None:
    _only(attributes)
    if not text:
        raise OddItemError
    _once(item, "name", text)


def _enclosure(item: Found, attributes: dict[str, str], text: str, _: Found) -> None:
    if text or not attributes.get("url") or not attributes.keys() <= {"url", "type", "length"}:
        raise OddItemError
    kind = {"type": attributes["type"].lower()} if "type" in attributes else {}
    file = {"rel": "enclosure", "href": attributes["url"], "length": attributes.get("length"), **kind}
    item.setdefault("links", []).append(file)


def _media_content(item: Found, attributes: dict[str, str], text: str, _: Found) -> None:
    if text or any(" " in name or name != name.lower() for name in attributes):
        raise OddItemError
    kind = {"type": attributes["type"].lower()} if "type" in attributes else {}
    item.setdefault("media_content", []).append({**attributes, **kind})


def _thumbnail(item: Found, attributes: dict[str, str], text: str, _: Found) -> None:
    del item
    if text or not attributes.keys() <= {"url", "width", "height"}:
        raise OddItemError


def _caption(item: Found, attributes: dict[str, str], text: str, _: Found) -> None:
    """A picture's caption, which is no text of the entry."""
    del item, text
    _only(attributes, "type")


def _nothing(item: Found, attributes: dict[str, str], text: str, _: Found) -> None:
    """An element that entries do not look at."""
    del item, text
    _only(attributes)


_READ: dict[str, Callable[[Found, dict[str, str], str, Found], None]] = {
    "title": _title,
    "link": _written_link,
    "guid": _identity,
    "pubDate": _moment("published"),
    "description": _summary,
    "category": _category,
    "author": _author,
    "enclosure": _enclosure,
    "comments": _nothing,
    f"{CANONICAL['content']} encoded": _content,
    f"{CANONICAL['dc']} creator": _author,
    f"{CANONICAL['slash']} comments": _nothing,
    f"{CANONICAL['wfw']} commentRss": _nothing,
    f"{CANONICAL['media']} content": _media_content,
    f"{CANONICAL['media']} description": _caption,
    f"{CANONICAL['media']} thumbnail": _thumbnail,
    f"{ATOM} title": _title,
    f"{ATOM} link": _given_link,
    f"{ATOM} id": _identity,
    f"{ATOM} published": _moment("published"),
    f"{ATOM} updated": _moment("updated"),
    f"{ATOM} summary": _summary,
    f"{ATOM} content": _content,
    f"{ATOM} category": _atom_category,
    f"{ATOM} author": _person,
}
_PERSON = {f"{ATOM} name": _name, f"{ATOM} uri": _nothing, f"{ATOM} email": _nothing}
