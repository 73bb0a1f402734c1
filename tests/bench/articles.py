"""Archives to measure matching on: the articles beside the checkout where there are any, else made-up ones.

A larger archive is the small one again and again, each time in other words: letters change places in all but what an
outlet prints under many of its articles. So there are no copies from one time to the next, every outlet keeps its
furniture, and lengths and shares of copies stay as they were.
"""

from __future__ import annotations

import gzip
import json
import random
import string
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]
GIVEN = ROOT.parent / "shared" / "bench" / "articles_10000.jsonl.gz"
FURNITURE = 8
"""Articles of one outlet that must hold a paragraph to make it the outlet's furniture."""
OUTLETS, COPIES, WORDS = 60, 0.4, 620


def articles(count: int) -> Iterator[dict[str, Any]]:
    """So many articles."""
    first = list(given() if GIVEN.exists() else made(10_000))
    printed = Counter(
        (article["outlet"], paragraph) for article in first for paragraph in set(article["text"].split("\n"))
    )
    for number in range(count):
        time, place = divmod(number, len(first))
        article = first[place]
        group = article.get("dup_group") and f"{time}-{article['dup_group']}"
        text = reworded(article, printed, time)
        yield {**article, "id": f"{time}-{article['id']}", "dup_group": group, "text": text}


def reworded(article: dict[str, Any], printed: Counter[tuple[str, str]], time: int) -> str:
    """The text with its letters moved on in the alphabet, but for the outlet's furniture."""
    step = 5 * time % 26
    moved = "".join(letters[step:] + letters[:step] for letters in (string.ascii_lowercase, string.ascii_uppercase))
    table = str.maketrans(string.ascii_letters, moved)
    return "\n".join(
        paragraph if printed[article["outlet"], paragraph] >= FURNITURE else paragraph.translate(table)
        for paragraph in article["text"].split("\n")
    )


def given() -> Iterator[dict[str, Any]]:
    """The articles beside the checkout."""
    with gzip.open(GIVEN, "rt", encoding="utf-8") as file:
        yield from map(json.loads, file)


def made(count: int) -> Iterator[dict[str, Any]]:
    """Made-up articles: words by Zipf's law, furniture for each outlet, four in ten copies with some words changed."""
    dice = random.Random(1)
    words = ["".join(dice.choices(string.ascii_lowercase, k=dice.randint(2, 10))) for _ in range(30_000)]
    weights = [1 / (rank + 40) for rank in range(len(words))]
    furniture = [" ".join(dice.choices(words, weights, k=60)) for _ in range(OUTLETS)]
    texts: list[list[str]] = []
    for number in range(count):
        if texts and dice.random() < COPIES:
            text = [word if dice.random() > 0.05 else dice.choice(words) for word in dice.choice(texts[-500:])]
        else:
            text = dice.choices(words, weights, k=dice.randint(WORDS // 2, WORDS * 3 // 2))
        texts.append(text)
        outlet = dice.randrange(OUTLETS)
        body = "\n".join(" ".join(text[start : start + 60]) for start in range(0, len(text), 60))
        yield {"id": str(number), "outlet": f"outlet{outlet}.example", "text": f"{body}\n{furniture[outlet]}"}


def write(path: Path, count: int) -> Path:
    """An archive of so many articles, written by a process of its own.

    A child's peak of memory counts what its parent held when it was forked: whoever measures must stay small.
    """
    subprocess.run([sys.executable, "-m", "tests.bench.articles", str(path), str(count)], check=True, cwd=ROOT)
    return path


def main() -> None:
    """Write an archive: PATH COUNT."""
    path, count = sys.argv[1:]
    with Path(path).open("w", encoding="utf-8") as file:
        file.writelines(json.dumps(article) + "\n" for article in articles(int(count)))


if __name__ == "__main__":
    main()
