"""The Nu HTML checker on a folder of pages; whoever uses it is skipped, with the reason, where it cannot run.

The checker is a Java archive that npm calls `vnu-jar`. It is looked for where `NU_CHECKER` says, else in the checkout's
`.venv/nu`, into which `make nu` puts it.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from collections.abc import Iterable
from pathlib import Path

import pytest

CHECKOUT = Path(__file__).parents[1]
JAR = Path(os.environ.get("NU_CHECKER") or CHECKOUT / ".venv/nu/node_modules/vnu-jar/build/dist/vnu.jar")
JAVA = shutil.which("java")
JAVA_SETTINGS = ("-Xss8m", "-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC")
"""The checker recurses: a page with thousands of elements runs out of the stack that Java gives by default. For a run of
seconds the second compiler and threads that collect garbage cost more than they save."""

needs_nu = pytest.mark.skipif(
    JAVA is None or not JAR.is_file(),
    reason="no Java, or no Nu checker: `make nu` fetches it, NU_CHECKER names another",
)


def complaints(folders: Iterable[Path]) -> list[str]:
    """Page, line and message of everything that is not valid in the pages and style sheets of the folders.

    A folder is checked by name, so that one that holds no page at all is an error too.
    """
    assert JAVA is not None
    asked = [
        JAVA,
        *JAVA_SETTINGS,
        "-jar",
        str(JAR),
        "--also-check-css",
        "--skip-non-html",
        "--errors-only",
        "--format",
        "json",
    ]
    places = list(map(str, folders))
    assert all(any(Path(place).rglob("*.html")) for place in places)
    done = subprocess.run([*asked, *places], capture_output=True, text=True, check=False)
    found = json.loads(done.stderr)["messages"]
    assert bool(found) == bool(done.returncode), done.stderr[:500]
    return [f"{one.get('url', '')}:{one.get('lastLine', 0)}: {one['message']}" for one in found]
