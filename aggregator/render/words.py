"""The sentences about stories and copies. Pure: records in, sentences out, foreign names between isolates.

Rules of tone: figures for what is counted, and parts add up; "no credit found", never "stolen"; what an outlet
claims stands beside what we saw; nothing is "none", never a dash.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from aggregator.digest.edition import Change, CopyView, CreditState, PieceView, StoryView
from aggregator.model import Credit, Role
from aggregator.render.foreign import isolated, tidy
from aggregator.render.localised import Interface

MOST_NAMES = 12
"""Outlets that a sentence names; more are counted."""
GOOD = frozenset({CreditState.CREDITED, CreditState.OWN})
"""States in which nothing is missing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Speech:
    """Who speaks: the interface, and how outlets are called (key → shown name)."""

    interface: Interface
    names: Callable[[str], str]

    def _(self, message: str, **values: str) -> str:
        """The message in the site's language, its fields filled; values are never read as formats."""
        return self.interface.gettext(message).format_map(values) if values else self.interface.gettext(message)

    def count(self, singular: str, plural: str, number: int) -> str:
        """A counted phrase."""
        return self.interface.ngettext(singular, plural, number)

    def outlet(self, key: str) -> str:
        """An outlet's shown name between isolates."""
        return isolated(self.names(key) or key)

    def credited(self, credit: Credit) -> str:
        """The name of whoever is credited."""
        return self.outlet(credit.outlet) if credit.outlet else isolated(credit.name)


def title(speech: Speech, text: str) -> str:
    """A headline fit to be shown; a link needs words, so an empty one gets some."""
    return tidy(text) or speech._("(untitled)")


def opening(text: str) -> str:
    """A standfirst without the mark of a cut that falls between two sentences: it reads as whole."""
    return text.removesuffix(" …")


def kicker(speech: Speech, story: StoryView, near: date) -> str:
    """What is different since the last edition, over the headline."""
    if story.change is Change.GREW and story.outlets_before:
        return speech._(
            "Grew from {before} to {after} outlets",
            before=speech.interface.number(story.outlets_before),
            after=speech.interface.number(story.outlets),
        )
    if story.change is Change.CORRECTED:
        return speech._("Corrected {time}", time=corrected_time(speech, story, near))
    if story.change is Change.CONTINUES:
        return continued(speech, story, near)
    return {Change.NEW: speech._("New"), Change.UNCHANGED: speech._("Unchanged")}.get(story.change, speech._("Grew"))


def corrected_time(speech: Speech, story: StoryView, near: date) -> str:
    """Friday 05:12."""
    moment = story.corrected_at or story.last_at
    day = speech.interface.local(moment).date()
    return f"{speech.interface.day_near(day, near)} {speech.interface.clock(moment)}"


def continued(speech: Speech, story: StoryView, near: date) -> str:
    """Continues from Tuesday."""
    since = story.continues.last_at if story.continues else story.first_at
    day = speech.interface.local(since).date()
    if story.continues is None and day == near:
        return speech._("Continues")
    return speech._("Continues from {day}", day=speech.interface.day_near(day, near))


def copies_of(story: StoryView) -> tuple[CopyView, ...]:
    """Every copy in the story."""
    return tuple(copy for piece in story.pieces for copy in piece.copies)


def earliest(story: StoryView) -> PieceView:
    """The piece that came first; the leading one where two came at once."""
    return min(story.pieces, key=lambda piece: piece.at)


def came_first(story: StoryView, piece: PieceView) -> bool:
    """Whether the piece may be called the first: of several texts or printings it is the earliest."""
    return not alone(story) and piece == earliest(story)


def alone(story: StoryView) -> bool:
    """Whether one outlet printed one text and nobody copied it."""
    return len(story.pieces) == 1 and not story.pieces[0].copies


def reports(speech: Speech, story: StoryView) -> str:
    """4 independent reports; a single one whose source we do not hold is just a report."""
    if story.voices == 1 and not any(piece.original_known for piece in story.pieces):
        return speech._("1 report")
    return speech.count("{n} independent report", "{n} independent reports", story.voices)


