"""Every rule of HTTP etiquette is kept, by the real pipeline against a web whose clock is ours."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.manners import every_rule
from tests.manners.sheet import Rule, played


@pytest.mark.filterwarnings("ignore::DeprecationWarning")  # trafilatura's own dependencies
@pytest.mark.parametrize("rule", every_rule(), ids=lambda rule: rule.name)
def test_rule_is_kept(rule: Rule, tmp_path: Path) -> None:
    assert played(rule, tmp_path) > 0


def test_every_rule_that_has_requests_is_on_the_sheet() -> None:
    assert {rule.number for rule in every_rule()} == set(range(1, 28))
