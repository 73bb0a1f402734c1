"""Villains of each kind meet others of theirs in memory; the first takes 110 CPU seconds, and no data beside the checkout."""

from pathlib import Path

import pytest

from tests.pipeline.attackers import LARGE, LONG, attacked, check_outcomes

pytestmark = pytest.mark.acceptance

MOST_MEMORY = 292
"""Megabytes of the whole command as it comes configured: 270 were measured while it collects, with the process that
reads beside it, and 243 while it groups what came. Without bounds collecting alone took 1,430, and grouping the equal
titles that are among it 2,400."""
MOST_OF_TEXTS = 280
"""Megabytes likewise: 258 were measured while it collects, and no more while it groups, which took 824 without bounds."""


def test_three_villains_of_each_kind_stay_small_and_lose_nothing_good(tmp_path: Path) -> None:
    done = attacked(tmp_path, LARGE, each=3, good=30, settings="")
    check_outcomes(done)
    assert done.peak <= MOST_MEMORY, f"megabytes; {done.collected} while it collected"


def test_the_largest_texts_are_not_all_in_memory_when_they_are_grouped(tmp_path: Path) -> None:
    done = attacked(tmp_path, LONG, each=5, good=5, settings='timeout = "5s"')
    check_outcomes(done)
    assert done.grouped == 5 * 7 + 5
    assert done.peak <= MOST_OF_TEXTS, f"megabytes; {done.collected} while it collected"
