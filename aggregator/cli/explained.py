"""An explanation as lines for people: the verdict first, then what it rests on. Says nothing of its own."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from textwrap import wrap
from typing import Any
from zoneinfo import ZoneInfo

WIDTH = 100
"""Characters of a line of running text."""
LABEL = 22


def lines(found: Mapping[str, Any], zone: ZoneInfo) -> Iterator[str]:
    """Any explanation; `zone` is the one in which times are shown."""
    if "same_piece" in found:
        yield from of_two(found, zone)
    elif "rank" in found:
        yield from of_story(found, zone)
    else:
        yield from rows(found, zone)


# ---------------------------------------------------------------- two entries


def of_two(found: Mapping[str, Any], zone: ZoneInfo) -> Iterator[str]:
    """Two entries side by side."""
    piece = "One piece" if found["same_piece"] else "Not one piece"
    yield f"{piece}, {'the same story' if found['same_story'] else 'not the same story'}"
    for sentence in found["why"]:
        yield from paragraph(sentence)
    yield from paragraph(f"By themselves: {found['by_themselves']}.")
    yield from heading("Measures")
    measures = found["measures"]
    yield row("jaccard", f"{measures['jaccard']:.3f}")
    yield row("of A's text, of B's", f"{measures['of_first']:.0%}, {measures['of_second']:.0%}")
    for one in found["asked"]:
        yield row(one["measure"], f"{one['value']}, {one['asked']} asked: {'reached' if one['reached'] else 'missed'}")
    for name, key in (("A", "a"), ("B", "b")):
        yield from heading(f"{name}: entry {found[key]['id']}")
        yield from rows({label: value for label, value in found[key].items() if label != "id"}, zone, "  ")
    yield from heading("Between them")
    yield row("B came after A by", span(timedelta(seconds=found["delay_seconds"])))
    yield from told(found["passages"])
    yield from heading("Decided by")
    yield from rows({"thresholds": found["thresholds"], "versions": found["versions"]}, zone, "  ")


def told(passages: Mapping[str, Any]) -> Iterator[str]:
    """What they share and where they part."""
    if "note" in passages:
        yield from paragraph(passages["note"])
    kinds = (
        ("shared", "shared_words", "Shared"),
        ("only_in_a", "words_only_in_a", "Only in A"),
        ("only_in_b", "words_only_in_b", "Only in B"),
    )
    for key, count, title in kinds:
        if passages.get(key):
            yield from heading(f"{title}: {passages[count]} words")
            for text in passages[key]:
                yield from paragraph(f"“{text}”")


# ---------------------------------------------------------------- a story


def of_story(found: Mapping[str, Any], zone: ZoneInfo) -> Iterator[str]:
    """A story, why it stands where it stands, and what happened to it."""
    yield f"Story {found['id']}: {found['title']}"
    yield row(
        "voices, outlets", f"{found['voices']}, {found['outlets']} ({found['outlets_before']} in the last edition)"
    )
    if found["rank"]:
        yield from heading(f"Rank {found['rank']['score']:.3f}, the product of")
        for name, factor in found["rank"]["parts"].items():
            yield row(name, f"{factor:.3f}")
    yield from heading("Pieces, the leading one first")
    for piece in found["pieces"]:
        if isinstance(piece, Mapping):
            copies = f", {piece['copies']} copied" if piece["copies"] else ""
            yield f"  {piece['id']:>8}  {clock(piece['at'], zone)}  {piece['outlet']}: {piece['title']}{copies}"
        else:
            yield f"  {piece:>8}"
    if found["moves"]:
        yield from heading("Moved")
    for move in found["moves"]:
        way = f"piece {move['piece']} from {move['old']} to {move['new']}"
        yield f"  {clock(move['at'], zone)}  {way}: {move['reason']}"
    rest = ("aliases", "continues", "see_also", "editions", "corrections", "threshold", "version")
    yield from heading("Besides")
    yield from rows({name: found[name] for name in rest if found[name] not in (None, [], ())}, zone, "  ")


# ---------------------------------------------------------------- anything


def rows(found: Mapping[str, Any], zone: ZoneInfo, indent: str = "") -> Iterator[str]:
    """A nested answer, one fact a line."""
    for label, value in found.items():
        shown = str(label).replace("_", " ")
        if isinstance(value, Mapping):
            yield f"{indent}{shown}"
            yield from rows(value, zone, indent + "  ")
        elif isinstance(value, list | tuple) and value and isinstance(value[0], Mapping):
            for item in value:
                yield f"{indent}{shown}"
                yield from rows(item, zone, indent + "  ")
        elif isinstance(value, list | tuple) and value and isinstance(value[0], str):
            for item in value:
                yield row(shown, item, indent)
        else:
            yield row(shown, fact(value, zone), indent)


def fact(value: Any, zone: ZoneInfo) -> str:
    """One value in words."""
    if isinstance(value, datetime):
        return clock(value, zone)
    if isinstance(value, Sequence) and not isinstance(value, str):
        return ", ".join(map(str, value)) or "none"
    if value is None or isinstance(value, bool):
        return {None: "none", True: "yes", False: "no"}[value]
    return f"{value:.3f}" if isinstance(value, float) else str(value)


def row(label: str, value: str, indent: str = "  ") -> str:
    """A label and its fact."""
    return f"{indent}{label:<{LABEL}} {value}".rstrip()


def heading(text: str) -> Iterator[str]:
    """A part's title after an empty line."""
    yield ""
    yield text


def paragraph(text: str) -> Iterator[str]:
    """Running text, broken into lines."""
    yield from wrap(text, WIDTH, initial_indent="  ", subsequent_indent="  ")


def clock(at: datetime, zone: ZoneInfo) -> str:
    """A time in the site's zone, to the minute."""
    return f"{at.astimezone(zone):%Y-%m-%d %H:%M}"


def span(length: timedelta) -> str:
    """A span of time in words."""
    minutes = round(abs(length).total_seconds() / 60)
    days, hours = divmod(minutes // 60, 24)
    parts = [(days, "d"), (hours, "h"), (minutes % 60, "min")]
    shown = " ".join(f"{number} {unit}" for number, unit in parts if number) or "0 min"
    return f"-{shown}" if length < timedelta(0) else shown
