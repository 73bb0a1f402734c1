"""The sentences about an edition as a whole. Pure, like `words`."""

from __future__ import annotations

from aggregator.digest.edition import Edition
from aggregator.render.records import Ailment
from aggregator.render.words import Speech


def feeds_words(speech: Speech, edition: Edition) -> str:
    """40 feeds are read. All answered."""
    read = speech.count("{n} feed is read.", "{n} feeds are read.", edition.feeds)
    if not edition.troubles:
        return f"{read} " + speech.count("It answered.", "All of them answered.", edition.feeds)
    return f"{read} " + speech.count("{n} did not answer.", "{n} did not answer.", len(edition.troubles))


def counts_words(speech: Speech, edition: Edition) -> str:
    """412 entries from 38 outlets, 261 pieces, 74 stories, 151 copies folded."""
    counts, count = edition.counts, speech.count
    if not counts.entries:
        return speech._("no new entry")
    return speech._(
        "{entries} from {outlets}, {pieces}, {stories}, {copies}",
        entries=count("{n} entry", "{n} entries", counts.entries),
        outlets=count("{n} outlet", "{n} outlets", counts.outlets),
        pieces=count("{n} piece", "{n} pieces", counts.pieces),
        stories=count("{n} story", "{n} stories", counts.stories),
        copies=count("{n} copy folded", "{n} copies folded", counts.copies) if counts.copies else speech._("no copies"),
    )


def since_words(speech: Speech, edition: Edition) -> str:
    """Thursday, the day of the edition before; empty for the first edition."""
    return speech.interface.day_near(edition.previous, edition.day) if edition.previous else ""


AILMENTS = {
    Ailment.GONE: ("Stopped", "The publisher took the feed away; it is not asked any more."),
    Ailment.FAILING: ("Did not answer", "They are asked again, less and less often, until they answer."),
    Ailment.FROZEN: ("Nothing new for a month", "They answer, but their entries stay the same."),
    Ailment.SILENT: ("Silent", "Nothing new for more than three times their usual gap."),
    Ailment.MOVED: ("Moved", "Their address leads elsewhere for good; they are read there."),
    Ailment.REDATED: ("Doubtful times", "They give entries a time that cannot be true; the time we saw them counts."),
}


def ailment_words(speech: Speech, kind: Ailment) -> tuple[str, str]:
    """The heading over the feeds with one ailment, and what it means."""
    head, note = AILMENTS[kind]
    return speech._(head), speech._(note)
