"""Etiquette as an executable specification; `python -m tests.manners` prints the score sheet."""

from __future__ import annotations

from tests.manners.sheet import RULES, Rule


def every_rule() -> tuple[Rule, ...]:
    """All cases of all rules."""
    from tests.manners import answers, pace, requests, validators

    assert {answers, pace, requests, validators}
    return tuple(RULES)
