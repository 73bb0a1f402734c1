"""Who publishes: the outlet of a link, and the outlet that a credit's name or link means.

An outlet is known by its key: the `name` the config gives it, else its registrable domain, else, on platforms that many
writers share, the whole host or the host and the first part of the path. The public suffix list is the one bundled with
tldextract; it is never fetched.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterable, Mapping
from functools import cache, cached_property, lru_cache
from typing import TYPE_CHECKING
from urllib.parse import unquote, urlsplit

from aggregator.config import Outlet
from aggregator.text.urls import shown

if TYPE_CHECKING:
    from tldextract import TLDExtract

MAX_NAME = 40
"""Characters of a feed's title that still pass as an outlet's name; longer ones are slogans."""

MIN_LIKENESS = 3
"""Letters that a name and a domain must share: two are in half of all words."""

HOSTED = frozenset(
    "wordpress.com substack.com tumblr.com livejournal.com medium.com typepad.com over-blog.com over-blog.org ghost.io "
    "blogs.com canalblog.com squarespace.com beehiiv.com blogger.com bearblog.dev posthaven.com jimdofree.com "
    "buttondown.email hashnode.dev micro.blog dreamwidth.org skyrock.com blogfa.com blog.ir persianblog.ir "
    "hypotheses.org podbean.com buzzsprout.com transistor.fm libsyn.com bandcamp.com wikidot.com fandom.com "
    "wixsite.com tistory.com exblog.jp fc2.com seesaa.net ameblo.jp blog.hu kinja.com svbtle.com write.as".split()
)
"""Domains under which every host is an outlet of its own; most platforms (github.io, netlify.app, wixsite …) are known
already from the private part of the public suffix list, and blogspot has every suffix."""

PLATFORMS: Mapping[str, int] = {
    "medium.com": 1, "facebook.com": 1, "twitter.com": 1, "x.com": 1, "instagram.com": 1, "t.me": 1, "telegram.me": 1,
    "users.livejournal.com": 1,
    "vk.com": 1, "youtube.com": 1, "reddit.com": 2, "linkedin.com": 2, "github.com": 1, "gitlab.com": 1, "dev.to": 1,
    "tumblr.com": 1, "substack.com": 1, "wordpress.com": 1, "livejournal.com": 1, "write.as": 1, "steemit.com": 1,
    "hubpages.com": 1, "note.com": 1, "qiita.com": 1, "zhihu.com": 2, "weibo.com": 1, "threads.net": 1, "bsky.app": 2,
    "sites.google.com": 2, "groups.google.com": 2, "patreon.com": 1, "rumble.com": 2, "odysee.com": 1,
    "soundcloud.com": 1, "vimeo.com": 1, "tiktok.com": 1, "hashnode.com": 1, "ameblo.jp": 1,
    "blog.naver.com": 1, "blog.sina.com.cn": 1, "blog.daum.net": 1, "zen.yandex.ru": 1, "dzen.ru": 1,
}  # fmt: skip
"""Hosts on which the first part of the path names the writer. The number says how many parts: with 2 the first one only
sorts (`reddit.com/r/NAME`). A first part that begins with `@` always counts alone."""

_SORTING = frozenset("r u user c channel groups g site view in company people profile pages pg p".split())
_NO_NAMES = frozenset(
    "watch p share story.php permalink.php status posts i photo.php hashtag search home blog m tag topics".split()
)
_TITLE_CUT = re.compile(r" [-–—|»·>/] |: ")
_GENERIC = frozenset(
    "news rss feed home homepage blog latest articles all posts untitled index updates headlines".split()
)
_NOT_IN_NAMES = re.compile(r"[\W_]+")


@cache
def _suffixes() -> TLDExtract:
    """The bundled suffix list; loaded late, since tldextract imports an HTTP client (0.1 s) that is never used."""
    from tldextract import TLDExtract  # noqa: PLC0415 - see above

    return TLDExtract(suffix_list_urls=(), cache_dir=None, include_psl_private_domains=True)


def outlet_domain(url: str) -> str | None:
    """The key of an address's outlet where no config says otherwise; None when it is no web address.

    Hosts without a public suffix (addresses in numbers, `localhost`) stand for themselves, port included.
    """
    address = shown(url, None)
    return _domain_of(address) if address else None


@lru_cache(maxsize=4096)  # the links of one poll come from few hosts, but their paths differ: bounded
def _domain_of(address: str) -> str | None:
    parts = urlsplit(address)
    host = (parts.hostname or "").strip(".").removeprefix("www.")
    domain = _registrable(host)
    if not domain:
        return _bare(parts.netloc) or None
    for platform in (host, domain):
        if platform in PLATFORMS and _bare(host) == platform and (writer := _writer(platform, parts.path)):
            return f"{platform}/{writer}"
    return host if domain in HOSTED or domain.startswith("blogspot.") else domain


@lru_cache(maxsize=1024)
def _registrable(host: str) -> str:
    return _suffixes()(host).top_domain_under_public_suffix


def _bare(host: str) -> str:
    for prefix in ("www.", "m.", "mobile.", "old."):
        host = host.removeprefix(prefix)
    return host


def _writer(platform: str, path: str) -> str | None:
    """The part of the path that names the writer, if there is one."""
    steps = [unquote(step).lower() for step in path.split("/") if step]
    if len(steps) > 1 and steps[0] == "s":  # t.me/s/NAME is the public view of t.me/NAME
        del steps[0]
    if not steps or steps[0] in _NO_NAMES:
        return None
    if steps[0].startswith("@") or PLATFORMS[platform] == 1:
        return "/".join(steps[:2]) if steps[0] in _SORTING and len(steps) > 1 else steps[0]
    return "/".join(steps[:2]) if len(steps) > 1 and PLATFORMS[platform] == 2 else None


def fold_name(name: str) -> str:
    """A name for comparing: case, punctuation, spaces, accents and a leading "the" make no difference."""
    letters = unicodedata.normalize("NFKD", unicodedata.normalize("NFKC", name).casefold())
    folded = _NOT_IN_NAMES.sub("", "".join(letter for letter in letters if not unicodedata.combining(letter)))
    return folded[3:] if folded.startswith("the") and len(folded) > 5 else folded


def short_title(title: str, outlet: str = "") -> str | None:
    """The part of a feed's title that names its outlet, at most `MAX_NAME` characters; None where no part can.

    The part most like the outlet's domain ("Latest | Harbour Post" of harbourpost.example), else the first.
    """
    parts = [part.strip() for part in _TITLE_CUT.split(title.strip())]
    label = fold_name(_label(outlet)) if outlet else ""
    name = max(parts, key=lambda part: _likeness(part, label))  # of equals the first
    return name if 0 < len(name) <= MAX_NAME and name.casefold() not in _GENERIC else None


def _likeness(name: str, label: str) -> int:
    """Letters that a name and a domain's folded label share: the whole label, its beginning by initials, or a word."""
    words = [fold_name(word) for word in name.split()]
    initials = "".join(word[:1] for word in words)
    shared = [label] if label in fold_name(name) else []
    shared += [initials] if label.startswith(initials) else []
    shared += [word for word in words if word not in _GENERIC and word in label]
    longest = max(map(len, shared), default=0)
    return longest if longest >= MIN_LIKENESS else 0


