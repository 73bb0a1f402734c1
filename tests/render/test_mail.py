"""An edition as a mail."""

from __future__ import annotations

import email
import re
from dataclasses import replace
from datetime import timedelta
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import parsedate_to_datetime
from typing import Any

import html5lib
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from aggregator.config import Site
from aggregator.digest.edition import Edition
from aggregator.render import mail
from aggregator.render.mail import HTML_LIMIT, SUBJECT_LIMIT, render_mail
from tests.render.builders import BERLIN, ONLINE, copy, edition, full_site, name_of, piece, story

SENDER = "Fair Copy <digest@faircopy.example>"
ID = "<daily.2026-07-10.5f2c@faircopy.example>"


def rendered(made: Edition, site: Site = ONLINE, **named: Any) -> bytes:
    values = {"sender": SENDER, "recipient": "ada@reader.example", "message_id": ID} | named
    return render_mail(made, site=site, names=name_of, **values)


def opened(body: bytes) -> EmailMessage:
    found = email.message_from_bytes(body, policy=SMTP)
    assert isinstance(found, EmailMessage)
    return found


def parts(body: bytes) -> tuple[str, str]:
    text, html = opened(body).iter_parts()
    return text.get_content(), html.get_content()


@pytest.fixture(scope="module")
def whole() -> bytes:
    return rendered(full_site().edition)


def test_plain_text_comes_first_and_nothing_else_is_attached(whole: bytes) -> None:
    message = opened(whole)
    assert message.get_content_type() == "multipart/alternative"
    assert [part.get_content_type() for part in message.iter_parts()] == ["text/plain", "text/html"]


def test_the_headers_are_what_mailers_and_lists_expect(whole: bytes) -> None:
    message = opened(whole)
    assert message["Message-ID"] == ID
    assert message["To"] == "ada@reader.example"
    assert message["From"] == SENDER
    assert message["List-Id"] == "<daily.faircopy.example>"
    assert message["Auto-Submitted"] == "auto-generated"
    assert parsedate_to_datetime(message["Date"]) == full_site().edition.made_at
    assert message.defects == []


def test_the_subject_is_two_headlines_and_a_count(whole: bytes) -> None:
    subject = opened(whole)["Subject"]
    assert subject.startswith("Lock operator knew of the cracked gate")
    assert "; Ferry pilots" in subject
    assert subject.endswith("; 17 more")
    assert len(subject) <= SUBJECT_LIMIT


def test_short_headlines_are_not_cut() -> None:
    made = edition(story(1, title="Night bus kept"), story(2, title="Frost fund opens"), story(3))
    assert opened(rendered(made))["Subject"] == "Night bus kept; Frost fund opens; 1 more"


def test_no_line_is_longer_than_mail_allows(whole: bytes) -> None:
    assert max(len(line) for line in whole.split(b"\r\n")) <= 998
    assert b"\n" not in whole.replace(b"\r\n", b"")
    assert whole.isascii()


def test_the_text_part_fits_72_columns_but_for_addresses(whole: bytes) -> None:
    text, _ = parts(whole)
    assert all(len(line) <= 74 or "https://" in line for line in text.splitlines())


def test_the_html_part_loads_nothing_and_runs_nothing(whole: bytes) -> None:
    _, html = parts(whole)
    assert not re.search(r"<img|<script|<link|src=|url\(|@import|@font-face|<form", html)
    html5lib.HTMLParser(strict=True).parse(html)


def test_styles_are_inlined_and_dark_ones_kept(whole: bytes) -> None:
    _, html = parts(whole)
    assert 'class="i big" style="' in html
    assert "prefers-color-scheme: dark" in html
    assert ".stand {" not in html


def test_the_same_edition_gives_the_same_bytes(whole: bytes) -> None:
    assert rendered(full_site().edition) == whole


def test_both_parts_say_who_was_first_and_link_to_the_pages(whole: bytes) -> None:
    for part in parts(whole):
        assert "Quay Dispatch" in part
        assert "https://faircopy.example/news/story/1.html" in part
        assert "https://faircopy.example/news/2026/07/10/" in part


def test_a_site_without_an_address_has_a_mail_without_links() -> None:
    for part in parts(rendered(full_site().edition, site=BERLIN)):
        assert "story/" not in part
        assert "None" not in part


def giant(count: int, words: int = 60) -> Edition:
    standfirst = " ".join(["längeres"] * words)
    stories = tuple(
        story(number, piece(number, title=f"Überschrift {number} " + "wort " * 20, copies=(copy(10_000 + number),)),
              standfirst=standfirst)
        for number in range(1, count)
    )  # fmt: skip
    return edition(*stories, leads=stories, briefs=())


