"""What an edition is made from, read from the store and viewed: stories with pieces, copies and revisions."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta

from aggregator.config import Digest
from aggregator.dedup.matcher import Matcher
from aggregator.digest import quotations
from aggregator.digest.agreement import Rarity, agreeing_voices, centrality, tells_on, terms
from aggregator.digest.build import Judgement, Window, category_weight, linked, outlet_weight, story_view
from aggregator.digest.continuity import ShownBefore
from aggregator.digest.edition import PieceView, StoryView
from aggregator.digest.floods import archive_of_new_feeds
from aggregator.digest.views import Recurring, Stored, heard, introduced, told
from aggregator.model import Entry, Piece, Revision, Story
from aggregator.pipeline.app import App
from aggregator.store import editions, entries, feeds, grouping, windows
from aggregator.stories.lead import LeadCandidate
from aggregator.stories.lead import choose as choose_lead
from aggregator.stories.rank import StoryFacts
from aggregator.stories.rank import score as rank_story
from aggregator.text.outlets import OutletBook
from aggregator.text.words import count_words

MEMORY = timedelta(days=14)
"""How far back an earlier edition still counts as "shown before": as long as a story may be continued."""
FULL_TEXT_WORDS = 120
"""A printing with fewer words is taken for an excerpt when a story's leading piece is chosen: feeds that carry
excerpts give 60 to 120 words."""


ROUND_UP = 0.25
"""Weight of a story that a round-up leads: it reports what other pieces of the same edition report themselves."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Material:
    """Every story that an edition may show or name, as it stands at the window's end."""

    views: Mapping[int, StoryView]
    """Enough to rank and choose by; what pages show besides comes from `told`."""
    moved: frozenset[int]
    """Stories that gained a printing, or an edit of one, within the window."""
    last: frozenset[int]
    """Stories that the last edition showed, by their present ids."""
    beside: frozenset[int]
    """Those of them that did not move themselves, but whose pages may name one that did."""
    recurring: Recurring

    def told(self, keys: Iterable[int]) -> dict[int, StoryView]:
        """Those of these stories that are at hand, as their own pages show them."""
        return {key: told(self.views[key], self.recurring) for key in keys if key in self.views}

    def introduced(self, keys: Iterable[int]) -> dict[int, StoryView]:
        """Those of these stories that are at hand, as an edition's pages show them."""
        return {key: introduced(self.views[key], self.recurring) for key in keys if key in self.views}


def gather(
    app: App, digest: Digest, day: date, window: Window, book: OutletBook, *, only: Collection[int] | None = None
) -> Material:
    """The stories that moved in the window, those of the last edition, and those that they name.

    With `only`, those of them alone are viewed, with what their pages name: what is rare is told by all as before.
    """
    shown, last = shown_before(app, digest, day), of_last_edition(app, digest, day)
    moved = frozenset(windows.active_stories(app.database, window.start, window.end))
    stories = {story.id: story for story in grouping.stories(app.database, sorted(moved | last))}
    named = {key for story in stories.values() for key in links(story)}
    quoted = grouping.quotations(app.database)
    named |= quoting(app, stories.values(), quoted)
    more = grouping.stories(app.database, sorted(named - set(stories)))
    stories |= {story.id: story for story in more}
    viewed = stories.keys() if only is None else within(app, stories, only, quoted)
    views = quotations.named(view_all(app, stories.values(), window, shown, book, viewed=viewed), quoted)
    past = editions.editions_of_stories(app.database, sorted(views))
    days = {key: tuple(held for held in past.get(key, ()) if held != day) for key in views}
    return Material(
        views={key: replace(view, editions=days[key]) for key, view in views.items()},
        moved=moved,
        last=frozenset(stories) & last,
        beside=beside(last - moved, moved, neighbours(stories.values(), quoted)),
        recurring=recurring(app),
    )


