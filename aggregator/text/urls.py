"""Addresses: one form to show and follow, one form made only for comparing.

Pure string work: nothing is looked up or fetched. Both forms are idempotent and never raise. Tracking parameters are
our own list: courlan's pattern takes identifying ones too (`?game=5` and `?game=6` become one address), which would
declare two articles one.
"""

from __future__ import annotations

import re
from functools import lru_cache
from urllib.parse import SplitResult, parse_qsl, quote, unquote, urljoin, urlsplit, urlunsplit

from aggregator.text.characters import decode_attribute

MAX_URL = 4000
"""Characters of an address that are read; the longest of 9,103 real links had 340 (RFC 9110, 4.1: 8000 octets)."""

REMEMBERED = 1024
"""Addresses whose forms are kept: from the parser to the store each entry's link is asked for six times within moments.
At `MAX_URL` characters each they take ten megabytes at the very worst."""

_EDGES = "".join(map(chr, range(0x21)))
_INSIDE = re.compile(r"[\t\n\r]")
_UNSAFE = re.compile(r"[\x00-\x20\"<>\\^`{|}\x7f-\xa0\u2028\u2029\ud800-\udfff]")
_PLAIN = re.compile(
    r"https?://[a-z0-9](?:[a-z0-9-]|\.(?=[a-z0-9]))*+/[A-Za-z0-9._~!$&'()*+,=:@/%-]*+(?:\?[A-Za-z0-9._~!$&'()*+,=:@/?%-]++)?"
)
"""Addresses that are shown as they stand, as most are: no port, fragment, reference or character to be escaped."""
_NORMAL = re.compile(r"[A-Za-z0-9._~/!$&'()*+,;=:@?-]*")
_STRAY_PERCENT = re.compile(r"%(?![0-9A-Fa-f]{2})")
_ESCAPE = re.compile(r"%[0-9A-Fa-f]{2}")
_HOST = re.compile(r"(?!\.)(?!.*\.\.)[^\s/?#@:\\%<>\"^`{|}\[\]]+|\[[0-9a-fA-F:.]+\]")
_UNRESERVED = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~")

TRACKERS = frozenset(
    "fbclid gclid gclsrc dclid gbraid wbraid msclkid yclid ysclid twclid ttclid igshid igsh li_fat_id mkt_tok wickedid "
    "oly_enc_id oly_anon_id vero_id vero_conv s_cid cmpid ncid icid ocid xtor ito smid smtyp emc ftag ftcamp spm "
    "guccounter guce_referrer guce_referrer_sig __twitter_impression ref_src ref_url referrer traffic_source taid cvid "
    "sr_share share_id sharetype feedname feedtype rssfeed wprov _branch_match_id srnd sref sh_kit amp amp_js_v "
    "usqp outputtype isamp mod_source jsessionid phpsessid sessionid".split()
)
"""Query parameters that say how a reader came, not what is read; after the lists of AdGuard and ClearURLs."""

TRACKER_PREFIXES = (
    "utm_",
    "mtm_",
    "pk_",
    "hsa_",
    "itm_",
    "ns_",
    "at_",
    "mc_",
    "ga_",
    "_hs",
    "_ga",
    "_gl",
    "wt_",
    "cm_",
)

