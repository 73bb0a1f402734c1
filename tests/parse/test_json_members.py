import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aggregator.parse.json_members import FEW_VALUES, LARGEST_VALUE, members

VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=6,
)
SHORT = '["xxxxxxxxxxxxxx"],'
MANY = LARGEST_VALUE // len(SHORT) + 1
"""So many of them are more than few values, and longer than one value may be."""


def gathered(text: str) -> dict[str, Any]:
    """The object put together again from its members."""
    whole: dict[str, Any] = {}
    for name, value in members(text, "items"):
        if name == "items":
            whole.setdefault("items", []).append(value)
        else:
            whole[name] = value
    return whole


@settings(deadline=None)
@given(
    st.dictionaries(st.text(max_size=4).filter(lambda name: name != "items"), VALUES, max_size=3),
    st.lists(VALUES, min_size=1, max_size=3),
    st.sampled_from([None, 2]),
)
def test_the_members_of_an_object_are_what_pythons_own_reader_finds(
    others: dict[str, Any], items: list[Any], indent: int | None
) -> None:
    text = json.dumps(others | {"items": items}, indent=indent)
    assert gathered(text) == json.loads(text)


def test_a_document_of_very_many_values_is_read_in_parts_to_the_same_end() -> None:
    items = [{"id": str(number).zfill(70), "n": [1.5, number]} for number in range(70_000)]
    whole = {"version": "1", "items": items, "last": 12345}
    text = json.dumps(whole, indent=1)
    assert sum(text.count(mark) for mark in "[{,") > FEW_VALUES
    assert len(text) > 2 * LARGEST_VALUE
    assert gathered(text) == whole


def is_read(text: str) -> bool:
    """Whether the object is read to its end."""
    try:
        return bool([*members(text, "items"), "its end"])
    except ValueError:
        return False


@settings(deadline=None)
@given(st.text(alphabet='{}[]:,"a1 \\', max_size=12))
def test_what_pythons_own_reader_refuses_is_refused(noise: str) -> None:
    for text in (noise, "{" + noise, '{"items":[1' + noise, '{"a":1' + noise + "}"):
        try:
            good = isinstance(json.loads(text), dict)
        except ValueError:
            good = False
        if good:
            assert is_read(text)
        else:
            assert not is_read(text)


@pytest.mark.parametrize(
    "text",
    [
        '{"items": [{"a": [' + SHORT * MANY + "[]]}]}",
        '{"items": [' + SHORT * MANY,
        '{"items": [' + SHORT * MANY + "[]] , ",
    ],
    ids=["one value beyond the bound", "cut off", "cut off after the items"],
)
def test_large_documents_that_cannot_be_read_are_refused(text: str) -> None:
    assert sum(text.count(mark) for mark in "[{,") > FEW_VALUES
    assert not is_read(text)