def links(story: Story) -> tuple[int, ...]:
    """The stories that its page may name as those before and beside it."""
    return (*story.see_also, *([story.continues] if story.continues is not None else []))


def neighbours(stories: Iterable[Story], quoted: Iterable[quotations.Quotation]) -> dict[int, set[int]]:
    """Story to those that its page may name: before and beside it, round-ups that quote it, what its own quote."""
    stories = tuple(stories)
    found = {story.id: set(links(story)) for story in stories}
    homes = {piece: story.id for story in stories for piece in story.pieces}
    for round_up, piece in quoted:
        if round_up in homes and piece in homes:
            found[homes[round_up]].add(homes[piece])
            found[homes[piece]].add(homes[round_up])
    return found


def beside(shown: Iterable[int], moved: Collection[int], near: Mapping[int, Collection[int]]) -> frozenset[int]:
    """Those of the stories shown whose neighbours moved."""
    return frozenset(key for key in shown if not set(near.get(key, ())).isdisjoint(moved))


def within(
    app: App, stories: Mapping[int, Story], only: Collection[int], quoted: Collection[quotations.Quotation]
) -> set[int]:
    """The stories of `only`, and those that their pages name."""
    chosen = [stories[key] for key in only if key in stories]
    return {*only, *(key for story in chosen for key in links(story)), *quoting(app, chosen, quoted)}


def quoting(app: App, stories: Iterable[Story], quoted: Iterable[quotations.Quotation]) -> set[int]:
    """The stories of the round-ups that quote these, and of what the round-ups among these quote."""
    shown = {piece for story in stories for piece in story.pieces}
    pairs = [pair for pair in quoted if not shown.isdisjoint(pair)]
    return set(grouping.story_of_pieces(app.database, {piece for pair in pairs for piece in pair} - shown).values())


def of_last_edition(app: App, digest: Digest, day: date) -> frozenset[int]:
    """What the digest's last edition before `day` showed, by the ids that the stories have now."""
    before = editions.latest_before(app.database, digest.name, day)
    if before is None:
        return frozenset()
    return frozenset(windows.shown_before(app.database, digest.name, day, since=before.day))


def shown_before(app: App, digest: Digest, day: date) -> dict[int, ShownBefore]:
    """What the digest's earlier editions showed of each story."""
    rows = windows.shown_before(app.database, digest.name, day, since=day - MEMORY)
    return {
        story: ShownBefore(story=story, outlets=row.outlets, pieces=row.pieces, revisions=row.revisions)
        for story, row in rows.items()
    }


def view_all(
    app: App,
    stories: Iterable[Story],
    window: Window,
    shown: Mapping[int, ShownBefore],
    book: OutletBook,
    *,
    viewed: Collection[int],
) -> dict[int, StoryView]:
    """The stories of `viewed` as they stand at the window's end, among all these."""
    stories = tuple(stories)
    stored = read(app, stories, window.end, book)
    categories = {feed.id: feed.category for feed in feeds.all_feeds(app.database)}
    rarity = Rarity(terms(one.title, one.text) for one in stored.entries.values())
    judgement = judge(app, book, window, rarity)

    def category_of(entry: int) -> str | None:
        return categories.get(stored.entries[entry].feed_id)

    made = {
        story.id: story_view(
            story, stored, window=window, shown=shown.get(story.id), category_of=category_of, judgement=judgement
        )
        for story in stories
        if story.id in viewed
    }
    views = {key: view for key, view in made.items() if view is not None}
    return linked(views, stories, lambda view, before: tells_on(view, before, rarity))


