"""Loading a program that is to begin soon: Python does not look for garbage in what will stay."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def loading() -> Iterator[None]:
    """Import within this, while there is one thread: what stands at its end is never searched for cycles again.

    A collecting program makes 70,000 objects before it begins. Python looked for garbage 170 times meanwhile, now and
    then later, and through all of them at its end: 0.2 CPU seconds of a poll of 1.4, in which nothing was found.
    """
    gc.disable()
    try:
        yield
    finally:
        gc.enable()
        gc.freeze()
