"""The only home of aiohttp: one guarded, conditional, bounded GET; whatever a server does comes back as a value.

    get = for each hop: judge the URL -> connect to a judged address -> headers -> redirect or body -> Outcome

The address is judged where the socket is made, since names resolve anew and literals bypass resolvers.
Redirects are followed by hand so that each hop is judged, credentials stay home and permanence is known.
"""

from __future__ import annotations

import asyncio
import socket
import ssl
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from types import TracebackType
from typing import Any, Self

import aiohttp
from aiohttp.abc import AbstractResolver, ResolveResult
from yarl import URL

from aggregator.config import Fetch
from aggregator.fetch.answers import PERMANENT, TEMPORARY, WHOLE, failed, is_challenge, led_to, without_body
from aggregator.fetch.body import Body, BodyError, TooLargeError
from aggregator.fetch.guard import Refusal, Target, has_contact, host_refusal, is_private, refusal, target
from aggregator.fetch.hints import Headers, hints, validators
from aggregator.fetch.request import Request, for_hop, is_conditional, sent_headers
from aggregator.fetch.room import Room, endless
from aggregator.model import FailureKind, Fetched, FetchFailed, Outcome

__all__ = ["Client", "Request"]

MOST_HOPS = 5
"""Redirects followed. RFC 1945 named five; no honest feed needs more."""
LONGEST_HEADER = 32_768
"""Bytes of one response header line: some sites' Content-Security-Policy passes aiohttp's 8,190."""
MOST_HEADERS = 256
RESOLVING_THREADS = 16
"""Own threads for getaddrinfo: asyncio's default pool has six on two cores, and a few dead name servers fill it."""


@dataclass(frozen=True, slots=True)
class _Redirect:
    status: int
    location: str | None


REFUSED = "address refused: "
"""Marks the socket factory's no. Where a name has several addresses, aiohttp joins the errors' texts into one."""


class _Resolver(AbstractResolver):
    """`look_up` (as getaddrinfo) on threads of our own; the order of its answers is kept."""

    def __init__(self, look_up: Callable[..., list[Any]]) -> None:
        self._look_up, self._threads = look_up, ThreadPoolExecutor(RESOLVING_THREADS, thread_name_prefix="resolve")

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_UNSPEC
    ) -> list[ResolveResult]:
        """All stream addresses of `host`. Raises OSError."""
        answers = await asyncio.get_running_loop().run_in_executor(
            self._threads, lambda: self._look_up(host, port, family=family, type=socket.SOCK_STREAM)
        )
        return [
            ResolveResult(hostname=host, host=str(address[0]), port=port, family=kind, proto=proto, flags=0)
            for kind, _, proto, _, address in answers
        ]

    async def close(self) -> None:
        """End the threads without waiting for a name server that does not answer."""
        self._threads.shutdown(wait=False, cancel_futures=True)


