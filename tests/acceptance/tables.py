"""Tables of counts and outcomes at the end of a run, and the stored expectations that they must match.

A test takes the fixture `show_table` and calls it once per table; the lines appear after the test results, in the order
of the tests, also where workers ran them:

    def test_lists(show_table: ShowTable) -> None:
        show_table("Lists", ("list", "feeds"), [("a.opml", 7), ("b.opml", 2)])
        agree("expected_lists.json", {"feeds": 9})

`agree` compares with a JSON file beside this module, which holds counts and outcomes only; `UPDATE_EXPECTED=1` in the
environment accepts what came (run that without workers). tests/conftest.py makes both hooks known to pytest.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, TypeAlias

import pytest

HERE = Path(__file__).parent
Cell: TypeAlias = str | int | float
ShowTable: TypeAlias = Callable[[str, Sequence[str], Sequence[Sequence[Cell]]], None]
PROPERTY = "table"
"""Under this name tables travel from workers with the reports of their tests."""


@pytest.fixture
def show_table(request: pytest.FixtureRequest) -> ShowTable:
    """Print (title, names of the columns, rows) at the end of the run; numbers are aligned to the right."""

    def show(title: str, head: Sequence[str], rows: Sequence[Sequence[Cell]]) -> None:
        request.node.user_properties.append((PROPERTY, _lines(title, head, rows)))

    return show


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Print every table of the run."""
    reports = [report for kind in ("passed", "failed") for report in terminalreporter.stats.get(kind, ())]
    for report in sorted(reports, key=lambda report: report.nodeid):
        tables = [lines for name, lines in report.user_properties if name == PROPERTY]
        for lines in tables if report.when == "call" else ():
            terminalreporter.section(lines[0])
            for line in lines[1:]:
                terminalreporter.write_line(line)


def agree(file: str, actual: dict[str, Any]) -> None:
    """Fail where a value of `actual` differs from the one stored under its key; other keys of the file stay."""
    place = HERE / file
    stored = json.loads(place.read_text(encoding="utf-8")) if place.exists() else {}
    if os.environ.get("UPDATE_EXPECTED"):
        place.write_text(json.dumps(stored | actual, indent=1, sort_keys=True) + "\n", encoding="utf-8")
        return
    expected = {key: stored.get(key) for key in actual}
    assert actual == expected, f"{file} says otherwise; accept what came with UPDATE_EXPECTED=1"


def _lines(title: str, head: Sequence[str], rows: Sequence[Sequence[Cell]]) -> list[str]:
    table = [tuple(map(str, row)) for row in (head, *rows)]
    widths = [max(len(row[column]) for row in table) for column in range(len(head))]
    right = [all(isinstance(row[column], int | float) for row in rows) for column in range(len(head))]

    def line(cells: Sequence[str]) -> str:
        pairs = zip(cells, widths, right, strict=True)
        return "  ".join(cell.rjust(width) if number else cell.ljust(width) for cell, width, number in pairs).rstrip()

    return [title, *map(line, table)]
