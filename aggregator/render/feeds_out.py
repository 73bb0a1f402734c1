"""The stories as feeds: Atom (RFC 4287) and JSON Feed 1.1. Pure; the Atom template lies with the others.

An id names a story for ever: a tag URI (RFC 4151) under the site's host and the day of the story's first piece, or
a name-based UUID where the site has no address. `updated` comes from the stories, never from the clock, so that the
same stories give the same bytes. Without an address the links are relative, which Atom resolves against the feed.
"""

from __future__ import annotations

import json
import uuid
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from html import escape
from typing import Any
from urllib.parse import urlsplit

from aggregator.config import Site
from aggregator.digest.edition import Edition, StoryView
from aggregator.render.foreign import bare, language_tag, tidy
from aggregator.render.paths import ATOM, FRONT, JSON_FEED, root_from, section_path, slug, story_path
from aggregator.render.verdicts import verdict
from aggregator.render.words import Speech, also_words, kicker, opening, story_line, title

MOST_ITEMS = 200
"""Stories in a feed: as many as an edition holds by default; readers poll often and keep what they saw."""
NAMESPACE = uuid.uuid5(uuid.NAMESPACE_URL, "urn:fair-copy:stories")


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """One story as a feed has it; times are RFC 3339."""

    id: str
    title: str
    language: str | None
    address: str
    published: str
    updated: str
    authors: tuple[str, ...]
    category: str
    summary: str
    html: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Feed:
    """The whole feed; `address` is the Atom document's own, `json_address` the JSON Feed's."""

    id: str
    title: str
    language: str
    updated: str
    address: str
    json_address: str
    page: str
    items: tuple[Item, ...]


def feed(speech: Speech, edition: Edition, *, site: Site, home: str, section: str | None = None) -> Feed:
    """The feed of an edition's stories, or of one section's, latest first; `home` is the digest's folder."""
    base = site_base(site)
    chosen = [story for story in edition.stories if section is None or story.category == section]
    latest = sorted(chosen, key=lambda story: (moved_at(story), story.id), reverse=True)[:MOST_ITEMS]
    atom, plain = addresses(home, section)
    root = base or root_from(atom)
    items = tuple(item(speech, story, edition, site=site, root=root) for story in latest)
    name = tidy(edition.title or site.title)
    return Feed(
        id=feed_id(site, edition.name if section is None else f"{edition.name}/section/{slug(section)}"),
        title=name if section is None else f"{name}: {tidy(section, 60)}",
        language=speech.interface.locale.language,
        updated=stamp(max((moved_at(story) for story in latest), default=edition.end)),
        address=f"{base}{atom}" if base else atom.rpartition("/")[2],
        json_address=f"{base}{plain}" if base else plain.rpartition("/")[2],
        page=f"{root}{home}{FRONT}",
        items=items,
    )


def addresses(home: str, section: str | None) -> tuple[str, str]:
    """Where the Atom feed and the JSON Feed stand."""
    if section is None:
        return f"{home}{ATOM}", f"{home}{JSON_FEED}"
    return section_path(home, section, "atom"), section_path(home, section, "json")


def site_base(site: Site) -> str:
    """The site's address with one slash at its end; empty when it has none."""
    return f"{site.url.rstrip('/')}/" if site.url else ""


def authority(site: Site) -> str | None:
    """The host that names things by tag URIs, as RFC 4151 wants it: lower case, without a port."""
    return urlsplit(site.url).hostname if site.url else None


def feed_id(site: Site, name: str) -> str:
    """The feed's own id."""
    base = site_base(site)
    return f"{base}{name}" if base else uuid.uuid5(NAMESPACE, f"{tidy(site.title)}\n{name}").urn


def story_id(site: Site, story: StoryView) -> str:
    """A story's id for ever: it depends on nothing that may change but the site's address."""
    host = authority(site)
    if host is None:
        return uuid.uuid5(NAMESPACE, f"{tidy(site.title)}\nstory\n{story.id}").urn
    return f"tag:{host},{story.first_at.astimezone(UTC):%Y-%m-%d}:story/{story.id}"


def moved_at(story: StoryView) -> datetime:
    """When the story last changed: a new printing or a correction."""
    return max(story.last_at, story.corrected_at or story.last_at)


@lru_cache(4096)  # a moment stands on several pages
def stamp(moment: datetime) -> str:
    """A moment as RFC 3339 has it, in whole seconds of UTC."""
    return f"{moment.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"


def item(speech: Speech, story: StoryView, edition: Edition, *, site: Site, root: str) -> Item:
    """One story: what changed, its standfirst, who reported it, and what its leading piece's card says."""
    outlets = dict.fromkeys(bare(speech.outlet(piece.outlet)) for piece in story.pieces)
    standfirst = tidy(opening(story.standfirst), 600)
    lines = [kicker(speech, story, edition.day), story_line(speech, story), bare(also_words(speech, story))]
    card = [bare(line) for line in verdict(speech, story.pieces[0])]
    summary = " ".join(filter(None, [standfirst, f"{lines[0]}. {lines[1]}."]))
    return Item(
        id=story_id(site, story),
        title=title(speech, story.title),
        language=language_tag(story.language),
        address=f"{root}{story_path(story.id)}",
        published=stamp(story.first_at),
        updated=stamp(moved_at(story)),
        authors=tuple(outlets)[:8],
        category=tidy(story.category or "", 60),
        summary=summary,
        html=html(standfirst, [f"{lines[0]}. {lines[1]}.", " ".join(card), lines[2]]),
    )


def html(standfirst: str, lines: list[str]) -> str:
    """The content as markup: paragraphs of escaped words and nothing else."""
    return "".join(f"<p>{escape(line)}</p>" for line in (standfirst, *lines) if line)


def json_feed(made: Feed, *, site: Site) -> bytes:
    """The JSON Feed document, version 1.1 (https://www.jsonfeed.org/version/1.1/)."""
    document: dict[str, Any] = {
        "version": "https://jsonfeed.org/version/1.1",
        "title": made.title,
        "home_page_url": made.page,
        "feed_url": made.json_address,
        "language": made.language,
        "authors": [{"name": tidy(site.title)}],
        "items": [json_item(entry) for entry in made.items],
    }
    return (json.dumps(document, ensure_ascii=False, indent=1) + "\n").encode()


def json_item(entry: Item) -> dict[str, Any]:
    """One story; what is unknown is left out."""
    found = {
        "id": entry.id,
        "url": entry.address,
        "title": entry.title,
        "content_html": entry.html,
        "summary": entry.summary,
        "date_published": entry.published,
        "date_modified": entry.updated,
        "authors": [{"name": name} for name in entry.authors],
        "tags": [entry.category] if entry.category else None,
        "language": entry.language,
    }
    return {key: value for key, value in found.items() if value is not None}
