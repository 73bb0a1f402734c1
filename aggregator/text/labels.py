"""What a text says in fixed forms: labelled tags at its head ("Region: …", "Theme: …") and bare media addresses.

Content systems print an entry's tags as lines above the article; feeds often carry them nowhere else. Pure; works on
extracted text, where one paragraph is one line.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

HEAD_LINES = 20
"""Lines in which labels are looked for: headers of republished pages run to a dozen."""
MAX_TAGS = 40
"""Tags kept of one entry; more is an index, not a header."""
MAX_TAG_WORDS = 7
"""A longer value is a sentence that happens to follow a label."""

LABELS = (
    "region regions theme themes topic topics tag tags category categories keyword keywords section "
    "thema themen schlagworte schlagwörter rubrik kategorie kategorien région thème thèmes étiquettes catégorie "
    "mots-clés región tema temas etiquetas categoría categorías regione etichette categoria região "
    "регион тема темы теги тег рубрика категория bölge konu etiketler kategori "
    "المنطقة الموضوع التصنيف الوسوم 标签 分类 主题"
).split()
PHRASES = ("in-depth report", "in-depth reports", "filed under", "posted in", "filed in", "related topics")
_NAMES = "|".join(re.escape(label) for label in sorted((*LABELS, *PHRASES), key=len, reverse=True))
_LABEL = re.compile(rf"^(?:{_NAMES})\s*[:：]\s*(\S.*)$", re.IGNORECASE)
_MEDIA = re.compile(
    r"https?://[^\s<>\"')\]]+\.(mp4|m4v|webm|mov|mp3|m4a|ogg|opus|wav|flac)(?:\?[^\s<>\"')\]]*)?", re.IGNORECASE
)
_MEDIA_ENDS = re.compile(r"\.(?:mp4|m4v|webm|mov|mp3|m4a|ogg|opus|wav|flac)", re.IGNORECASE)
_MEDIA_TYPES = {
    "m4v": "video/mp4",
    "mov": "video/quicktime",
    "mp3": "audio/mpeg",
    "m4a": "audio/mp4",
    "opus": "audio/ogg",
}


def labelled_tags(text: str, links: Sequence[tuple[int, int]] = ()) -> tuple[str, ...]:
    """Tags from label lines at the head of `text`; `links` are (start, end) offsets of link texts.

    A line that holds nothing but links continues the label line before it: page furniture breaks long lists anywhere,
    even within one tag. A tag shouted in capitals is written as the text itself writes it.
    """
    tags: list[str] = []
    start, open_label = 0, False
    for line in text.split("\n", HEAD_LINES)[:HEAD_LINES]:
        found = _LABEL.match(line.strip()) if ":" in line or "：" in line else None
        if found:
            tags += split(found[1])
            open_label = True
        elif open_label and line.strip() and wholly_linked(line, start, links):
            first, *others = split(line) or [""]
            tags[-1:] = [f"{tags[-1]} {first}".strip(), *others] if tags else [first, *others]
        elif line.strip():
            open_label = False
        start += len(line) + 1
    kept = [spoken(tag, text) for tag in tags if 0 < len(tag.split()) <= MAX_TAG_WORDS]
    return distinct(kept)[:MAX_TAGS]


def is_label(line: str) -> bool:
    """Whether a line only names tags ("Theme: …")."""
    found = _LABEL.match(line.strip())
    return found is not None and all(len(value.split()) <= MAX_TAG_WORDS for value in split(found[1]))


def split(values: str) -> list[str]:
    """The values of one label line."""
    return [value.strip(" .\t") for value in re.split(r"[,;|·•、،]|\s/\s", values) if value.strip(" .\t")]


def wholly_linked(line: str, start: int, links: Sequence[tuple[int, int]]) -> bool:
    """Whether every letter of the line belongs to a link."""
    inside = [(max(begin - start, 0), min(end - start, len(line))) for begin, end in links]
    covered = {at for begin, end in inside for at in range(begin, end)}
    return bool(covered) and all(at in covered or not letter.isalnum() for at, letter in enumerate(line))


def spoken(tag: str, text: str) -> str:
    """A tag in capitals as the text's own sentences write the word; acronyms stay."""
    if not tag.isupper() or len(tag) < 4:
        return tag
    plain = tag.title()
    return plain if re.search(rf"\b{re.escape(plain)}\b", text) else tag


def distinct(tags: Iterable[str]) -> tuple[str, ...]:
    """The tags without repeats that differ in case only; the first way of writing stays."""
    seen: dict[str, str] = {}
    for tag in tags:
        seen.setdefault(tag.casefold(), tag)
    return tuple(seen.values())


def media_addresses(markup: str, *, most: int = 10) -> tuple[tuple[str, str], ...]:
    """(address, media type) of audio and video files named anywhere in a body, bare or as an attribute, in order."""
    if not _MEDIA_ENDS.search(markup):
        return ()  # the pattern of whole addresses looks at each one, and most bodies name no such file
    found = {match[0]: match[1].lower() for match in _MEDIA.finditer(markup)}
    kind = {"mp4": "video/mp4", "webm": "video/webm", "ogg": "audio/ogg", "wav": "audio/wav", "flac": "audio/flac"}
    return tuple((url, _MEDIA_TYPES.get(end) or kind[end]) for url, end in list(found.items())[:most])
