"""Numbers for Prometheus over HTTP. The only module that imports prometheus_client, and that only when it serves.

What is measured is decided by the caller: a snapshot is taken at each request, so nothing is counted in between
and a restart loses nothing that the store knows.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import TYPE_CHECKING, Any

from aggregator.errors import UsageError

if TYPE_CHECKING:
    from prometheus_client.core import Metric

PREFIX = "aggregator_"


@dataclass(frozen=True, slots=True, kw_only=True)
class Measure:
    """One number. `name` is in Prometheus' manner with its unit (`oldest_poll_seconds`), without our prefix.

    `total` says that it only ever grows. Labels are (name, value); measures of one name carry the same label names.
    """

    name: str
    meaning: str
    value: float
    labels: tuple[tuple[str, str], ...] = ()
    total: bool = False


def serve_metrics(listen: str, snapshot: Callable[[], Sequence[Measure]]) -> Callable[[], None]:
    """Answer `GET /metrics` at `listen` (`127.0.0.1:9464`, `[::1]:9464`) from a thread; the result ends it.

    `snapshot` runs in that thread; when it raises, the request is answered with 500 and the next one asks again.
    Raises UsageError when `listen` is no address with a port, or cannot be listened at.
    """
    from prometheus_client import start_http_server  # noqa: PLC0415  (only a daemon with [metrics] needs it)
    from prometheus_client.registry import CollectorRegistry  # noqa: PLC0415  (only a daemon with [metrics] needs it)

    host, port = parse_address(listen)
    registry = CollectorRegistry()
    registry.register(_Snapshots(snapshot))
    try:
        server, thread = start_http_server(port, host, registry)
    except OSError as error:
        raise UsageError(f"metrics.listen: {listen}: {error.strerror or error}") from error

    def close() -> None:
        server.shutdown()
        server.server_close()
        thread.join()

    return close


def parse_address(listen: str) -> tuple[str, int]:
    """Host and port of `127.0.0.1:9464`, `localhost:9464`, `[::1]:9464`. Raises UsageError."""
    host, _, port = listen.rpartition(":")
    host = host.removeprefix("[").removesuffix("]")
    if not host or not port.isdecimal() or int(port) > 65535:
        raise UsageError(f'metrics.listen: write an address and a port, such as "127.0.0.1:9464", not "{listen}"')
    return host, int(port)


class _Snapshots:
    """What prometheus_client asks at each request."""

    def __init__(self, snapshot: Callable[[], Sequence[Measure]]) -> None:
        self.snapshot = snapshot

    def collect(self) -> Iterator[Metric]:
        """One family for each name."""
        measures = sorted(self.snapshot(), key=lambda measure: measure.name)
        for _, members in groupby(measures, key=lambda measure: measure.name):
            yield _family(tuple(members))


def _family(members: tuple[Measure, ...]) -> Any:
    from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily  # noqa: PLC0415  (only a daemon with [metrics] needs it)

    first = members[0]
    kind = CounterMetricFamily if first.total else GaugeMetricFamily
    family = kind(PREFIX + first.name, first.meaning, labels=[name for name, _ in first.labels])
    for measure in members:
        family.add_metric([value for _, value in measure.labels], measure.value)
    return family
