"""The whole site of an edition: records in, {path: bytes} out. Nothing is written here.

Everything is rendered before the first write, so a broken template leaves the old site whole. The same records give
the same bytes: no clock, no random order. An edition that is not its digest's newest is rendered without touching
the front page and the feeds.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import groupby
from typing import Any

from aggregator.config import Site
from aggregator.digest.edition import CreditState, PieceView, StoryView
from aggregator.render import feeds_out, paths, search, templates
from aggregator.render import pages as prepare
from aggregator.render.difference import Kind
from aggregator.render.files import write_site
from aggregator.render.frontpage import columns
from aggregator.render.localised import Interface, interface
from aggregator.render.outlet_pages import outlet_pages, paged
from aggregator.render.press import Press
from aggregator.render.records import OutletRow, Share, SitePages
from aggregator.render.tally import Mark, marks
from aggregator.render.twins import edition_twin, story_twin
from aggregator.render.verdicts import verdict
from aggregator.render.words import Speech, disbelieved

__all__ = ["OutletRow", "SitePages", "render_site", "write_site"]

MOST_BRIEFS = 60
"""Briefs on the front page; the page with every headline holds the rest."""
LATEST = 7
"""Editions that the archive lists with their headlines; earlier ones are folded."""
SHORT = {
    CreditState.CREDITED: "credits it",
    CreditState.CREDITS_COPY: "credits a copy",
    CreditState.CREDITS_OTHER: "credits another outlet",
    CreditState.MISSING: "no credit",
    CreditState.OWN: "same house",
}
POSITIONS = {
    "head": "at the head of the text",
    "foot": "at the foot of the text",
    "byline": "in the byline",
    "markup": "in the feed’s or page’s metadata",
    "link": "by a link alone",
}
FOLDED = {
    Kind.SAME: ("{n} word unchanged", "{n} words unchanged"),
    Kind.REMOVED: ("{n} more word left out", "{n} more words left out"),
    Kind.ADDED: ("{n} more word added", "{n} more words added"),
}


def render_site(
    pages: SitePages, *, site: Site, names: Callable[[str], str], voice: Interface | None = None
) -> dict[str, bytes]:
    """Every file of the site that this edition touches, by path. Raises RenderError for a broken template.

    `voice` speaks instead of the site's own language.
    """
    every = frozenset(story.id for story in prepare.all_stories(pages))
    share = Share(stories=every, month=True, newest=prepare.is_newest(pages), common=True)
    return render_share(pages, share, site=site, names=names, voice=voice)


def render_share(
    pages: SitePages, share: Share, *, site: Site, names: Callable[[str], str], voice: Interface | None = None
) -> dict[str, bytes]:
    """The files that are this edition's to make where a whole site is made anew. Raises RenderError."""
    press = press_for(pages, site, names, voice)
    files = dict(edition_pages(press)) if share.own else {}
    for story in prepare.all_stories(pages):
        if story.id in share.stories:
            files.update(story_pages(press, story))
    if share.month:
        files.update([month_index(press)])
    if share.newest:
        files.update(newest_pages(press, common=share.common))
    if share.common:
        files.update(common_pages(press))
    return files


def press_for(pages: SitePages, site: Site, names: Callable[[str], str], voice: Interface | None) -> Press:
    """What the pages are made with."""
    speech = Speech(interface=voice or interface(site.language, site.zone), names=names)
    return Press(environment=templates.environment(site, speech), speech=speech, site=site, pages=pages,
                 paged=paged(pages.networks))  # fmt: skip


def edition_pages(press: Press) -> Iterator[tuple[str, bytes]]:
    """The edition at its permanent address, and the list of all its headlines."""
    edition, main = press.pages.edition, press.pages.main_digest
    yield front(press, paths.edition_path(edition.name, edition.day, main), canonical_path="")
    yield edition_twin(press)
    yield press.page(
        "all.html",
        paths.listing_path(edition.name, edition.day, main),
        parts=prepare.by_category(edition.stories, press.speech),
        anchors=anchors(press),
        section_feeds={name: feeds_out.addresses(press.home, name) for name in prepare.sections(edition)},
        edition_page=paths.edition_path(edition.name, edition.day, main),
    )


def front(press: Press, path: str, *, canonical_path: str) -> tuple[str, bytes]:
    """The edition as a front page at this path; `canonical_path` names its permanent address elsewhere."""
    edition, main, base = press.pages.edition, press.pages.main_digest, feeds_out.site_base(press.site)
    previous = paths.edition_path(edition.name, edition.previous, main) if edition.previous else ""
    return press.page(
        "digest.html",
        path,
        current="front",
        previous=previous,
        listing=paths.listing_path(edition.name, edition.day, main),
        anchors=anchors(press),
        most_briefs=MOST_BRIEFS,
        columns=columns(edition.leads),
        twin=paths.twin_path(paths.edition_path(edition.name, edition.day, main)),
        far=any(has_far(story) for story in edition.stories),
        canonical=f"{base}{canonical_path or path}" if base else "",
    )


def has_far(story: StoryView) -> bool:
    """Whether the story's tally shows a report whose original we do not hold: then the legend explains the mark."""
    return any(Mark.FAR in group for group in marks(story))


def anchors(press: Press) -> dict[str, str]:
    """Where each section stands on the page with every headline."""
    parts = [name for name, _ in prepare.by_category(press.pages.edition.stories, press.speech)]
    names = [*parts, *(section.name for section in press.pages.edition.sections if section.name not in parts)]
    return {name: f"part-{number}" for number, name in enumerate(names, 1)}


