"""What callers cannot go on with.

Expected outcomes (unchanged, gone, unreadable, rate-limited) are values in `model`; these are the rest:

    AggregatorError
    ├── UsageError        wrong arguments or config: exit code 2
    │   └── ConfigError   every mistake found, each with file, line and key
    ├── StoreError        the store cannot be opened, is newer than this program, or is damaged: exit code 3
    │   └── NoStoreError  there is none yet
    └── RenderError       a template is broken: names file and line; the previous site stays
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial


class AggregatorError(Exception):
    """The base of every error that this program raises on purpose."""

    exit_code = 1


class UsageError(AggregatorError):
    """The command line asks for something that does not exist."""

    exit_code = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class Mistake:
    """One mistake in a config file; `line` counts from 1, 0 where it is not known."""

    file: str
    line: int
    key: str
    problem: str

    def __str__(self) -> str:
        place = f"{self.file}:{self.line}" if self.line else self.file
        return f"{place}: {self.key}: {self.problem}"


class ConfigError(UsageError):
    """The config has mistakes; `mistakes` holds all of them, in file order."""

    def __init__(self, mistakes: tuple[Mistake, ...]) -> None:
        super().__init__("\n".join(str(mistake) for mistake in mistakes))
        self.mistakes = mistakes


class StoreError(AggregatorError):
    """The store cannot be used; the message names it and says what to do."""

    exit_code = 3


class NoStoreError(StoreError):
    """There is no store yet at that address; nothing is wrong, and the first poll makes it."""


class RenderError(AggregatorError):
    """A template cannot be rendered; `file` and `line` say where."""

    def __init__(self, problem: str, *, file: str, line: int) -> None:
        super().__init__(f"{file}:{line}: {problem}")
        self.problem, self.file, self.line = problem, file, line

    def __reduce__(self) -> tuple[partial[RenderError], tuple[str]]:
        """It comes back whole from another process."""
        return partial(RenderError, file=self.file, line=self.line), (self.problem,)
