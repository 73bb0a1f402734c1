"""From documents to what is compared, remembered and stored of them; and back from what was stored."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Final, NamedTuple

from aggregator.dedup import fingerprint, verify
from aggregator.dedup.arena import STORED, values_of
from aggregator.dedup.pieces import Known
from aggregator.dedup.records import Document, Fingerprint
from aggregator.dedup.shingles import Shingles

BEYOND: Final = -1
"""The number of every document that is remembered no more."""


class Prepared(NamedTuple):
    """A document with what was computed of it."""

    document: Document
    raw: Shingles
    own: Shingles
    """Without boilerplate, in reading order."""
    body: Shingles
    known: Known


def prepare(
    documents: Sequence[Document], raw: Sequence[Shingles], own: Sequence[Shingles], first: int
) -> list[Prepared]:
    """Compute all that placing needs from the texts' shingles and those that are no boilerplate of their outlets.

    The documents are numbered from `first` on.
    """
    bodies, leads = fingerprint.body_signatures(own), fingerprint.lead_signatures(own)
    steps = [verify.thinning(len(values)) for values in raw]
    rows = zip(documents, raw, own, bodies, leads, verify.samples(own, steps), steps, strict=True)
    return [
        Prepared(document, values, kept, body, _known(document, number, sample, thinned, lead))
        for number, (document, values, kept, body, lead, sample, thinned) in enumerate(rows, first)
    ]


def _known(document: Document, number: int, sample: Shingles, steps: int, lead: Shingles) -> Known:
    return Known(
        number,
        document.key,
        document.outlet,
        document.url,
        document.source_url,
        sample,
        steps,
        lead,
        len(sample) << steps >= verify.FEWEST,
    )


def known_of(stored: Fingerprint, number: int) -> Known:
    """A stored fingerprint as it is remembered. Raises ValueError when another scheme made it."""
    if stored.scheme != fingerprint.SCHEME:
        raise ValueError(
            f"fingerprint {stored.key} was made by {stored.scheme}; this program makes {fingerprint.SCHEME}"
        )
    return Known(
        number,
        stored.key,
        stored.outlet,
        stored.url,
        stored.source_url,
        values_of([stored.sample]),
        verify.thinning(stored.size),
        values_of([stored.lead]),
        stored.joins,
    )


def elder_of(stored: Fingerprint) -> Known:
    """A stored fingerprint from beyond the window; one that another scheme made is known by its address only."""
    if stored.scheme != fingerprint.SCHEME:
        stored = replace(stored, scheme=fingerprint.SCHEME, sample=b"", size=0, joins=False)
    return known_of(stored, BEYOND)


def fingerprint_of(new: Prepared, known: Known, piece: int, reference: int) -> Fingerprint:
    """What is to be stored of a placed document."""
    return Fingerprint(
        key=known.key,
        piece=piece,
        outlet=known.outlet,
        at=new.document.at,
        url=known.url,
        scheme=fingerprint.SCHEME,
        body=new.body.astype(STORED, copy=False).tobytes(),
        lead=known.lead.astype(STORED, copy=False).tobytes(),
        sample=known.sample.astype(STORED, copy=False).tobytes(),
        size=len(new.raw),
        joins=known.joins,
        reference=reference,
        source_url=known.source_url,
    )
