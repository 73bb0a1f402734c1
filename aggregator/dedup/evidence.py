"""Why an entry has its place, in words for readers: rows of (label, fact). Decides nothing."""

from __future__ import annotations

from typing import Final

from aggregator.config import Dedup
from aggregator.dedup.fingerprint import SCHEME
from aggregator.dedup.records import Comparison
from aggregator.dedup.testimony import Testimony
from aggregator.model import Credit

Rows = tuple[tuple[str, str], ...]

STAGES: Final = {
    "new": "it founded the piece",
    "url": "it has the same address",
    "source": "its feed or page declares the source's address",
    "text": "the texts agree",
    "excerpt": "one text is contained in the other",
    "round-up": "it quotes several pieces and joins none",
    "standing": "its outlet prints this text regularly, above one thing after another",
}


def joined_rows(stage: str) -> Rows:
    """How the matcher found it; none where that was not kept."""
    return (("Joined because", STAGES.get(stage, stage)),) if stage else ()


def measure_rows(measured: Comparison | None, settings: Dedup, *, source_known: bool) -> Rows:
    """The overlap with its source and what is asked of it."""
    if measured is None:
        missing = "a text is missing" if source_known else "its source is not among the printings"
        return (("Overlap", f"not measured: {missing}"),)
    return (
        ("Overlap", f"{measured.of_first:.0%} of its source, {measured.of_second:.0%} of its own text"),
        ("Jaccard", f"{measured.jaccard:.2f} (within one outlet {settings.same_outlet_jaccard:.2f} is asked)"),
        (
            "Containment",
            (
                f"{measured.containment:.2f} of the shorter text, {measured.shared} shingles of three words "
                f"({settings.containment:.2f} and {settings.min_shared} are asked, "
                f"{settings.excerpt_containment:.2f} of an excerpt that begins otherwise)"
            ),
        ),
        ("Fingerprint", SCHEME),
    )


def credit_rows(credit: Credit | None) -> Rows:
    """What it says of its source, in its own words."""
    if credit is None:
        return (("Credit", "none found"),)
    where = f" ({credit.outlet})" if credit.outlet and credit.outlet != credit.name else ""
    found = f"{credit.name}{where}, {credit.position}, confidence {credit.confidence:.2f}: “{credit.quote}”"
    return (("Credit", found),)


def date_rows(one: Testimony) -> Rows:
    """The times, which of them is believed, and how often it was changed."""
    claim, entry = one.claim, one.entry
    claimed = claim.claimed.isoformat(timespec="minutes") if claim.claimed else "none"
    doubted = f"{claimed} (not believed: {claim.doubt})" if claim.doubt and claim.claimed else claimed
    rows = (
        ("Claimed", doubted),
        ("First seen", entry.first_seen.isoformat(timespec="minutes")),
        ("Believed", claim.believed.isoformat(timespec="minutes")),
    )
    return (*rows, ("Versions", f"{entry.revisions + 1}")) if entry.revisions else rows
