"""The provenance card in words: the verdict, its alarms, and what an outlet changed in its own text. Pure.

The verdict is three sentences at most: who had it first, who printed it again, who gave credit. An alarm states
what was found and what was looked at; it accuses nobody.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from itertools import pairwise

from aggregator.digest.edition import CopyView, CreditState, PieceView, StoryView
from aggregator.render.difference import Difference, compare
from aggregator.render.foreign import isolated, tidy
from aggregator.render.words import (
    GOOD,
    Speech,
    also_words,
    came_first,
    claim_words,
    credit_parts,
    credit_words,
    disbelieved,
    moment_words,
    source_words,
)

NAMED = 6
"""Outlets that one alarm or one sentence names; more are counted."""
QUOTED_WORDS = 8
"""An edit of up to this many words is quoted, a longer one counted."""


def verdict(speech: Speech, piece: PieceView) -> tuple[str, ...]:
    """The sentences at the head of a piece's page."""
    sentences = [first_sentence(speech, piece), again_sentence(speech, piece)]
    if {copy.outlet for copy in piece.copies} == {piece.outlet}:
        return tuple(sentences)  # who prints its own text again owes nobody a credit
    if len(piece.copies) > 1:
        sentences.append(sentence(speech.interface.listed(named_parts(speech, piece))))
    elif piece.copies:
        sentences.append(sentence(one_credit(speech, piece.copies[0])))
    return tuple(sentences)


def sentence(text: str) -> str:
    """The text with a capital at its head and a full stop at its end."""
    return text[:1].upper() + text[1:] + "."


def first_sentence(speech: Speech, piece: PieceView) -> str:
    """Quay Dispatch had it first, on Thursday 9 July at 16:10."""
    day = speech.interface.day_of_year(speech.interface.local(piece.at).date())
    clock = speech.interface.clock(piece.at)
    if not piece.original_known:
        return sentence(source_words(speech, piece))
    message = (
        "{outlet} had it first, on {day} at {time}." if piece.copies else "{outlet} printed it on {day} at {time}."
    )
    return speech._(message, outlet=speech.outlet(piece.outlet), day=day, time=clock)


def again_sentence(speech: Speech, piece: PieceView) -> str:
    """5 outlets printed it again within 7 hours."""
    if not piece.copies:
        return speech._("No other outlet that we read has printed this text.")
    outlets = {copy.outlet for copy in piece.copies}
    if outlets == {piece.outlet}:
        head = speech.count("It printed it again", "It printed it again {n} times", len(piece.copies))
    else:
        head = speech.count("{n} outlet printed it again", "{n} outlets printed it again", len(outlets))
    latest = max(copy.delay for copy in piece.copies)
    if latest <= timedelta(0):
        return f"{head}."
    return speech._("{head} within {span}.", head=head, span=speech.interface.span(rounded_up(latest)))


