"""The demo's config and calendar: what a user would write in config.toml to follow the sample outlets."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

from aggregator.config import Config
from aggregator.demo.outlets import SampleOutlet, load_outlets

DAYS = (datetime(2026, 7, 9, 19, tzinfo=UTC), datetime(2026, 7, 10, 19, tzinfo=UTC))
"""When the two editions are made, 21:00 at Port Averil, after each day's last entry."""
POLLS_BEFORE = tuple(timedelta(hours=hours) for hours in (15, 12, 9, 6, 4, 2, 0))
"""When the feeds are read, before each edition: often enough that what we saw can contradict what outlets claim."""
TIMEZONE = "Europe/Berlin"
"""A real zone with Port Averil's hours."""
RECIPIENT = "reader@portaveril.example"
CATEGORIES = {
    "Public life": {"weight": 1.2, "order": 1},
    "Science and technology": {"weight": 1.0, "order": 2},
    "Arts and letters": {"weight": 1.0, "order": 3},
}


def demo_config(base: str, output: Path) -> Config:
    """The config for outlets served at `base` (no last slash), with everything that is written below `output`."""
    outlets = load_outlets()
    return Config.model_validate(
        {
            "site": {"title": "Fair Copy", "output": str(output / "site"), "timezone": TIMEZONE},
            "store": {"url": f"sqlite:///{output / 'aggregator.sqlite'}"},
            "fetch": {"allow_private": ("127.0.0.0/8",), "host_delay": "0s", "per_host": 4, "timeout": "10s"},
            "categories": CATEGORIES,
            "digests": ({"name": "daily", "time": "21:00", "recipients": (RECIPIENT,)},),
            "mail": {"transport": "maildir", "maildir": str(output / "mail")},
            "outlets": tuple(_outlet(outlet) for outlet in outlets),
            "feeds": tuple(_feed(outlet, base) for outlet in outlets),
        }
    )


def _outlet(outlet: SampleOutlet) -> dict[str, object]:
    return {"name": outlet.name, "domains": (outlet.domain,), "owner": outlet.owner}


def _feed(outlet: SampleOutlet, base: str) -> dict[str, object]:
    return {"url": base + outlet.path, "title": outlet.title, "outlet": outlet.name, "category": outlet.category}
