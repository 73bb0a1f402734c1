"""Wordings of credit, and what only looks like one, in ten languages: sentences of our own under invented names."""

from __future__ import annotations

import pytest

from aggregator.dedup.attribution import find_credits
from aggregator.model import Credit
from tests.dedup.texts import article

CREDITS = {
    "en": {
        "The original source of this article is Harbour Gazette": "Harbour Gazette",
        "This essay first appeared in Lantern Review.": "Lantern Review",
        "Republished from Quay Weekly under a Creative Commons licence.": "Quay Weekly",
        "Copyright © Ann Miller, Harbour Gazette, 2024": "Harbour Gazette",
        "Source: Quay Weekly": "Quay Weekly",
    },
    "de": {
        "Dieser Beitrag erschien zuerst im Hafenblatt.": "Hafenblatt",
        "Dieser Text ist zuerst in der Leuchtturm erschienen.": "Leuchtturm",
        "Mit freundlicher Genehmigung von Hafenblatt.": "Hafenblatt",
        "Aus dem Magazin Leuchtturm": "Leuchtturm",
        "Quelle: Hafenblatt": "Hafenblatt",
    },
    "fr": {
        "Cet article a été publié initialement sur Le Phare. Lire l’article original.": "Le Phare",
        "Cette tribune est republiée à partir de La Jetée sous licence Creative Commons.": "La Jetée",
        "Source : Le Phare": "Le Phare",
    },
    "es": {
        "Este artículo fue publicado originalmente en El Faro Viejo. Lea el original.": "El Faro Viejo",
        "Este texto apareció originalmente en La Dársena.": "La Dársena",
        "Fuente: La Dársena": "La Dársena",
    },
    "it": {
        "Questo articolo è stato pubblicato originariamente su Il Molo.": "Il Molo",
        "Tratto da La Banchina": "La Banchina",
        "Fonte: Il Molo": "Il Molo",
    },
    "pt": {
        "Este artigo foi publicado originalmente em O Cais.": "O Cais",
        "Publicado originalmente em: Jornal da Doca": "Jornal da Doca",
        "Fonte: Jornal da Doca": "Jornal da Doca",
    },
    "ru": {
        "Статья впервые опубликована на сайте Старый маяк.": "Старый маяк",
        "Оригинал публикации: Старый маяк": "Старый маяк",
        "Источник: «Причал»": "Причал",
        "Источник, фото: Причал": "Причал",
    },
    "tr": {
        "Bu yazı ilk olarak Liman Postası'nda yayımlanmıştır.": "Liman Postası",
        "Bu haber Fener gazetesinden alınmıştır.": "Fener",
        "Kaynak: Liman Postası": "Liman Postası",
    },
    "ar": {
        "نشر هذا المقال أول مرة في موقع المنارة.": "المنارة",
        "نقلا عن صحيفة الميناء": "الميناء",
        "المصدر: الميناء": "الميناء",
    },
    "zh": {
        "本文最初发表于《港口周刊》。": "港口周刊",
        "转载自：灯塔新闻": "灯塔新闻",
        "来源：港口周刊": "港口周刊",
    },
}
NO_CREDITS = {
    "en": [
        "The notice was first posted by a user called harbourman.",
        "The book was originally published by Lighthouse Press in 1961.",
        "Source: police said that the harbour was closed",
        "Photo: Harbour Gazette/Getty Images",
        "Originally published 05/03/2013",
    ],
    "de": ["Quelle: eigene Recherche", "Foto: Hafenblatt", "Der Roman erschien zuerst bei Leuchtturm."],
    "fr": ["Crédit photo : Le Phare", "Le roman a été publié initialement en 1961."],
    "es": ["Fuente: elaboración propia", "Foto: La Dársena"],
    "it": ["Foto: Il Molo", "Fonte: elaborazione propria"],
    "pt": ["Publicado originalmente em 1929", "Foto: O Cais"],
    "ru": ["Источник газеты в порту сообщил об этом вечером.", "Фото: Причал"],
    "tr": ["Kaynak: Getty", "Fotoğraf: Fener"],
    "ar": ["صورة: الميناء"],
    "zh": ["图片来源：港口周刊", "消息来源不愿透露姓名。"],
}


def best(text: str) -> Credit | None:
    found = find_credits(
        text,
        (),
        authors=(),
        source_name=None,
        source_url=None,
        outlet="mirror.example",
        resolve=lambda _name, _url: None,
    )
    return found[0] if found else None


@pytest.mark.parametrize("language", CREDITS)
def test_credits_are_read_where_republishers_put_them(language: str) -> None:
    for sentence, name in CREDITS[language].items():
        credit = best(f"{article(3, 600)}\n{sentence}")
        assert credit is not None, sentence
        assert (credit.name, credit.position) == (name, "foot")
        assert credit.quote in sentence


@pytest.mark.parametrize("language", CREDITS)
def test_a_sentence_names_its_source_more_surely_than_a_label_does(language: str) -> None:
    sure = [credit.confidence for each in CREDITS[language] if (credit := best(f"{article(3, 600)}\n{each}"))]
    assert max(sure) >= 0.8
    assert min(sure) >= 0.5


@pytest.mark.parametrize("language", NO_CREDITS)
def test_pictures_informants_books_and_dates_are_no_credits(language: str) -> None:
    found = {each: best(f"{article(3, 600)}\n{each}") for each in NO_CREDITS[language]}
    assert not {each: credit for each, credit in found.items() if credit}


@pytest.mark.parametrize(
    ("dateline", "agency"),
    [
        ("PORT VALE (Reuters) - The lamp is out.", "Reuters"),
        ("HAFEN (dpa) - Das Licht ist aus.", "dpa"),
        ("PORT VALE (AP) — The lamp is out.", "AP"),
        ("LE PORT (AFP) - Le phare est éteint.", "AFP"),
        ("ПОРТ, 5 марта. /ТАСС/. Маяк погас.", "ТАСС"),
        ("新华社港口三月五日电", "新华社"),
    ],
)
def test_agencies_are_read_from_datelines_and_never_taken_for_the_source_of_the_whole(
    dateline: str, agency: str
) -> None:
    credit = best(f"{dateline}\n{article(3, 600)}")
    assert credit is not None
    assert (credit.name, credit.position, credit.confidence) == (agency, "head", 0.35)
