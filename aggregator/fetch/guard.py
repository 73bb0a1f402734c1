"""Which addresses may be fetched: pure rules over texts, no look-up and no socket.

Two questions are kept apart. `target` judges what a URL says before anything is asked of the network;
`refusal` judges the numeric address to which a socket is about to connect, which alone decides (a name may
resolve to anything, and to something else a second later).
"""

from __future__ import annotations

import socket
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from urllib.parse import quote, unquote, urlsplit

from aggregator.config import PLACEHOLDER_CONTACT, Fetch, Network

LONGEST_URL = 8000
"""Characters. Request lines beyond 8,000 octets need not be supported by anyone (RFC 9110, 4.1)."""

REFUSED_NETWORKS: tuple[tuple[IPv4Network | IPv6Network, str], ...] = tuple(
    (ip_network(network), name)
    for network, name in (
        ("0.0.0.0/8", "unspecified"),
        ("10.0.0.0/8", "private"),
        ("100.64.0.0/10", "carrier-grade NAT"),
        ("127.0.0.0/8", "loopback"),
        ("169.254.0.0/16", "link-local"),
        ("172.16.0.0/12", "private"),
        ("192.0.0.0/24", "reserved for protocols"),
        ("192.88.99.0/24", "6to4 relay"),
        ("192.168.0.0/16", "private"),
        ("224.0.0.0/4", "multicast"),
        ("240.0.0.0/4", "reserved"),
        ("::1/128", "loopback"),
        ("::/128", "unspecified"),
        ("::ffff:0:0/96", "IPv4-mapped"),
        ("::/96", "IPv4-compatible"),
        ("::ffff:0:0:0/96", "IPv4-translated"),
        ("64:ff9b::/96", "NAT64"),
        ("64:ff9b:1::/48", "NAT64"),
        ("2001::/32", "Teredo"),
        ("2002::/16", "6to4"),
        ("fc00::/7", "unique local"),
        ("fe80::/10", "link-local"),
        ("fec0::/10", "site-local"),
        ("ff00::/8", "multicast"),
    )
)
"""Named refusals. `is_global` catches the rest of the IANA special-purpose registries, but alone it would pass
NAT64, IPv4-compatible, site-local and multicast addresses, and each of the first two can carry 127.0.0.1."""

BLOCKED_PORTS = frozenset(
    int(port)
    for port in (
        "1 7 9 11 13 15 17 19 20 21 22 23 25 37 42 43 53 69 77 79 87 95 101 102 103 104 109 110 111 113 115 117 119 "
        "123 135 137 139 143 161 179 389 427 465 512 513 514 515 526 530 531 532 540 548 554 556 563 587 601 636 989 "
        "990 993 995 1719 1720 1723 2049 3659 4045 4190 5060 5061 6000 6566 6665 6666 6667 6668 6669 6679 6697 10080"
    ).split()
)
"""Ports that browsers refuse for HTTP (WHATWG Fetch, "port blocking"): a request must not speak to a mail server."""

LOCAL_SUFFIXES = (".localhost", ".local", ".internal", ".lan", ".home.arpa", ".intranet")
"""Names that only mean something inside (RFC 6761, 6762, 8375 and habit); judged only where a proxy resolves."""

REMEMBERED_TARGETS = 4096
"""A poll asks seven times what its address says, and reading one takes 50 microseconds."""

IDEOGRAPHIC_STOPS = str.maketrans({"\u3002": ".", "\uff0e": ".", "\uff61": "."})
"""IDNA reads these as the dot between labels (RFC 3490, 3.1)."""

