"""Why an entry, piece or story is where it is; why two entries are or are not together. Reads, decides nothing.

The answers are plain data: nested dictionaries and lists of texts, numbers and times, for people and programs alike.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import Any

from aggregator.__about__ import __version__
from aggregator.config import Dedup
from aggregator.dedup.evidence import STAGES
from aggregator.dedup.fingerprint import SCHEME
from aggregator.dedup.matcher import Matcher
from aggregator.dedup.patterns import patterns_of
from aggregator.dedup.records import Comparison, Placement
from aggregator.dedup.testimony import Claim, claim_of, names
from aggregator.model import Copy, Credit, Entry, Piece
from aggregator.pipeline.app import App, outlet_book
from aggregator.pipeline.batch import JOINED, boilerplate_matcher, document
from aggregator.pipeline.explain_story import story_facts
from aggregator.pipeline.group import credits_of
from aggregator.pipeline.overriding import MERGE, NEVER_JOIN, SPLIT, Correction, concerned, in_words, standing
from aggregator.pipeline.passages import passages
from aggregator.pipeline.references import grouped_entry, one_entry, one_piece, one_story
from aggregator.store import feeds, grouping, overrides
from aggregator.stories.records import VERSION


@dataclass(frozen=True, slots=True, kw_only=True)
class Witness:
    """One of two entries under question, with what is known of it."""

    entry: Entry
    piece: Piece | None
    story: int | None
    credits: tuple[Credit, ...]
    seen_before: datetime | None
    """The feed's last good poll that did not have it yet."""
    claim: Claim
    corrections: tuple[Correction, ...]

    @property
    def copy(self) -> Copy | None:
        """Its place in its piece."""
        copies = self.piece.copies if self.piece else ()
        return next((copy for copy in copies if copy.entry_id == self.entry.id), None)


def alone(app: App, reference: str) -> dict[str, Any]:
    """One entry, piece (`piece:ID`) or story (`story:ID`). Raises UsageError when there is none."""
    if reference.startswith("story:"):
        return story_facts(app, one_story(app, reference))
    if reference.startswith("piece:"):
        return piece_facts(app, one_piece(app, reference))
    found = witness(app, one_entry(app, reference))
    piece = piece_facts(app, found.piece) if found.piece else "not grouped yet"
    return {"entry": entry_facts(found), "piece": piece, "versions": versions()}


def together(app: App, first: str, second: str) -> dict[str, Any]:
    """Two entries side by side: measures and thresholds, passages, credits, dates, corrections, and the verdict."""
    found = [meant(app, reference) for reference in (first, second)]
    one, other = (witness(app, entry) for entry in sorted(found, key=lambda entry: entry.id))
    matcher = boilerplate_matcher(app, app.config.dedup)
    measured = matcher.compare(document(one.entry), document(other.entry))
    direct = side_by_side(app, one.entry, other.entry)
    same = one.piece is not None and other.piece is not None and one.piece.id == other.piece.id
    return {
        "same_piece": same,
        "same_story": one.story is not None and one.story == other.story,
        "why": why(app, one, other, measured, direct),
        "by_themselves": STAGES[direct.stage] if direct.of is not None else "no rung of the ladder joins them",
        "measures": measured._asdict(),
        "asked": asked(app.config.dedup, one.entry, other.entry, measured),
        "passages": passages(
            (one.entry.text, matcher.paragraphs(one.entry.outlet, one.entry.text)),
            (other.entry.text, matcher.paragraphs(other.entry.outlet, other.entry.text)),
        ),
        "a": entry_facts(one, other),
        "b": entry_facts(other, one),
        "delay_seconds": (other.claim.believed - one.claim.believed).total_seconds(),
        "thresholds": app.config.dedup.model_dump(mode="json"),
        "versions": versions(),
    }


def meant(app: App, reference: str) -> Entry:
    """The entry of a reference; `piece:ID` names the one that founded it."""
    return grouped_entry(app, reference) if reference.startswith("piece:") else one_entry(app, reference)


def witness(app: App, entry: Entry) -> Witness:
    """All that is known of an entry."""
    piece = next(iter(grouping.pieces_of_entries(app.database, [entry.id])), None)
    stories = grouping.story_of_pieces(app.database, [piece.id]) if piece else {}
    (seen_before,) = feeds.poll_before(app.database, [(entry.feed_id, entry.first_seen)])
    return Witness(
        entry=entry,
        piece=piece,
        story=stories.get(piece.id) if piece else None,
        credits=credits_of(entry, outlet_book(app), patterns_of(app.config.dedup.patterns)),
        seen_before=seen_before,
        claim=claim_of(entry, seen_before, app.now),
        corrections=concerned(standing(overrides.listing(app.database)), [entry.id]),
    )


# ---------------------------------------------------------------- two entries


def side_by_side(app: App, one: Entry, other: Entry) -> Placement:
    """How the matcher places the second when it knows nothing but the first."""
    matcher: Matcher = boilerplate_matcher(app, app.config.dedup)
    first, second = document(one), document(other)
    return matcher.place([first, second])[1] if one.id != other.id else matcher.place([first])[0]


