"""The JSON twins of editions and stories: all that their pages say, for programs. Pure.

Their form is published with the site (`schema/`) and is a contract: fields may be added, never changed or removed
under the same `version`. Texts are left out, since they belong to their outlets; addresses are absolute where the
site has one, else relative to the document. Times are RFC 3339 in UTC.
"""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any

from aggregator.digest.edition import CopyView, Edition, PieceReference, PieceView, StoryReference, StoryView
from aggregator.model import Credit
from aggregator.render import paths
from aggregator.render.feeds_out import site_base, stamp, story_id
from aggregator.render.foreign import language_tag, tidy
from aggregator.render.pages import public_words
from aggregator.render.press import Press
from aggregator.render.templates import safe_link
from aggregator.render.words import GOOD, copies_of, opening, title

VERSION = 1
COMPACT = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"))
"""Without indentation the standard library encodes in C: ten times faster, and a third smaller."""
SUMMARY = 600
"""Characters of a standfirst, as on the pages."""


def edition_twin(press: Press) -> tuple[str, bytes]:
    """The document beside an edition's page."""
    edition, main = press.pages.edition, press.pages.main_digest
    page = paths.edition_path(edition.name, edition.day, main)
    path = paths.twin_path(page)
    return path, document(edition_fields(press, edition, page, root_of(press, path)))


def story_twin(press: Press, story: StoryView) -> tuple[str, bytes]:
    """The document beside a story's page."""
    path = paths.twin_path(paths.story_path(story.id))
    return path, document(story_fields(press, story, root_of(press, path)))


def document(fields: dict[str, Any]) -> bytes:
    """The fields as a file, one a line, and one line for each member of a list of objects."""
    lines = ",\n".join(f'"{name}": {broken(value)}' for name, value in fields.items())
    return f"{{\n{lines}\n}}\n".encode()


def broken(value: Any) -> str:
    """A value as JSON; a list of objects has a line for each of them."""
    if value is None or type(value) is int:  # the encoder makes itself ready anew for each value
        return "null" if value is None else str(value)
    if isinstance(value, list) and value and isinstance(value[0], dict):
        return "[\n" + ",\n".join(map(COMPACT.encode, value)) + "\n]"
    return COMPACT.encode(value)


def root_of(press: Press, path: str) -> str:
    """What the addresses in a document begin with."""
    return site_base(press.site) or paths.root_from(path)


def edition_fields(press: Press, edition: Edition, page: str, root: str) -> dict[str, Any]:
    """An edition as the schema has it."""
    counts = edition.counts
    return {
        "$schema": f"{root}{paths.schema_path('edition.schema.json')}",
        "version": VERSION,
        "digest": tidy(edition.name),
        "title": tidy(edition.title),
        "day": edition.day.isoformat(),
        "number": edition.number,
        "page": f"{root}{page}",
        "made_at": stamp(edition.made_at),
        "start": stamp(edition.start),
        "end": stamp(edition.end),
        "previous": edition.previous.isoformat() if edition.previous else None,
        "counts": {"entries": counts.entries, "outlets": counts.outlets, "pieces": counts.pieces,
                   "stories": counts.stories, "copies": counts.copies},
        "leads": [story.id for story in edition.leads],
        "sections": [{"name": tidy(section.name, 60), "total": section.total,
                      "stories": [story.id for story in section.stories]} for section in edition.sections],
        "briefs": [story.id for story in edition.briefs],
        "unchanged": [story.id for story in edition.unchanged],
        "stories": [told(press, story, root) for story in edition.stories],
        "feeds": {"read": edition.feeds, "failed": [
            {"title": public_words(tidy(trouble.title or trouble.url)), "reason": public_words(tidy(trouble.reason)),
             "last_success": moment(trouble.since)} for trouble in edition.troubles]},
    }  # fmt: skip


def told(press: Press, story: StoryView, root: str) -> dict[str, Any]:
    """A story as an edition's document has it: what its line on the page says."""
    copies, lead = copies_of(story), story.pieces[0]
    return {
        **shared(press, story, root),
        "document": f"{root}{paths.twin_path(paths.story_path(story.id))}",
        "lead": {"piece": lead.id, "outlet": tidy(lead.outlet, 200), "original_known": lead.original_known},
        "copies": len(copies),
        "copies_well_credited": sum(copy.state in GOOD for copy in copies),
    }