SAFE_IN_URL = "!#$%&'()*+,/:;=?@[]~"
"""Left as they are, `%` included: a signed or already quoted address must reach its server byte for byte."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """A URL that may be asked for: ASCII, without user information and fragment."""

    url: str
    scheme: str
    host: str
    """Lower case, IDNA-encoded; IPv6 without brackets."""
    port: int
    credentials: tuple[str, str] | None = None
    """User name and password that stood in the address."""

    @property
    def origin(self) -> tuple[str, str, int]:
        """What credentials belong to (RFC 6454)."""
        return self.scheme, self.host, self.port


@dataclass(frozen=True, slots=True, kw_only=True)
class Refusal:
    """Why a URL is never asked for, in one line."""

    reason: str


@lru_cache(maxsize=REMEMBERED_TARGETS)
def _address(text: str) -> IPv4Address | IPv6Address | None:
    """The address that `text` is, in any spelling that `inet_aton` takes (`127.1`, `0x7f000001`, `2130706433`)."""
    try:
        return ip_address(text.partition("%")[0])
    except ValueError:
        pass
    try:
        return IPv4Address(socket.inet_aton(text))
    except (OSError, UnicodeEncodeError):
        return None


def is_allowed(address: str, allowed: Sequence[Network]) -> bool:
    """True when `address` is a literal that lies in one of the `allowed` networks."""
    parsed = _address(address)
    return parsed is not None and any(parsed.version == net.version and parsed in net for net in allowed)


def refusal(address: str, allowed: Sequence[Network]) -> str | None:
    """Why no socket may be connected to the numeric `address`, or None when it may.

    Public unicast addresses pass, and whatever lies in `allowed`. A text that is no address is refused.
    """
    parsed = _address(address)
    if parsed is None:
        return f"{address} is no IP address"
    if is_allowed(address, allowed):
        return None
    for network, name in REFUSED_NETWORKS:
        if parsed.version == network.version and parsed in network:
            return f"{address} is a {name} address"
    return None if parsed.is_global else f"{address} is no public address"


def host_refusal(host: str, allowed: Sequence[Network]) -> str | None:
    """Why a proxy must not be asked for `host`: a refused literal, or a name that means an inner machine."""
    if _address(host) is not None:
        return refusal(host, allowed)
    if is_private(host, allowed):
        return None
    name = host.rstrip(".")
    if name == "localhost" or name.endswith(LOCAL_SUFFIXES) or "." not in name:
        return f"{host} is a name of the inner network"
    return None


def is_private(host: str, allowed: Sequence[Network]) -> bool:
    """True for a literal inside `allowed`, and for `localhost` when loopback is inside it: one of our own machines."""
    name = host.rstrip(".").lower()
    if name == "localhost" or name.endswith(".localhost"):
        return is_allowed("127.0.0.1", allowed) or is_allowed("::1", allowed)
    return is_allowed(host, allowed)


def _ascii_host(host: str) -> str:
    """The host as it is looked up: compatibility forms folded, lower case, IDNA. Raises ValueError (UnicodeError)."""
    folded = unicodedata.normalize("NFKC", host.translate(IDEOGRAPHIC_STOPS)).lower()
    if folded.isascii():
        # Every spelling of a number is the address that browsers and resolvers take it for (WHATWG URL, IPv4 parser).
        literal = None if ":" in folded else _address(folded)
        return folded if literal is None else str(literal)
    # The standard library knows IDNA 2003 only; it is what the resolver would apply and agrees for all but a few.
    return folded.encode("idna").decode("ascii")


def _wrong_text(url: str) -> str | None:
    """Why the characters of `url` rule it out, or None."""
    if len(url) > LONGEST_URL:
        return f"the address is longer than {LONGEST_URL} characters"
    if "\\" in url or any(ord(char) <= 32 or ord(char) == 127 for char in url):
        return "the address holds a backslash, blank or control character"
    return None


@lru_cache(maxsize=REMEMBERED_TARGETS)
def target(url: str) -> Target | Refusal:
    """What `url` asks for, or why it is never asked for.

    Only http and https, a host, a port that browsers do not block; no backslash, blank or control character (on
    which parsers disagree). A literal address is left for `refusal` to judge where the socket is made.
    """
    url = url.strip()
    wrong = _wrong_text(url)
    if wrong is not None:
        return Refusal(reason=wrong)
    try:
        parts = urlsplit(url)
        host, port = _ascii_host(parts.hostname or ""), parts.port
    except ValueError as error:
        return Refusal(reason=f"the address cannot be read: {error}"[:200])
    if parts.scheme not in {"http", "https"}:
        return Refusal(reason=f"{parts.scheme or 'no scheme'}: only http and https are fetched")
    return _checked(parts.scheme, host, port, rest=(parts.path, parts.query), login=(parts.username, parts.password))


def _checked(
    scheme: str, host: str, port: int | None, *, rest: tuple[str, str], login: tuple[str | None, str | None]
) -> Target | Refusal:
    """The second half of `target`: the host and port are sane, the parts are put together again."""
    if not host.strip(".") or ".." in host or any(char in host for char in "/?#@%<>^|\"'"):
        return Refusal(reason="the address names no valid host")
    standard = 443 if scheme == "https" else 80
    if port == 0 or (port in BLOCKED_PORTS and port != standard):
        return Refusal(reason=f"port {port} is not a web server's")
    shown = f"[{host}]" if ":" in host else host
    place = shown if port in {None, standard} else f"{shown}:{port}"
    path, query = quote(rest[0] or "/", safe=SAFE_IN_URL), quote(rest[1], safe=SAFE_IN_URL)
    return Target(
        url=f"{scheme}://{place}{path}" + (f"?{query}" if query else ""),
        scheme=scheme,
        host=host,
        port=port or standard,
        credentials=None if login[0] is None else (unquote(login[0]), unquote(login[1] or "")),
    )


def has_contact(settings: Fetch) -> bool:
    """True when somebody filled in who is behind the requests (etiquette: the public web is not asked anonymously)."""
    return settings.contact.strip() not in {"", PLACEHOLDER_CONTACT}


def contact_problem(settings: Fetch, urls: Iterable[str]) -> str | None:
    """Why these `urls` may not be polled yet, or None.

    While `contact` is the placeholder, only addresses inside `allow_private` may be polled: literals, and
    `localhost` when loopback is inside it. The client enforces the same at each socket.
    """
    if has_contact(settings):
        return None
    for url in urls:
        goal = target(url)
        if isinstance(goal, Target) and not is_private(goal.host, settings.allow_private):
            return (
                f"set contact in [fetch] to your e-mail address or web page before {goal.host} is polled: "
                "it goes into the User-Agent, so that a site's owner can reach you"
            )
    return None
