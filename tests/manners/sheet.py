"""The score sheet: every rule is a function that lives through its case and asserts; the sheet says kept or broken."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from tests.manners.web import World, living

Case = Callable[[World], Awaitable[None]]


@dataclass(frozen=True, kw_only=True)
class Rule:
    """One case of one rule of etiquette."""

    number: int
    says: str
    case: Case

    @property
    def name(self) -> str:
        return f"{self.number}-{self.case.__name__}"


RULES: list[Rule] = []
UNSCORED = frozenset({"contact", "jumps"})
"""Cases in which the config or the clock is meant to be wrong."""


def rule(number: int, says: str) -> Callable[[Case], Case]:
    """Put a case on the sheet."""

    def listed(case: Case) -> Case:
        RULES.append(Rule(number=number, says=says, case=case))
        return case

    return listed


@dataclass(frozen=True, kw_only=True)
class Line:
    """What became of a rule."""

    rule: Rule
    requests: int
    broken: str | None

    def __str__(self) -> str:
        verdict = "kept" if self.broken is None else f"BROKEN  {self.broken}"
        return f"{self.rule.number:>4}  {self.requests:>8}  {self.rule.says:<86.86}  {verdict}"


HEAD = f"{'rule':>4}  {'requests':>8}  {'what it says':<86}  verdict"


def played(rule: Rule, folder: Path) -> int:
    """Live through a case; how many requests the web saw. Raises AssertionError where the rule is broken."""

    async def run() -> int:
        async with living(folder) as world:
            await rule.case(world)
            if rule.case.__name__ not in UNSCORED:
                unkept = [line for line in world.score().rules if line.broken]
                assert not unkept, f"our own score says otherwise: {unkept}"
            return len(world.asked)

    return asyncio.run(run())


def scored(rule: Rule) -> Line:
    """The sheet's line for a case."""
    with TemporaryDirectory() as folder:
        try:
            return Line(rule=rule, requests=played(rule, Path(folder)), broken=None)
        except AssertionError as error:
            return Line(rule=rule, requests=0, broken=str(error).partition("\n")[0] or "an assertion failed")
