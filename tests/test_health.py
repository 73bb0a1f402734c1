"""Numbers for Prometheus, asked for over a real socket."""

from __future__ import annotations

import socket
from collections.abc import Sequence
from urllib.request import urlopen

import pytest

from aggregator.errors import UsageError
from aggregator.health import Measure, parse_address, serve_metrics


def free_address() -> str:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        return f"127.0.0.1:{taken.getsockname()[1]}"


def answer(address: str) -> list[str]:
    with urlopen(f"http://{address}/metrics", timeout=5) as response:
        return str(response.read().decode()).splitlines()


def test_each_request_takes_a_new_snapshot() -> None:
    address, taken = free_address(), iter([3, 4])

    def snapshot() -> Sequence[Measure]:
        return [
            Measure(name="feeds", meaning="Feeds by state.", value=next(taken), labels=(("state", 'fa"il\ning'),)),
            Measure(name="polls", meaning="Polls.", value=7, total=True),
            Measure(name="feeds", meaning="Feeds by state.", value=1, labels=(("state", "well"),)),
        ]

    close = serve_metrics(address, snapshot)
    try:
        first, second = answer(address), answer(address)
    finally:
        close()
    assert 'aggregator_feeds{state="fa\\"il\\ning"} 3.0' in first
    assert {'aggregator_feeds{state="well"} 1.0', "aggregator_polls_total 7.0"} <= set(first)
    assert 'aggregator_feeds{state="fa\\"il\\ning"} 4.0' in second


def test_a_closed_server_gives_its_port_back() -> None:
    address = free_address()
    serve_metrics(address, list)()
    serve_metrics(address, list)()


def test_a_taken_port_is_a_usage_error_that_names_it() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        address = f"127.0.0.1:{taken.getsockname()[1]}"
        with pytest.raises(UsageError, match=f"{address}: Address already in use"):
            serve_metrics(address, list)


@pytest.mark.parametrize("listen", ["9464", ":9464", "127.0.0.1", "127.0.0.1:x", "127.0.0.1:99999", ""])
def test_an_address_without_host_or_port_is_a_usage_error(listen: str) -> None:
    with pytest.raises(UsageError, match=r"127\.0\.0\.1:9464"):
        parse_address(listen)


def test_an_address_may_be_ipv6() -> None:
    assert parse_address("[::1]:9464") == ("::1", 9464)
