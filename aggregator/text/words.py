"""Words of every script: folded for comparing, counted, and cut for showing.

Scripts that put no spaces between words are taken by overlapping pairs of characters, which find the same stretches in
two texts about as well as real segmentation does. Texts here are plain text; markup is `html`'s business. The patterns
of `standfirst` are those of news feeds: repeated titles, bylines, datelines, captions, share lines, "read more" tails.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from itertools import islice

from aggregator.text.labels import is_label

# Han, kana, Bopomofo, Thai, Lao, Burmese, Khmer (Unicode blocks); Hangul puts spaces between words and is not here.
_UNSPACED = (
    "\u0e01-\u0e3a\u0e40-\u0e4e\u0e81-\u0ece\u0edc-\u0edf\u1000-\u1049\u1050-\u109f\u1780-\u17d3\uaa60-\uaa7f"
    "\u3005-\u3007\u3041-\u3096\u309d-\u309f\u30a1-\u30fa\u30fc-\u30ff\u3105-\u312f\u31f0-\u31ff"
    "\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff"
)
# Vowel signs and viramas are no letters to `\w`, and yet words of Indic scripts fall apart without them.
_MARKS = "".join(re.escape(chr(code)) for code in range(0x0900, 0x1D00) if unicodedata.category(chr(code))[0] == "M")
_DROPPED_MARKS = re.compile(
    "[\u0300-\u036f\u0483-\u0487\u0591-\u05bd\u05bf\u05c1\u05c2\u05c4\u05c5\u05c7\u0610-\u061a\u064b-\u065f\u0670"
    "\u06d6-\u06dc\u06df-\u06e4\u06e7\u06e8\u06ea-\u06ed\u1ab0-\u1aff\u1dc0-\u1dff\u20d0-\u20ff\ufe20-\ufe2f\u0640]"
)
_RUN = re.compile(rf"[{_UNSPACED}]+|(?:[^\W_{_UNSPACED}]++|[{_MARKS}\u200c\u200d]++)++")
_UNIT = re.compile(rf"[{_UNSPACED}]|(?:[^\W_{_UNSPACED}]++|[{_MARKS}\u200c\u200d'’]++)++")
_STARTS_UNSPACED = re.compile(rf"[{_UNSPACED}]")
_SENTENCE_END = re.compile(r"(?<=[^\W_A-Z][^\W_][^\W_])[.!?…]+[\"'”’»)\]]*(?=\s)|[。！？।؟۔]+[」』”’）]*")

NEAR = 0.7
"""A cut moves back to a sentence's end when at least this share of the wanted words stays."""


MAX_LINES = 40
"""Lines that are looked at: a real paragraph begins earlier or not at all."""

MIN_PARAGRAPH = 8
"""A shorter line is taken only when no longer one follows, or together with the next."""

