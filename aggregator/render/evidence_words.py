"""The rows of evidence in the site's language. Pure.

They are stored as they were measured, in English, so that a later wording changes nothing that was recorded. What is
shown is found by its form: a sentence of ours with figures and foreign words in its places. What has no known form
stays as it is; nothing is lost in a translation.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import cache
from typing import Final

from aggregator.dedup.evidence import STAGES
from aggregator.model import Role
from aggregator.render.words import Speech

WHYS: Final = (
    "no other printing is known and it credits nobody", "other printings link to it", "declared the original by hand",
    "other printings name its outlet as their source", "it has the earliest date that can be believed",
    "it has the earliest date that can be believed, by less than an hour", "we saw it first",
    "we saw it first, by less than an hour", "all others credit somebody else, or it is the outlet's first",
    "every printing says it comes from elsewhere: {names}", "they credit each other",
)  # fmt: skip
"""Why one printing is the original, or none is."""
ROLES: Final = (
    "a later printing by the same outlet", "nothing says where it comes from",
    "at most half as long as its source, and mostly contained in it", "it says itself that it comes from elsewhere",
    "the same text under another outlet's name", *WHYS,
)  # fmt: skip
"""Why it has the role that it has."""
DOUBTS: Final = (
    "no date is claimed", "the claimed date lay in the future when we saw it",
    "the claimed date lies before the web began", "the feed did not have it when we looked after that date",
)  # fmt: skip
CORRECTIONS: Final = (
    "merged with entry {entry}", "split off", "kept apart from entry {entry}", "pinned as the original",
    "its story merged with entry {entry}", "its story split off", "its story kept apart from entry {entry}",
)  # fmt: skip
"""What was done by hand."""
CONTAINMENT: Final = (
    "{found} of the shorter text, {shared} shingles of three words ({asked} and {least} are asked, {excerpt} of an "
    "excerpt that begins otherwise)"
)
FORMS: Final[dict[str, tuple[str, ...]]] = {
    "Role": ("{role}: {why}",),
    "Source": WHYS,
    "Confidence": (),
    "Joined because": tuple(STAGES.values()),
    "Overlap": (
        "{source} of its source, {own} of its own text",
        "not measured: a text is missing",
        "not measured: its source is not among the printings",
    ),
    "Jaccard": ("{found} (within one outlet {asked} is asked)",),
    "Containment": (CONTAINMENT,),
    "Fingerprint": (),
    "Credit": ("none found", "{name}, {position}, confidence {confidence}: “{quote}”"),
    "Claimed": ("none", "{time} (not believed: {why})"),
    "First seen": (),
    "Believed": (),
    "Versions": (),
    "Correction": ("{what}, by hand on {day} (correction {number})",),
}
"""Label to the sentences that may stand beside it; figures alone need none."""
WITHIN: Final = {"Role": ("why", ROLES), "Claimed": ("why", DOUBTS), "Correction": ("what", CORRECTIONS)}
"""Where a sentence stands within another: its place, and what it may be."""


def evidence_words(speech: Speech, rows: Iterable[tuple[str, str]]) -> tuple[tuple[str, str], ...]:
    """The rows as the site says them."""
    return tuple(
        (speech._(label) if label in FORMS else label, fact_words(speech, label, fact)) for label, fact in rows
    )


def fact_words(speech: Speech, label: str, fact: str) -> str:
    """One fact as the site says it; as it is stored where its form is not known."""
    found = matched(fact, FORMS.get(label, ()))
    if found is None:
        return fact
    message, values = found
    if values.get("role") in set(Role):
        values["role"] = speech._(values["role"])
    if label in WITHIN:
        place, forms = WITHIN[label]
        inner = matched(values.get(place, ""), forms)
        values |= {place: speech._(inner[0], **inner[1])} if inner else {}
    return speech._(message, **values)


def matched(fact: str, forms: Iterable[str]) -> tuple[str, dict[str, str]] | None:
    """The form that the fact has, and what stands in its places."""
    for form in forms:
        found = pattern(form).fullmatch(fact)
        if found:
            return form, found.groupdict()
    return None


@cache
def pattern(form: str) -> re.Pattern[str]:
    """A form as a pattern."""
    parts = re.split(r"{(\w+)}", form)
    made = (f"(?P<{part}>.+?)" if number % 2 else re.escape(part) for number, part in enumerate(parts))
    return re.compile("".join(made), re.DOTALL)