def shared(press: Press, story: StoryView, root: str) -> dict[str, Any]:
    """What both documents say of a story."""
    return {
        "id": story.id,
        "uri": story_id(press.site, story),
        "page": f"{root}{paths.story_path(story.id)}",
        "title": title(press.speech, story.title),
        "language": language_tag(story.language),
        "category": tidy(story.category, 60) if story.category else None,
        "standfirst": tidy(opening(story.standfirst), SUMMARY),
        "change": story.change.value,
        "outlets": story.outlets,
        "outlets_before": story.outlets_before,
        "voices": story.voices,
        "first_at": stamp(story.first_at),
        "last_at": stamp(story.last_at),
        "corrected_at": moment(story.corrected_at),
    }


def story_fields(press: Press, story: StoryView, root: str) -> dict[str, Any]:
    """A story as the schema has it."""
    return {
        "$schema": f"{root}{paths.schema_path('story.schema.json')}",
        "version": VERSION,
        **shared(press, story, root),
        "aliases": list(story.aliases),
        "editions": [day.isoformat() for day in sorted(set(story.editions))],
        "continues": reference(press, story.continues, root) if story.continues else None,
        "see_also": [reference(press, other, root) for other in story.see_also],
        "rank": {"score": round(story.score, 4),
                 "parts": {tidy(name, 40): round(value, 4) for name, value in story.score_parts}},
        "pieces": [piece_fields(press, piece, root) for piece in story.pieces],
    }  # fmt: skip


def reference(press: Press, other: StoryReference, root: str) -> dict[str, Any]:
    """Another story, named."""
    return {"id": other.id, "title": title(press.speech, other.title), "language": language_tag(other.language),
            "outlets": other.outlets, "last_at": stamp(other.last_at),
            "page": f"{root}{paths.story_path(other.id)}"}  # fmt: skip


def piece_fields(press: Press, piece: PieceView, root: str) -> dict[str, Any]:
    """One text with its copies and revisions."""
    return {
        "id": piece.id,
        "aliases": list(piece.aliases),
        "page": f"{root}{paths.piece_path(piece.id)}",
        "outlet": tidy(piece.outlet, 200),
        "outlet_name": tidy(press.speech.names(piece.outlet) or piece.outlet, 80),
        "original_known": piece.original_known,
        "title": title(press.speech, piece.title),
        "language": language_tag(piece.language),
        "link": safe_link(piece.link),
        "authors": [tidy(author, 80) for author in piece.authors[:8]],
        "tags": [tidy(tag, 60) for tag in piece.tags[:24]],
        "claimed": moment(piece.claimed),
        "first_seen": stamp(piece.first_seen),
        "at": stamp(piece.at),
        "credit": credited(piece.credit),
        "rounds_up": piece.rounds_up,
        "quoted_in": [named(press, other, root) for other in piece.quoted_in],
        "quotes": [named(press, other, root) for other in piece.quotes],
        "revisions": [{"at": stamp(version.at), "words": version.words, "silent": version.silent,
                       "title": tidy(version.title)} for version in piece.revisions],
        "copies": [copy_fields(press, copy) for copy in piece.copies],
    }  # fmt: skip


def named(press: Press, other: PieceReference, root: str) -> dict[str, Any]:
    """Another piece, named."""
    return {"id": other.id, "outlet": tidy(other.outlet, 200),
            "outlet_name": tidy(press.speech.names(other.outlet) or other.outlet, 80),
            "title": title(press.speech, other.title), "language": language_tag(other.language),
            "at": stamp(other.at), "page": f"{root}{paths.piece_path(other.id)}"}  # fmt: skip


def copy_fields(press: Press, copy: CopyView) -> dict[str, Any]:
    """One copy with what was measured."""
    return {
        "outlet": tidy(copy.outlet, 200),
        "outlet_name": tidy(press.speech.names(copy.outlet) or copy.outlet, 80),
        "title": title(press.speech, copy.title),
        "language": language_tag(copy.language),
        "link": safe_link(copy.link),
        "role": copy.role.value,
        "claimed": moment(copy.claimed),
        "first_seen": stamp(copy.first_seen),
        "at": stamp(copy.at),
        "delay_seconds": round(copy.delay.total_seconds()),
        "of_original": copy.of_original,
        "of_copy": copy.of_copy,
        "credit_state": copy.state.value,
        "credit": credited(copy.credit),
        "alarms": list(copy.alarms),
    }


def credited(credit: Credit | None) -> dict[str, Any] | None:
    """A credit as it was found."""
    if credit is None:
        return None
    return {
        "name": tidy(credit.name, 80),
        "outlet": tidy(credit.outlet, 200) if credit.outlet else None,
        "url": safe_link(credit.url),
        "quote": tidy(credit.quote, 300),
        "position": tidy(credit.position, 20),
        "confidence": round(credit.confidence, 3),
    }


def moment(at: datetime | None) -> str | None:
    """A time, or null."""
    return stamp(at) if at else None