def story_pages(press: Press, story: StoryView) -> Iterator[tuple[str, bytes]]:
    """The story, its pieces' cards, and a page at each address that it absorbed."""
    local = press.speech.interface.local
    near = local(max(story.last_at, *(piece.at for piece in story.pieces))).date()
    editions = [(day, paths.edition_path(press.pages.edition.name, day, press.pages.main_digest))
                for day in sorted(set(story.editions), reverse=True)]  # fmt: skip
    yield press.page(
        "story.html", paths.story_path(story.id),
        story=story, near=near, lead=story.pieces[0], editions=editions,
        days=prepare.days(story, press.speech.interface), twin=paths.twin_path(paths.story_path(story.id)),
    )  # fmt: skip
    yield story_twin(press, story)
    for alias in story.aliases:
        yield alias_page(press, paths.story_path(alias), paths.story_path(story.id), story)
    for piece in story.pieces:
        yield piece_page(press, story, piece)
        for alias in piece.aliases:
            yield alias_page(press, paths.piece_path(alias), paths.piece_path(piece.id), piece)


def alias_page(press: Press, path: str, target: str, shown: StoryView | PieceView) -> tuple[str, bytes]:
    """What stands at an address that was absorbed: the way to where its story or piece is now."""
    return press.page(
        "alias.html", path,
        target=target, name=shown.title, language=shown.language, is_piece=isinstance(shown, PieceView),
        canonical=f"{feeds_out.site_base(press.site) or paths.root_from(path)}{target}",
    )  # fmt: skip


def piece_page(press: Press, story: StoryView, piece: PieceView) -> tuple[str, bytes]:
    """The provenance card of a piece."""
    return press.page(
        "piece.html",
        paths.piece_path(piece.id),
        story=story,
        piece=piece,
        near=press.speech.interface.local(piece.at).date(),
        sentences=verdict(press.speech, piece),
        changes=prepare.changed(piece),
        enclosures=prepare.enclosures(piece).items(),
        copies_evidence=[(copy.outlet, copy.evidence) for copy in piece.copies],
        doubted=any(disbelieved(copy) for copy in piece.copies),
        short_words=SHORT,
        positions=POSITIONS,
        folded_words=FOLDED,
    )


def common_pages(press: Press) -> Iterator[tuple[str, bytes]]:
    """The archive, the outlets, the search, and what every page uses: each rendering makes them anew."""
    yield archive_page(press)
    yield from outlet_pages(press)
    yield search_page(press)
    for name in paths.SCHEMAS:
        yield paths.schema_path(name), templates.asset(press.site, name)
    for name in (paths.STYLE, paths.SCRIPT, paths.SEARCH_SCRIPT):
        yield name, templates.asset(press.site, name)


def search_page(press: Press) -> tuple[str, bytes]:
    """The page that searches in the indexes of the months."""
    edition, words = press.pages.edition, press.speech.interface
    days = {*(summary.day for summary in press.pages.summaries), edition.day}
    months = [(f"{first:%Y-%m}", f"{words.month(first)} {first.year}")
              for first in sorted({day.replace(day=1) for day in days}, reverse=True)]  # fmt: skip
    newest = max(prepare.of_digest(press.pages, edition.name), key=lambda summary: summary.day)
    listing = paths.listing_path(newest.name, newest.day, press.pages.main_digest)
    return press.page("search.html", paths.SEARCH, current="search", months=months, listing=listing)


def month_index(press: Press) -> tuple[str, bytes]:
    """The search index of the edition's month."""
    edition = press.pages.edition
    month = search.month_of(edition.day)
    held = [(day, rows) for day, rows in press.pages.findable if search.month_of(day) == month]
    held.append((edition.day, search.rows(edition, press.speech.names)))
    return paths.month_path(month), search.script(month, held)


def newest_pages(press: Press, *, common: bool) -> Iterator[tuple[str, bytes]]:
    """What only the newest edition of a digest may replace: its front page and feeds.

    With `common`, what all digests share as well: the site's front page where the main one has no edition yet, and the
    state of the feeds.
    """
    edition, home = press.pages.edition, press.home
    own = paths.edition_path(edition.name, edition.day, press.pages.main_digest)
    if common and home and not prepare.of_digest(press.pages, press.pages.main_digest):
        yield front(press, paths.FRONT, canonical_path=own)
    yield front(press, f"{home}{paths.FRONT}", canonical_path=own)
    for section in (None, *prepare.sections(edition)):
        made = feeds_out.feed(press.speech, edition, site=press.site, home=home, section=section)
        atom, plain = feeds_out.addresses(home, section)
        yield press.page("atom.xml", atom, feed=made)
        yield plain, feeds_out.json_feed(made, site=press.site)
    if common:
        yield press.page("health.html", paths.HEALTH, current="health", ailments=prepare.by_ailment(press.pages.states),
                         feed_name=prepare.feed_name, public_words=prepare.public_words)  # fmt: skip


def archive_page(press: Press) -> tuple[str, bytes]:
    """Every edition: the latest with their headlines, all of the main digest on a calendar."""
    names = prepare.digest_names(press.pages)
    digests = [(name, prepare.of_digest(press.pages, name)) for name in names]
    leaves = prepare.months(digests[0][1], press.speech.interface)
    years = [(str(year), list(group)) for year, group in groupby(leaves, lambda leaf: leaf.first.year)]
    return press.page(
        "archive.html", paths.ARCHIVE,
        current="archive", digests=digests, years=years, latest=LATEST, main=press.pages.main_digest,
        edition_path=paths.edition_path, newest=digests[0][1][0].day,
        summary=archive_words(press.speech, digests[0][1]),
    )  # fmt: skip


def archive_words(speech: Speech, summaries: Any) -> str:
    """187 editions since 2 January 2026."""
    count = speech.count("{n} edition", "{n} editions", len(summaries))
    return speech._("{editions} since {day}.", editions=count, day=speech.interface.plain_day(summaries[-1].day))
