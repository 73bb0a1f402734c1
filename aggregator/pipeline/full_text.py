"""The full text of new and changed entries, where the config wants it: each page asked at most once for each version.

The page's text serves matching and pages when it is fuller than the feed's; whatever fails leaves the feed's. What the
page claims of itself fills in what the feed leaves out.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import timedelta

from aggregator.arrivals import own_text
from aggregator.config import Config, FeedTable
from aggregator.fetch.article import ACCEPT, ArticleText, read_article, robots_from, robots_url
from aggregator.fetch.article import robots_of as ask_robots
from aggregator.fetch.hosts import hold_after
from aggregator.fetch.request import Getter, Request
from aggregator.fetch.robots import NOTHING_ALLOWED, Robots, may_fetch
from aggregator.fetch.room import Room
from aggregator.model import Entry, Feed, FeedPlan, Fetched, FetchFailed, Outcome, Unchanged, Validators
from aggregator.pipeline.app import App, outlet_book
from aggregator.pipeline.asking import StoppingError, hear
from aggregator.store.robots import RobotsRecord, robots_record, save_robots
from aggregator.text.outlets import OutletBook, outlet_domain
from aggregator.text.urls import shown

MOST_PAGES = 30
"""Pages of one feed that one poll asks for: at five seconds each, two minutes and a half."""
MOST_VERSIONS = 5
"""Versions of one entry whose pages are asked for: some feeds change every entry at every poll."""
FULL_ALREADY = 3_000
"""Characters of a feed's text that is no excerpt any more: its page is not asked for."""
ROBOTS_AGE = timedelta(hours=24)
"""How long a robots.txt counts (RFC 9309, 2.4)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Pages:
    """The texts of entries' pages by guid, None where there is none; `whole` is False when the run was stopped."""

    texts: dict[str, ArticleText | None]
    whole: bool = True


def wants_full_text(config: Config, settings: FeedTable | None) -> bool:
    """Whether the entries of a feed are to be completed from their pages: by its own word, its category's or all's."""
    if settings is not None and settings.full_text is not None:
        return settings.full_text
    category = config.categories.get(settings.category or "") if settings is not None else None
    own = category.full_text if category is not None else None
    return config.fetch.full_text if own is None else own


@dataclass(frozen=True, slots=True)
class Through:
    """A Getter that asks for pages by the way on which their feed was asked, and under the same name."""

    inner: Getter
    feed: Request
    room: Room

    async def get(self, request: Request) -> Outcome:
        """The inner outcome; whatever was asked for before has been read by now."""
        self.room.leave()
        return await self.inner.get(replace(request, proxy=self.feed.proxy, agent=self.feed.agent))


async def with_pages(app: App, web: Getter, before: Feed, plan: FeedPlan) -> FeedPlan:
    """The plan with its entries completed.

    When the run is stopped meanwhile, entries that were not asked for are left out and come again: the document's
    validators are then not kept.
    """
    excerpts = wanted_entries(app, before, plan)
    if not excerpts:
        return plan
    wanted = excerpts[:MOST_PAGES]
    if beyond := len(excerpts) - len(wanted):
        notice = f"{beyond} entries keep their excerpts: one poll asks for {MOST_PAGES} pages"
        plan = replace(plan, detail="; ".join(part for part in (plan.detail, notice) if part))
    pages = await fetched_pages(app, web, wanted)
    left = set() if pages.whole else {entry.guid for entry in wanted} - set(pages.texts)
    feed = plan.feed
    if left:
        history = replace(feed.history, item_keys=before.history.item_keys)
        feed = replace(feed, validators=before.validators, body_hash=before.body_hash, history=history)
    book = outlet_book(app)
    new, changed = kept(plan.new, pages, left, book), kept(plan.changed, pages, left, book)
    return replace(plan, feed=feed, new=new, changed=changed)