_BYLINE = re.compile(
    r"(?:by|von|par|por|di|door|od|av|af|written by|story by|posted by|автор|текст)\s*:?\s+\S+(?:\s+\S+){0,11}",
    re.IGNORECASE,
)
_DATE_ONLY = re.compile(
    r"(?:(?:first )?(?:published|updated|posted)|last modified|veröffentlicht|publié)\b[^.]{0,40}\d[^.]{0,40}"
    r"|(?:\w+,? )?(?:\d{1,2}\.? \w{3,12}\.?,? \d{4}|\w{3,12}\.? \d{1,2},? \d{4}|[\d./-]{6,10})"
    r"(?:[ ,]+\d{1,2}[:.]\d{2}.{0,20})?",
    re.IGNORECASE,
)
_CAPTION = re.compile(
    r"(?:photo|image|picture|illustration|caption|foto|bild|photograph|video)\s*(?:credit|by|courtesy)?\s*[:/|©].*"
    r"|.*(?:\((?:ap|afp|reuters)\s+photo.*\)|/\s*(?:getty images|ap|afp|reuters|shutterstock)\)?\.?)"
    r"|.*\bgetty images\)?\.?",
    re.IGNORECASE,
)
_CHATTER = re.compile(
    r"(?:share (?:this|on|via)|follow us|subscribe (?:to|now|here)|sign up (?:for|to|here)|click (?:here|to)|watch:"
    r"|listen to (?:this|the) (?:article|story|audio|podcast)|related:|read (?:more|also)|see also|continue reading"
    r"|support our|join us|image source|editor.s note|this (?:article|story|post) (?:was|first|originally)"
    r"|(?:please )?(?:like|share) and subscribe|subscribe (?:to our|for)|(?:visit|follow|like|join|find) (?:us|our)\b"
    r"|(?:to|for) (?:watch |read |see |get )?more (?:\w+ )?(?:news|videos?|stories|information|updates|details)\b"
    r"|stay (?:tuned|connected)|watch the full\b"
    r"|originally published|the post\b.{1,300}\bappeared first on|weiterlesen|lire la suite|leer más|mehr zum thema"
    r"|(?:share|tweet|print|e-?mail|save|donate|subscribe|advertisement|anzeige|loading|like this|\d* ?comments?)\W*$)",
    re.IGNORECASE,
)
_DATELINE = re.compile(
    r"[^\W\d_][^\n():;!?“”\"]{1,60}?\s*(?:\([A-Z][\w./ -]{1,24}\)\s*)?(?:[—–]|(?<=\s)--?(?=\s))\s*(?=[A-Z“\"'‘À-Þ])"
    r"|\([A-Z][\w./ -]{1,24}\)\s*(?:[—–]|--?)\s*(?=[A-Z“\"'‘À-Þ])"
)
_TAIL = re.compile(
    r"\s*(?:\(?(?:read (?:more|the (?:rest|full)[^.]{0,30})|continue reading)(?:\s*(?:at|on|about|:)[^.]{0,80})?\)?"
    r"|weiterlesen|lire la suite|leer más|seguir leyendo|читать далее|\(more\)|\[\s*(?:…|\.{3})\s*\]|…|\.{3}"
    r"|the post .{1,300} appeared first on .{1,100})\s*[.…»→>\]]*\s*$",
    re.IGNORECASE,
)


_BEFORE = re.compile(
    r"(?:[*•·▪►▶●■◆]+\s*|[–—-]\s+"
    r"|[(\[]\s*(?:update|correct|breaking|exclusive|developing)[^)\]\n]{0,40}[)\]]\s*)+",
    re.IGNORECASE,
)
_AFTER = re.compile(r"(?:\s*(?:#\w+|[:–—-]?\s*(?:https?://|www\.)\S+))+\s*$")
_ADDRESS = re.compile(r"(?:https?://|www\.)\S+")

MIN_BESIDE_ADDRESS = 10
"""Words that a line with an address in it must have beside it: shorter ones only send readers there."""
HEADING_WORDS = 4
"""A line in capitals with no more words is a heading."""
MORE_THAN_TITLE = 4
"""A line that says the title and no more words than these ("Ferry strike: …") is the title again."""


def fold(text: str) -> str:
    """The text for comparing: NFKC, case folded, marks dropped where the script can be read without them.

    That is Latin, Greek, Cyrillic, Arabic (with the stretching tatweel) and Hebrew; the vowel signs of Indic and South
    East Asian scripts and the sound marks of kana stay. Idempotent.
    """
    if text.isascii():
        return text.lower()
    spread = unicodedata.normalize("NFKD", unicodedata.normalize("NFKD", text).casefold())
    return unicodedata.normalize("NFKC", _DROPPED_MARKS.sub("", spread))


def words(text: str) -> list[str]:
    """The folded words of a text in order; runs of scripts without spaces as overlapping pairs of characters."""
    found: list[str] = []
    for run in _RUN.findall(fold(text)):
        if len(run) > 2 and _STARTS_UNSPACED.match(run):
            found.extend(run[place : place + 2] for place in range(len(run) - 1))
        else:
            found.append(run)
    return found


def count_words(text: str) -> int:
    """The number of words; characters count each in scripts without spaces."""
    return len(_UNIT.findall(text))


