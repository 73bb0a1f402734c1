from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aggregator.dedup.attribution import QUOTE, STRONG, Link, cleaned, find_credits, squashed
from aggregator.model import Credit
from tests.dedup.texts import article

OWN = "lantern.example"
KNOWN = {
    "harbour gazette": "harbour.example",
    "the harbour gazette": "harbour.example",
    "tidewatch": "tidewatch.example",
    "the lantern": OWN,
    "reuters": "reuters.com",
}
BODY = article(3, 400)


def resolve(name: str, url: str | None) -> str | None:
    if url and "harbour.example" in url:
        return "harbour.example"
    if url and OWN in url:
        return OWN
    return KNOWN.get(name.casefold())


def credits_in(
    text: str,
    links: tuple[Link, ...] = (),
    *,
    authors: tuple[str, ...] = (),
    source: tuple[str | None, str | None] = (None, None),
    outlet: str = OWN,
) -> tuple[Credit, ...]:
    return find_credits(
        text, links, authors=authors, source_name=source[0], source_url=source[1], outlet=outlet, resolve=resolve
    )


def under(line: str) -> tuple[Credit, ...]:
    return credits_in(f"A day at sea\n\n{BODY}\n\n{line}")


def above(line: str) -> tuple[Credit, ...]:
    return credits_in(f"{line}\n\n{BODY}")


AFTER_THE_TEXT = {
    # English
    "This article originally appeared at Harbour Gazette. Copyright 2014. Follow Harbour Gazette on Twitter.": "Harbour Gazette",
    "This article originally appeared on Coast.com.au.": "Coast.com.au",
    "This story was first published by Coast Online": "Coast Online",
    "This article was first published in coast daily report": "coast daily report",
    "This piece originally appeared on Tidewatch and was republished with permission.": "Tidewatch",
    "Original story reprinted with permission from Quayside Magazine, an independent publication.": "Quayside Magazine",
    "This article has been republished with permission from QuayDesk.": "QuayDesk",
    "This article was originally published on The Quay, an independent source of news. Disclosure follows.": "The Quay",
    "The post Storm Shuts Ferry first appeared on Salt Voice.": "Salt Voice",
    "The post Storm Shuts Ferry appeared first on Salt Voice.": "Salt Voice",
    "This article first appeared on Code4Boats": "Code4Boats",
    "The original source of this article is Tidewatch": "Tidewatch",
    "Copyright © Tidewatch, Tidewatch, 2020": "Tidewatch",
    "This story was provided by Harbour Gazette.": "Harbour Gazette",
    "Crossposted from Salt Voice": "Salt Voice",
    # German
    "Dieser Artikel erschien zuerst auf Hafenbote.": "Hafenbote",
    "Dieser Beitrag ist zuerst in der Inselzeitung erschienen.": "Inselzeitung",
    "Mit freundlicher Genehmigung der Inselzeitung": "Inselzeitung",
    # French
    "Cet article est republié à partir de La Digue sous licence Creative Commons.": "La Digue",
    "Cet article a été publié initialement dans le n°29 de «L'Écluse»": "L'Écluse",
    "Ce texte est paru initialement sur Le Courrier du Port. Lire la suite.": "Le Courrier du Port",
    # Spanish
    "Este artículo fue publicado originalmente en El Muelle. Lea el original.": "El Muelle",
    "(Tomado de El Faro)": "El Faro",
    # Italian
    "Questo articolo è stato pubblicato originariamente su Il Molo.": "Il Molo",
    # Portuguese
    "Este artigo foi publicado originalmente em O Farol": "O Farol",
    "Publicado originalmente em: O Farol": "O Farol",
    # Russian
    "Статья впервые опубликована на сайте «Маяк».": "Маяк",
    "Перепечатано из газеты": None,
    # Turkish
    "Bu yazı ilk olarak Liman Postası'nda yayımlandı.": "Liman Postası",
    "Bu haber Liman Postası sitesinden alınmıştır.": "Liman Postası",
    # Arabic
    "نقلا عن صحيفة المرفأ": "المرفأ",
    # Chinese
    "本文最初发表于《港口日报》。": "港口日报",
    "本文转载自港口日报": "港口日报",
    "（本文首发于：港口日报）": "港口日报",
}
STRONG_CREDITS = {line: name for line, name in AFTER_THE_TEXT.items() if name is not None}


@pytest.mark.parametrize("line", STRONG_CREDITS)
def test_a_statement_after_the_text_names_the_source(line: str) -> None:
    found = under(line)
    assert found[0].name == STRONG_CREDITS[line]
    assert found[0].confidence >= STRONG
    assert found[0].position == "foot"
    assert found[0].quote in line


