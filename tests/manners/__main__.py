"""`python -m tests.manners`: play every rule and print the score sheet; ends with 1 when one is broken."""

from __future__ import annotations

import sys

from tests.manners import every_rule
from tests.manners.sheet import HEAD, scored

print(HEAD)
broken = 0
for rule in sorted(every_rule(), key=lambda rule: rule.number):
    line = scored(rule)
    broken += line.broken is not None
    print(line, flush=True)
print(f"{len(every_rule()) - broken} of {len(every_rule())} cases kept")
sys.exit(1 if broken else 0)