_FEED_SOURCES = frozenset("ref source src from via partner medium campaign cmp c cid format".split())
_FEED_VALUES = frozenset("rss rss2 rss2.0 atom feed feeds rssfeed rss_feed feedburner twitter facebook".split())
_WRAPPED_IN = ("url", "u", "q", "to", "target", "dest", "destination", "murl", "z", "redirect", "ru")
_WRAPPERS = re.compile(
    r"(?:^|\.)(?:google\.[a-z.]{2,6}/(?:url|imgres)|news\.google\.com/news/url|(?:lm?\.)?facebook\.com/(?:l|flx)"
    r"|out\.reddit\.com/|bing\.com/(?:news/apiclick|ck)|away\.vk\.com/|vk\.com/away|t\.umblr\.com/"
    r"|safelinks\.protection\.outlook\.com/|go\.skimresources\.com/|go\.redirectingat\.com/|youtube\.com/redirect"
    r"|linkedin\.com/(?:redir|safety)|steamcommunity\.com/linkfilter|translate\.google\.com/|click\.linksynergy\.com/)"
)
_AMP_CACHE = re.compile(
    r"^(?:[^/]+\.)?(?:cdn\.ampproject\.org/(?:[a-z]/)?(?:s/)?|google\.[a-z.]{2,6}/amp/(?:s/)?|bing\.com/amp/(?:s/)?)"
    r"(?=[^/]+\.[^/]+)"
)
_ARCHIVE = re.compile(r"^web\.archive\.org/web/\d{4,14}(?:[a-z]{2}_)?/(?=https?:/)")
_ADDRESS = re.compile(r"^https?:/{1,2}(?=[^/])", re.IGNORECASE)
_INDEX = re.compile(r"/(?:index|default)\.(?:html?|php|aspx?)$", re.IGNORECASE)
_SESSION = re.compile(r";(?:jsessionid|phpsessid)=[^/;]*", re.IGNORECASE)
_AMP_END = re.compile(r"(?:/amp(?:\.html?)?|\.amp(?:\.html?)?)$", re.IGNORECASE)
_VARIANTS = frozenset({"www", "www2", "www3", "m", "mobile", "amp", "touch", "wap"})


def shown(url: str, base: str | None) -> str | None:
    """The absolute http or https address that a browser would open, or None.

    Does what browsers do before they look at the scheme (URL standard, 4.4): control characters at the ends and tabs
    and line ends anywhere go, backslashes become slashes; references left over from double escaping are decoded first.
    User names and passwords are left out. Relative addresses need a `base`.
    """
    return _shown(url[: MAX_URL + 1], base)


@lru_cache(maxsize=REMEMBERED)
def _shown(url: str, base: str | None) -> str | None:
    if len(url) <= MAX_URL and _PLAIN.fullmatch(url):
        return url
    text = _INSIDE.sub("", decode_attribute(url)).strip(_EDGES)
    if not text or len(text) > MAX_URL:
        return None
    if text.lower().startswith("www."):  # no browser does this, but feeds leave the scheme out
        text = f"https://{text}"
    parts = _split(_absolute(text, base))
    return _unsplit(parts) if parts else None


def canonical(url: str) -> str | None:
    """The form of an address for comparing, never for following; None where `shown` gives None.

    Redirect wrappers whose target stands in them, AMP caches and web archives are taken off; scheme, default port,
    `www`, mobile and AMP hosts and paths, tracking parameters, their order, index pages, the trailing slash and the
    fragment (but `#!`) make no difference.
    """
    return _canonical(url[: MAX_URL + 1])


@lru_cache(maxsize=REMEMBERED)
def _canonical(url: str) -> str | None:
    address = _shown(url, None)
    while address and (target := _target(address)) and len(target) < len(address):  # each is shorter, so it ends
        address = target
    parts = _split(address) if address else None
    return _compared(parts) if parts else None


def _absolute(text: str, base: str | None) -> str:
    if text.startswith(("//", "\\\\")):
        text = "https:" + text
    if re.match(r"(?i)https?:", text):
        return re.sub(r"(?i)^(https?):[/\\]*", r"\1://", text)
    if base is None or re.match(r"[a-zA-Z][a-zA-Z0-9+.-]*:", text):
        return ""
    try:
        return urljoin(base.strip(), text.replace("\\", "/"))
    except ValueError:
        return ""


def _split(address: str) -> SplitResult | None:
    """The parts of an absolute web address with a sound host and no user; None for anything else."""
    try:
        parts = urlsplit(address.replace("\\", "/") if "\\" in address else address)
        port = parts.port
    except ValueError:
        return None
    host = parts.netloc.rpartition("@")[2].lower()
    name = host.removesuffix(f":{port}" if port is not None else ":")
    if parts.scheme not in {"http", "https"} or not _HOST.fullmatch(name):
        return None
    return parts._replace(netloc=name if port is None else f"{name}:{port}")