def story_line(speech: Speech, story: StoryView) -> str:
    """4 independent reports, 5 copies, 2 credited."""
    return f"{reports(speech, story)}, {copies_credited(speech, copies_of(story))}"


def copies_credited(speech: Speech, copies: Sequence[CopyView]) -> str:
    """5 copies, 2 credited; `both` and `all` where nothing is missing, the outlet's own repeats apart."""
    if not copies:
        return speech._("no copies")
    states = Counter(copy.state for copy in copies)
    credited, own = states[CreditState.CREDITED], states[CreditState.OWN]
    parts = [speech.count("{n} copy", "{n} copies", len(copies))]
    if credited == len(copies):
        parts.append(speech._({1: "credited", 2: "both credited"}.get(credited, "all credited")))
    elif own < len(copies):
        none = speech._("not credited" if len(copies) == 1 else "none credited")
        parts.append(speech.count("{n} credited", "{n} credited", credited) if credited else none)
    if own:
        parts.append(speech.count("{n} of the same house", "{n} of the same house", own))
    return ", ".join(parts)


def copies_line(speech: Speech, copies: Sequence[CopyView]) -> str:
    """5 copies: 2 credit it, 1 credits a copy, 2 credit nobody. The parts add up."""
    head = speech.count("{n} copy", "{n} copies", len(copies))
    parts = credit_parts(speech, copies)
    if len(parts) != 1 or not copies:
        return f"{head}: {', '.join(parts)}" if parts else head
    if len(copies) == 1:
        return f"{head}, {speech._(SINGLE[copies[0].state])}"
    everyone = EVERYONE[copies[0].state]
    return f"{head}, {speech._('both' if len(copies) == 2 else 'all')} {speech._(everyone)}"


SINGLE = {
    CreditState.CREDITED: "credits it",
    CreditState.CREDITS_COPY: "credits a copy",
    CreditState.CREDITS_OTHER: "credits another outlet",
    CreditState.MISSING: "credits nobody",
    CreditState.OWN: "of the same house",
}
EVERYONE = {
    CreditState.CREDITED: "credit it",
    CreditState.CREDITS_COPY: "credit a copy",
    CreditState.CREDITS_OTHER: "credit another outlet",
    CreditState.MISSING: "credit nobody",
    CreditState.OWN: "of the same house",
}


def credit_parts(speech: Speech, copies: Iterable[CopyView]) -> list[str]:
    """2 credit it · 1 credits a copy · 2 credit nobody: one part for each state that occurs, in this order."""
    states = Counter(copy.state for copy in copies)
    return [
        speech.count(f"{{n}} {SINGLE[state]}", f"{{n}} {EVERYONE[state]}", states[state])
        for state in SINGLE
        if states[state]
    ]


def is_alarming(copy: CopyView) -> bool:
    """Whether the copy's credit is missing or wrong, or its claimed time not believable."""
    return copy.state not in GOOD or disbelieved(copy)


def disbelieved(copy: CopyView) -> bool:
    """Whether the time that the copy claims cannot be right."""
    return "claimed-before-original" in copy.alarms or "claimed-in-future" in copy.alarms


def credit_words(speech: Speech, copy: CopyView) -> str:
    """How the copy treats its source: Credits Quay Dispatch; No credit found."""
    if copy.state is CreditState.OWN:
        return speech._("Same house, no credit due")
    if copy.state is CreditState.MISSING or copy.credit is None:
        return speech._("No credit found")
    return speech._(credit_message(copy), name=speech.credited(copy.credit))


def credit_message(copy: CopyView) -> str:
    """The message about a credit that is there."""
    if "mutual-credit" in copy.alarms:
        return "Credits {name}, which credits it in turn"
    if copy.state is CreditState.CREDITS_COPY:
        return "Credits {name}, itself a copy"
    if copy.state is CreditState.CREDITS_OTHER:
        followed = copy.credit is not None and copy.credit.outlet is not None
        return (
            "Credits {name}, not the outlet that had it first" if followed else "Credits {name}, which we do not follow"
        )
    return "Credits {name}"