def wanted_entries(app: App, before: Feed, plan: FeedPlan) -> list[Entry]:
    """The entries whose pages are asked for; of a new feed those that count as news."""
    new = plan.new[: app.config.fetch.new_feed_items] if before.last_success is None else plan.new
    changed = [entry for entry in plan.changed if entry.feed_text is None and entry.revisions < MOST_VERSIONS]
    return [entry for entry in (*new, *changed) if len(own_text(entry)) < FULL_ALREADY and address_of(entry)]


def address_of(entry: Entry) -> str | None:
    """Where the entry's page stands."""
    return shown(entry.link, None) if entry.link else None


async def fetched_pages(app: App, web: Getter, wanted: Sequence[Entry]) -> Pages:
    """The texts of the entries' pages, one after another."""
    texts: dict[str, ArticleText | None] = {}
    try:
        for entry in wanted:
            texts[entry.guid] = await page_of(app, web, address_of(entry) or "")
    except StoppingError:
        return Pages(texts=texts, whole=False)
    return Pages(texts=texts)


async def page_of(app: App, web: Getter, url: str) -> ArticleText | None:
    """The text of the page at `url`; None where robots.txt, the server or the page gives none."""
    if not may_fetch(await robots_for(app, web, url), url):
        return None
    page = await web.get(Request(url=url, accept=ACCEPT))
    hear(app, url, page)
    if not isinstance(page, Fetched):
        return None
    article = await asyncio.to_thread(read_article, page)
    return article if isinstance(article, ArticleText) else None


async def robots_for(app: App, web: Getter, url: str) -> Robots:
    """The rules of the page's site, asked once a day; while they cannot be had, nothing is allowed."""
    known = robots_record(app.database, robots_url(url))
    if known is not None and app.now - known.asked_at < ROBOTS_AGE:
        return Robots(rules=known.rules)
    answer = await ask_robots(web, url, Validators() if known is None else known.validators)
    hear(app, url, answer)
    if isinstance(answer, Unchanged) and known is not None:
        save_robots(app.database, replace(known, asked_at=app.now))
        return Robots(rules=known.rules)
    if isinstance(answer, Unchanged) or (isinstance(answer, FetchFailed) and answer.status is None):
        return NOTHING_ALLOWED
    rules = robots_from(answer)
    validators = answer.validators if isinstance(answer, Fetched) else Validators()
    if hold_after(answer) is None:
        record = RobotsRecord(url=robots_url(url), asked_at=app.now, validators=validators, rules=rules.rules)
        save_robots(app.database, record)
    return rules


def kept(entries: Sequence[Entry], pages: Pages, left: set[str], book: OutletBook) -> tuple[Entry, ...]:
    """The entries with what their pages gave, without those that are to come again."""
    return tuple(completed(entry, pages.texts.get(entry.guid), book) for entry in entries if entry.guid not in left)


def completed(entry: Entry, page: ArticleText | None, book: OutletBook) -> Entry:
    """The entry with its page's text where that is fuller, and the page's claims where the feed makes none."""
    if page is None:
        return entry
    claims = page.claims
    if len(page.text) > len(entry.text):
        entry = replace(entry, text=page.text, feed_text=entry.text)
    return replace(
        entry,
        authors=entry.authors or claims.authors,
        published=entry.published or claims.published,
        source_name=entry.source_name or publisher_elsewhere(entry, claims.publisher, book),
        source_url=entry.source_url or claims.based_on or canonical_elsewhere(page),
        publisher=claims.publisher if claims.publisher and book.resolve(claims.publisher) is None else None,
    )


def publisher_elsewhere(entry: Entry, publisher: str | None, book: OutletBook) -> str | None:
    """The publisher whom the page names, where that is a known outlet of another owner.

    Most pages name their own house there, under names that no book holds: a stranger's name says nothing of a source,
    and is kept as a name only.
    """
    outlet = book.resolve(publisher) if publisher else None
    own = outlet is None or book.owner_of(outlet) == book.owner_of(entry.outlet)
    return None if own else publisher


def canonical_elsewhere(page: ArticleText) -> str | None:
    """The page's canonical address where that is another outlet's: how many republishers name their source."""
    canonical = page.claims.canonical
    if canonical is None or outlet_domain(canonical) in {None, outlet_domain(page.url)}:
        return None
    return canonical
