"""Foreign markup rebuilt into a balanced, shallow document of the few elements that pages show.

The result is not yet safe to show: `html.clean` gives it to nh3, which has the last word.
"""

from __future__ import annotations

import re
from html import escape

from aggregator.text import markup
from aggregator.text.characters import decode_references, tidy
from aggregator.text.urls import shown

MAX_DEPTH = 50
"""Elements within one another that are kept: html5ever takes quadratic time over deep documents."""

SHOWN = frozenset("p a em strong b i blockquote ul ol li br q cite code pre h3 h4 h5 h6".split())
_SHOWN_AS = {"h1": "h3", "h2": "h3"}
_INLINE = frozenset("a em strong b i q cite code".split())
_PARAGRAPHS = frozenset("p h3 h4 h5 h6 pre".split())
_LISTS = frozenset({"ul", "ol"})
_MAIL = re.compile(r"mailto:[\w.+-]+@[\w.-]+", re.IGNORECASE)


class Rebuilt:
    """A balanced document of shown elements only, at most `MAX_DEPTH` deep, for nh3 to judge."""

    __slots__ = ("base", "open", "pieces")

    def __init__(self, base: str | None) -> None:
        self.base = base
        self.pieces: list[str] = []
        self.open: list[str] = []

    def add(self, token: markup.Tag | str) -> None:
        """Take the next tag or text of the foreign document."""
        if isinstance(token, str):
            self.pieces.append(escape(tidy(decode_references(token)), quote=False))
            return
        name = _shown_name(token.name)
        if name == "br":
            self.pieces.append("<br>")
        elif name is not None and token.closes:
            self._close(name)
        elif name is not None:
            self._start(name, token)

    def finish(self) -> str:
        """The document, every element closed."""
        self._close_from(0)
        return "".join(self.pieces)

    def _start(self, name: str, tag: markup.Tag) -> None:
        if name not in _INLINE:
            self._close_any(_PARAGRAPHS)
        if name == "li":
            self._close_item()
        elif name == "a":
            self._close("a")
        if len(self.open) >= MAX_DEPTH:
            return
        opening = self._link(tag) if name == "a" else f"<{name}>"
        if opening:
            self.open.append(name)
            self.pieces.append(opening)

    def _link(self, tag: markup.Tag) -> str:
        address = markup.attributes(tag).get("href", "").strip()
        target = address if _MAIL.fullmatch(address) else shown(address, self.base)
        return f'<a href="{escape(target)}">' if target else ""

    def _close(self, name: str) -> None:
        self._close_any(frozenset({name}))

    def _close_any(self, names: frozenset[str]) -> None:
        """Close the innermost open element of these names, and what it holds."""
        for place in range(len(self.open) - 1, -1, -1):
            if self.open[place] in names:
                self._close_from(place)
                return

    def _close_item(self) -> None:
        """Close an open list item of the innermost list."""
        for place in range(len(self.open) - 1, -1, -1):
            if self.open[place] in _LISTS:
                return
            if self.open[place] == "li":
                self._close_from(place)
                return

    def _close_from(self, place: int) -> None:
        self.pieces.extend(f"</{name}>" for name in reversed(self.open[place:]))
        del self.open[place:]


def _shown_name(name: str) -> str | None:
    """The shown element that stands for an element: other blocks become paragraphs, other inline elements nothing."""
    if name in SHOWN:
        return name
    return _SHOWN_AS.get(name, "p" if name in markup.BLOCKS else None)
