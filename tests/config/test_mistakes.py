"""Mistakes in a config: all at once, at their lines, in plain words."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import tomlkit
from hypothesis import given
from hypothesis import strategies as st

from aggregator.config import Config
from aggregator.config_file import load, parse
from aggregator.config_mistakes import PATTERNS, comparable_url, keys_of, table_model
from aggregator.errors import ConfigError, Mistake


def mistakes(text: str) -> list[str]:
    with pytest.raises(ConfigError) as caught:
        parse(text, "c.toml")
    return str(caught.value).splitlines()


def test_all_mistakes_of_a_file_are_reported_at_once_in_the_order_of_the_file() -> None:
    text = """
[site]
titel = "x"
title = 5
[fetch]
intervall = "1h"
[[feeds]]
category = "World"
[[feeds]]
url = "ftp://a.example/"
[nonsense]
"""
    assert mistakes(text) == [
        "c.toml:3: site.titel: unknown key; did you mean `title`?",
        "c.toml:4: site.title: must be text in quotation marks",
        "c.toml:6: fetch.intervall: unknown key; did you mean `interval`?",
        "c.toml:7: feeds[1].url: is missing",
        'c.toml:10: feeds[2].url: must be a whole address that begins with "http://" or "https://"',
        "c.toml:11: nonsense: unknown key; valid here: " + ", ".join(Config.model_fields),
    ]


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("[sote]", "c.toml:1: sote: unknown key; did you mean `site`?"),
        ("[site]\ncontact = 'x'", "c.toml:2: site.contact: unknown key here; `contact` belongs in [fetch]"),
        ("fetch.Interval = '1h'", "c.toml:1: fetch.Interval: unknown key; did you mean `interval`?"),
        ("[[digests]]\nmax_storys = 5", "c.toml:2: digests[1].max_storys: unknown key; did you mean `max_stories`?"),
        ("[categories.World]\nwieght = 2", "c.toml:2: categories.World.wieght: unknown key; did you mean `weight`?"),
        ("[mail]\nform = 'a@b'", "c.toml:2: mail.form: unknown key; did you mean `from`?"),
        ("[fetch]\ninterval = 60",
         'c.toml:2: fetch.interval: write a duration as a number and a unit, such as "90s", "15m", "2h" or "30d"'),
        ("[fetch]\nmax_body = 'big'", 'c.toml:2: fetch.max_body: write a size in bytes or as "500KB" or "15MB"'),
        ("[fetch]\nconcurrency = 0", "c.toml:2: fetch.concurrency: must be at least 1"),
        ("[fetch]\nmax_entries = 1.5", "c.toml:2: fetch.max_entries: must be a whole number"),
        ("[fetch]\nmin_interval = '2h'", "c.toml:1: fetch: min_interval, interval and max_interval must ascend"),
        ("[fetch]\nallow_private = [\n'::1',\n'home']",
         "c.toml:4: fetch.allow_private[2]: 'home' does not appear to be an IPv4 or IPv6 network"),
        ("[fetch]\nallow_private = [{a = 1}]",
         'c.toml:2: fetch.allow_private[1]: write a network as "192.168.1.0/24" or an address as "127.0.0.1"'),
        ("[[digests]]\ntime = -5", 'c.toml:2: digests[1].time: must be a time of day, such as "06:30"'),
        ("[stories]\nthreshold = nan", "c.toml:2: stories.threshold: must be at most 1"),
        ("[stories]\nthreshold = 'x'", "c.toml:2: stories.threshold: must be a number"),
        ("[site]\ntimezone = 'CET+1'",
         'c.toml:2: site.timezone: "CET+1" is no IANA time zone; write one such as "Europe/Berlin"'),
        ("[site]\nlanguage = 5", "c.toml:2: site.language: must be text in quotation marks"),
        ("[mail]\ntransport = 'pigeon'", 'c.toml:2: mail.transport: must be "maildir", "smtp" or "none"'),
        ("[mail]\nport = 99999", "c.toml:2: mail.port: must be at most 65535"),
        ("[[digests]]\nname = 'The Daily'",
         "c.toml:2: digests[1].name: must be a short name of small letters, digits and hyphens (it names files)"),
        ("[[digests]]\ntime = '25:00'", 'c.toml:2: digests[1].time: must be a time of day, such as "06:30"'),
        ("[[digests]]\ntime = 2026-03-01", 'c.toml:2: digests[1].time: must be a time of day, such as "06:30"'),
        ("[[digests]]\nrecipients = ['a@b.example', 'me']",
         'c.toml:2: digests[1].recipients[2]: must be a mail address, such as "reader@example.org"'),
        ("[[digests]]\nrecipients = 'a@b.example'", "c.toml:2: digests[1].recipients: must be a list in square brackets"),
        ("[feeds]\nurl = 'https://a.example/'", "c.toml:1: feeds: write [[feeds]] in double brackets: there may be several"),
        ("[[site]]\ntitle = 'x'", "c.toml:1: site: write [site] in single brackets: there is only one"),
        ("site = 5", "c.toml:1: site: must be a table"),
        ("[categories]\nWorld = 5", "c.toml:2: categories.World: must be a table"),
        ("[[feeds]]\nurl = 'https://a.example/'\nheaders = {A = 5}",
         "c.toml:3: feeds[1].headers.A: must be text in quotation marks"),
        ("[dedup]\nwindow = '99999999999999d'", "c.toml:2: dedup.window: a duration of more than a hundred years is no duration"),
    ],
)  # fmt: skip
def test_a_mistake_is_told_in_plain_words(text: str, line: str) -> None:
    assert mistakes(text) == [line]


@pytest.mark.parametrize(
    ("text", "line"),
    [
        (
            "[[feeds]]\nurl = 'https://a.example/x'\n[[feeds]]\nurl = 'https://A.example:443/x#top'",
            "c.toml:4: feeds[2].url: the same feed stands in feeds[1] already",
        ),
        (
            "[[outlets]]\nname = 'A'\ndomains = ['a.example']\n[[outlets]]\nname = 'B'\ndomains = ['b.example', 'A.Example.']",
            "c.toml:6: outlets[2].domains[2]: outlets[1] claims this domain already",
        ),
        ("[[digests]]\nname = 'a'\n[[digests]]\nname = 'a'", "c.toml:4: digests[2].name: digests[1] has this name already"),
    ],
)  # fmt: skip
def test_what_may_stand_only_once_is_told_with_the_place_of_the_first(text: str, line: str) -> None:
    assert mistakes(text) == [line]


def test_a_doubled_feed_is_found_although_another_table_is_wrong() -> None:
    feed = "[[feeds]]\nurl = 'https://a.example/'\n"
    assert len(mistakes("[site]\ntitle = 5\n" + feed + feed)) == 2


def test_two_digests_without_a_name_are_doubled() -> None:
    assert mistakes("[[digests]]\ndays = 1\n[[digests]]\ndays = 7") == [
        "c.toml:3: digests[2].name: digests[1] has this name already"
    ]


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("[site]\ntitle = Fair Copy\n", "c.toml:2: syntax: invalid value (text needs quotation marks)"),
        ("[site]\ntitle = 'x", 'c.toml:2: syntax: expected "\'"'),
        ("[site]\nx = 1\nx = 2\n", "c.toml:3: syntax: cannot overwrite a value"),
        ("x = [1\n", "c.toml:1: syntax: unclosed array"),
    ],
)
def test_a_syntax_error_names_its_line(text: str, line: str) -> None:
    assert mistakes(text)[0].lower().startswith(line)


def test_brackets_without_end_are_a_mistake_and_no_crash() -> None:
    assert "nested too deeply" in mistakes("x = " + "[" * 5000 + "]" * 5000)[0]


def test_a_file_in_another_encoding_names_the_line(tmp_path: Path) -> None:
    path = tmp_path / "c.toml"
    path.write_bytes("[site]\ntitle = 'Ü'\n".encode("latin-1"))
    with pytest.raises(ConfigError, match=r"c\.toml:2: file: is not UTF-8 text"):
        load(path, {})


def test_a_missing_file_says_how_to_make_one(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="aggregator init"):
        load(tmp_path / "none.toml", {})


def test_a_folder_in_the_files_place_is_a_mistake(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="cannot be read"):
        load(tmp_path, {})


def test_the_value_of_a_mistyped_key_is_not_repeated() -> None:
    assert "hunter2" not in "".join(mistakes("[mail]\npassword = 'hunter2'\nport = 'hunter2'"))


def test_every_pattern_of_the_model_has_its_words() -> None:
    def patterns(schema: Any) -> set[str]:
        inner = schema.values() if isinstance(schema, dict) else schema if isinstance(schema, list) else ()
        own = {schema["pattern"]} if isinstance(schema, dict) and isinstance(schema.get("pattern"), str) else set()
        return own.union(*map(patterns, inner))

    assert patterns(Config.model_json_schema(by_alias=True)) == set(PATTERNS)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("http://a.example", "http://A.EXAMPLE:80/"),
        ("https://a.example./x?b=1", "https://a.example/x?b=1#y"),
        ("https://[::1]:8080/x", "HTTPS://[::1]:8080/x"),
    ],
)
def test_addresses_of_one_feed_compare_equal(one: str, other: str) -> None:
    assert comparable_url(one) == comparable_url(other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("http://a.example/x", "http://a.example/X"),
        ("http://a.example/x", "http://a.example/x?y"),
        ("http://a.example:8080/", "http://a.example/"),
        ("http://u@a.example/", "http://a.example/"),
        ("http://a.example:x/", "http://a.example/"),
    ],
)
def test_addresses_of_two_feeds_compare_unequal(one: str, other: str) -> None:
    assert comparable_url(one) != comparable_url(other)


VALUES: st.SearchStrategy[Any] = st.recursive(
    st.one_of(
        st.integers(-(10**18), 10**18), st.booleans(), st.text(max_size=6), st.floats(), st.datetimes(), st.times(),
        st.sampled_from(["15m", "99999999999999w", "https://a.example/", "06:30", "a@b.example", "UTC", "x\x00"]),
    ),
    lambda inner: st.one_of(st.lists(inner, max_size=2), st.dictionaries(st.text(max_size=3), inner, max_size=2)),
    max_leaves=3,
)  # fmt: skip


def rows(table: str) -> st.SearchStrategy[Any]:
    row = st.dictionaries(st.sampled_from([*keys_of(table_model(table)), "unknown"]), VALUES, max_size=4)
    return st.one_of(VALUES, row, st.lists(row, max_size=3), st.dictionaries(st.text(max_size=3), row, max_size=2))


@given(st.fixed_dictionaries({}, optional={table: rows(table) for table in (*Config.model_fields,)}))
def test_any_file_is_a_config_or_a_list_of_mistakes_with_lines(data: dict[str, Any]) -> None:
    text = tomlkit.dumps(data)
    for mistake in found_mistakes(text):
        assert mistake.problem
        assert 0 < mistake.line <= text.count("\n") + 1 or "too large" in mistake.problem


def found_mistakes(text: str) -> tuple[Mistake, ...]:
    try:
        parse(text, "c.toml")
    except ConfigError as error:
        return error.mistakes
    return ()
