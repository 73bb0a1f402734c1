"""Words as story grouping compares them: folded, without endings, without the commonest words.

Pure. Kept vectors stay comparable only while these rules stand, so whoever changes a rule raises `records.VERSION`.
"""

from __future__ import annotations

import re

from aggregator.text.words import words

STEM_LENGTH = 6
"""Words are cut to so many letters: a stemmer for every language at once, which needs no table of endings."""
POSSESSIVE = re.compile(r"['\u2019\u02bc]s?\b")
ARABIC_ARTICLE = "\u0627\u0644"

STOP_WORDS = frozenset(
    """
    a about after again all also amid an and any are as at be been before being but by can could did do does for from
    had has have he her here him his how i if in into is it its just may more most new no not now of off on one only or
    other our out over own said say says she should so some such than that the their them then there these they this
    those to too two under up us was we were what when where which while who why will with would you your
    de la el los las en y que un una por para con del se al su es como mas o ha fue e da do os um uma com nao na dos das
    ao le les des et du est une dans pour qui sur au il par pas der die und den von zu mit ist im fur auf ein eine nach
    в и на с по не за что из к для от о при до у как его
    """.split()
)
"""Short on purpose: rare languages have none, and the document frequencies weigh the rest down."""


def tokens(text: str) -> list[str]:
    """The folded words of `text` in order, stop words left out; pairs of characters where a script has no spaces."""
    return [word for word in words(POSSESSIVE.sub("", text)) if word not in STOP_WORDS]


def stem(token: str) -> str:
    """A word's first letters, less a plural s and the Arabic article: enough to meet its inflections."""
    if len(token) > 3 and token[-1] == "s" and token[-2] != "s":
        token = token[:-1]
    if token.startswith(ARABIC_ARTICLE) and len(token) > 4:
        token = token[2:]
    return token[:STEM_LENGTH]
