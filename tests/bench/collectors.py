"""Programs that collect feeds, each from its own package, set up over the same list of addresses and run once a round.

Every one of them keeps its state in a folder of its own and asks as its manual says: sfeed with the ETag recipe of its
README (without `-z`, which would drop a body whose file is newer than the feed), newsboat with sixteen threads, reader
with ten workers, rss2email without sending. reader lives in a virtual environment that is made on first use, below
the user's cache folder. What is missing says so and is left out.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Protocol

ROOT = Path(__file__).parents[2]
CACHE = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "fair-copy-bench"
TIMEOUT = 5
"""Seconds after which every one of them gives a request up."""

PASS = """
import sys
from datetime import datetime
from pathlib import Path
from aggregator.loading import loading
with loading():
    from aggregator import config_file
    from aggregator.pipeline.app import App
    from aggregator.pipeline.refresh import poll_all
    from aggregator.store.database import open_database
if __name__ == "__main__":
    config = config_file.load(Path("config.toml"), {})
    database = open_database(config.store.url, create=True)
    poll_all(App(config=config, database=database, now=datetime.fromisoformat(sys.argv[1])))
    database.close()
"""
READ = """
import sys
from reader import make_reader
reader = make_reader("reader.sqlite", session_timeout=(5, 5))
if sys.argv[1] == "add":
    for url in open("urls").read().split():
        reader.add_feed(url, exist_ok=True)
else:
    for _ in reader.update_feeds_iter(workers=10, scheduled=False):
        pass
"""
FETCH = f"""
sfeedpath="$PWD/feeds"
maxjobs=8
fetch() {{
  etag="$PWD/etags/$(basename "$3")"
  curl -L --max-redirs 0 -H "User-Agent:" -f -s -m {TIMEOUT} --compressed \
    --etag-save "$etag" --etag-compare "$etag" "$2" 2>/dev/null
}}
"""


class Collector(Protocol):
    """One program. `command` is what polls every feed once, run in the folder that `prepare` has set up."""

    @property
    def name(self) -> str:
        """What the tables call it."""

    def missing(self) -> str | None:
        """What is to be installed before it can run, or None."""

    def prepare(self, folder: Path, urls: Sequence[str]) -> None:
        """Set it up for these feeds, without asking any."""

    def command(self, moment: datetime) -> list[str]:
        """One poll of everything; `moment` is the simulated time for who can be told."""


@dataclass(frozen=True, kw_only=True)
class Ours:
    """A pass of this program as a process of its own; grouping is left out, since no other of them groups."""

    name: str = "ours"

    def missing(self) -> str | None:
        """Nothing."""
        return None

    def prepare(self, folder: Path, urls: Sequence[str]) -> None:
        """A config for loopback hosts."""
        fetch = f'contact = "https://reader.example/"\nallow_private = ["127.0.0.0/8"]\ntimeout = "{TIMEOUT}s"\n'
        tables = "".join(f'[[feeds]]\nurl = "{url}"\n' for url in urls)
        text = f'[fetch]\n{fetch}per_host = 8\nhost_delay = "0s"\n[store]\nurl = "sqlite:///store.sqlite"\n{tables}'
        (folder / "config.toml").write_text(text, encoding="utf-8")
        (folder / "poll.py").write_text(PASS, encoding="utf-8")

    def command(self, moment: datetime) -> list[str]:
        """The same use case that `aggregator poll` and the daemon call."""
        return [sys.executable, "poll.py", moment.isoformat()]


@dataclass(frozen=True, kw_only=True)
class Newsboat:
    """newsboat, asked to reload from the command line. It stores no ETag on a feed's first poll."""

    name: str = "newsboat"
    threads: int = 16

    def missing(self) -> str | None:
        """Its Debian package."""
        return None if shutil.which("newsboat") else "apt-get install newsboat"

    def prepare(self, folder: Path, urls: Sequence[str]) -> None:
        """Addresses and settings."""
        (folder / "urls").write_text("\n".join(urls), encoding="utf-8")
        settings = f"reload-threads {self.threads}\ndownload-timeout {TIMEOUT}\ndownload-retries 1\n"
        (folder / "config").write_text(settings, encoding="utf-8")

    def command(self, moment: datetime) -> list[str]:
        """Without its screen."""
        del moment
        return ["newsboat", "-C", "config", "-u", "urls", "-c", "cache.db", "-x", "reload"]


