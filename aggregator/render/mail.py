"""An edition as a mail. The only home of css_inline.

Plain text first, then HTML with its styles inlined; no picture, no script, nothing that is loaded. The HTML part
stays under `HTML_LIMIT` bytes as it travels, cut by whole stories. The same edition, recipient and message id give
the same bytes (the boundary comes from the id), and no title, however odd, stops an edition: what headers cannot
carry is taken out before.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime, parseaddr
from functools import lru_cache
from typing import Literal
from urllib.parse import quote

import css_inline

from aggregator.config import Site
from aggregator.digest.edition import Edition, StoryView
from aggregator.render import paths, templates
from aggregator.render.feeds_out import authority, site_base
from aggregator.render.foreign import cut, tidy
from aggregator.render.localised import Interface, interface
from aggregator.render.plain import COLUMNS
from aggregator.render.tally import MOST_MARKS, marks
from aggregator.render.words import Speech, title

HTML_LIMIT = 98_000
"""Bytes of the HTML part as it travels: Gmail cuts a message at 102 KB, headers and text left out."""
SUBJECT_LIMIT = 120
"""Characters of the subject: what lists show ends at 70 or so, what a phone's notification shows at 120."""
MOST_BRIEFS = 20
"""Briefs in a mail; the page holds the rest."""
LISTED = re.compile(r"[^a-z0-9.-]+")


