"""Foreign HTML made harmless: a little markup to show, plain text to compare, one line for titles and names.

What is shown has passed nh3 (html5ever) last; nothing here trusts its own scanner with safety. Input is bounded before
anything looks at it, and every step of ours is linear.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

import nh3

from aggregator.text import markup
from aggregator.text.characters import decode_fully, decode_references, is_tidy, tidy, without_directions
from aggregator.text.rebuild import SHOWN, Rebuilt
from aggregator.text.urls import shown

MAX_MARKUP = 2_000_000
"""Characters of one body that are read: of 9,103 measured real bodies one had 762,498, the next 129,618. Two million
take about half a second."""

MAX_SHOWN = 300_000
"""Characters of one body that `clean` reads: nh3 takes quadratic time on ampersands (300,000: 0.7 s, 1 million: 7)."""

MAX_LINE = 1000
"""Characters of a title, name or tag that are kept; the longest of 9,103 real titles had 192, hostile ones 10 MB."""

MAX_LINKS = 2000
"""Links of one body that are kept; the most in 9,103 real bodies were 648."""

_SOURCE_NAMES = ("syndication-source", "original-source")
_MARKUP_AGAIN = re.compile(r"</[a-zA-Z]+\s*>|<(?:br|hr|img|p)[\s/>]")
_WRITTEN_LINK = re.compile(r"\[([^\[\]\n]{1,300})\]\(([^()\s]{1,2000})\)")
_EMPTY = re.compile(r"<(p|li|em|strong|b|i|q|cite|code|blockquote|h[3-6]|ul|ol)>\s*</\1>|<a [^<>]*>\s*</a>")


@dataclass(frozen=True, slots=True, kw_only=True)
class TextLink:
    """A link within a text: `start` and `end` are offsets into it, `href` is absolute, http or https."""

    start: int
    end: int
    href: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Extracted:
    """The words of a piece of HTML, one paragraph, list item or heading a line, and what its markup says of it."""

    text: str
    links: tuple[TextLink, ...] = ()
    canonical: str | None = None
    """What the markup names as the text's own place: `syndication-source`, `original-source` or rel=canonical."""
    language: str | None = None
    """The `lang` of the first element, where one is given."""


def clean(html: str, base: str | None) -> str:
    """Reduce foreign HTML to the little markup that pages show, links absolute and marked nofollow.

    No image, style, class, id, script or foreign element survives; the result is balanced and nests fifty deep at
    most. Relative links are resolved against `base`; links other than http, https and mailto lose their address.
    """
    rebuilt = Rebuilt(base)
    for token in markup.scan(_readable(html[:MAX_SHOWN])):
        rebuilt.add(token)
    safe = nh3.clean(
        rebuilt.finish(),
        tags=set(SHOWN),
        attributes={"a": {"href"}},
        url_schemes={"http", "https", "mailto"},
        link_rel="noopener noreferrer nofollow",
    )
    for _ in range(3):  # an emptied item empties its list, the list its quotation
        safe = _EMPTY.sub("", safe)
    return safe.strip()


def extract(html: str, base: str | None) -> Extracted:
    """Take the plain text, the links with their places in it, and the declared origin out of foreign HTML.

    Text without any markup keeps its lines. Texts that were escaped twice are decoded twice. Scripts, styles,
    templates, foreign elements and images leave nothing. Reads `MAX_MARKUP` characters at most.
    """
    source = _readable(html)
    text = _Text(base, tidy_source=is_tidy(source))
    if not markup.has_tags(source):
        text.add_plain(source)
    else:
        for token in markup.scan(source):
            text.add(token)
    return text.finish()


def plain(markup_or_text: str) -> str:
    """One line of plain text out of a title, name or tag: tags and invisible characters out, references decoded.

    Only tags of HTML's own elements go: "the <vector> type" keeps its word. At most `MAX_LINE` characters, marked by
    an ellipsis when cut.
    """
    text = markup_or_text[: MAX_LINE * 10]
    if len(text) <= MAX_LINE and "<" not in text and "&" not in text and is_tidy(text):
        return " ".join(text.split())
    for _ in range(2):
        text = decode_references(_without_tags(text))
    line = " ".join(tidy(_without_tags(text)).split())
    return line if len(line) <= MAX_LINE else line[: MAX_LINE - 1].rstrip() + "…"


def _without_tags(text: str) -> str:
    if "<" not in text:
        return text
    pieces = []
    for token in markup.scan(text, swallow=False):
        if isinstance(token, str):
            pieces.append(token)
        elif token.name in markup.BLOCKS:
            pieces.append(" ")
    return "".join(pieces)