class OutletBook:
    """All outlets that are known by config or by a feed, and the names they go by. Immutable once built.

    `titles` maps the keys of outlets to the titles of their feeds. A channel on a platform that goes by the name of
    one outlet with a site of its own ("Tidewater Post" beside tidewaterpost.example) is a channel of that house.
    """

    def __init__(self, outlets: Iterable[Outlet], titles: Mapping[str, str] | None = None) -> None:
        self._configured = {outlet.name: outlet for outlet in outlets}
        self._by_place = {
            _place(domain): name for name, outlet in self._configured.items() for domain in outlet.domains
        }
        self._titles = {self._by_place.get(key, key): title for key, title in (titles or {}).items()}

    @cached_property
    def _names(self) -> _Names:
        """Not made before a name is asked for: a poll asks where links belong, and a thousand names take 0.1 s."""
        return _Names(self._configured, self._titles, self._at)

    def outlet_of(self, link: str | None, fallback: str, home: str | None = None) -> str:
        """The key of the outlet that a link belongs to; `fallback` where there is no link or it is no web address.

        Where the link's platform carries many writers and the link names none of them (`youtube.com/watch`), the one
        that `home`, the feed's own page there, belongs to. A domain that differs from home's in its suffix only is
        home's own: outlets shorten links to another one (`post.example` to `post.it`).
        """
        address = shown(link, None) if link else None
        if address is None:
            return fallback
        own = self._listed(address) or _domain_of(address) or fallback
        if home and own not in self._configured and own not in self._titles and (house := self._house(own, home)):
            return house
        if own in PLATFORMS and home and (writer := self.outlet_of(home, own)) != own:
            on_it = outlet_domain(home) or ""
            return writer if on_it.startswith(f"{own}/") else own
        return own

    def resolve(self, name: str, url: str | None = None) -> str | None:
        """The known outlet that a credit means, by the address it links to, else by its name; else None.

        A name may be the configured name, an alias, a feed's title or its first part, a domain with or without
        suffix. One that two outlets share means neither.
        """
        here = self._at(name, url)
        return self._names.find(name) if here is None else here

    def name_of(self, outlet: str) -> str:
        """The name to show: the configured one, else the short title of its feed, else the domain."""
        if outlet in self._configured:
            return outlet
        return self._names.shown.get(outlet) or outlet

    def owner_of(self, outlet: str) -> str:
        """The configured owner, else the outlet itself, or the one whose channel it is: one owner is one voice."""
        house = self._names.channels.get(outlet, outlet)
        configured = self._configured.get(house)
        return (configured.owner if configured else None) or house

    def priority_of(self, outlet: str) -> int:
        """The configured priority: which printing stands for a piece whose original is unknown; 0 by default."""
        configured = self._configured.get(outlet)
        return configured.priority if configured else 0

    def weight_of(self, outlet: str) -> float:
        """The configured weight of the outlet's stories; 1.0 by default."""
        configured = self._configured.get(outlet)
        return configured.weight if configured else 1.0

    def _house(self, own: str, home: str) -> str | None:
        """The outlet of `home` when its domain bears the same label as `own`, under another suffix."""
        at_home = self.outlet_of(home, "")
        if at_home in self._configured or not (_registrable(own) and _registrable(at_home)):
            return None
        return at_home if _label(own) == _label(at_home) else None

    def _listed(self, address: str) -> str | None:
        """The configured outlet that lists the address's host, a domain above it, or the beginning of its path."""
        if not self._by_place:
            return None
        parts = urlsplit(address)
        labels = (parts.hostname or "").strip(".").split(".")
        steps = [step for step in parts.path.lower().split("/") if step]
        for first in range(len(labels)):
            host = ".".join(labels[first:])
            for depth in range(min(len(steps), 3), -1, -1):
                if found := self._by_place.get("/".join((host, *steps[:depth]))):
                    return found
        return None

    def _at(self, name: str, url: str | None = None) -> str | None:
        """The known outlet of the address, or of a name that is an address itself."""
        for address in (url, name if "." in name and " " not in name.strip() else None):
            key = self._known(address) if address else None
            if key is not None:
                return key
        return None

    def _known(self, address: str) -> str | None:
        """The known outlet of an address, which may lack its scheme."""
        full = shown(address if "://" in address else f"https://{address.strip()}", None)
        key = (self._listed(full) or _domain_of(full)) if full else None
        return key if key in self._configured or key in self._titles else None