class Client:
    """Asks servers, politely headed and safely bounded; an async context manager, one per event loop.

    `starting` is told of each request at the moment when it begins, after its wait for a free slot. `room` bounds the
    bodies that nobody has read yet; who has read one leaves it. `look_up` says where names lead.
    """

    def __init__(
        self,
        settings: Fetch,
        starting: Callable[[Request], None] | None = None,
        room: Room | None = None,
        *,
        look_up: Callable[..., list[Any]] = socket.getaddrinfo,
    ) -> None:
        self._settings, self._starting, self._look_up, self._room = settings, starting, look_up, room or endless()
        self._slots = asyncio.Semaphore(settings.concurrency)
        self._sessions: dict[bool, aiohttp.ClientSession] = {}

    async def __aenter__(self) -> Self:
        self._resolver = _Resolver(self._look_up)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for session in self._sessions.values():
            await session.close()
        await self._resolver.close()

    def _session(self, *, proxied: bool) -> aiohttp.ClientSession:
        """The connections straight to servers, or those to proxies."""
        if proxied not in self._sessions:
            self._sessions[proxied] = self._opened(proxied=proxied)
        return self._sessions[proxied]

    def _opened(self, *, proxied: bool) -> aiohttp.ClientSession:
        connector = aiohttp.TCPConnector(
            # `get` bounds the number itself: waiting inside the connector would count against the deadline.
            limit=0,
            resolver=self._resolver,
            # A proxy's own address is trusted: it is configured, and usually private.
            socket_factory=None if proxied else self._socket,
        )
        session = aiohttp.ClientSession(
            connector=connector,
            cookie_jar=aiohttp.DummyCookieJar(),
            timeout=aiohttp.ClientTimeout(total=None, sock_read=self._settings.timeout.total_seconds()),
            auto_decompress=False,
            max_line_size=LONGEST_HEADER,
            max_field_size=LONGEST_HEADER,
            max_headers=MOST_HEADERS,
        )
        # aiohttp would ask again, and at once, where a server closes the connection; it has no public switch for that.
        session._retry_connection = False  # noqa: SLF001
        return session

    async def get(self, request: Request) -> Outcome:
        """The outcome of one GET with its redirects, `concurrency` at once. Raises only cancellation.

        `timeout` bounds the whole from the first look-up to the last byte; waiting for a free slot is not counted.
        """
        async with self._slots:
            await self._room.calm()
            if self._starting is not None:
                self._starting(request)
            return await self._in_time(request)

    async def _in_time(self, request: Request) -> Outcome:
        seconds = self._settings.timeout.total_seconds()
        try:
            async with asyncio.timeout(seconds) as deadline:
                return await self._follow(request, deadline)
        except TimeoutError:
            return failed(FailureKind.TIMEOUT, f"no whole answer within {seconds:g} s")
        except (aiohttp.ClientError, OSError, BodyError, ValueError) as error:
            return _explained(error)
        except Exception as error:  # noqa: BLE001 - one odd server must never stop the others
            return failed(FailureKind.INTERNAL, f"{type(error).__name__}: {error}")

    async def _follow(self, request: Request, deadline: asyncio.Timeout) -> Outcome:
        """Hop after hop until an answer; `permanent` is the last URL that permanent hops alone led to."""
        url, permanent, prefix, previous = request.url, None, True, None
        seen: set[str] = set()
        for hop in range(MOST_HOPS + 1):
            goal = self._judged(url, previous, proxied=self._proxy(request) is not None)
            if isinstance(goal, FetchFailed):
                return goal
            request = for_hop(request, goal, previous)
            if goal.url in seen:
                return failed(FailureKind.REDIRECT, "the redirects run in a circle")
            seen.add(goal.url)
            answer = await self._ask(request, goal, deadline)
            if not isinstance(answer, _Redirect):
                return answer if isinstance(answer, FetchFailed) else replace(answer, permanent_url=permanent)
            if answer.location is None:
                return failed(FailureKind.REDIRECT, f"{answer.status} without a Location to go to", answer.status)
            url, previous = answer.location, goal
            prefix = prefix and answer.status in PERMANENT
            permanent = url if prefix and hop < MOST_HOPS else permanent
        return failed(FailureKind.REDIRECT, f"more than {MOST_HOPS} redirects")

    def _proxy(self, request: Request) -> str | None:
        """The proxy through which this request goes."""
        return request.proxy or self._settings.proxy

    def _judged(self, url: str, previous: Target | None, *, proxied: bool = False) -> Target | FetchFailed:
        """The hop's target, or why it is not asked for."""
        goal = target(url)
        where = "" if previous is None else "redirected to an address that is refused: "
        if isinstance(goal, Refusal):
            kind = FailureKind.REFUSED_ADDRESS if previous is None else FailureKind.REDIRECT
            return failed(kind, f"{where}{goal.reason}")
        if previous is not None and previous.scheme == "https" and goal.scheme == "http":
            return failed(FailureKind.REDIRECT, f"redirected from https to plain http at {goal.host}")
        if previous is not None and goal.credentials is not None:
            return failed(FailureKind.REDIRECT, f"{where}it carries a user name")
        problem = self._proxied_refusal(goal.host) if proxied else None
        return goal if problem is None else failed(FailureKind.REFUSED_ADDRESS, where + problem)

    def _proxied_refusal(self, host: str) -> str | None:
        """With a proxy no socket of ours sees the target's address: its literal or name is judged instead."""
        problem = host_refusal(host, self._settings.allow_private)
        return problem or self._anonymous(host)

    def _anonymous(self, address: str) -> str | None:
        if has_contact(self._settings) or is_private(address, self._settings.allow_private):
            return None
        return f"{address} is public, and contact in [fetch] is not set"

    def _socket(self, info: tuple[Any, ...]) -> socket.socket:
        """A socket for a judged address; aiohttp calls this with the address that it is about to connect to."""
        family, kind, proto, _, address = info
        problem = refusal(str(address[0]), self._settings.allow_private) or self._anonymous(str(address[0]))
        if problem is not None:
            # An OSError, so that the next address of the same name is tried.
            raise OSError(REFUSED + problem)
        return socket.socket(family, kind, proto)

    async def _ask(self, request: Request, goal: Target, deadline: asyncio.Timeout) -> Outcome | _Redirect:
        """One hop: send, read the headers, and the body where there is one."""
        proxy = self._proxy(request)
        async with self._session(proxied=proxy is not None).get(
            # The address is quoted already; a second quoting would change what a signed URL says.
            URL(goal.url, encoded=True),
            headers=sent_headers(request, self._settings),
            allow_redirects=False,
            proxy=proxy,
        ) as response:
            headers = Headers(response.raw_headers)
            if response.status in PERMANENT | TEMPORARY:
                return _Redirect(response.status, led_to(headers, goal.url))
            told = hints(headers, now=datetime.now(UTC))
            if response.status not in WHOLE or is_challenge(headers):
                return without_body(response.status, headers, told, asked=is_conditional(request))
            content = await self._whole(response, headers, deadline)
            if not content.strip():
                return failed(FailureKind.EMPTY, "the answer is empty", response.status, told)
            return Fetched(
                url=goal.url,
                status=response.status,
                body=content,
                content_type=headers.first("content-type"),
                validators=validators(headers),
                hints=told,
            )

    async def _whole(self, response: aiohttp.ClientResponse, headers: Headers, deadline: asyncio.Timeout) -> bytes:
        """The body, bounded as it streams. Raises BodyError and aiohttp's errors."""
        body = Body(headers.joined("content-encoding"), self._settings.max_body)
        async for chunk in response.content.iter_any():
            for _ in body.taking(chunk):
                await self._room.grown(body.size, deadline)
        self._room.keep(body.size)
        return body.finish()