def first_words(text: str, count: int) -> str:
    """The beginning of a text on one line: `count` words at most, ended at a sentence when one ends near, "…" when cut.

    Characters count as words in scripts without spaces.
    """
    line = " ".join(text.split(None, 2 * count)[: 2 * count])  # a dash between spaces is no word: so twice as many
    ends = _ends(line, count + 1)
    if len(ends) <= count:
        line = " ".join(text.split())
        ends = _ends(line, count + 1)
    if len(ends) <= count:
        return line
    if count < 1:
        return ""
    cut, near = ends[count - 1], ends[int(count * NEAR)]
    sentences = [
        match.end() for match in _SENTENCE_END.finditer(line, 0, ends[count]) if near <= match.end() <= cut + 4
    ]
    if sentences:
        return f"{line[: sentences[-1]]} …"
    return f"{line[:cut]}…"


def _ends(line: str, count: int) -> list[int]:
    """Where the first `count` words end."""
    return [match.end() for match in islice(_UNIT.finditer(line), count)]


def standfirst(text: str, title: str, limit: int = 45) -> str:
    """The first real paragraph of a plain text, at most `limit` words, "" where there is none.

    The text has one paragraph a line. A repeated title, bylines, dates, captions and lines that ask readers to do
    something are passed over; a dateline ("PARIS (AP) —") and a tail ("Continue reading") are taken off.
    """
    short: list[str] = []
    for body in opening(text, title):
        if short and short[-1].endswith((".", "!", "?", "。", "”", '"')):
            return first_words(f"{short[-1]} {body}", limit)
        if count_words(body) >= MIN_PARAGRAPH:
            return first_words(body, limit)
        short.append(body)
    return first_words(max(short, key=count_words), limit) if short else ""


def opening(text: str, title: str) -> Iterator[str]:
    """The real paragraphs among the first lines of a plain text: without the title, bylines, labels and chatter."""
    repeated = fold(title).strip(" .")
    lines = [line.strip() for line in text.split("\n", MAX_LINES)[:MAX_LINES]]
    return (body for line in lines if not _passed_over(line, repeated) and (body := _bare(line)))


def _passed_over(line: str, title: str) -> bool:
    """Whether a line is none of the text: the title again, a heading, a byline, a date, a caption, chatter."""
    if not line or _repeats(line, title) or is_label(line) or _only_sends_away(line):
        return True
    if len(line) > 300:  # long lines are paragraphs, whatever they begin with
        return False
    heading = line.isupper() and count_words(line) <= HEADING_WORDS and not line.endswith(("!", "?"))
    byline = _BYLINE.fullmatch(line) is not None and not line.endswith((".", "!", "?"))
    chatter = len(line) < 240 and _CHATTER.match(_BEFORE.sub("", line, count=1)) is not None
    return heading or byline or chatter or bool(_DATE_ONLY.fullmatch(line) or _CAPTION.fullmatch(line))


def _repeats(line: str, title: str) -> bool:
    """Whether the line says the folded `title` and next to nothing else."""
    folded = fold(line).strip(" .")
    if folded == title:
        return True
    length = count_words(title)
    return length >= MORE_THAN_TITLE and title in folded and count_words(folded) <= length + MORE_THAN_TITLE


def _only_sends_away(line: str) -> bool:
    """Whether the line holds an address and few words beside it, or nothing but tags."""
    beside = _ADDRESS.sub("", line)
    return (beside != line and count_words(beside) < MIN_BESIDE_ADDRESS) or not _AFTER.sub("", line).strip()


def _bare(line: str) -> str:
    """The line without what stands round its sentences: bullets, marks of an update, dateline, tags, tail."""
    if (before := _BEFORE.match(line)) is not None:
        line = line[before.end() :]
    found = _DATELINE.match(line)
    body = line[found.end() :] if found is not None and _is_dateline(found[0]) else line
    tail = _TAIL.search(body, max(0, len(body) - 450))
    body = body[: tail.start()] if tail else body
    after = _AFTER.search(body, max(0, len(body) - 450))
    return (body[: after.start()] if after else body).strip()


def _is_dateline(beginning: str) -> bool:
    """Whether it names a place in capitals or a wire service, and is not just some word before a dash."""
    place = re.split(r"[,(—–-]", beginning, maxsplit=1)[0].strip()
    return "(" in beginning or (len(place) > 2 and place.isupper())
