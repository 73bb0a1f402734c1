"""Where keys stand: against files written by hand, and against every file that hypothesis can make up."""

from __future__ import annotations

import tomllib
from typing import Any

import pytest
import tomlkit
from hypothesis import given
from hypothesis import strategies as st

from aggregator.config_lines import Path, places

SAMPLE = '''# a comment with [brackets] and = signs
[site]
title = """
[not.a.table]
x = 1 """ # after
"url" = 'https://a.example/#x=[1]'
fetch.deep."odd key" = 5

[[feeds]]
url = "https://a.example/"
headers = { Accept = "a, b", "X]" = "{" }

  [feeds.headers2]
  x = 1
[[feeds]]

url = [
  "one", # a comment, with a comma
  # and "another" one
  "two",
]
[a.b.c]
when = 1979-05-27 07:32:00
[[feeds.inner]]
k = 1
[[feeds.inner]]
k = {a = [{b = 1}, {b = 2}]}
'''


@pytest.mark.parametrize(
    ("path", "line"),
    [
        (("site",), 2),
        (("site", "title"), 3),
        (("site", "url"), 6),
        (("site", "fetch", "deep", "odd key"), 7),
        (("feeds",), 9),
        (("feeds", 0), 9),
        (("feeds", 0, "headers", "X]"), 11),
        (("feeds", 0, "headers2", "x"), 14),
        (("feeds", 1), 15),
        (("feeds", 1, "url"), 17),
        (("feeds", 1, "url", 1), 20),
        (("a", "b"), 22),
        (("a", "b", "c", "when"), 23),
        (("feeds", 1, "inner", 0, "k"), 25),
        (("feeds", 1, "inner", 1, "k", "a", 1, "b"), 27),
    ],
)
def test_a_key_is_found_on_its_line(path: Path, line: int) -> None:
    assert places(SAMPLE).line(path) == line


def test_a_missing_key_is_placed_at_the_nearest_table_around_it() -> None:
    found = places(SAMPLE)
    assert (found.line(("feeds", 1, "title")), found.line(("nothing", "here"))) == (15, 0)


def test_a_block_ends_with_its_last_value_and_not_with_the_comments_after_it() -> None:
    text = '[a]\nx = [\n 1,\n]\n# after\n\n[[b]]\n# empty\n[b.c]\ny = """\n"""'
    assert [(block.path, block.first, block.last) for block in places(text).blocks] == [
        (("a",), 1, 4),
        (("b", 0), 7, 7),
        (("b", 0, "c"), 9, 11),
    ]


def test_lines_are_counted_alike_with_windows_line_ends() -> None:
    assert places(SAMPLE.replace("\n", "\r\n")).lines == places(SAMPLE).lines


def test_a_long_file_takes_linear_time() -> None:
    text = '[[feeds]]\nurl = "https://a.example/"\n' * 20_000
    assert places(text).line(("feeds", 19_999, "url")) == 40_000


KEYS = st.text(min_size=1, max_size=6)
VALUES: st.SearchStrategy[Any] = st.recursive(
    st.one_of(st.integers(-9, 9), st.booleans(), st.text(max_size=8), st.datetimes(), st.floats(allow_nan=False)),
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(KEYS, inner, max_size=3)),
    max_leaves=8,
)


def all_paths(value: Any, path: Path = ()) -> set[Path]:
    parts: list[tuple[str | int, Any]] = []
    if isinstance(value, dict):
        parts = list(value.items())
    elif isinstance(value, list):
        parts = list(enumerate(value))
    return {path}.union(*(all_paths(inner, (*path, part)) for part, inner in parts))


@given(st.dictionaries(KEYS, VALUES, max_size=5))
def test_every_key_of_any_file_is_found_and_nothing_else(data: dict[str, Any]) -> None:
    text = tomlkit.dumps(data)
    assert {(), *places(text).lines} == all_paths(tomllib.loads(text))