def _unsplit(parts: SplitResult) -> str:
    path, query, fragment = (_UNSAFE.sub(_escaped, part) for part in (parts.path or "/", parts.query, parts.fragment))
    return urlunsplit((parts.scheme, parts.netloc, path, query, fragment))


def _escaped(match: re.Match[str]) -> str:
    return quote(match[0], safe="", errors="replace")


def _target(address: str) -> str | None:
    """The address that a redirect wrapper, an AMP cache or a web archive carries inside."""
    rest = address.partition("://")[2]
    if found := _AMP_CACHE.match(rest):
        return shown("https://" + rest[found.end() :], None)
    if found := _ARCHIVE.match(rest):
        return shown(rest[found.end() :], None)
    names = _WRAPPED_IN if _WRAPPERS.search(rest.partition("?")[0]) else ("url",)
    for name, value in parse_qsl(address.partition("?")[2].partition("#")[0], max_num_fields=None):
        if name.lower() in names and _ADDRESS.match(value):
            return shown(value, None)
    return None


def _compared(parts: SplitResult) -> str:
    name, _, port = parts.netloc.partition(":") if not parts.netloc.startswith("[") else (parts.netloc, "", "")
    host = _compared_host(name) + (f":{port}" if port not in {"", "80", "443"} else "")
    fragment = _normal(parts.fragment) if parts.fragment.startswith("!") else ""
    return urlunsplit(("https", host, _compared_path(parts.path), _compared_query(parts.query), fragment))


def _compared_host(name: str) -> str:
    """The host in ASCII without the labels that only choose a variant, as long as a domain remains."""
    labels = _ascii(name.strip(".")).split(".")
    kept = 3 if len(labels) > 2 and len(labels[-1]) == 2 and len(labels[-2]) <= 3 else 2  # amp.com.au is a company
    while len(labels) > kept and labels[0] in _VARIANTS:
        del labels[0]
    if len(labels) > kept and labels[1] in {"m", "mobile"}:  # en.m.wikipedia.org
        del labels[1]
    return ".".join(labels)


def _ascii(name: str) -> str:
    try:
        return name.encode("idna").decode("ascii").lower() if not name.isascii() else name
    except UnicodeError:
        return name


def _compared_path(path: str) -> str:
    path = re.sub(r"/{2,}", "/", _normal(_SESSION.sub("", path)))
    while True:
        shorter = _INDEX.sub("/", path).rstrip("/")
        shorter = _AMP_END.sub("", shorter).rstrip("/") or shorter  # a page called /amp stays one
        shorter = shorter[4:] if shorter.lower().startswith("/amp/") else shorter
        if shorter == path:
            return path
        path = shorter


def _compared_query(query: str) -> str:
    """The parameters that name what is read, in order of their text; encoded alike."""
    kept = {_normal(field.replace("+", "%20")) for field in query.split("&") if field and not _tracks(field)}
    return "&".join(sorted(kept))


def _tracks(field: str) -> bool:
    name, _, value = (unquote(part).lower() for part in field.partition("="))
    return name in TRACKERS or name.startswith(TRACKER_PREFIXES) or (name in _FEED_SOURCES and value in _FEED_VALUES)


def _normal(text: str) -> str:
    """Percent-encoding made alike (RFC 3986, 6.2.2): unreserved characters decoded, the others in upper-case hex."""
    if _NORMAL.fullmatch(text):
        return text
    text = _STRAY_PERCENT.sub("%25", text)
    text = quote(text, safe="/%!$&'()*+,;=:@?~[]", errors="replace")
    return _ESCAPE.sub(_normal_escape, text)


def _normal_escape(match: re.Match[str]) -> str:
    character = chr(int(match[0][1:], 16))
    return character if character in _UNRESERVED else match[0].upper()
