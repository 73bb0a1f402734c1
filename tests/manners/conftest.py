"""The rules' modules are no test modules by name; their assertions are to be explained all the same."""

from __future__ import annotations

import pytest

pytest.register_assert_rewrite(*(f"tests.manners.{name}" for name in ("answers", "pace", "requests", "validators")))