def copy_words(speech: Speech, piece: PieceView, copy: CopyView) -> str:
    """The line under a copy: its credit, its kind, and what is odd about its time."""
    words = credit_words(speech, copy)
    if copy.role in {Role.EXCERPT, Role.UPDATE}:
        words += ", " + speech._("excerpt" if copy.role is Role.EXCERPT else "later version")
    claim = claim_words(speech, piece, copy)
    return f"{words}; {claim}" if claim else words


def claim_words(speech: Speech, piece: PieceView, copy: CopyView) -> str:
    """Claims to be 9 hours older than the original; empty when the claim is believable."""
    if copy.claimed is None or not disbelieved(copy):
        return ""
    if "claimed-in-future" in copy.alarms:
        return speech._("claims a time that had not come")
    gap = speech.interface.span(piece.at - copy.claimed)
    if copy.claimed < piece.at:
        return speech._("claims to be {span} older than the original", span=gap)
    return speech._("claims a time at which its feed did not hold it")


def source_note(speech: Speech, piece: PieceView) -> str:
    """Credits South Front, which we do not follow: the short form; empty when we hold the original."""
    if piece.original_known:
        return ""
    if piece.credit is None:
        return speech._("Who had it first is not known")
    name = speech.credited(piece.credit)
    if piece.credit.outlet is not None:
        return speech._("Credits {name}, whose own text we have not seen", name=name)
    return speech._("Credits {name}, which we do not follow", name=name)


def source_words(speech: Speech, piece: PieceView) -> str:
    """Who is behind a piece whose original we do not hold; empty when we do."""
    if piece.original_known:
        return ""
    outlet = speech.outlet(piece.outlet)
    if piece.credit is None:
        return speech._("{outlet} printed it; who had it first is not known", outlet=outlet)
    name = speech.credited(piece.credit)
    if piece.credit.outlet is not None:
        return speech._("{outlet} printed it and credits {name}, whose own text we have not seen",
                        outlet=outlet, name=name)  # fmt: skip
    return speech._("{outlet} printed it and credits {name}, which we do not follow", outlet=outlet, name=name)


def others(story: StoryView) -> tuple[PieceView, ...]:
    """The story's other pieces, each outlet's first."""
    seen = {story.pieces[0].outlet}
    return tuple(
        piece
        for piece in story.pieces[1:]
        if not (piece.outlet in seen or seen.add(piece.outlet))  # type: ignore[func-returns-value]
    )


def also_words(speech: Speech, story: StoryView) -> str:
    """Also Harbour Courier, Merrow Wire and, in German, Nordkai Anzeiger; empty when there is nobody else."""
    names = []
    for piece in others(story):
        language = speech.interface.language_name(piece.language)
        name = speech.outlet(piece.outlet)
        names.append(speech._("{name} (in {language})", name=name, language=language) if language else name)
    if len(names) > MOST_NAMES:
        rest = speech.interface.number(len(names) - MOST_NAMES)
        names = [*names[:MOST_NAMES], speech._("{rest} more", rest=rest)]
    return speech._("Also {names}.", names=speech.interface.listed(names)) if names else ""


def moment_words(speech: Speech, moment: datetime, near: date) -> str:
    """Thursday 16:10: a time within a sentence."""
    day = speech.interface.local(moment).date()
    return speech._("{day} {time}", day=speech.interface.day_near(day, near), time=speech.interface.clock(moment))


def brief_words(speech: Speech, story: StoryView, near: date) -> str:
    """A section's story in a line of mail: Harbour Courier alone; First Nordkai Anzeiger, 3 independent reports."""
    lead = story.pieces[0]
    outlet = speech.outlet(lead.outlet)
    kick = "" if story.change in {Change.NEW, Change.UNCHANGED} else f"{kicker(speech, story, near)}. "
    if alone(story):
        return kick + speech._("{outlet} alone", outlet=outlet)
    if story.voices == 1:
        copies = copies_credited(speech, copies_of(story))
        return kick + speech._("Only {outlet} reports it; {copies}", outlet=outlet, copies=copies)
    lead = earliest(story)
    message = "First {outlet}" if lead.original_known else "Printed by {outlet}"
    first = speech._(message, outlet=speech.outlet(lead.outlet))
    return f"{kick}{first}, {story_line(speech, story)}"
