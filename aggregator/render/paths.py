"""Where every page stands. Pure. Names are made from ids and dates only: nothing foreign reaches a file name."""

from __future__ import annotations

from datetime import date

FRONT, ARCHIVE, OUTLETS, HEALTH = "index.html", "archive.html", "outlets.html", "health.html"
ATOM, JSON_FEED, STYLE, SCRIPT = "stories.atom", "stories.json", "style.css", "enhance.js"


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


def root_from(path: str) -> str:
    """The way from a page back to the site's root, as the start of a relative link."""
    return "../" * path.count("/")
