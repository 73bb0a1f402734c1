"""Matching: whole processes from an archive's file to groups, beside other programs in the same rounds.

`marginal` is what an article costs once the program runs: the CPU time of the larger archive less that of the smaller,
by the difference in articles; start-up (an archive of one article) stands apart. Medians of rounds in which the
programs take turns; `F1` tells which of the groups that the articles' makers meant were found. Then our own growth,
and how long the index takes to be made anew from stored signatures.

Peers live in a virtual environment of their own below the user's cache, made when it is not there (pip is asked for
datasketch, rensa, gaoya and text-dedup); what cannot be installed is left out, and said so. The slow ones are played
on a tenth of the articles.
"""

from __future__ import annotations

import argparse
import importlib.util
import json
import os
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from tests.bench import articles, plot, processes, rebuild

ROOT: Final = Path(__file__).parents[2]
PEERS: Final = Path(__file__).parent / "peers"
CACHE: Final = Path(os.environ.get("XDG_CACHE_HOME", "~/.cache")).expanduser() / "fair-copy-bench"
SIZES: Final = (10_000, 40_000)
GROWTH: Final = (1_000, 10_000, 40_000, 100_000)
ROUNDS: Final = 3
SLOW: Final = 10
GROWN, MEMORY, STARTUP, NUMPY, FAST = 1.5, 3.0, 1.0, 1.0, 1.8
"""Goals: cost at the largest by that at 10,000; KB a live article; CPU seconds; our speed by the fastest peer's that
names groups, with numpy alone and with numba."""

WITHOUT_NUMBA: Final = "import sys; sys.modules['numba'] = None; from aggregator.cli.main import main; main()"


@dataclass(kw_only=True)
class Program:
    """One way from articles to groups. `share`: it is played on 1/share of the articles."""

    name: str
    command: list[str]
    share: int = 1
    ours: bool = False
    costs: dict[int, list[processes.Cost]] = field(default_factory=dict)

    def play(self, source: Path, size: int, folder: Path) -> None:
        """Match the archive and note what it took."""
        target = folder / f"{self.name}.jsonl"
        middle = [str(source), "-o", str(target)] if self.ours else [str(source), str(target)]
        cost = processes.run([*self.command, *middle], folder, {"PYTHONPATH": str(ROOT)} if self.ours else None)
        if cost.code:
            sys.exit(f"{self.name} failed on {source}")
        self.costs.setdefault(size, []).append(cost)

    def cpu(self, size: int) -> float:
        """Median CPU seconds at a size."""
        return statistics.median(cost.cpu for cost in self.costs[size])

    def marginal(self, sizes: tuple[int, int]) -> float:
        """CPU milliseconds an article."""
        small, large = sizes
        return 1000 * (self.cpu(large) - self.cpu(small)) * self.share / (large - small)


def ours() -> list[Program]:
    """Our own command, with numpy alone and, where numba is installed, with it."""
    dedupe = ["dedupe", "--no-stories"]
    found = [Program(name="ours-numpy", command=[sys.executable, "-c", WITHOUT_NUMBA, *dedupe], ours=True)]
    if importlib.util.find_spec("numba"):
        found.append(Program(name="ours-fast", command=[sys.executable, "-m", "aggregator", *dedupe], ours=True))
    else:
        print("ours-fast: not measured, numba is not installed (the extra `fast`)")
    return found


def peers() -> list[Program]:
    """The other programs that can be installed."""
    python = CACHE / "peers" / "bin" / "python"
    if not python.exists():
        subprocess.run([sys.executable, "-m", "venv", str(python.parents[1])], check=True)
    found = []
    for package, script, share in (
        ("gaoya", "with_gaoya", 1),
        ("rensa", "with_rensa", 1),
        ("datasketch==2.0.*", "plain_datasketch", SLOW),
        ("text-dedup", "with_text_dedup", SLOW),
    ):
        install = [str(python), "-m", "pip", "install", "--quiet", "--disable-pip-version-check", package]
        if subprocess.run(install, capture_output=True, check=False).returncode:
            print(f"{script}: not measured, pip cannot install {package}")
            continue
        found.append(Program(name=script, command=[str(python), str(PEERS / f"{script}.py")], share=share))
    return found