@dataclass(frozen=True, slots=True, kw_only=True)
class Letter:
    """What the mail templates are given: an edition cut to size, and what was left out."""

    edition: Edition
    left: int
    """Stories that stand only on the page."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Prepared:
    """A mail without its recipient: the headers that all share, and both parts."""

    headers: dict[str, str]
    text: str
    html: str


def render_mail(
    edition: Edition,
    *,
    site: Site,
    names: Callable[[str], str],
    sender: str,
    recipient: str,
    message_id: str,
    main_digest: str = "daily",
) -> bytes:
    """The message for one recipient, as bytes with CRLF line ends. Raises RenderError for a broken template."""
    prepared = prepare_mail(edition, site=site, names=names, sender=sender, main_digest=main_digest)
    return addressed(prepared, recipient=recipient, message_id=message_id)


def prepare_mail(
    edition: Edition,
    *,
    site: Site,
    names: Callable[[str], str],
    sender: str,
    main_digest: str = "daily",
    voice: Interface | None = None,
) -> Prepared:
    """All of the mail but its recipient, rendered once however many there are. Raises RenderError."""
    speech = Speech(interface=voice or interface(site.language, site.zone), names=names)
    made = templates.environment(site, speech, characters=characters, columns=COLUMNS,
                                 story_path=paths.story_path, piece_path=paths.piece_path)  # fmt: skip
    base = site_base(site)
    page = f"{base}{paths.edition_path(edition.name, edition.day, main_digest)}".removesuffix(paths.FRONT)
    values = {
        "base": base,
        "page": page if base else "",
        "subject": subject(speech, edition),
        "sender_address": parseaddr(sender)[1],
    }
    letter, html = fitting(made, edition, values)
    text = templates.render(made, "mail.txt", values | shared(letter))
    return Prepared(headers=head(edition, speech, site=site, sender=sender), text=text, html=html)


def addressed(prepared: Prepared, *, recipient: str, message_id: str) -> bytes:
    """The mail to one recipient, under its own Message-ID; its boundary follows from that, so the bytes are its own."""
    headers = prepared.headers | {"To": line(recipient), "Message-ID": line(message_id)}
    return message(headers, prepared.text, prepared.html, boundary_from=message_id)


def shared(letter: Letter) -> dict[str, object]:
    """The letter as the templates name it."""
    return {"edition": letter.edition, "left": letter.left, "near": letter.edition.day}


def fitting(made: templates.Templates, edition: Edition, values: dict[str, str]) -> tuple[Letter, str]:
    """The longest letter whose HTML stays under the limit; by halving, since each try costs a rendering."""
    low, high = 0, len(edition.leads) + sum(len(part.stories) for part in edition.sections) + len(edition.briefs)
    best = attempt(made, edition, high, values)
    if travelling(best[1]) <= HTML_LIMIT:
        return best
    best = attempt(made, edition, 0, values)
    while low + 1 < high:
        middle = (low + high) // 2
        found = attempt(made, edition, middle, values)
        if travelling(found[1]) <= HTML_LIMIT:
            low, best = middle, found
        else:
            high = middle
    return best


def attempt(made: templates.Templates, edition: Edition, stories: int, values: dict[str, str]) -> tuple[Letter, str]:
    """The letter with so many stories, and its HTML."""
    letter = first_stories(edition, stories)
    return letter, inliner().inline(templates.render(made, "mail.html", values | shared(letter)))


def first_stories(edition: Edition, most: int) -> Letter:
    """The edition cut to its first stories, in the order of the page."""
    leads = edition.leads[:most]
    rest = most - len(leads)
    sections = []
    for part in edition.sections:
        sections.append(replace(part, stories=part.stories[: max(rest, 0)]))
        rest -= len(part.stories)
    briefs = edition.briefs[: min(max(rest, 0), MOST_BRIEFS)]
    kept = [part for part, full in zip(sections, edition.sections, strict=True) if part.stories or not full.stories]
    shown = {story.id for story in (*leads, *(story for part in kept for story in part.stories), *briefs)}
    everything = {story.id for story in edition.stories} | {story.id for story in (*edition.leads, *edition.briefs)}
    cut_edition = replace(edition, leads=leads, sections=tuple(kept), briefs=briefs)
    return Letter(edition=cut_edition, left=len(everything - shown))


@lru_cache(maxsize=1)
def inliner() -> css_inline.CSSInliner:
    """The inliner: nothing is loaded, rules for dark screens and phones stay in the head."""
    return css_inline.CSSInliner(keep_at_rules=False, load_remote_stylesheets=False)


def characters(story: StoryView) -> list[tuple[str, str]]:
    """The tally as (class, characters), one pair for each run: mail draws nothing."""
    signs = {"voice": ("v", "●"), "far": ("v", "○"), "copy": ("q", "○"), "bare": ("a", "×")}
    runs: list[tuple[str, str]] = []
    left = MOST_MARKS
    groups = marks(story)
    for number, group in enumerate(groups):
        if number and left > 0:
            runs.append(("", " "))
        runs += [signs[mark] for mark in group[: max(left, 0)]]
        left -= len(group)
    more = sum(map(len, groups)) - MOST_MARKS
    return [*runs, ("q", f" +{more}")] if more > 0 else runs


def subject(speech: Speech, edition: Edition) -> str:
    """Two headlines and a count, in one line of at most `SUBJECT_LIMIT` characters."""
    headlines = [title(speech, story.title) for story in edition.leads[:2]]
    if not headlines:
        return cut(f"{tidy(edition.title)}, {speech.interface.day(edition.day)}", SUBJECT_LIMIT)
    rest = edition.counts.stories - len(headlines)
    tail = f"; {speech._('{rest} more', rest=speech.interface.number(rest))}" if rest > 0 else ""
    room = SUBJECT_LIMIT - len(tail) - 2 * (len(headlines) - 1)
    return "; ".join(shortened(headlines, room)) + tail


def shortened(headlines: list[str], room: int) -> list[str]:
    """The headlines within so many characters; what a short one leaves goes to the other."""
    if len(headlines) == 1:
        return [cut(headlines[0], room)]
    first, second = headlines
    half = room // 2
    share = max(half, room - len(second))
    first = cut(first, share)
    return [first, cut(second, room - len(first))]


def head(edition: Edition, speech: Speech, *, site: Site, sender: str) -> dict[str, str]:
    """The headers: RFC 5322, and for programs RFC 2919 (List-Id), 2369 (List-Unsubscribe), 3834 (Auto-Submitted)."""
    address = parseaddr(sender)[1]
    host = authority(site) or address.rpartition("@")[2] or "localhost"
    name = LISTED.sub("-", edition.name.lower()).strip("-.") or "digest"
    headers = {
        "From": line(sender),
        "Subject": subject(speech, edition),
        "Date": format_datetime(speech.interface.local(edition.made_at)),
        "List-Id": f"<{name}.{LISTED.sub('-', host.lower())}>",
        "List-Unsubscribe": f"<mailto:{quote(address, safe='@')}?subject={quote(f'Stop {name}')}>",
        "Auto-Submitted": "auto-generated",
        "Content-Language": speech.interface.locale.language,
    }
    return headers if address else {key: value for key, value in headers.items() if key != "List-Unsubscribe"}


def line(value: str) -> str:
    """A header value of ours on one line."""
    return tidy(value, 900)


def message(headers: dict[str, str], text: str, html: str, *, boundary_from: str) -> bytes:
    """The whole message; plain text comes first, as the lesser alternative (RFC 2046, 5.1.4)."""
    made = EmailMessage(policy=SMTP)
    for name, value in headers.items():
        made[name] = value
    made.set_content(text, cte=encoding(text))
    made.add_alternative(html, subtype="html", cte=encoding(html))
    made.set_boundary(f"=_{hashlib.sha256(boundary_from.encode()).hexdigest()[:32]}")
    return made.as_bytes()


def encoding(text: str) -> Literal["quoted-printable", "base64"]:
    """The shorter of the two encodings that keep lines under 998 bytes whatever the text holds (RFC 5322, 2.1.1)."""
    body = text.encode()
    escaped = sum(byte > 126 or byte == 61 for byte in body)
    return "quoted-printable" if len(body) + 2 * escaped < len(body) * 4 / 3 else "base64"


def travelling(html: str) -> int:
    """Bytes of the HTML part as it is sent."""
    part = EmailMessage(policy=SMTP)
    part.set_content(html, subtype="html", cte=encoding(html))
    return len(part.as_bytes())
