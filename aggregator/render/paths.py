"""Where every page stands. Pure.

Names are made from ids and dates; what an outlet or a section is called reaches a file name only as lower-case
letters, figures, dots and hyphens, with a hash where that changed anything, so that no two share a file.
"""

from __future__ import annotations

import hashlib
import re
import unicodedata
from datetime import date

FRONT, ARCHIVE, OUTLETS, HEALTH = "index.html", "archive.html", "outlets.html", "health.html"
ATOM, JSON_FEED, STYLE, SCRIPT = "stories.atom", "stories.json", "style.css", "enhance.js"
SEARCH, SEARCH_SCRIPT, TRADES = "search.html", "search.js", "outlets.csv"
SCHEMAS = ("edition.schema.json", "story.schema.json")
SLUG_LIMIT = 60
"""Characters of a name that reach a file name; with the hash and the ending it stays far below 200 bytes."""


def story_path(story: int) -> str:
    """The permanent address of a story."""
    return f"story/{story}.html"


def piece_path(piece: int) -> str:
    """The permanent address of a piece."""
    return f"piece/{piece}.html"


def digest_root(name: str, main: str) -> str:
    """The folder of a digest's editions: the site's own for the main one."""
    return "" if name == main else f"{name}/"


def edition_path(name: str, day: date, main: str) -> str:
    """The permanent address of an edition."""
    return f"{digest_root(name, main)}{day:%Y/%m/%d}/index.html"


def listing_path(name: str, day: date, main: str) -> str:
    """The page with every headline of an edition."""
    return f"{digest_root(name, main)}{day:%Y/%m/%d}/all.html"


def twin_path(page: str) -> str:
    """The JSON document beside an edition's or a story's page."""
    return page.removesuffix("index.html") + "edition.json" if page.endswith("index.html") else page[:-4] + "json"


def schema_path(name: str) -> str:
    """A published schema."""
    return f"schema/{name}"


def outlet_path(key: str) -> str:
    """An outlet's page."""
    return f"outlet/{slug(key)}.html"


def network_path(days: int, usual: int) -> str:
    """The picture of a period; the usual one has the short address."""
    return OUTLETS if days == usual else f"outlets-{days}.html"


def section_path(home: str, name: str, ending: str) -> str:
    """A section's own feed, `ending` being atom or json."""
    return f"{home}section/{slug(name)}.{ending}"


def month_path(month: str) -> str:
    """The search index of a month, 2026-07."""
    return f"search/{month}.js"


def slug(name: str) -> str:
    """A name as part of a file name; one that is not plain as it stands gets a hash of it."""
    folded = "".join(letter for letter in unicodedata.normalize("NFKD", name.casefold()) if letter.isascii())
    plain = re.sub(r"\.{2,}", ".", re.sub(r"[^a-z0-9.]+", "-", folded))[:SLUG_LIMIT].strip("-.")
    if plain == name and "." in plain:
        return plain
    mark = hashlib.sha256(name.encode(errors="surrogatepass")).hexdigest()[:8]
    return f"{plain}-{mark}" if plain else mark


def root_from(path: str) -> str:
    """The way from a page back to the site's root, as the start of a relative link."""
    return "../" * path.count("/")
