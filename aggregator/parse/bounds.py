"""What one document may cost the feed parser: attributes of an element, elements within one another, entries held.

feedparser itself has no bounds: fifty thousand attributes take it 25 seconds, a million elements within one another or
two hundred thousand entries 300 MB (measured). What is beyond them is passed over.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from itertools import islice
from typing import Any, Generic, TypeVar
from xml.parsers import expat
from xml.sax.xmlreader import AttributesNSImpl

MOST_ATTRIBUTES = 500
"""Of one element."""
DEEPEST = 500
"""Elements within one another. Browsers stop at 512, libxml2 at 256; the parser's memory and time grow with depth."""
SPARE = 1000
"""Entries held beyond those that will be kept, so that they are seldom sorted."""

SMALL = 1_000_000
"""Bytes up to which a document is not looked at before it is parsed: whatever it holds, it costs little."""
HOPELESS = 10_000
"""Elements within one another in a document that is not parsed at all: expat itself keeps 300 bytes for each."""
LONGEST_TAG = 200_000
"""Bytes of one tag, likewise: a tag of 12 MB took expat and its caller 570 MB."""
MOST_TAGS = 1_500_000
"""Marks that begin a tag in a document that is parsed: a hundred thousand entries have a million, each takes 20 us."""
MOST_ENTRIES = 250_000
"""Entries likewise: each takes 75 us, kept or not."""
MOST_ELEMENTS = 20_000
"""Elements of one entry or of the feed's own head: 600,000 took 270 MB. A long article in XHTML has some thousand."""
MOST_DAMAGED = 2_000_000
"""Bytes that are read of a damaged document: the parser for those took 480 MB for 15 MB of text."""
HEAD = 100
"""Bytes that tell markup from JSON and wide encodings from others."""
LONGEST_WORD = 200
"""Bytes before a cut in which the end of a word is looked for."""
LONGEST_TEXT = 2_000_000
"""Bytes of one text, or of one CDATA section, that are read: what entries keep of a body. A title of 14 MB was there
ten times before it was cut, on its way from bytes to an entry."""
_ENTRY = re.compile(rb"<(?:\w+:)?(?:item|entry)\b")
_LONG_RUN = re.compile(r"[\w.+-]{300}")
"""More signs in a row than any name has or any e-mail address before its @."""
_LONG_TAG = re.compile(rb"<[^!<>][^<>]{%d}" % LONGEST_TAG)
_LONG_TEXT = re.compile(rb"<!\[CDATA\[|<!--|<\?|<[^<]{%d}" % LONGEST_TEXT)
_ENDS = {b"<![CDATA[": b"]]>", b"<!--": b"-->", b"<?": b"?>"}

Item = TypeVar("Item")
"""An entry as its parser holds it."""


@dataclass(slots=True, kw_only=True)
class Allowance(Generic[Item]):
    """How many entries one document's parser is to hold, how the newest are chosen, how many were let go."""

    most: int
    newest: Callable[[list[Item]], list[Item]]
    left: int = 0

    def make_room(self, entries: list[Item]) -> None:
        """Let go all but the newest entries once there are many more than will be kept."""
        if not entries:
            self.left = 0  # another attempt at the same document
        if len(entries) < 2 * self.most + SPARE:
            return
        before = len(entries)
        entries[:] = self.newest(entries)
        self.left += before - len(entries)


_allowance: ContextVar[Allowance[dict[str, Any]] | None] = ContextVar("allowance", default=None)


@contextmanager
def allowing(
    most: int, newest: Callable[[list[dict[str, Any]]], list[dict[str, Any]]]
) -> Iterator[Allowance[dict[str, Any]]]:
    """Bound the entries of the documents that are parsed within."""
    allowance = Allowance(most=most, newest=newest)
    token = _allowance.set(allowance)
    try:
        yield allowance
    finally:
        _allowance.reset(token)


def refusal(body: bytes) -> str | None:
    """Why a large document is not parsed at all, or None."""
    if len(body) <= SMALL:
        return None
    if _LONG_TAG.search(body):
        return f"a document with a tag of more than {LONGEST_TAG:,} bytes"
    if body.count(b"<") > MOST_TAGS:
        return f"a document with more than {MOST_TAGS:,} tags"
    if sum(1 for _ in _ENTRY.finditer(body)) > MOST_ENTRIES:
        return f"a document with more than {MOST_ENTRIES:,} entries"
    return f"a document with more than {HOPELESS:,} elements within one another" if _is_hopeless(body) else None


