"""Who wrote it first, who took it from whom, and what is wrong with what they say. Pure: entries in, a piece out.

Evidence is heard in this order, and the first that speaks decides:

    1  credits        the member that others name and that names nobody itself
    2  declared       the source that a feed or a page states
    3  links          the member whose address others carry
    4  dates          the earliest claim that can be believed
    5  first seen     what we saw first

Who says that the text is somebody else's is never the original; where all say so, the original is not among us. The
decision depends on the members alone, never on the order in which they came.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Final, NamedTuple, TypeAlias

from aggregator.config import Dedup
from aggregator.dedup import evidence
from aggregator.dedup.records import Comparison
from aggregator.dedup.testimony import Printing, Testimony, mutual, names, same_outlet, testimony
from aggregator.model import Copy, Credit, Piece, Role

Compare: TypeAlias = Callable[[int, int], Comparison | None]
"""Measures the texts of two entries, given by their ids."""

CLEAR_LEAD: Final = timedelta(hours=1)
"""Between the first and the next printing: less can be the rhythm of our polls."""
EXCERPT_LENGTH: Final = 0.5
EXCERPT_HELD: Final = 0.6
"""An excerpt is at most half as long as its source and mostly contained in it."""

LONE, BY_CREDIT, BY_LINK, BY_DATE, BY_SIGHT, BY_LITTLE = 0.5, 0.95, 0.7, 0.7, 0.5, 0.4
"""Confidence in an original: alone, named by others, linked by others, dated first, seen first, all but level."""


class Verdict(NamedTuple):
    """The original, None where it is not among the members, how sure that is, and why in words."""

    original: Testimony | None
    confidence: float
    why: str


def decide(  # noqa: PLR0913  all of the evidence, each piece by its name; a record for it would have one user
    members: Sequence[Printing],
    *,
    piece: int,
    credits: Mapping[int, tuple[Credit, ...]],  # noqa: A002  the word of the house
    compare: Compare,
    seen_before: Mapping[int, datetime | None],
    owner_of: Callable[[str], str],
    now: datetime,
    stages: Mapping[int, str] | None = None,
    quoted_in: tuple[int, ...] = (),
    settings: Dedup | None = None,
    pinned: int | None = None,
    explained: bool = True,
) -> Piece:
    """Settle the roles of all members of a piece.

    `seen_before` is the last successful poll of each entry's feed that did not have it; `stages` how each entry was
    joined (`Placement.stage`); `compare` measures two entries' texts and may decline with None. `pinned` is the member
    that somebody has declared the original, whatever the evidence says. Unless `explained` the copies come without
    their rows of evidence. Raises ValueError when there is no member.
    """
    if not members:
        raise ValueError("a piece has at least one member")
    ordered = sorted(members, key=lambda entry: entry.id)
    heard = [testimony(entry, ordered, credits, seen_before, owner_of, now) for entry in ordered]
    by_hand = next((each for each in heard if each.entry.id == pinned), None)
    verdict = _pinned(by_hand) if by_hand else _first_printing(_verdict(heard), heard)
    shown = (settings or Dedup()) if explained else None
    copies = tuple(_copy(each, heard, verdict, compare, (stages or {}).get(each.entry.id, ""), shown) for each in heard)
    original = verdict.original.entry.id if verdict.original else None
    return Piece(
        id=piece, original=original, confidence=verdict.confidence, copies=copies, quoted_in=tuple(sorted(quoted_in))
    )


# ---------------------------------------------------------------- deciding


def _verdict(heard: Sequence[Testimony]) -> Verdict:
    honest = [each for each in heard if not mutual(each, heard)]
    named = _most_named([each for each in honest if not each.sources], honest)
    if named is not None:
        return _by_credit(named, honest)
    silent = [each for each in heard if each.outside is None and (not each.sources or each not in honest)]
    if not silent:
        return Verdict(original=None, confidence=BY_CREDIT, why=_taken_from(heard))
    if len(heard) == 1:
        return Verdict(original=silent[0], confidence=LONE, why="no other printing is known and it credits nobody")
    linked = _most_linked(silent, heard)
    if linked is not None:
        return Verdict(original=linked, confidence=BY_LINK, why="other printings link to it")
    return _by_time(silent)


def _pinned(original: Testimony) -> Verdict:
    return Verdict(original=original, confidence=1.0, why="declared the original by hand")


def _first_printing(verdict: Verdict, heard: Sequence[Testimony]) -> Verdict:
    """The outlet decided for may have printed the text several times: the original is the first of these."""
    if verdict.original is None:
        return verdict
    same = [each for each in heard if same_outlet(each.entry, verdict.original.entry)]
    return verdict._replace(original=min(same, key=_when)) if len(same) > 1 else verdict


def _most_named(candidates: Sequence[Testimony], voters: Sequence[Testimony]) -> Testimony | None:
    """The candidate that most owners' members credit, directly or through one another; the earliest where level."""
    telling = [each for each in voters if each.sources]  # few of a long piece, and each candidate asks them all
    votes = {each.entry.id: _voters(each, telling) for each in candidates if telling}
    named = [each for each in candidates if votes.get(each.entry.id)]
    if not named:
        return None
    return min(named, key=lambda each: (-len(votes[each.entry.id]), each.outside is not None, *_when(each)))


