"""HTML cut into tags and texts, in linear time and without building a tree.

Foreign markup is untrusted: tree builders take quadratic time over deep nesting (100,000 unclosed `<div>`: 12.7 s in
Lexbor, 18.3 s in html5ever) and over many attributes of one tag (50,000: 4.1 s in Lexbor). This scanner follows the
tokenisation rules of the HTML standard (13.2.5) with possessive patterns, so that no input makes it look at a
character twice. What it cuts is never shown as it is: `html` makes plain text of it, or hands a rebuilt, balanced and
shallow document to nh3.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

from aggregator.text.characters import decode_attribute

RAW = frozenset({"script", "style", "iframe", "noembed", "noframes", "textarea", "title", "xmp"})
"""Elements whose content holds no tags (HTML standard 13.2.5.2 to 13.2.5.4)."""

DROPPED = RAW | {"noscript", "template", "svg", "math", "object", "canvas", "audio", "video", "select", "button"}
"""Elements that leave nothing, with all that they hold: no text of the author stands in them."""

BLOCKS = frozenset(
    "address article aside blockquote body br center dd details dialog dir div dl dt fieldset figcaption figure footer "
    "form h1 h2 h3 h4 h5 h6 head header hgroup hr html legend li listing main menu nav ol p pre section summary table "
    "tbody tfoot thead tr ul caption".split()
)
"""Elements that begin and end a line."""

CELLS = frozenset({"td", "th"})

INLINE = frozenset(
    "a abbr acronym area b base basefont bdi bdo big cite code col colgroup data del dfn em embed font i img input ins "
    "kbd label link map mark marquee meta meter nobr option output param picture progress q rb rp rt rtc ruby s samp "
    "small source span strike strong sub sup time track tt u var wbr applet bgsound blink frame frameset image isindex "
    "optgroup plaintext slot".split()
)

KNOWN = BLOCKS | CELLS | INLINE | DROPPED
_SPELLED = {spelling: name for name in KNOWN for spelling in (name, name.upper())}

_SPACE = r"[ \t\n\f\r]"
_ATTRIBUTES = (
    rf"(?:[ \t\n\f\r/]++|[^ \t\n\f\r/>][^ \t\n\f\r/>=]*+"
    rf"(?:{_SPACE}*+={_SPACE}*+(?:\"[^\"]*+(?:\"|\Z)|'[^']*+(?:'|\Z)|[^ \t\n\f\r>\"'][^ \t\n\f\r>]*+|(?=>|\Z)))?)*+"
)
_ITEM = re.compile(
    r"<!--(?:-?>|(?:[^-]++|-(?!-!?>))*+(?:--!?>|\Z))"
    r"|<!\[CDATA\[|\]\]>"
    r"|</(?P<end>[a-zA-Z][^ \t\n\f\r/>]*+)[^>]*+(?P<end_closed>>|\Z)"
    rf"|<(?P<start>[a-zA-Z][^ \t\n\f\r/>]*+)(?P<attributes>{_ATTRIBUTES})(?P<start_closed>>|\Z)"
    r"|<[!?/][^>]*+(?:>|\Z)"
)
_ATTRIBUTE = re.compile(
    rf"([^ \t\n\f\r/>][^ \t\n\f\r/>=]*+)"
    rf"(?:{_SPACE}*+={_SPACE}*+(?:\"([^\"]*+)\"?|'([^']*+)'?|([^ \t\n\f\r>\"'][^ \t\n\f\r>]*+)))?"
)


class Tag(NamedTuple):
    """A start tag, or an end tag where `closes`; `source` is the uncut text of its attributes."""

    name: str
    closes: bool
    source: str


def scan(markup: str, *, swallow: bool = True) -> Iterator[Tag | str]:
    """Yield the tags of known elements, and the texts between them with references still encoded.

    Comments, declarations and `DROPPED` elements are left out. A tag of no known element counts as text, since `<b2b>`
    or `<vector>` was meant to be read; so does what follows a `<` that begins no tag.
    """
    text_from = 0
    without_end: set[str] = set()
    more = True
    while more:
        more = False
        for match in _ITEM.finditer(markup, text_from):
            end, start, source = match.group("end", "start", "attributes")
            written = start or end or ""
            name = _SPELLED.get(written) or _local_name(written)
            if written and name is None:
                continue
            if match.start() > text_from:
                yield markup[text_from : match.start()]
            text_from = match.end()
            if start and name in DROPPED and ":" not in start:
                text_from = _after_element(markup, name, text_from, without_end, swallow)
                more = True
                break
            if name:
                yield Tag(name, end is not None, source or "")
    if text_from < len(markup):
        yield markup[text_from:]


def has_tags(markup: str) -> bool:
    """Whether any tag of a known HTML element stands in the text."""
    return any(_local_name(match["start"] or match["end"] or "") for match in _ITEM.finditer(markup))


def _local_name(written: str) -> str | None:
    """The name of a known element that a tag writes, in lower case and without prefix; None of others."""
    name = written.lower().rpartition(":")[2]
    return name if name in KNOWN else None


def without_markup(markup: str) -> str:
    """What stands outside of tags (of unknown elements too), comments and declarations; all elements' texts stay."""
    return _ITEM.sub("", markup)


def attributes(tag: Tag) -> dict[str, str]:
    """The attributes of a start tag by lower-case name, values decoded; of two with one name the first counts."""
    found: dict[str, str] = {}
    for name, double, single, bare in _ATTRIBUTE.findall(tag.source):
        found.setdefault(name.lower(), decode_attribute(double or single or bare))
    return found


def _after_element(markup: str, name: str, position: int, without_end: set[str], swallow: bool) -> int:
    """The position after a dropped element.

    `without_end` remembers names that were looked for in vain, so that the whole scan stays linear.
    """
    if name in without_end:
        return position
    match = re.compile(rf"</{re.escape(name)}(?=[ \t\n\f\r/>])[^>]*+>?", re.IGNORECASE).search(markup, position)
    if match is not None:
        return match.end()
    without_end.add(name)
    return len(markup) if swallow and name in {"script", "style"} else position
