"""The shipped config.toml: it loads, it names every key, and every default that it states is the model's."""

from __future__ import annotations

import re
import tomllib
from typing import Any

import pytest
from pydantic import TypeAdapter

from aggregator.config import PLACEHOLDER_CONTACT, Config
from aggregator.config_file import document, parse
from aggregator.config_mistakes import keys_of, table_model

TEXT = document()
OPENED = re.sub(r"^#(?=[\[a-z])", "", TEXT, flags=re.MULTILINE)
"""The file with every key in force that stands behind a bare "#"."""

KEYS = [(table, key) for table in Config.model_fields for key in keys_of(table_model(table))]


def shown(table: str, key: str) -> Any:
    found = tomllib.loads(OPENED)[table]
    found = found[0] if isinstance(found, list) else found["World"] if table == "categories" else found
    return found[key]


def explanation(table: str, key: str) -> str:
    """The comment lines above a key."""
    part = re.search(rf"^#?\[+{table}[^\n]*\n(.*?)(?=^#?\[|\Z)", TEXT, re.MULTILINE | re.DOTALL)
    assert part is not None
    found = re.search(rf"((?:^# [^\n]*\n)+)#?{key} = ", part[1], re.MULTILINE)
    assert found is not None, f"{table}.{key} has no comment"
    return found[1]


def test_the_shipped_config_is_the_default_config() -> None:
    assert parse(TEXT, "config.toml") == Config()


def test_it_still_loads_with_every_key_in_force() -> None:
    config = parse(OPENED, "config.toml")
    assert (len(config.feeds), len(config.outlets), config.fetch.contact) == (1, 1, PLACEHOLDER_CONTACT)


@pytest.mark.parametrize(("table", "key"), KEYS)
def test_every_key_is_explained_and_shows_its_default(table: str, key: str) -> None:
    words = explanation(table, key)
    field = next(field for name, field in table_model(table).model_fields.items() if (field.alias or name) == key)
    if field.is_required():
        return
    if field.default in (None, (), {}) and shown(table, key):
        assert re.search("(Not set|Empty) by default; an example:", words)
        return
    value = (
        TypeAdapter(table_model(table))
        .validate_python(required(table) | {key: shown(table, key)})
        .model_dump(by_alias=True)
    )
    assert value[key] == field.default
    assert "example:" not in words


def required(table: str) -> dict[str, Any]:
    fields = table_model(table).model_fields
    return {name: shown(table, name) for name, field in fields.items() if field.is_required()}


def test_tables_stand_in_the_order_of_the_model() -> None:
    tables = re.findall(r"^#?\[+([a-z]+)", TEXT, re.MULTILINE)
    assert tables == list(Config.model_fields)


def test_no_line_is_longer_than_a_wide_terminal() -> None:
    assert max(map(len, TEXT.splitlines())) <= 120
