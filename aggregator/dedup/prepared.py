"""From a document to what is compared, remembered and stored of it; and back from what was stored."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from aggregator.dedup import fingerprint, verify
from aggregator.dedup.boilerplate import Boilerplate
from aggregator.dedup.pieces import Known
from aggregator.dedup.records import Document, Fingerprint
from aggregator.dedup.shingles import Shingles, unique

VALUES: Final = "<u4"
"""How hashes are stored: little-endian on every machine."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Prepared:
    """A document with what was computed of it."""

    document: Document
    raw: Shingles
    own: Shingles
    """Without boilerplate, in reading order."""
    body: Shingles
    known: Known


def prepare(document: Document, raw: Shingles, number: int, boilerplate: Boilerplate) -> Prepared:
    """Compute all that placing needs from the text's shingles, with the outlet's boilerplate as it is known now."""
    own = boilerplate.own(document.outlet, raw)
    sample, steps = unique(own), verify.thinning(len(raw))
    body, lead = fingerprint.signatures(own)
    known = Known(
        number=number,
        key=document.key,
        outlet=document.outlet,
        at=document.at,
        url=document.url,
        source_url=document.source_url,
        sample=verify.thinned(sample, steps),
        steps=steps,
        lead=lead,
        joins=len(sample) >= verify.FEWEST,
    )
    return Prepared(document=document, raw=raw, own=own, body=body, known=known)


def known_of(stored: Fingerprint, number: int) -> Known:
    """A stored fingerprint as it is remembered. Raises ValueError when another scheme made it."""
    if stored.scheme != fingerprint.SCHEME:
        raise ValueError(
            f"fingerprint {stored.key} was made by {stored.scheme}; this program makes {fingerprint.SCHEME}"
        )
    return Known(
        number=number,
        key=stored.key,
        outlet=stored.outlet,
        at=stored.at,
        url=stored.url,
        source_url=stored.source_url,
        sample=np.frombuffer(stored.sample, VALUES).astype(np.uint32),
        steps=verify.thinning(stored.size),
        lead=np.frombuffer(stored.lead, VALUES).astype(np.uint32),
        joins=stored.joins,
    )


def fingerprint_of(new: Prepared, known: Known, piece: int, reference: int) -> Fingerprint:
    """What is to be stored of a placed document."""
    return Fingerprint(
        key=known.key,
        piece=piece,
        outlet=known.outlet,
        at=known.at,
        url=known.url,
        scheme=fingerprint.SCHEME,
        body=new.body.astype(VALUES).tobytes(),
        lead=known.lead.astype(VALUES).tobytes(),
        sample=known.sample.astype(VALUES).tobytes(),
        size=len(new.raw),
        joins=known.joins,
        reference=reference,
        source_url=known.source_url,
    )
