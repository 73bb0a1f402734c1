"""The demo's server answers as a well-kept one does, at the moment that its clock shows."""

from __future__ import annotations

import gzip
from collections.abc import Iterator
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from http.client import HTTPConnection
from pathlib import Path

import pytest

from aggregator.demo.documents import feed_document
from aggregator.demo.server import RETRY_AFTER, Clock, serve
from aggregator.demo.settings import DAYS, demo_config

from .cases import FAILS, OUTLETS


@dataclass(frozen=True)
class Reply:
    status: int
    headers: dict[str, str]
    body: bytes


@dataclass(frozen=True)
class Site:
    base: str
    clock: Clock

    def get(self, path: str, method: str = "GET", **headers: str) -> Reply:
        connection = HTTPConnection(self.base.removeprefix("http://"), timeout=5)
        try:
            connection.request(method, path, headers={name.replace("_", "-"): v for name, v in headers.items()})
            answer = connection.getresponse()
            return Reply(answer.status, {name.lower(): v for name, v in answer.getheaders()}, answer.read())
        finally:
            connection.close()


@pytest.fixture
def site() -> Iterator[Site]:
    clock = Clock(DAYS[0])
    with serve(tuple(OUTLETS.values()), clock) as base:
        yield Site(base, clock)


QUAY = OUTLETS["quay-dispatch"]


def test_a_feed_is_served_as_it_stands_at_the_clocks_moment(site: Site) -> None:
    assert site.get(QUAY.path).body == feed_document(QUAY, at=DAYS[0], base=site.base)
    site.clock.set(DAYS[1])
    assert site.get(QUAY.path).body == feed_document(QUAY, at=DAYS[1], base=site.base)


def test_a_known_etag_gets_304_without_a_body_but_with_the_validators(site: Site) -> None:
    first = site.get(QUAY.path)
    again = site.get(QUAY.path, If_None_Match=first.headers["etag"])
    assert (again.status, again.body) == (304, b"")
    assert again.headers["etag"] == first.headers["etag"]
    assert again.headers["last-modified"] == first.headers["last-modified"]


def test_a_known_last_modified_gets_304(site: Site) -> None:
    first = site.get(QUAY.path)
    assert site.get(QUAY.path, If_Modified_Since=first.headers["last-modified"]).status == 304


def test_an_unknown_etag_outweighs_a_known_date(site: Site) -> None:
    changed = site.get(QUAY.path).headers["last-modified"]
    assert site.get(QUAY.path, If_None_Match='"other"', If_Modified_Since=changed).status == 200


@pytest.mark.parametrize("date", ["yesterday", "2026-07-09", "Thu, 09 Jul 2026 19:00:00 -0000"])
def test_an_unreadable_date_is_no_condition(site: Site, date: str) -> None:
    assert site.get(QUAY.path, If_Modified_Since=date).status == 200


def test_on_day_two_the_validators_of_day_one_no_longer_hold(site: Site) -> None:
    first = site.get(QUAY.path).headers
    site.clock.set(DAYS[1])
    assert site.get(QUAY.path, If_None_Match=first["etag"]).status == 200
    assert site.get(QUAY.path, If_Modified_Since=first["last-modified"]).status == 200


def test_the_correction_alone_changes_the_validators(site: Site) -> None:
    kestrel = OUTLETS["daily-kestrel"]
    (corrected,) = (entry for entry in kestrel.entries if entry.edits)
    before = site.get(kestrel.path).headers["etag"]
    site.clock.set(corrected.edits[0].at)
    assert site.get(kestrel.path, If_None_Match=before).status == 200


def test_a_compressed_answer_has_its_own_strong_etag(site: Site) -> None:
    plain, zipped = site.get(QUAY.path), site.get(QUAY.path, Accept_Encoding="gzip, deflate")
    assert gzip.decompress(zipped.body) == plain.body
    assert zipped.headers["content-encoding"] == "gzip"
    assert zipped.headers["etag"] != plain.headers["etag"]
    assert not zipped.headers["etag"].startswith("W/")
    assert site.get(QUAY.path, Accept_Encoding="gzip", If_None_Match=zipped.headers["etag"]).status == 304


def test_a_head_request_gets_the_headers_alone(site: Site) -> None:
    whole, head = site.get(QUAY.path), site.get(QUAY.path, "HEAD")
    assert (head.status, head.body) == (200, b"")
    assert head.headers["content-length"] == str(len(whole.body))


def test_the_failing_feed_answers_503_and_says_when_to_come_back(site: Site) -> None:
    reply = site.get(OUTLETS[FAILS].path)
    assert (reply.status, reply.headers["retry-after"]) == (503, str(RETRY_AFTER))


def test_any_other_path_is_not_found(site: Site) -> None:
    assert site.get("/nobody/feed.xml").status == 404


def test_the_servers_date_follows_the_demos_clock(site: Site) -> None:
    headers = site.get(QUAY.path).headers
    assert parsedate_to_datetime(headers["date"]) == DAYS[0]
    assert parsedate_to_datetime(headers["last-modified"]) <= DAYS[0]


def test_the_config_follows_every_outlet_and_writes_only_below_its_folder(tmp_path: Path) -> None:
    config = demo_config("http://127.0.0.1:8000", tmp_path)
    assert [feed.url for feed in config.feeds] == [f"http://127.0.0.1:8000{o.path}" for o in OUTLETS.values()]
    assert {feed.outlet for feed in config.feeds} == {outlet.name for outlet in config.outlets}
    assert {feed.category for feed in config.feeds} == set(config.categories)
    assert str(tmp_path) in config.store.url
    assert config.site.output == str(tmp_path / "site")
    assert config.mail.maildir == str(tmp_path / "mail")
    owners = [outlet.name for outlet in config.outlets if outlet.owner == "Brightside Local"]
    assert owners == ["Averil Today", "QuickBrief"]
