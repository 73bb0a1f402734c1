"""The address rules by themselves."""

from __future__ import annotations

from ipaddress import IPv4Address, ip_network

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aggregator.config import Fetch
from aggregator.fetch.guard import Refusal, Target, contact_problem, host_refusal, refusal, target

REFUSED = (
    "0.0.0.0 10.1.2.3 100.64.0.1 127.0.0.1 127.255.255.254 169.254.169.254 172.16.0.1 172.31.255.255 192.0.0.8 "
    "192.0.2.1 192.88.99.1 192.168.1.1 198.18.0.1 198.51.100.1 203.0.113.9 224.0.0.1 239.255.255.250 240.0.0.1 "
    "255.255.255.255 :: ::1 ::127.0.0.1 ::ffff:10.0.0.1 ::ffff:8.8.8.8 ::ffff:0:127.0.0.1 64:ff9b::7f00:1 "
    "64:ff9b:1::1 100::1 2001::1 2001:db8::1 2002:7f00:1:: fc00::1 fd12:3456::1 fe80::1 fe80::1%eth0 fec0::1 "
    "ff02::1 ff0e::1 nonsense"
).split()
PUBLIC = ["8.8.8.8", "93.184.215.14", "172.15.0.1", "172.32.0.1", "100.128.0.1", "2606:4700::1111", "2a00:1450::1"]


@pytest.mark.parametrize("address", REFUSED)
def test_special_addresses_are_refused_with_a_reason_that_names_them(address: str) -> None:
    assert address in (refusal(address, ()) or "")


@pytest.mark.parametrize("address", PUBLIC)
def test_public_addresses_pass(address: str) -> None:
    assert refusal(address, ()) is None


def test_an_allowed_network_opens_itself_only() -> None:
    allowed = (ip_network("192.168.1.0/24"), ip_network("fd00::/8"))
    assert refusal("192.168.1.7", allowed) is None
    assert refusal("fd00::7", allowed) is None
    assert refusal("192.168.2.7", allowed) is not None
    assert refusal("::ffff:192.168.1.7", allowed) is not None


@given(st.integers(0, 2**32 - 1))
def test_no_ipv6_wrapping_of_an_ipv4_address_passes(number: int) -> None:
    plain = str(IPv4Address(number))
    wrapped = [f"::{plain}", f"::ffff:{plain}", f"64:ff9b::{plain}", f"2002:{number >> 16:x}:{number & 0xFFFF:x}::1"]
    assert all(refusal(address, ()) for address in wrapped)


@pytest.mark.parametrize(
    ("url", "normal"),
    [
        ("http://Paper.Example", "http://paper.example/"),
        ("https://paper.example:443/a", "https://paper.example/a"),
        ("http://paper.example:8080/a?b=c#d", "http://paper.example:8080/a?b=c"),
        ("http://paper.example/a%2Fb?c=%7E&d=+", "http://paper.example/a%2Fb?c=%7E&d=+"),
        ("http://b\u00fccher.example/\u00fc", "http://xn--bcher-kva.example/%C3%BC"),
        ("http://[2606:4700::1111]:8080/", "http://[2606:4700::1111]:8080/"),
        ("http://0x7f.1/", "http://127.0.0.1/"),
        ("http://2130706433/", "http://127.0.0.1/"),
        ("  http://paper.example/ \n", "http://paper.example/"),
    ],
)
def test_a_web_address_is_kept_as_its_server_wants_it(url: str, normal: str) -> None:
    goal = target(url)
    assert isinstance(goal, Target), goal
    assert goal.url == normal


@pytest.mark.parametrize(
    "url",
    [
        "ftp://paper.example/",
        "file:///etc/passwd",
        "gopher://paper.example/",
        "javascript:alert(1)",
        "paper.example/feed",
        "http://",
        "http:///feed",
        "http://./",
        "http://a..b/",
        "http://paper.example:0/",
        "http://paper.example:25/",
        "http://paper.example:6667/",
        "http://paper.example:99999/",
        "http://paper.example:x/",
        "http://paper.example\\@127.0.0.1/",
        "http://paper.example/a b",
        "http://paper.example/a\r\nX: y",
        "http://[::1/",
        "http://a%2eb.example/",
        "http://paper.example/" + "a" * 9000,
    ],
)
def test_what_is_no_plain_web_address_is_refused(url: str) -> None:
    assert isinstance(target(url), Refusal)


@given(st.text(max_size=60))
def test_any_text_gets_an_answer(text: str) -> None:
    for url in (text, f"http://{text}", f"http://paper.example/{text}", f"http://{text}:80/"):
        goal = target(url)
        assert isinstance(goal, Refusal) or (goal.url.isascii() and goal.url.startswith(("http://", "https://")))


def test_a_normal_address_stays_the_same_when_judged_again() -> None:
    first = target("https://user:pass@b\u00fccher.example:8443/a?b#c")
    assert isinstance(first, Target)
    second = target(first.url)
    assert isinstance(second, Target)
    assert (second.url, second.credentials, first.credentials) == (first.url, None, ("user", "pass"))


@pytest.mark.parametrize("host", ["localhost", "nas.local", "printer", "db.internal", "10.0.0.1", "0x7f.1", "::1"])
def test_a_proxy_is_not_asked_for_inner_names_and_addresses(host: str) -> None:
    assert host_refusal(host, ()) is not None


def test_a_proxy_is_asked_for_public_names_and_for_what_is_allowed() -> None:
    assert host_refusal("paper.example", ()) is None
    assert host_refusal("localhost", (ip_network("127.0.0.0/8"),)) is None


LOOPBACK = (ip_network("127.0.0.0/8"),)


@pytest.mark.parametrize("contact", [Fetch().contact, "", "  "])
def test_without_a_contact_only_machines_of_ours_are_polled(contact: str) -> None:
    ours = Fetch(contact=contact, allow_private=LOOPBACK)
    assert contact_problem(ours, ["http://127.0.0.1:8080/feed", "http://localhost/feed"]) is None
    problem = contact_problem(ours, ["http://127.0.0.1/feed", "https://paper.example/feed"])
    assert problem is not None
    assert "paper.example" in problem
    assert contact_problem(Fetch(contact=contact), ["http://localhost/feed"]) is not None


def test_with_a_contact_there_is_no_problem() -> None:
    assert contact_problem(Fetch(contact="editor@paper.example"), ["https://paper.example/feed"]) is None
