"""All benches, or those named: `python -m tests.bench [--quick] [matching] [stories] [polling] [schedule] [site]`.

Each is a program of its own (`python -m tests.bench.NAME --help`) and runs in a process of its own. What one needs and
does not find, it says and leaves out. Linux only; figures are CPU time, so a busy machine makes them larger, not
the comparison with the peers of the same run unfair.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
from typing import Final

QUICK: Final[dict[str, tuple[str, ...]]] = {
    "matching": ("--quick",),
    "stories": ("3000", "12000"),
    "polling": ("--quick",),
    "schedule": ("--quick",),
    "site": ("--days", "14"),
}
"""What makes each bench a matter of a minute or two."""


def main() -> int:
    """Run them; 1 where one failed or missed a budget that it judges itself."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"Which: {', '.join(QUICK)}; else all.")
    parser.add_argument("--quick", action="store_true", help="Smaller sizes and fewer rounds.")
    chosen = parser.parse_args()
    if unknown := set(chosen.names) - set(QUICK):
        parser.error(f"no such bench: {', '.join(sorted(unknown))}")
    failed = False
    for name in chosen.names or QUICK:
        print(f"\n== {name}", flush=True)
        given = QUICK[name] if chosen.quick else ()
        failed |= subprocess.run([sys.executable, "-m", f"tests.bench.{name}", *given], check=False).returncode != 0
    return int(failed)


if __name__ == "__main__":
    sys.exit(main())