def rounded_up(span: timedelta) -> timedelta:
    """The span to the next whole hour or, above two days, day, so that "within" is never too short."""
    unit = timedelta(days=1) if span > timedelta(days=2) else timedelta(hours=1)
    return span if span < timedelta(minutes=90) else -(-span // unit) * unit


def named_parts(speech: Speech, piece: PieceView) -> list[str]:
    """2 credit Quay Dispatch · 1 credits a copy · 2 credit nobody: the parts of the fold, the source by its name."""
    parts = credit_parts(speech, piece.copies)
    if not piece.original_known or not any(copy.state is CreditState.CREDITED for copy in piece.copies):
        return parts
    number = sum(copy.state is CreditState.CREDITED for copy in piece.copies)
    first = speech.count("{n} credits {name}", "{n} credit {name}", number)
    return [first.replace("{name}", speech.outlet(piece.outlet)), *parts[1:]]


def one_credit(speech: Speech, copy: CopyView) -> str:
    """It credits Quay Dispatch: the third sentence when there is one copy."""
    if copy.state is CreditState.OWN:
        return speech._("it belongs to the same house")
    if copy.credit is None:
        return speech._("no credit was found in it")
    return speech._("it credits {name}", name=speech.credited(copy.credit))


def alarms(speech: Speech, piece: PieceView) -> tuple[tuple[str, str], ...]:
    """(head, sentence) for everything on the card that a reader should doubt."""
    near = speech.interface.local(piece.at).date()
    found = [later_credit(speech, piece, copy) for copy in piece.copies if copy.state is CreditState.CREDITS_COPY]
    found += claim_alarms(speech, piece, near)
    missing = [copy for copy in piece.copies if copy.state is CreditState.MISSING]
    return (*found, *no_credit(speech, missing))


def later_credit(speech: Speech, piece: PieceView, copy: CopyView) -> tuple[str, str]:
    """Credit to a later outlet, or of two outlets to each other."""
    name = speech.credited(copy.credit) if copy.credit else ""
    outlet = speech.outlet(copy.outlet)
    if "mutual-credit" in copy.alarms:
        return speech._("Credit in a circle."), speech._("{outlet} and {name} name each other as the source.",
                                                         outlet=outlet, name=name)  # fmt: skip
    source = next((other for other in piece.copies if copy.credit and other.outlet == copy.credit.outlet), None)
    if source is None or source.delay <= timedelta(0):
        return speech._("Credit to a copy."), speech._("{outlet} credits {name}, itself a copy.",
                                                       outlet=outlet, name=name)  # fmt: skip
    return speech._("Credit to a later outlet."), speech._(
        "{outlet} credits {name}, which had it {span} after {first}.",
        outlet=outlet, name=name, span=speech.interface.span(source.delay), first=speech.outlet(piece.outlet),
    )  # fmt: skip


def claim_alarms(speech: Speech, piece: PieceView, near: date) -> list[tuple[str, str]]:
    """One alarm for each outlet that claims times that cannot be true; an outlet's further ones are counted."""
    found: dict[str, list[CopyView]] = {}
    for copy in piece.copies:
        if disbelieved(copy):
            found.setdefault(copy.outlet, []).append(copy)
    return [with_more(speech, claim_alarm(speech, piece, first, near), len(more)) for first, *more in found.values()]


def with_more(speech: Speech, alarm: tuple[str, str], more: int) -> tuple[str, str]:
    """The alarm, saying of how many further copies the same holds."""
    if not more:
        return alarm
    words = speech.count("The same holds for one more of its copies.",
                         "The same holds for {n} more of its copies.", more)  # fmt: skip
    return alarm[0], f"{alarm[1]} {words}"


def claim_alarm(speech: Speech, piece: PieceView, copy: CopyView, near: date) -> tuple[str, str]:
    """Claimed time not believable: what it claims, and when we saw it."""
    head, outlet = speech._("Claimed time not believable."), speech.outlet(copy.outlet)
    claimed, seen = claim_time(speech, copy.claimed, near), seen_words(speech, copy.first_seen, near)
    if copy.claimed is not None and copy.claimed < piece.at and "claimed-before-original" in copy.alarms:
        span = speech.interface.span(piece.at - copy.claimed)
        message = "{outlet} claims {claimed}, {span} before the original. {seen}"
        return head, speech._(message, outlet=outlet, claimed=claimed, span=span, seen=seen)
    return head, speech._("{outlet} claims {claimed}. {seen}", outlet=outlet, claimed=claimed, seen=seen)


def claim_time(speech: Speech, moment: datetime | None, near: date) -> str:
    """A time within an alarm: the clock alone on the day of the piece, else with its day."""
    if moment is None:
        return speech._("no time")
    same = speech.interface.local(moment).date() == near
    return speech.interface.clock(moment) if same else moment_words(speech, moment, near)


def seen_words(speech: Speech, moment: datetime, near: date) -> str:
    """We saw it at 22:30; on another day, on Friday at 06:00."""
    day, clock = speech.interface.local(moment).date(), speech.interface.clock(moment)
    if day == near:
        return speech._("We saw it at {time}.", time=clock)
    return speech._("We saw it on {day} at {time}.", day=speech.interface.day_near(day, near), time=clock)


def no_credit(speech: Speech, copies: Sequence[CopyView]) -> tuple[tuple[str, str], ...]:
    """No credit found: one alarm for all copies that name nobody."""
    if not copies:
        return ()
    outlets = list(dict.fromkeys(speech.outlet(copy.outlet) for copy in copies))
    names = few(speech, outlets)
    message = "{names} names no source in text, links or metadata." if len(outlets) == 1 else (
        "{names} name no source in text, links or metadata.")  # fmt: skip
    return ((speech._("No credit found."), speech._(message, names=names)),)


def revisions(speech: Speech, piece: PieceView) -> tuple[tuple[datetime, bool, str], ...]:
    """(time, silent, sentence) for every version of the leading printing, oldest first; empty without an edit."""
    versions = sorted(piece.revisions, key=lambda version: version.at)
    if len(versions) < 2:
        return ()
    words = speech.count("First seen, {n} word", "First seen, {n} words", versions[0].words)
    rows = [(versions[0].at, False, words)]
    for old, new in pairwise(versions):
        changed = edit_words(speech, (old.title, old.text), (new.title, new.text))
        note = speech._("no later time is claimed") if new.silent else speech._("the outlet gives a new time")
        rows.append((new.at, new.silent, f"{changed}; {note}"))
    return tuple(rows)


def edit_words(speech: Speech, old: tuple[str, str], new: tuple[str, str]) -> str:
    """What an edit did: a short one quoted, a longer one counted."""
    parts = []
    if tidy(old[0]) != tidy(new[0]):
        parts.append(speech._("headline was “{old}”", old=isolated(old[0], 200)))
    difference = compare(old[1], new[1])
    if difference is not None and (difference.added or difference.removed):
        parts.append(quoted(speech, difference) or counted(speech, difference))
    return "; ".join(parts) or speech._("the same words in another form")


def quoted(speech: Speech, difference: Difference) -> str:
    """“two metres” became “1.9 metres”; empty when the edit is not one short exchange of words."""
    swaps = difference.swaps
    if len(swaps) != 1 or not all(0 < len(side.split()) <= QUOTED_WORDS for side in swaps[0]):
        return ""
    return speech._("“{old}” became “{new}”", old=isolated(swaps[0][0], 200), new=isolated(swaps[0][1], 200))


def counted(speech: Speech, difference: Difference) -> str:
    """31 words added, 4 left out; only what there is."""
    added = speech.count("{n} word added", "{n} words added", difference.added)
    if not difference.removed:
        return added
    if not difference.added:
        return speech.count("{n} word left out", "{n} words left out", difference.removed)
    return f"{added}, {speech.count('{n} left out', '{n} left out', difference.removed)}"


def card_words(speech: Speech, piece: PieceView, copy: CopyView) -> str:
    """The finding under a copy on the card; empty when its quoted credit says it all."""
    parts = []
    if copy.state is CreditState.MISSING or copy.credit is None:
        own = copy.state is CreditState.OWN
        parts.append(credit_words(speech, copy) if own else speech._("No credit found in text, links or metadata"))
    elif copy.state is not CreditState.CREDITED or not copy.credit.quote:
        parts.append(credit_words(speech, copy))
    claim = claim_words(speech, piece, copy)
    if claim:
        parts.append(claim[:1].upper() + claim[1:])
    return " ".join(f"{part}." for part in parts)


def growth_words(speech: Speech, story: StoryView, near: date) -> str:
    """Since Tuesday, 7 pieces: the line under a story's headline."""
    since = moment_words(speech, story.first_at, near)
    pieces = speech.count("{n} piece", "{n} pieces", len(story.pieces))
    return speech._("{pieces} since {time}", pieces=pieces, time=since)


def provenance(speech: Speech, story: StoryView, near: date) -> tuple[str, str, str]:
    """A fold as sentences, for mail: who had it first and who gave credit, what is wrong, who else reported it."""
    lead = story.pieces[0]
    good = [copy for copy in lead.copies if copy.state is CreditState.CREDITED]
    bad = [copy for copy in lead.copies if copy.state not in GOOD]
    first = first_words(speech, lead, good, near, first=came_first(story, lead))
    return first, wrong_words(speech, lead, bad), also_words(speech, story)


def first_words(speech: Speech, piece: PieceView, good: Sequence[CopyView], near: date, *, first: bool) -> str:
    """First in Quay Dispatch, Thursday 16:10. Daily Kestrel and Tidewater Post copied and credit it."""
    time = moment_words(speech, piece.at, near)
    if piece.original_known:
        message = "First in {outlet}, {time}." if first else "In {outlet}, {time}."
        head = speech._(message, outlet=speech.outlet(piece.outlet), time=time)
    else:
        head = sentence(source_words(speech, piece))
    if not good:
        return head
    names = few(speech, list(dict.fromkeys(speech.outlet(copy.outlet) for copy in good)))
    one = len({copy.outlet for copy in good}) == 1
    return (
        f"{head} {speech._('{names} copied and credits it.' if one else '{names} copied and credit it.', names=names)}"
    )


def wrong_words(speech: Speech, piece: PieceView, bad: Sequence[CopyView]) -> str:
    """3 copies lack a right credit: …; empty when none does."""
    if not bad:
        return ""
    head = speech.count("{n} copy lacks a right credit:", "{n} copies lack a right credit:", len(bad))
    missing = list(dict.fromkeys(speech.outlet(copy.outlet) for copy in bad if copy.credit is None))
    parts = [f"{speech.outlet(copy.outlet)} {lowered(credit_words(speech, copy))}" for copy in bad if copy.credit]
    if missing:
        message = "{names} credits nobody" if len(missing) == 1 else "{names} credit nobody"
        parts.append(speech._(message, names=few(speech, missing)))
    parts += [f"{speech.outlet(copy.outlet)} {claim_words(speech, piece, copy)}" for copy in bad if disbelieved(copy)]
    if len(parts) > NAMED:
        parts = [*parts[:NAMED], speech._("and more")]
    return f"{head} {'; '.join(parts)}."


def lowered(words: str) -> str:
    """Words that stood alone, within a sentence."""
    return words[:1].lower() + words[1:]


def few(speech: Speech, names: list[str]) -> str:
    """The names as a list; of many the first and a count."""
    if len(names) <= NAMED:
        return speech.interface.listed(names)
    rest = speech.interface.number(len(names) - NAMED)
    return speech._("{names} and {rest} more", names=", ".join(names[:NAMED]), rest=rest)
