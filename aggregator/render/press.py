"""What every page is made with: the templates, the voice, the site, and what the templates may count on."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from aggregator.config import Site
from aggregator.render import feeds_out, paths, templates
from aggregator.render.records import SitePages
from aggregator.render.timeline import MOST_ROWS
from aggregator.render.words import Speech


@dataclass(frozen=True, slots=True, kw_only=True)
class Press:
    """What every page is made with."""

    environment: templates.Templates
    speech: Speech
    site: Site
    pages: SitePages
    paged: frozenset[str] = frozenset()
    """The outlets that have a page."""

    @property
    def home(self) -> str:
        """The folder of this edition's digest within the site."""
        return paths.digest_root(self.pages.edition.name, self.pages.main_digest)

    def outlet_page(self, key: str) -> str:
        """The path of an outlet's page; empty where it has none."""
        return paths.outlet_path(key) if key in self.paged else ""

    def page(self, template: str, path: str, **values: Any) -> tuple[str, bytes]:
        """One page, with what every template may count on."""
        base = feeds_out.site_base(self.site)
        shared = {
            "root": paths.root_from(path), "home": self.home, "current": "", "near": self.pages.edition.day,
            "canonical": f"{base}{path}" if base else "", "edition": self.pages.edition,
            "story_path": paths.story_path, "piece_path": paths.piece_path, "most_rows": MOST_ROWS,
            "twin": "", "outlet_page": self.outlet_page,
        }  # fmt: skip
        return path, templates.render(self.environment, template, shared | values).encode()