def read(app: App, stories: Iterable[Story], end: datetime, book: OutletBook) -> Stored:
    """Pieces, entries and revisions of the stories, none of them later than `end`: edits made since are not known."""
    story_of = {piece: story.id for story in stories for piece in story.pieces}
    pieces: dict[int, Piece] = {piece.id: piece for piece in grouping.pieces(app.database, sorted(story_of))}
    ids = sorted({copy.entry_id for piece in pieces.values() for copy in piece.copies})
    found = {entry.id: entry for entry in entries.by_ids(app.database, ids) if entry.first_seen <= end}
    edited = entries.revisions(app.database, [entry.id for entry in found.values() if entry.revisions])
    found |= {key: as_it_stood(found[key], versions, end) for key, versions in edited.items()}
    return Stored(
        entries=found,
        pieces=pieces,
        story_of=story_of,
        revisions={key: tuple(one for one in held if one.replaced_at <= end) for key, held in edited.items()},
        book=book,
        round_ups=frozenset(key for piece in pieces.values() for key in piece.quoted_in),
        archive=archive(app, tuple(found.values())),
    )


def as_it_stood(entry: Entry, versions: Sequence[Revision], end: datetime) -> Entry:
    """The entry with the words that it had at that time."""
    later = [one for one in versions if one.replaced_at > end]
    if not later:
        return entry
    stood = min(later, key=lambda one: one.replaced_at)
    kept = len(versions) - len(later)
    return replace(entry, title=stood.title, link=stood.link, text=stood.text, updated=stood.updated, revisions=kept)


def archive(app: App, found: Sequence[Entry]) -> frozenset[int]:
    """The entries that are no news because their feed was new when it brought them."""
    polls = feeds.poll_before(app.database, [(entry.feed_id, entry.first_seen) for entry in found])
    seen_before = {entry.id: poll for entry, poll in zip(found, polls, strict=True)}
    return archive_of_new_feeds(found, seen_before, news=app.config.fetch.new_feed_items)


def recurring(app: App) -> Recurring:
    """Tells an outlet's boilerplate paragraphs, from what grouping learnt."""
    matcher = Matcher(app.config.dedup)
    matcher.restore((), grouping.boilerplate(app.database))
    return matcher.paragraphs


def judge(app: App, book: OutletBook, window: Window, rarity: Rarity) -> Judgement:
    """How stories rank and which piece leads, with the config's weights and priorities."""

    def lead(pieces: Sequence[PieceView]) -> int:
        if len(pieces) == 1:
            return pieces[0].id
        central = centrality(pieces, rarity, book.owner_of)
        return choose_lead([candidate(piece, book, central[piece.id]) for piece in pieces]).piece

    def score(view: StoryView) -> tuple[float, tuple[tuple[str, float], ...]]:
        voices = agreeing_voices(view.pieces, rarity, book.owner_of)
        known = heard(view, window.start, book) if view.outlets_before else 0.0
        ranked = rank_story(facts(app, view, book, voices=voices, known=known), now=window.end)
        return ranked.value, ranked.parts

    return Judgement(lead=lead, score=score)


def candidate(piece: PieceView, book: OutletBook, central: float) -> LeadCandidate:
    """A piece as the choice of the leading one sees it."""
    words = count_words(piece.text)
    return LeadCandidate(
        piece=piece.id,
        original_known=piece.original_known,
        full_text=words >= FULL_TEXT_WORDS,
        words=words,
        priority=book.priority_of(piece.outlet),
        at=piece.at,
        rounds_up=piece.rounds_up,
        centrality=central,
    )


def facts(app: App, view: StoryView, book: OutletBook, *, voices: float, known: float) -> StoryFacts:
    """A story as the ranking sees it: copies make it neither larger nor fresher."""
    last = max(piece.at for piece in view.pieces)
    return StoryFacts(
        story=view.id,
        voices=voices,
        heard=known,
        pieces=len(view.pieces),
        last_at=max(last, view.corrected_at or last) if view.outlets_before else last,
        category_weight=category_weight(view, app.config.categories),
        outlet_weight=outlet_weight(view, book) * (ROUND_UP if view.pieces[0].rounds_up else 1.0),
        corrected=view.corrected_at is not None and view.outlets_before > 0,
    )