def test_a_long_edition_is_cut_by_whole_stories_below_what_mailers_clip() -> None:
    body = rendered(giant(400))
    _, html_part = opened(body).iter_parts()
    assert HTML_LIMIT * 0.9 < len(html_part.as_bytes()) <= HTML_LIMIT
    text, html = parts(body)
    left = int(re.search(r"And (\d+) more stories", html)[1])  # type: ignore[index]
    assert html.count("<h2") == 399 - left
    assert f"And {left} more stories: https://faircopy.example/news/2026/07/10/" in text


def test_an_edition_that_fits_is_not_cut(whole: bytes) -> None:
    assert "more stories" not in parts(whole)[1]


def test_text_that_is_no_latin_travels_in_the_shorter_encoding() -> None:
    arabic = edition(
        story(1, piece(1, title="ميناء أفيريل يعيد فتح الرصيف " * 8), standfirst="قالت إدارة الميناء " * 25)
    )
    text, _ = opened(rendered(arabic)).iter_parts()
    assert text["Content-Transfer-Encoding"] == "base64"
    text, _ = opened(rendered(full_site().edition)).iter_parts()
    assert text["Content-Transfer-Encoding"] == "quoted-printable"


ODD = [
    "CR\rLF\nboth\r\nBcc: eve@evil.example",
    "NEL\x85 LS\u2028 PS\u2029",
    "bidi \u202eoverride \u2066isolate",
    "=?utf-8?q?encoded=20word?=",
    "\ud800 lone surrogate \ufffe",
    "👩‍👩‍👧‍👦" * 80,
    "x" * 5000,
    "é" * 500,
    "",
    "\x00\x07\x1b[31m",
]


@pytest.mark.parametrize("odd", ODD)
def test_no_title_however_odd_stops_the_mail_or_adds_a_header(odd: str) -> None:
    made = edition(story(1, piece(1, odd, title=odd), title=odd, standfirst=odd), story(2, title=odd), title=odd)
    message = opened(rendered(made, site=Site(title=odd, url="https://faircopy.example/")))
    assert message["Bcc"] is None
    assert len(message["Subject"]) <= SUBJECT_LIMIT
    assert not re.search("[\r\n\x85\u2028\u2029\u202a-\u202e\u2066-\u2069]", message["Subject"])
    assert message.defects == []


@settings(max_examples=80, suppress_health_check=[HealthCheck.too_slow], deadline=None)
@given(st.text(alphabet=st.characters(exclude_categories=[]), max_size=300))
def test_any_title_goes_through_the_headers_unharmed(title: str) -> None:
    made = edition(story(1, title=title), leads=(story(1, title=title),))
    subject = mail.subject(mail_speech(), made)
    headers = {"Subject": subject, "To": "a@b.example", "Message-ID": ID}
    found = opened(mail.message(headers, "text", "<p>html</p>", boundary_from=ID))
    assert found["Subject"].split() == subject.split()


def mail_speech() -> Any:
    from tests.render.builders import speech

    return speech()


def test_a_long_message_id_comes_through_in_one_piece() -> None:
    long_id = f"<{'d' * 120}@{'faircopy' * 6}.example>"
    assert opened(rendered(edition(story(1)), message_id=long_id))["Message-ID"].strip() == long_id


def test_a_sender_with_a_name_beyond_ascii_is_understood() -> None:
    message = opened(rendered(edition(story(1)), sender="Blätter <digest@faircopy.example>"))
    assert message["From"].addresses[0].display_name == "Blätter"
    assert message["From"].addresses[0].addr_spec == "digest@faircopy.example"


def test_an_empty_edition_is_a_mail_that_says_so() -> None:
    message = opened(rendered(edition()))
    assert message["Subject"] == "Fair Copy, Friday 10 July 2026"
    assert "Nothing new since Thursday." in parts(rendered(edition()))[0]


def test_another_digest_is_another_list_and_another_page() -> None:
    body = rendered(replace(full_site().edition, name="weekly", title="The week"))
    assert opened(body)["List-Id"] == "<weekly.faircopy.example>"
    assert "https://faircopy.example/news/weekly/2026/07/10/" in parts(body)[0]


def test_the_date_is_the_editions_and_not_the_clocks() -> None:
    made = full_site().edition
    later = rendered(replace(made, made_at=made.made_at + timedelta(days=1)))
    assert parsedate_to_datetime(opened(later)["Date"]) - made.made_at == timedelta(days=1)


def test_one_rendering_serves_every_recipient() -> None:
    prepared = mail.prepare_mail(full_site().edition, site=ONLINE, names=name_of, sender=SENDER)
    first = mail.addressed(prepared, recipient="ada@reader.example", message_id=ID)
    second = opened(mail.addressed(prepared, recipient="bob@reader.example", message_id="<other@faircopy.example>"))
    assert first == rendered(full_site().edition)
    assert (second["To"], second["Message-ID"]) == ("bob@reader.example", "<other@faircopy.example>")