@dataclass(frozen=True, kw_only=True)
class Sfeed:
    """sfeed_update, eight jobs at once."""

    name: str = "sfeed"

    def missing(self) -> str | None:
        """Its Debian package, and curl."""
        found = shutil.which("sfeed_update") and shutil.which("curl")
        return None if found else "apt-get install sfeed curl"

    def prepare(self, folder: Path, urls: Sequence[str]) -> None:
        """Its settings are a shell script."""
        (folder / "etags").mkdir()
        (folder / "feeds").mkdir()
        listed = "\n".join(f'  feed "f{number}" "{url}"' for number, url in enumerate(urls))
        (folder / "sfeedrc").write_text(f"{FETCH}\nfeeds() {{\n{listed}\n}}\n", encoding="utf-8")

    def command(self, moment: datetime) -> list[str]:
        """All feeds of the script."""
        del moment
        return ["sfeed_update", "./sfeedrc"]


@dataclass(frozen=True, kw_only=True)
class Rss2email:
    """rss2email, which asks one feed after another and stores what it has seen, not the texts."""

    name: str = "rss2email"

    def missing(self) -> str | None:
        """Its Debian package."""
        return None if shutil.which("r2e") else "apt-get install rss2email"

    def prepare(self, folder: Path, urls: Sequence[str]) -> None:
        """Its settings, written at once: `r2e add` would start a thousand times."""
        head = f"[DEFAULT]\nfrom = a@reader.example\nto = b@reader.example\nfeed-timeout = {TIMEOUT}\n"
        feeds = "".join(f"[feed.f{number}]\nurl = {url}\n" for number, url in enumerate(urls))
        (folder / "rss2email.cfg").write_text(head + feeds, encoding="utf-8")

    def command(self, moment: datetime) -> list[str]:
        """Marks as seen what it would have sent."""
        del moment
        return ["r2e", "-c", "rss2email.cfg", "-d", "seen.json", "run", "--no-send"]


@dataclass(frozen=True, kw_only=True)
class Reader:
    """The library reader, whose own update is called."""

    name: str = "reader"

    @property
    def python(self) -> Path:
        """The interpreter of its own environment."""
        return CACHE / "reader" / "bin" / "python"

    def missing(self) -> str | None:
        """Makes its environment where there is none; what pip says when that fails."""
        if not self.python.exists():
            subprocess.run([sys.executable, "-m", "venv", str(CACHE / "reader")], check=True)
            # sgmllib3k: the feedparser inside reader needs it and its package does not name it
            install = [str(self.python), "-m", "pip", "install", "--quiet", "reader", "sgmllib3k"]
            subprocess.run(install, check=False)
        works = subprocess.run([str(self.python), "-c", "import reader"], capture_output=True, check=False)
        return None if works.returncode == 0 else f"pip install reader sgmllib3k in {CACHE / 'reader'}"

    def prepare(self, folder: Path, urls: Sequence[str]) -> None:
        """A store with all feeds in it."""
        (folder / "urls").write_text("\n".join(urls), encoding="utf-8")
        (folder / "read.py").write_text(READ, encoding="utf-8")
        subprocess.run([str(self.python), "read.py", "add"], cwd=folder, check=True)

    def command(self, moment: datetime) -> list[str]:
        """Every feed once, ten at a time."""
        del moment
        return [str(self.python), "read.py", "update"]


PEERS: tuple[Collector, ...] = (Newsboat(), Sfeed(), Rss2email(), Reader())
