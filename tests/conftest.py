"""Hooks for the whole run: its order, what the acceptance tests counted at its end, and properties without a stopwatch."""

import hypothesis
import pytest

from tests.acceptance.tables import pytest_terminal_summary, show_table

__all__ = ["pytest_terminal_summary", "show_table"]

# A busy machine is no defect of the code: speed is measured by the benchmarks, never by a property's deadline.
hypothesis.settings.register_profile("calm", deadline=None)
hypothesis.settings.load_profile("calm")

LONGEST = (
    "test_under_attack.py", "test_beside_a_daemon.py", "test_rebuild.py", "test_run.py", "test_pages.py", "test_documents.py",
    "test_bounds.py", "test_archive.py", "test_manners.py", "test_valid_html.py", "test_wheel.py",
)  # fmt: skip
"""Files that take ten seconds to a minute each: begun last, one of them would keep one worker long after the others."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begin with the longest files; all else stays in its order."""
    items.sort(key=lambda item: LONGEST.index(item.path.name) if item.path.name in LONGEST else len(LONGEST))