class _Names:
    """The names that outlets go by: those of sites, those to show, and the channels that belong to a house."""

    def __init__(
        self, configured: Mapping[str, Outlet], titles: Mapping[str, str], at: Callable[[str], str | None]
    ) -> None:
        self._configured, self._titles = configured, titles
        self.shown = {key: short_title(title, key) for key, title in titles.items()}
        self.channels: dict[str, str] = {}
        self._names: dict[str, str | None] = {}
        self._labels: dict[str, str | None] = {}
        unlisted = [key for key in titles if key not in configured]
        for key in (*configured, *sorted(unlisted, key=_is_channel)):  # sites first: they own their names
            name = key if key in configured else self.shown.get(key) or key
            house = (at(name) or self.find(name)) if _is_channel(key) else None
            if house is None or _is_channel(house):
                self._learn(key)
            else:
                self.channels[key] = house

    def find(self, name: str) -> str | None:
        """The outlet of that name, else the one whose domain without suffix it is; None where two share it."""
        folded = fold_name(name)
        return self._names[folded] if folded in self._names else self._labels.get(folded)

    def _learn(self, key: str) -> None:
        configured, title = self._configured.get(key), self._titles.get(key, "")
        names = {
            key,
            title,
            short_title(title) or "",
            self.shown.get(key) or "",
            *(configured.aliases if configured else ()),
        }
        domains = {*configured.domains, key} if configured else {key}
        _enter(self._names, {fold_name(name) for name in (names | domains)}, key)
        _enter(self._labels, {fold_name(_label(domain)) for domain in domains}, key)


def _enter(book: dict[str, str | None], names: set[str], key: str) -> None:
    """Note the names; one that two outlets share means neither."""
    for name in names - {""}:
        book[name] = key if book.get(name, key) == key else None


def _is_channel(key: str) -> bool:
    """Whether an outlet's key is a writer's place on a platform."""
    host, _, writer = key.partition("/")
    return bool(writer) and host in PLATFORMS


def _place(domain: str) -> str:
    """A configured domain (`example.org`, `medium.com/@x`, or a whole address) as host and path in lower case."""
    bare = domain.strip().lower().partition("://")[2] or domain.strip().lower()
    return bare.removeprefix("www.").strip("/")


def _label(domain: str) -> str:
    """The domain without its suffix, or the writer on a platform: `southfront.org` is "southfront"."""
    host, _, writer = domain.partition("/")
    if writer:
        return writer.rpartition("/")[2]
    if "." not in host or " " in host:
        return ""
    found = _suffixes()(host)
    return found.domain if not found.subdomain else host.partition(".")[0]
