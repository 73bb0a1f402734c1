"""Articles of our own for tests: invented towns, made by a seed, so that two seeds never share three words by plan."""

from __future__ import annotations

import random
from collections.abc import Sequence
from datetime import UTC, datetime

from aggregator.config import Dedup
from aggregator.dedup.matcher import Matcher
from aggregator.dedup.records import Document, Placement

AT = datetime(2024, 5, 1, 8, 0, tzinfo=UTC)
SYLLABLES = "ba do ki lu mer nor pel qua ris sto tan vel wim yor zan gri fen hol jar cru".split()

FOOTER = (
    "Our readers keep this paper alive, so please give what you can before the end of the month. "
    "Press the button above to send this page to your friends and colleagues in the whole valley. "
    "The opinions in these columns are those of their authors and never those of the publishing house. "
    "For permission to print our pages elsewhere write to the office at the old customs building. "
    "We keep nothing about you but the address that you gave us, and we delete it when you ask. "
    "All rights in texts and pictures remain with the publishing house and with the named agencies."
)


def words(seed: int, count: int) -> list[str]:
    """Invented words, each of two or three syllables."""
    chance = random.Random(seed)
    return ["".join(chance.choices(SYLLABLES, k=chance.choice((2, 3)))) for _ in range(count)]


def article(seed: int, count: int = 200, paragraph: int = 40) -> str:
    """A text of `count` words in paragraphs."""
    made = words(seed, count)
    return "\n".join(" ".join(made[start : start + paragraph]) for start in range(0, count, paragraph))


def edited(text: str, share: float, seed: int = 0) -> str:
    """The text with that share of its words replaced."""
    chance = random.Random(seed)
    return " ".join(
        "".join(chance.choices(SYLLABLES, k=3)) if chance.random() < share else word for word in text.split()
    )


def document(key: int, text: str, outlet: str = "", **fields: object) -> Document:
    """A document with all that a test is not about filled in."""
    given: dict[str, object] = {
        "key": key,
        "outlet": outlet or f"outlet{key}.example",
        "title": "",
        "text": text,
        "at": AT,
    }
    return Document(**{**given, **fields})  # type: ignore[arg-type]  # the fields' types are Document's own


def place(*texts: str | Document, matcher: Matcher | None = None) -> list[Placement]:
    """Place documents one poll each; bare texts come each from an outlet of their own."""
    matcher = matcher or Matcher(Dedup())
    documents = [text if isinstance(text, Document) else document(key, text) for key, text in enumerate(texts)]
    return [placement for each in documents for placement in matcher.place([each])]


def pieces(placements: Sequence[Placement]) -> list[int]:
    """The piece of every document, mergers followed."""
    heirs = {old: each.piece for each in placements for old in each.absorbs}

    def heir(piece: int) -> int:
        return heir(heirs[piece]) if piece in heirs else piece

    return [heir(each.piece) for each in placements]


def opening(text: str, count: int) -> str:
    return " ".join(text.split()[:count])
