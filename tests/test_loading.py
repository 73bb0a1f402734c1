"""Loading: nothing is searched for cycles meanwhile, and what was loaded never again."""

import gc
import importlib
from collections.abc import Iterator

import pytest

from aggregator.loading import loading


@pytest.fixture(autouse=True)
def searched_again() -> Iterator[None]:
    """The tests that come after find Python's search as it was."""
    before = gc.get_threshold()
    yield
    gc.set_threshold(*before)
    gc.unfreeze()


def test_what_was_loaded_is_not_searched_for_cycles() -> None:
    with loading():
        loaded: list[object] = []
        loaded.append(loaded)
    assert not any(one is loaded for one in gc.get_objects())
    assert gc.isenabled()


def test_python_searches_again_when_loading_failed() -> None:
    with pytest.raises(ModuleNotFoundError), loading():
        importlib.import_module("aggregator.no_such_module")
    assert gc.isenabled()


def test_python_does_not_search_while_modules_are_loaded() -> None:
    with loading():
        assert not gc.isenabled()