def _readable(html: str) -> str:
    """The markup within the bound, decoded once or twice where its tags themselves came escaped."""
    source = html[:MAX_MARKUP]
    for _ in range(2):
        if "&" not in source or markup.has_tags(source):
            break
        decoded = decode_references(source)
        if "&lt;" not in decoded and not _MARKUP_AGAIN.search(decoded):
            break
        source = decoded
    return source


class _Text:
    """The text as it grows. A link begins with the first word inside it, so that folded spaces stay outside."""

    __slots__ = ("at_start", "base", "canonical", "href", "language", "length", "link_start", "links", "pieces",
                 "seen_tag", "space", "tidy_source", "verbatim", "word_end")  # fmt: skip

    def __init__(self, base: str | None, *, tidy_source: bool) -> None:
        self.base = base
        self.tidy_source = tidy_source
        self.pieces: list[str] = []
        self.links: list[TextLink] = []
        self.length = self.word_end = 0
        self.at_start, self.space, self.seen_tag = True, False, False
        self.verbatim = 0
        self.href: str | None = None
        self.link_start: int | None = None
        self.canonical: str | None = None
        self.language: str | None = None

    def add(self, token: markup.Tag | str) -> None:
        if isinstance(token, str):
            (self.add_lines if self.verbatim else self.add_run)(token)
        elif token.closes:
            self._end(token.name)
        else:
            self._start(token)

    def add_lines(self, text: str) -> None:
        """Add text whose line ends count."""
        for number, line in enumerate(tidy(decode_fully(text)).split("\n")):
            if number:
                self.break_line()
            self._add_words(line, without_directions(line).split())

    def add_plain(self, text: str) -> None:
        """Add text without markup, in which links may be written as Markdown does: [words](address)."""
        end = 0
        for link in _WRITTEN_LINK.finditer(text):
            self.add_lines(text[end : link.start()])
            self._open_link({"href": link[2]})
            self.add_lines(link[1])
            self._close_link()
            end = link.end()
        self.add_lines(text[end:])

    def add_run(self, text: str) -> None:
        """Add text whose line ends are spaces."""
        if "&" in text or not self.tidy_source:
            text = tidy(decode_fully(text))
            words = without_directions(text).split()
        else:
            words = text.split()
        self._add_words(text, words)

    def break_line(self) -> None:
        if not self.at_start:
            self.pieces.append("\n")
            self.length += 1
        self.at_start, self.space = True, False

    def finish(self) -> Extracted:
        self._close_link()
        text = "".join(self.pieces).rstrip("\n")
        return Extracted(text=text, links=tuple(self.links), canonical=self.canonical, language=self.language)

    def _add_words(self, run: str, words: list[str]) -> None:
        if not words:
            self.space = self.space or bool(run)
            return
        if not self.at_start and (self.space or run[0].isspace()):
            self.pieces.append(" ")
            self.length += 1
        if self.href is not None and self.link_start is None:
            self.link_start = self.length
        piece = " ".join(words)
        self.pieces.append(piece)
        self.length += len(piece)
        self.word_end = self.length
        self.at_start, self.space = False, run[-1].isspace()

    def _start(self, tag: markup.Tag) -> None:
        if not self.seen_tag:
            self.seen_tag = True
            found = markup.attributes(tag) if "lang" in tag.source.lower() else {}
            self.language = (found.get("lang") or found.get("xml:lang") or "").strip() or None
        if tag.name in markup.BLOCKS:
            self.break_line()
            self.verbatim += tag.name == "pre"
        elif tag.name in markup.CELLS:
            self.space = True
        elif tag.name == "a":
            self._open_link(markup.attributes(tag))
        elif tag.name in {"link", "meta"} and self.canonical is None:
            self.canonical = _declared(tag.name, markup.attributes(tag), self.base)

    def _end(self, name: str) -> None:
        if name in markup.BLOCKS:
            self.break_line()
            self.verbatim = max(0, self.verbatim - (name == "pre"))
        elif name in markup.CELLS:
            self.space = True
        elif name == "a":
            self._close_link()

    def _open_link(self, found: dict[str, str]) -> None:
        self._close_link()
        self.href = shown(found.get("href", ""), self.base)
        if self.canonical is None and "canonical" in found.get("rel", "").lower().split():
            self.canonical = self.href

    def _close_link(self) -> None:
        if self.href is not None and self.link_start is not None and len(self.links) < MAX_LINKS:
            self.links.append(TextLink(start=self.link_start, end=self.word_end, href=self.href))
        self.href = self.link_start = None


def _declared(name: str, found: dict[str, str], base: str | None) -> str | None:
    """The address that a `link` or `meta` element declares as the text's own."""
    if name == "link" and "canonical" in found.get("rel", "").lower().split():
        return shown(found.get("href", ""), base)
    if name == "meta" and found.get("name", "").lower() in _SOURCE_NAMES:
        return shown(found.get("content", ""), base)
    return None
