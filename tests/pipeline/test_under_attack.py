"""One pass of the real program over servers that mean no good: each costs its own slot, is named, and nobody else pays.

One villain of each kind here; where they meet others of theirs stands among the acceptance tests.
"""

from pathlib import Path

from tests.pipeline.attackers import QUICK, attacked, check_outcomes

SETTINGS = 'timeout = "5s"\nmax_entries = 500'
"""Silence is waited out for a shorter time, and fewer entries of the many are grouped."""
MOST_MEMORY = 242
"""Megabytes, grouping included: 224 were measured, 100 of them the program."""


def test_a_pass_under_attack_stays_small_names_every_villain_and_loses_nothing_good(tmp_path: Path) -> None:
    done = attacked(tmp_path, QUICK, each=1, good=10, settings=SETTINGS)
    check_outcomes(done)
    assert done.peak <= MOST_MEMORY, f"megabytes; {done.collected} while it collected"