def asked(settings: Dedup, one: Entry, other: Entry, measured: Comparison) -> list[dict[str, Any]]:
    """Each measure beside what is asked of two such texts."""
    rows: list[tuple[str, float, float]] = [("containment", measured.containment, settings.containment)]
    if one.outlet and one.outlet == other.outlet:
        rows = [("jaccard", measured.jaccard, settings.same_outlet_jaccard)]
    rows += [
        ("shared", measured.shared, settings.min_shared),
        ("excerpt's containment", measured.containment, settings.excerpt_containment),
    ]
    return [
        {"measure": name, "value": round(value, 3), "asked": least, "reached": value >= least}
        for name, value, least in rows
    ]


def why(app: App, one: Witness, other: Witness, measured: Comparison, direct: Placement) -> list[str]:
    """The verdict in sentences, what decides it first."""
    if one.piece is None or other.piece is None:
        return ["One of them is not grouped yet."]
    same, joins = one.piece.id == other.piece.id, direct.of is not None
    hands = [in_words(hand) for hand in by_hand(one, other)]
    said = [f"Both are in piece {one.piece.id}." if same else f"Their pieces are {one.piece.id} and {other.piece.id}."]
    said += [f"By hand: {hand}." for hand in hands]
    members = [each for each in (one, other) if same and joined(each)]
    said += [f"Entry {each.entry.id} joined because {joined(each)}." for each in members]
    if same and not joins and not hands:
        said.append("By themselves they would not join: each was verified against another text of the piece.")
    if not same:
        said += apart(app, one, other, measured, joins=joins)
    return said


def by_hand(one: Witness, other: Witness) -> list[Correction]:
    """The corrections that bear on the two: those that name both, and splits of either."""
    found = {each.id: each for each in (*one.corrections, *other.corrections)}
    pair = {one.entry.id, other.entry.id}
    return [
        each
        for each in found.values()
        if each.kind == SPLIT or (each.kind in {MERGE, NEVER_JOIN} and pair >= set(each.members))
    ]


def joined(one: Witness) -> str:
    """How it came into its piece, in words."""
    return dict(one.copy.evidence).get(JOINED, "") if one.copy else ""


def apart(app: App, one: Witness, other: Witness, measured: Comparison, *, joins: bool) -> list[str]:
    """What keeps two texts apart."""
    quoting = [
        (first, second)
        for first, second in ((one, other), (other, one))
        if second.piece and first.entry.id in second.piece.quoted_in
    ]
    said = [f"Entry {first.entry.id} quotes the other at length; a round-up joins none." for first, _ in quoting]
    gap = abs(other.entry.first_seen - one.entry.first_seen)
    if gap > app.config.dedup.window:
        said.append(f"They came {days(gap)} apart; texts are remembered for {days(app.config.dedup.window)}.")
    if not joins:
        missed = [row for row in asked(app.config.dedup, one.entry, other.entry, measured)[:2] if not row["reached"]]
        said += [f"Their {row['measure']} is {row['value']}; {row['asked']} is asked." for row in missed]
        if not missed:
            said.append("What they share is furniture or quotation: neither begins within the other.")
    elif not said and not by_hand(one, other):
        said.append("By themselves they would join; when they came, the piece's other texts spoke against it.")
    return said


def days(span: timedelta) -> str:
    """A span in days."""
    return f"{span / timedelta(days=1):.0f} days"


# ---------------------------------------------------------------- facts


def entry_facts(one: Witness, other: Witness | None = None) -> dict[str, Any]:
    """What an entry is, says and claims."""
    entry, claim = one.entry, one.claim
    facts: dict[str, Any] = {
        "id": entry.id,
        "outlet": entry.outlet,
        "title": entry.title,
        "link": entry.link,
        "published": entry.published,
        "first_seen": entry.first_seen,
        "last_poll_without_it": one.seen_before,
        "believed": claim.believed,
        "doubt": claim.doubt,
        "revisions": entry.revisions,
        "piece": entry.piece_id,
        "role": one.copy.role.value if one.copy else None,
        "story": one.story,
        "credits": [credit_facts(credit, other) for credit in one.credits],
        "publisher_named_by_its_page": entry.publisher or "",
        "corrections": [in_words(each, entry.id) for each in one.corrections],
    }
    return {name: value for name, value in facts.items() if value not in ("", [])}


def credit_facts(credit: Credit, other: Witness | None) -> dict[str, Any]:
    """A credit, and whether it means the other entry's outlet."""
    return asdict(credit) | ({"names_the_other": names(credit, other.entry)} if other else {})


def piece_facts(app: App, piece: Piece) -> dict[str, Any]:
    """A piece, its members and its story."""
    return {
        "id": piece.id,
        "original": piece.original,
        "confidence": round(piece.confidence, 2),
        "aliases": list(piece.aliases),
        "story": grouping.story_of_pieces(app.database, [piece.id]).get(piece.id),
        "quoted_in": list(piece.quoted_in),
        "copies": [copy_facts(copy) for copy in piece.copies],
    }


def copy_facts(copy: Copy) -> dict[str, Any]:
    """One entry's place in its piece, with the evidence."""
    facts = asdict(copy) | {"evidence": dict(copy.evidence), "alarms": list(copy.alarms)}
    return {name: value for name, value in facts.items() if value not in (None, [], {})}


def versions() -> dict[str, str]:
    """What made these decisions."""
    return {"program": __version__, "fingerprint": SCHEME, "stories": VERSION}
