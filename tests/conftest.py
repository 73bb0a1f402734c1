"""Hooks for the whole run: what the acceptance tests counted is printed at its end; properties have no stopwatch."""

import hypothesis

from tests.acceptance.tables import pytest_terminal_summary, show_table

__all__ = ["pytest_terminal_summary", "show_table"]

# A busy machine is no defect of the code: speed is measured by the benchmarks, never by a property's deadline.
hypothesis.settings.register_profile("calm", deadline=None)
hypothesis.settings.load_profile("calm")
