"""The German catalogue: every word that pages and mails use is in it, with the same fields, and nothing else is."""

from __future__ import annotations

import gettext
import re
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Any

from babel.messages.pofile import read_po

from aggregator.config import Site
from aggregator.digest.edition import Change, CreditState
from aggregator.model import Role
from aggregator.render import localised
from aggregator.render.evidence_words import CORRECTIONS, DOUBTS, FORMS, WITHIN
from aggregator.render.mail import prepare_mail
from aggregator.render.records import SitePages
from aggregator.render.site import render_site
from tests.render.builders import at, copy, edition, full_site, name_of, pages, piece, story

GERMAN = Site(title="Reinschrift", language="de", timezone="Europe/Berlin", url="https://reinschrift.example")
SAME = {"Feed", "min", "h", "{day} {time}", "{parts}.", "In {outlet}, {time}.", "Atom", "JSON Feed",
        "{role}: {why}"}  # fmt: skip
"""Words that are the same in both languages."""


def entries() -> dict[str, Any]:
    with (localised.CATALOGUES / "de.po").open("rb") as source:
        catalogue = read_po(source, locale="de")
    return {(one.id if isinstance(one.id, str) else one.id[0]): one for one in catalogue if one.id}


@dataclass
class Listening(gettext.NullTranslations):
    """Writes down what is asked for and not known."""

    known: dict[str, Any]
    asked: set[str] = field(default_factory=set)

    def gettext(self, message: str) -> str:
        self.asked.add(message)
        return message

    def ngettext(self, msgid1: str, msgid2: str, n: int) -> str:
        self.asked.add(msgid1)
        return msgid1 if n == 1 else msgid2


def every_case() -> SitePages:
    """More than the full site: copies of every role and state, quiet sections, unknown originals, empty pages."""
    copies = tuple(
        copy(900 + n, f"o{n}.example", state=state, role=role, delay=timedelta(days=n), alarms=alarms, of_original=None)
        for n, (state, role, alarms) in enumerate(
            (state, role, alarms)
            for state in CreditState for role in Role
            for alarms in ((), ("claimed-in-future",), ("mutual-credit",), ("claimed-before-original",))
        )
    )  # fmt: skip
    many = story(
        901, piece(901, copies=copies), *(piece(1000 + n, f"p{n}.example") for n in range(20)), change=Change.CONTINUES
    )
    single = [story(2000 + n, piece(2000 + n, copies=(one,)), change=Change.GREW) for n, one in enumerate(copies)]
    unknown = story(
        3000, piece(3000, original_known=False, copies=copies[:2]), corrected_at=at(3), change=Change.CORRECTED
    )
    again = [copy(4000 + n, "own.example", state=CreditState.OWN, alarms=("claimed-in-future",)) for n in range(3)]
    own = [story(4000 + n, piece(4000 + n, "own.example", copies=tuple(again[:n]), evidence=every_evidence()))
           for n in (1, 2, 3)]  # fmt: skip
    whole = full_site()
    made = replace(whole.edition, leads=(*whole.edition.leads[:4], many, unknown), briefs=tuple(single))
    return replace(whole, edition=replace(made, stories=(*made.stories, many, unknown, *single, *own)))


def every_evidence() -> tuple[tuple[str, str], ...]:
    """A row for each form of evidence, its places filled with figures."""
    forms = [(label, form) for label, found in FORMS.items() for form in found or ("7",)]
    forms += [(label, f"7: {form}") for label, (_, within) in WITHIN.items() if label == "Role" for form in within]
    forms += [("Claimed", f"7 (not believed: {form})") for form in DOUBTS]
    forms += [("Correction", f"{form}, by hand on 7 (correction 7)") for form in CORRECTIONS]
    return tuple((label, re.sub(r"{\w+}", "7", form)) for label, form in forms)


def test_every_word_of_pages_and_mails_is_in_the_catalogue() -> None:
    known = entries()
    listening = Listening(known)
    voice = replace(localised.interface("de", GERMAN.zone), catalogue=listening)
    for shown in (
        every_case(),
        full_site(),
        pages(edition=edition(leads=(), previous=None)),
        SitePages(edition=edition(story(1))),
    ):
        render_site(shown, site=GERMAN, names=name_of, voice=voice)
        for one in (shown.edition, replace(shown.edition, troubles=shown.edition.troubles[:1])):
            prepare_mail(one, site=GERMAN, names=name_of, sender="a@b.example", voice=voice)
    assert listening.asked - set(known) == set()
    assert len(listening.asked) > 250


def test_every_translation_has_the_fields_of_its_message() -> None:
    for message, one in entries().items():
        forms = one.string if isinstance(one.string, tuple) else (one.string,)
        wanted = set(re.findall(r"{\w+}", message)) | set(
            re.findall(r"{\w+}", one.id[1] if isinstance(one.id, tuple) else message)
        )
        for form in forms:
            assert form, message
            assert set(re.findall(r"{\w+}", form)) in (wanted, wanted - {"{n}"}), message


def test_words_differ_from_the_english_ones() -> None:
    same = {message for message, one in entries().items() if one.string == message}
    assert same <= SAME


def test_a_german_page_speaks_german_in_words_plurals_and_dates() -> None:
    body = render_site(full_site(), site=GERMAN, names=name_of)["index.html"].decode()
    assert '<html lang="de">' in body
    assert "4 unabhängige Berichte, 5 Kopien, 2 mit Quellenangabe" in body
    assert "5 Kopien: 2 nennen das Original, 1 nennt eine Kopie, 2 nennen niemanden" in body
    assert "Freitag, 10. Juli 2026" in body
    assert not re.search(r">(New|Search|Archive|First|Briefs)<", body)


def test_a_language_without_a_catalogue_has_english_words() -> None:
    assert localised.catalogue("fr").gettext("Search") == "Search"