def played(programs: Sequence[Program], sizes: Sequence[int], rounds: int, folder: Path) -> None:
    """Every program on every size, by turns."""
    sources = {
        (size, share): articles.write(folder / f"articles-{size // share}.jsonl", max(1, size // share))
        for size in sizes
        for share in {program.share for program in programs}
    }
    for _ in range(rounds):
        for size in sizes:
            for program in programs:
                program.play(sources[size, program.share], size, folder)


def found_by(program: Program, folder: Path, size: int) -> str:
    """Pairwise F1 of the groups of its last run, "-" where the articles say nothing of groups."""
    gold = folder / f"articles-{size // program.share}.jsonl"
    command = [
        sys.executable,
        "-m",
        "aggregator",
        "evaluate",
        str(gold),
        str(folder / f"{program.name}.jsonl"),
        "--json",
    ]
    told = subprocess.run(command, capture_output=True, text=True, check=False, cwd=ROOT)
    if told.returncode:
        return "-"
    return f"{json.loads(told.stdout)['piece']['pair_f1']:.3f}"


def compared(programs: Sequence[Program], sizes: tuple[int, int], folder: Path) -> None:
    """The table of all programs, and how we stand to the fastest peer that names groups."""
    print(
        f"\n{'':<18}{'start-up s':>11}{f'{sizes[0]:,} s':>11}{f'{sizes[1]:,} s':>11}{'marginal ms':>13}{'MB':>7}{'F1':>8}"
    )
    for program in programs:
        small, large = (program.cpu(size) for size in sizes)
        note = f"  (on 1/{program.share} of the articles)" if program.share > 1 else ""
        memory = program.costs[sizes[1]][-1].memory
        print(
            f"{program.name:<18}{program.cpu(1):>11.2f}{small:>11.2f}{large:>11.2f}{program.marginal(sizes):>13.3f}"
            f"{memory:>7}{found_by(program, folder, sizes[1]):>8}{note}"
        )
    rivals = [program for program in programs if not program.ours]
    if rivals:
        fastest = min(rivals, key=lambda program: program.marginal(sizes))
        for program, goal in zip([each for each in programs if each.ours], (NUMPY, FAST), strict=False):
            times = fastest.marginal(sizes) / program.marginal(sizes)
            print(judged(f"{program.name} by {fastest.name}, the fastest peer", times, goal, "times", least=True))


def judged(what: str, value: float, goal: float, unit: str, *, least: bool = False) -> str:
    """A figure beside its goal."""
    met = value >= goal if least else value <= goal
    return f"{what}: {value:.2f} {unit} ({'at least' if least else 'at most'} {goal:g}: {'met' if met else 'MISSED'})"


def grown(programs: Sequence[Program], sizes: Sequence[int], picture: Path) -> None:
    """Our cost and memory an article as archives grow; `sizes` were played. Writes the plot."""
    print(f"\n{'CPU ms an article at':<22}" + "".join(f"{size:>11,}" for size in sizes))
    curves: dict[str, list[tuple[float, float]]] = {}
    for program in programs:
        costs = [1000 * (program.cpu(size) - program.cpu(1)) / size for size in sizes]
        curves[program.name] = list(zip(map(float, sizes), costs, strict=True))
        print(f"{program.name:<22}" + "".join(f"{cost:>11.3f}" for cost in costs))
        base, last = sizes[1], sizes[-1]
        print(judged(f"{program.name}, {last:,} by {base:,}", costs[-1] / costs[1], GROWN, "times"))
        peaks = {size: max(cost.memory for cost in program.costs[size]) for size in (base, last)}
        print(
            judged(
                f"{program.name}, memory",
                1024 * (peaks[last] - peaks[base]) / (last - base),
                MEMORY,
                "KB a live article",
            )
        )
        print(judged(f"{program.name}, start-up", program.cpu(1), STARTUP, "CPU s"))
    picture.write_text(plot.svg(curves, across="articles", up="CPU ms an article"), encoding="utf-8")
    print(f"plot: {picture}")


def main(arguments: Sequence[str] | None = None) -> None:
    """Play and print it all."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument(
        "--quick",
        action="store_true",
        help="A fifth of the articles, one round, growth to 10,000, a tenth of the signatures.",
    )
    parser.add_argument("--rounds", type=int, default=ROUNDS)
    parser.add_argument("--no-peers", action="store_true", help="Only our own figures.")
    parser.add_argument("--plot", type=Path, default=CACHE / "matching.svg", help="Where the plot goes.")
    chosen = parser.parse_args(arguments)
    sizes, growth, rounds = SIZES, list(GROWTH), chosen.rounds
    if chosen.quick:
        sizes, growth, rounds = (2_000, 8_000), [1_000, 2_000, 10_000], 1
    chosen.plot.parent.mkdir(parents=True, exist_ok=True)
    print("articles: " + (str(articles.GIVEN) if articles.GIVEN.exists() else "made up"))
    own = ours()
    programs = own + ([] if chosen.no_peers else peers())
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        played(programs, (1, *sizes), rounds, folder)
        compared(programs, sizes, folder)
        played(own, [size for size in growth if size not in sizes], 1, folder)
        grown(own, growth, chosen.plot)
        print("", *rebuild.figures(100_000 if chosen.quick else 1_000_000, folder), sep="\n")


if __name__ == "__main__":
    main()