BEFORE_THE_TEXT = {
    "This article originally appeared at Quay.com. To receive it weekly, click here.": "Quay.com",
    "(This article originally appeared on dock.quay.com on 03/02/2015. For the original, click here.)": "dock.quay.com",
    "[Originally published in the Quayside Finance Journal.]": "Quayside Finance Journal",
    "This column was originally published in Not Drowning, a newsletter about tides. Sign up.": "Not Drowning",
    "Reprinted from Tidewatch": "Tidewatch",
    "By Ada Quay / Original to Salt Voice": "Salt Voice",
    "Authored by Ada Quay via Salt Voice blog,": "Salt Voice blog",
    "By Ada Quay, Tidewatch, August 28, 2019": "Tidewatch",
    "By Ada Quay\nTidewatch": "Tidewatch",
    "By Tidewatch": "Tidewatch",
    "Tidewatch, Jul 23 2021": "Tidewatch",
    "Tidewatch 9 July 2020": "Tidewatch",
}


@pytest.mark.parametrize("line", BEFORE_THE_TEXT)
def test_a_statement_or_byline_before_the_text_names_the_source(line: str) -> None:
    found = above(line)
    assert found[0].name == BEFORE_THE_TEXT[line]
    assert found[0].confidence >= STRONG
    assert found[0].position in {"head", "byline"}


LABELS = {
    "Source: Salt Voice": "Salt Voice",
    "Fuente:infobahía": "infobahía",
    "Fuentes: weekly sailor": "weekly sailor",
    "Quelle: Hafenbote": "Hafenbote",
    "Fonte: O Farol": "O Farol",
    "Kaynak: Liman Postası": "Liman Postası",
    "Источник: «Маяк»": "Маяк",
    "Источник — Маяк-Спорт": "Маяк-Спорт",
    "المصدر: المرفأ": "المرفأ",
    "来源：港口日报": "港口日报",
    "Via Salt Voice": "Salt Voice",
    "Con información de EFE": "EFE",
}


@pytest.mark.parametrize("line", LABELS)
def test_a_bare_label_is_a_weak_credit(line: str) -> None:
    (found,) = under(line)
    assert found.name == LABELS[line]
    assert found.confidence < STRONG


AGENCIES = [
    "LONDON, July 9 (Reuters) - The council met.",
    "NEW YORK (AP) — The council met.",
    "新华社北京7月9日电 港口关闭",
]


@pytest.mark.parametrize("line", AGENCIES)
def test_an_agencys_dateline_is_a_weak_credit(line: str) -> None:
    (found,) = above(line)
    assert 0.0 < found.confidence < STRONG
    assert found.position == "head"


NO_CREDITS = [
    "This was originally posted to eBay's career page.",
    "The picture was first posted by Reddit user quaycat.",
    "Source: Ada Quay/Getty Images",
    "Source: police",
    "Источник: полиция",
    "المصدر: وكالات",
    "via Reddit",
    "Photo: via Twitter",
    "First Posted: 10/25/11 06:44 PM ET",
    "Originally published 05/03/2013",
    "Originally published November 18, 2023",
    "Publicado originalmente em 1929",
    "Источник НОВОСТЕЙ сообщил",
    "Featured image is a screenshot",
    "© 2020 Example Media. All rights reserved.",
    "By submitting you agree to our terms, 9 July 2020",
    "This article was originally published on The Lantern.",
    "The original source of this article is Lantern",
    "This material may not be published, broadcast, rewritten or redistributed.",
]


@pytest.mark.parametrize("line", NO_CREDITS)
def test_look_alikes_and_the_outlet_itself_are_no_credits(line: str) -> None:
    assert under(line) == ()
    assert above(line) == ()


@pytest.mark.parametrize("line", ["Ada Quay 9 July 2020", "London, 9 July 2020", "By Ada Quay", "By Ada Quay\nLondon"])
def test_authors_and_places_in_the_byline_are_no_outlets(line: str) -> None:
    assert above(line) == ()


def test_a_wording_in_the_middle_of_a_text_is_its_subject_not_a_credit() -> None:
    text = f"{BODY}\nThe hoax: this article originally appeared on Salt Voice, they said.\n{BODY}"
    assert credits_in(text) == ()


def test_a_link_resolves_what_the_name_does_not() -> None:
    text = f"This piece originally appeared on the Gazette.\n\n{BODY}"
    start = text.index("Gazette")
    (found,) = credits_in(text, ((start, start + 7, "https://harbour.example/storm"),))
    assert (found.name, found.outlet, found.url) == ("Gazette", "harbour.example", "https://harbour.example/storm")