EXPLANATIONS: tuple[tuple[type[Exception], FailureKind, Callable[[Any], str]], ...] = (
    (TooLargeError, FailureKind.TOO_LARGE, str),
    (BodyError, FailureKind.PROTOCOL, str),
    (
        aiohttp.ClientConnectorDNSError,
        FailureKind.DNS,
        lambda error: f"{error.host} cannot be looked up ({_reason(error.os_error)})",
    ),
    (
        aiohttp.ClientConnectorCertificateError,
        FailureKind.TLS,
        lambda error: f"{error.host}: {_reason(error.certificate_error)}",
    ),
    (
        aiohttp.ClientConnectorSSLError,
        FailureKind.TLS,
        lambda error: f"{error.host}: no TLS connection ({_reason(error.os_error)})",
    ),
    (
        aiohttp.ClientConnectorError,
        FailureKind.CONNECT,
        lambda error: f"no connection to {error.host} ({_reason(error.os_error)})",
    ),
    (
        aiohttp.ServerDisconnectedError,
        FailureKind.CONNECT,
        lambda _: "the server closed the connection without an answer",
    ),
    (aiohttp.ClientPayloadError, FailureKind.PROTOCOL, lambda _: "the transfer broke off before the body's end"),
    (
        aiohttp.ClientHttpProxyError,
        FailureKind.CONNECT,
        lambda error: f"the proxy refused the connection ({error.status})",
    ),
    (
        aiohttp.ClientResponseError,
        FailureKind.PROTOCOL,
        # What follows the first line is the answer itself.
        lambda error: f"the answer is no valid HTTP ({error.message.partition(chr(10))[0].rstrip(': ')})",
    ),
    (OSError, FailureKind.CONNECT, lambda error: f"the connection broke ({_reason(error)})"),
    (Exception, FailureKind.PROTOCOL, lambda error: f"the answer cannot be used ({type(error).__name__})"),
)
"""The first row whose class fits explains an exception. No text quotes a URL, which may hold a secret."""


def _explained(error: Exception) -> FetchFailed:
    """The failure that an exception stands for; a refusal by our own socket factory is told from theirs."""
    if (cause := getattr(error, "os_error", None)) is not None and REFUSED in str(cause):
        return failed(FailureKind.REFUSED_ADDRESS, f"{getattr(error, 'host', '')}: {cause}")
    for kind, failure, words in EXPLANATIONS:
        if isinstance(error, kind):
            return failed(failure, words(error))
    return failed(FailureKind.INTERNAL, type(error).__name__)


def _reason(error: BaseException) -> str:
    """An operating system's or OpenSSL's reason in one phrase."""
    if isinstance(error, ssl.SSLCertVerificationError):
        return f"certificate not accepted: {error.verify_message}"
    if isinstance(error, ssl.SSLError):
        return error.reason or "TLS failed"
    strerror = getattr(error, "strerror", None)
    return str(strerror) if strerror else str(error) or type(error).__name__