def _voters(candidate: Testimony, voters: Sequence[Testimony]) -> set[str]:
    """Owners of the members whose credits lead to the candidate, directly or through another."""
    reached, grown = {candidate.entry.id}, True
    while grown:
        more = {each.entry.id for each in voters if each.entry.id not in reached and each.sources & reached}
        reached |= more
        grown = bool(more)
    return {each.owner for each in voters if each.entry.id in reached - {candidate.entry.id}}


def _by_credit(named: Testimony, heard: Sequence[Testimony]) -> Verdict:
    strengths = [
        credit.confidence for each in heard for credit in each.credits if each.sources and names(credit, named.entry)
    ]
    if named.outside is not None:
        return Verdict(original=None, confidence=named.outside.confidence, why=_taken_from([named]))
    confidence = min(BY_CREDIT, max(strengths, default=BY_LINK))
    return Verdict(original=named, confidence=confidence, why="other printings name its outlet as their source")


def _most_linked(silent: Sequence[Testimony], heard: Sequence[Testimony]) -> Testimony | None:
    """The silent member that others link to and that links to no member."""
    if not any(each.links for each in heard):
        return None
    votes = {each.entry.id: sum(each.entry.id in other.links for other in heard) for each in silent}
    linked = [each for each in silent if votes[each.entry.id] and not each.links]
    return min(linked, key=lambda each: (-votes[each.entry.id], *_when(each))) if linked else None


def _by_time(silent: Sequence[Testimony]) -> Verdict:
    first, *later = sorted(silent, key=_when)
    rivals = [each for each in later if not same_outlet(each.entry, first.entry)]
    lead = min((each.claim.believed - first.claim.believed for each in rivals), default=CLEAR_LEAD)
    dated = not first.claim.doubt
    why = "it has the earliest date that can be believed" if dated else "we saw it first"
    if not rivals:
        return Verdict(
            original=first, confidence=BY_DATE, why="all others credit somebody else, or it is the outlet's first"
        )
    if lead < CLEAR_LEAD:
        return Verdict(original=first, confidence=BY_LITTLE, why=f"{why}, by less than an hour")
    return Verdict(original=first, confidence=BY_DATE if dated else BY_SIGHT, why=why)


def _when(each: Testimony) -> tuple[datetime, datetime, int]:
    return each.claim.believed, each.entry.first_seen, each.entry.id


def _taken_from(heard: Sequence[Testimony]) -> str:
    given = sorted({each.outside.name for each in heard if each.outside})
    return f"every printing says it comes from elsewhere: {', '.join(given)}" if given else "they credit each other"


# ---------------------------------------------------------------- roles