@pytest.mark.parametrize(
    ("line", "anchor"),
    [
        ("This article was originally published here.", "here"),
        ("This article originally appeared at  To receive it weekly, click below.", " To"),
        ("Read the original article.", "original article"),
        ("Lire l'article original", "article original"),
        ("阅读原文", "原文"),
    ],
)
def test_a_link_stands_in_where_the_name_is_lost(line: str, anchor: str) -> None:
    text = f"A day at sea\n\n{BODY}\n\n{line}"
    start = text.rindex(anchor)
    length = 0 if anchor == " To" else len(anchor)
    found = credits_in(text, ((start, start + length, "https://www.quay.example/storm"),))
    assert [(each.name, each.url, each.position) for each in found] == [
        ("quay.example", "https://www.quay.example/storm", "link")
    ]


def test_a_link_to_the_authors_page_on_the_own_site_does_not_hide_the_source() -> None:
    (found,) = credits_in(f"By Tidewatch\n\n{BODY}", ((3, 12, f"https://{OWN}/author/tidewatch"),))
    assert (found.outlet, found.url) == ("tidewatch.example", None)


def test_links_to_the_own_site_to_platforms_and_to_nowhere_are_no_credits() -> None:
    text = f"This article was originally published here.\n\n{BODY}"
    start = text.index("here")
    for url in (f"https://{OWN}/1", "https://twitter.com/x", "#", "javascript:void(0)", "mailto:a@b.example"):
        assert credits_in(text, ((start, start + 4, url),)) == ()


def test_what_the_feed_declares_is_a_credit() -> None:
    (found,) = credits_in(BODY, source=("Harbour Gazette", "https://harbour.example/feed"))
    assert (found.outlet, found.position) == ("harbour.example", "markup")
    assert credits_in(BODY, source=("The Lantern", None)) == ()


def test_an_author_who_is_an_outlet_is_a_credit() -> None:
    (found,) = credits_in(BODY, authors=("Ada Quay", "Tidewatch"))
    assert (found.outlet, found.position) == ("tidewatch.example", "byline")


def test_each_source_is_named_once_with_its_best_evidence() -> None:
    text = f"By Tidewatch\nTidewatch 9 July 2020\n\n{BODY}\n\nThe original source of this article is Tidewatch"
    found = credits_in(text, authors=("Tidewatch",))
    assert [(each.outlet, each.position) for each in found] == [("tidewatch.example", "foot")]


def test_the_best_credit_comes_first() -> None:
    found = credits_in(f"LONDON (Reuters) - Storm.\n{BODY}\nThis article originally appeared on Salt Voice.")
    assert [each.name for each in found] == ["Salt Voice", "Reuters"]


def test_a_disclaimer_of_two_thousand_characters_does_not_hide_the_statement_above_it() -> None:
    (found,) = credits_in(f"{BODY}\nThe original source of this article is Tidewatch\n{article(8, 400)}")
    assert found.outlet == "tidewatch.example"


def test_quotes_are_bounded() -> None:
    text = f"{BODY}\nThis article {'really ' * 3}originally appeared on Salt Voice with {'many ' * 200}words"
    assert all(len(each.quote) <= QUOTE for each in credits_in(text))


@settings(max_examples=60, deadline=None)
@given(
    st.text(max_size=400),
    st.lists(st.tuples(st.integers(-5, 500), st.integers(-5, 500), st.text(max_size=20)), max_size=4),
    st.sampled_from(
        ["This article originally appeared on ", "Source: ", "By ", "Copyright © a, ", "via ", "本文转载自"]
    ),
)
def test_no_text_however_odd_breaks_the_search(text: str, links: list[Link], line: str) -> None:
    for credit in credits_in(f"{line}{text}\n{text}\n{line}{text}", tuple(links)):
        assert 0.0 < credit.confidence <= 1.0
        assert credit.name


def test_a_hostile_line_is_searched_in_bounded_time() -> None:
    assert credits_in("this article " * 200_000) == ()


def test_names_lose_what_is_around_them() -> None:
    assert cleaned("«Маяк», ") == "Маяк"
    assert cleaned("the Quayside Journal (Vol. 3)") == "Quayside Journal"
    assert cleaned("Quay.com on 03/02/2015") == "Quay.com"


def test_spellings_of_one_name_are_squashed_alike() -> None:
    assert len({squashed(name) for name in ("South Front", "SouthFront", "southfront.org", "www.southfront.org")}) == 1
    assert squashed("The Quay") == squashed("quay.co.uk")
