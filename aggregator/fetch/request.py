"""What is asked, and exactly which headers go out with it: pure; etiquette rules 1-3, 22 and 23 live here."""

from __future__ import annotations

import base64
import re
from dataclasses import dataclass, replace
from typing import Protocol

from aggregator.__about__ import NAME, __version__
from aggregator.config import Fetch
from aggregator.fetch.guard import Target
from aggregator.model import Outcome, Validators

ACCEPT = "application/atom+xml, application/rss+xml, application/feed+json;q=0.9, application/xml;q=0.8, */*;q=0.1"
NO_VALIDATORS = Validators()
OWN_HEADERS = frozenset(
    {"host", "connection", "content-length", "transfer-encoding", "te", "upgrade", "accept-encoding", "user-agent"}
    | {"if-none-match", "if-modified-since", "referer", "range", "expect", "proxy-authorization"}
)
"""What a configured header may not override: the client's own business, or against our manners."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """One GET. `headers`, `authorization` and `cookie` (whole header values) go to the URL's own origin only.

    `conditional` False leaves the validators out, for feeds whose 304 is not to be believed.
    """

    url: str
    validators: Validators = NO_VALIDATORS
    headers: tuple[tuple[str, str], ...] = ()
    authorization: str | None = None
    conditional: bool = True
    accept: str = ACCEPT
    cookie: str | None = None
    proxy: str | None = None
    """In place of the general one."""
    agent: str | None = None
    """In place of the general User-Agent."""


class Getter(Protocol):
    """Whatever answers a Request: the client, the polite client around it, a fake in a test."""

    async def get(self, request: Request) -> Outcome:
        """The outcome of one GET; raises nothing for what a server does."""
        ...


def user_agent(settings: Fetch) -> str:
    """Name, real version and contact, or the configured text; the same for every request (etiquette 23)."""
    return settings.user_agent or f"{NAME}/{__version__} (+{settings.contact})"


def sendable(text: str | None) -> str | None:
    """A stored validator (latin-1 text) in the form that aiohttp turns back into the same bytes, or None.

    aiohttp writes headers as UTF-8, so only bytes that are UTF-8 survive; others are left out, since a validator
    that is altered on its way is worse than none.
    """
    if text is None:
        return None
    try:
        exact = text.encode("latin-1").decode("utf-8")
    except UnicodeError:
        return None
    return exact if not re.search(r"[\x00-\x08\x0a-\x1f\x7f]", exact) else None


def sent_headers(request: Request, settings: Fetch) -> dict[str, str]:
    """Exactly what etiquette 22 and 23 allow, then the feed's configured headers."""
    sent = {
        "User-Agent": request.agent or user_agent(settings),
        "Accept": request.accept,
        "Accept-Encoding": "gzip",
    }
    sent |= {name: value for name, value in request.headers if name.lower() not in OWN_HEADERS}
    if request.authorization is not None:
        sent["Authorization"] = request.authorization
    if request.cookie is not None:
        sent["Cookie"] = request.cookie
    if request.conditional:
        known = request.validators
        conditions = {
            "If-None-Match": sendable(known.etag),
            "If-Modified-Since": sendable(known.last_modified),
        }
        sent |= {name: value for name, value in conditions.items() if value is not None}
    return sent


def is_conditional(request: Request) -> bool:
    """True when the request lets the server answer 304."""
    return request.conditional and request.validators != NO_VALIDATORS


def for_hop(request: Request, goal: Target, previous: Target | None) -> Request:
    """The request as this hop may see it: credentials and configured headers stay with their own origin.

    The step from http to https on one host keeps them; every other change of origin drops them for good.
    """
    if previous is None:
        login = goal.credentials
        if login is None or request.authorization is not None:
            return request
        return replace(request, authorization=basic(":".join(login)))
    upgraded = (goal.host, previous.scheme, previous.port, goal.port) == (previous.host, "http", 80, 443)
    if goal.origin == previous.origin or upgraded:
        return request
    return replace(request, headers=(), authorization=None, cookie=None)


def basic(login: str) -> str:
    """`name:password` as the value of an Authorization header (RFC 7617)."""
    return f"Basic {base64.b64encode(login.encode()).decode('ascii')}"


def authorization(secret: str) -> str:
    """What someone wrote down as a login: `name:password`, or a header's whole value, which has its scheme first."""
    return secret if " " in secret.strip() or ":" not in secret else basic(secret)