def _copy(
    one: Testimony,
    heard: Sequence[Testimony],
    verdict: Verdict,
    compare: Compare,
    stage: str,
    shown: Dedup | None,
) -> Copy:
    """One member's place; `shown` are the settings that its evidence names, None where nobody asks for evidence."""
    original = verdict.original
    if original is one:
        return _original(one, heard, verdict, explained=shown is not None)
    earlier = _earlier_version(one, heard)
    of = earlier or original or _credited_member(one, heard)
    measured = compare(of.entry.id, one.entry.id) if of else None
    role, why = _role(one, earlier, original, measured)
    credit = _credit_shown(one, original)
    return Copy(
        entry_id=one.entry.id,
        role=role,
        of=of.entry.id if of else None,
        jaccard=measured.jaccard if measured else None,
        containment=measured.containment if measured else None,
        of_original=measured.of_first if measured else None,
        of_copy=measured.of_second if measured else None,
        credit=credit,
        alarms=_alarms(one, heard, original, role),
        evidence=()
        if shown is None
        else (
            ("Role", f"{role}: {why}"),
            ("Source", verdict.why),
            *evidence.joined_rows(stage),
            *evidence.measure_rows(measured, shown, source_known=of is not None),
            *evidence.credit_rows(credit),
            *evidence.date_rows(one),
        ),
    )


def _original(one: Testimony, heard: Sequence[Testimony], verdict: Verdict, *, explained: bool) -> Copy:
    return Copy(
        entry_id=one.entry.id,
        role=Role.ORIGINAL,
        credit=next(iter(one.credits), None),
        alarms=_alarms(one, heard, one, Role.ORIGINAL),
        evidence=(
            ("Role", f"original: {verdict.why}"),
            ("Confidence", f"{verdict.confidence:.2f}"),
            *evidence.date_rows(one),
        )
        if explained
        else (),
    )


def _earlier_version(one: Testimony, heard: Sequence[Testimony]) -> Testimony | None:
    """The first printing by the same outlet, where this is a later one."""
    same = [each for each in heard if same_outlet(each.entry, one.entry)]
    first = min(same, key=_when) if len(same) > 1 else one
    return None if first is one else first


def _credited_member(one: Testimony, heard: Sequence[Testimony]) -> Testimony | None:
    credited = [each for each in heard if each.entry.id in one.sources] if one.sources else []
    return min(credited, key=_when, default=None)


def _role(
    one: Testimony, earlier: Testimony | None, original: Testimony | None, measured: Comparison | None
) -> tuple[Role, str]:
    if earlier is not None:
        return Role.UPDATE, "a later printing by the same outlet"
    if original is None and not one.sources and one.outside is None:
        return Role.UNKNOWN, "nothing says where it comes from"
    if measured and measured.of_second >= EXCERPT_HELD and measured.of_first <= EXCERPT_LENGTH * measured.of_second:
        return Role.EXCERPT, "at most half as long as its source, and mostly contained in it"
    if original is None:
        return Role.REPUBLICATION, "it says itself that it comes from elsewhere"
    return Role.REPUBLICATION, "the same text under another outlet's name"


def _credit_shown(one: Testimony, original: Testimony | None) -> Credit | None:
    """Of all credits the one that names the original, else the best."""
    right = [credit for credit in one.credits if original and names(credit, original.entry)]
    return next(iter(right or one.credits), None)


def _alarms(one: Testimony, heard: Sequence[Testimony], original: Testimony | None, role: Role) -> tuple[str, ...]:
    alarms = []
    copied = role in {Role.REPUBLICATION, Role.EXCERPT}
    due = copied and original is not None and original.owner != one.owner
    if due and original and not any(names(credit, original.entry) for credit in one.credits):
        if not one.sources and one.outside is None and original.entry.id not in one.links:
            alarms.append("no-credit")
        elif one.sources and original.entry.id not in one.sources:
            alarms.append("credits-copy")
    if mutual(one, heard):
        alarms.append("mutual-credit")
    if one.claim.future:
        alarms.append("claimed-in-future")
    claimed = one.claim.claimed
    if copied and original and claimed and claimed < original.claim.believed:
        alarms.append("claimed-before-original")
    return tuple(alarms)