def shortened(body: bytes) -> bytes:
    """A large markup document with no more than the beginnings of texts beyond `LONGEST_TEXT`, cut between words.

    Documents in UTF-16, JSON and the like stay as they are; so does what stands after a section that does not end.
    """
    if (
        len(body) <= LONGEST_TEXT
        or not body[:HEAD].lstrip(b"\xef\xbb\xbf\r\n\t ").startswith(b"<")
        or b"\0" in body[:HEAD]
    ):
        return body
    kept: list[bytes | memoryview] = []
    view, done, at = memoryview(body), 0, 0
    while (found := _LONG_TEXT.search(body, at)) is not None:
        closing = _ENDS.get(found[0])
        end = body.find(closing or b"<", found.end())
        if closing is not None and end < 0:
            break
        at = end = end if end >= 0 else len(body)
        if end - found.start() > LONGEST_TEXT and closing in {None, b"]]>"}:
            kept.append(view[done : _word_end(body, found.start() + LONGEST_TEXT)])
            done = end
    return b"".join([*kept, view[done:]]) if kept else body


def _word_end(body: bytes, most: int) -> int:
    """Where the last word before `most` ends; in a text without blanks, the last whole character and reference."""
    start = most - LONGEST_WORD
    blank = max(body.rfind(blank, start, most) for blank in (b" ", b"\n"))
    if blank >= 0:
        return blank
    reference = body.rfind(b"&", start, most)
    if reference >= 0 and body.find(b";", reference, most) < 0:
        return reference
    while body[most] & 0xC0 == 0x80:  # within a character of UTF-8
        most -= 1
    return most


def affordable(body: bytes) -> bytes:
    """The document, or the beginning of a large one that is not well-formed."""
    if len(body) <= MOST_DAMAGED:
        return body
    try:
        expat.ParserCreate().Parse(body, True)
    except (expat.ExpatError, ValueError):
        return body[:MOST_DAMAGED]
    return body


class _HopelessError(Exception):
    """Deeper than any document is."""


def _is_hopeless(body: bytes) -> bool:
    depth = 0

    def start(_name: str, _attributes: object) -> None:
        nonlocal depth
        depth += 1
        if depth > HOPELESS:
            raise _HopelessError

    def end(_name: str) -> None:
        nonlocal depth
        depth -= 1

    parser = expat.ParserCreate()
    parser.StartElementHandler, parser.EndElementHandler = start, end
    try:
        parser.Parse(body, True)
    except _HopelessError:
        return True
    except (expat.ExpatError, ValueError):
        return False
    return False


def begins_entry(begin: Callable[[Any, Any], None]) -> Callable[[Any, Any], None]:
    """The parser's handler of an entry's start, with room made before."""

    def begins(parser: Any, attributes: Any) -> None:
        allowance = _allowance.get()
        if allowance is not None:
            allowance.make_room(parser.entries)
        parser.property_depth_map.clear()  # it holds every entry so far, and is asked about the last one alone
        parser.elements = 0
        begin(parser, attributes)

    return begins


def bounded_start(start: Callable[..., None]) -> Callable[..., None]:
    """The strict parser's handler of a start tag, within the bounds of depth, of attributes and of an entry's elements.

    What is within an element that is passed over is passed over with it.
    """

    def starts(parser: Any, name: Any, qname: Any, attributes: Any) -> None:
        parser.true_depth = getattr(parser, "true_depth", 0) + 1
        parser.elements = getattr(parser, "elements", 0) + 1
        if getattr(parser, "passing", None) is not None:
            return
        if parser.true_depth > DEEPEST or (parser.elements > MOST_ELEMENTS and name[1] not in {"item", "entry"}):
            parser.passing = parser.true_depth
            return
        if len(attributes) > MOST_ATTRIBUTES:
            attributes = _first(attributes)
        start(parser, name, qname, attributes)

    return starts


def bounded_end(end: Callable[..., None]) -> Callable[..., None]:
    """The strict parser's handler of an end tag, for those elements that were begun."""

    def ends(parser: Any, name: Any, qname: Any) -> None:
        passing = getattr(parser, "passing", None)
        if passing is None:
            end(parser, name, qname)
        elif parser.true_depth == passing:
            parser.passing = None
        parser.true_depth -= 1

    return ends


def bounded_people(read: Callable[..., None]) -> Callable[..., None]:
    """The parsers' search for an e-mail address in an author's name, with what follows an endless word left out.

    Its pattern tries the rest of the word at each sign: 200 KB of hyphens took two minutes and a half.
    """

    def reads(parser: Any, key: str = "author") -> None:
        context = parser._get_context()  # noqa: SLF001 - where the parser itself keeps the name
        endless = _LONG_RUN.search(str(dict.get(context, key) or ""))
        if endless:
            context[key] = context[key][: endless.end()]
        read(parser, key)

    return reads


def _first(attributes: Any) -> AttributesNSImpl:
    kept = dict(islice(attributes.items(), MOST_ATTRIBUTES))
    return AttributesNSImpl(kept, {name: attributes.getQNameByName(name) for name in kept})
