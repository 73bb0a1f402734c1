"""Python's search for objects that refer to each other in a circle, put off where many are made that never do."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

SELDOM: Final = 50_000
"""New objects after which Python looks for cycles among them, not after 700. Lines of an archive that wait make no
cycles, but are looked at again and again: one in thirteen samples of a profile; so are rows of an index that is made
anew, one in five."""


@contextmanager
def seldom_looked_for() -> Iterator[None]:
    """What there is already is left out meanwhile: the program itself."""
    before = gc.get_threshold()
    gc.freeze()
    gc.set_threshold(SELDOM, *before[1:])
    try:
        yield
    finally:
        gc.set_threshold(*before)
        gc.unfreeze()
