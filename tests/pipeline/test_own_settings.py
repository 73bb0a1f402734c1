"""What one feed's table in the config changes for that feed and no other, against a web that keeps what it is asked."""

from __future__ import annotations

import asyncio
import os
from base64 import b64encode
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import TypeVar

import pytest
from pydantic import ValidationError

from aggregator.config import Config, FeedTable
from aggregator.model import FailureKind
from aggregator.parse.encoding import in_utf_8
from aggregator.pipeline.full_text import wants_full_text
from aggregator.store import entries
from tests.manners.web import DAY, FEED, HOUR, World, document, living, rss, says

T = TypeVar("T")
OTHER = "http://other.example/feed"
MOVED = "http://new.example/feed"


def lived(folder: Path, case: Callable[[World], Awaitable[T]]) -> T:
    async def run() -> T:
        async with living(folder) as world:
            return await case(world)

    return asyncio.run(run())


@pytest.mark.parametrize(
    ("written", "sent"),
    [
        ("jo:pass:word\n", "Basic " + b64encode(b"jo:pass:word").decode()),
        ("Bearer a:bc\n", "Bearer a:bc"),
        ("Basic am86cGE=", "Basic am86cGE="),
    ],
)
def test_a_login_is_read_from_a_file_and_sent_to_its_feed_alone(tmp_path: Path, written: str, sent: str) -> None:
    login = tmp_path / "login"
    login.write_text(written)

    async def case(world: World) -> None:
        world.site(FEED, document(rss([1])), auth_file=str(login), cookie_env="PATH")
        world.site(OTHER, document(rss([1])))
        await world.poll()
        assert (world.of()[0]["authorization"], world.of()[0]["cookie"]) == (sent, os.environ["PATH"])
        assert (world.of(OTHER)[0]["authorization"], world.of(OTHER)[0]["cookie"]) == (None, None)

    lived(tmp_path, case)


def test_a_login_that_is_not_there_is_named_and_nothing_is_asked_without_it(tmp_path: Path) -> None:
    async def case(world: World) -> None:
        world.site(FEED, document(rss([1])), auth_env="NO_SUCH_LOGIN")
        await world.poll()
        assert world.asked == []
        assert "the environment variable NO_SUCH_LOGIN is not set" in (world.feed().last_error or "")

    lived(tmp_path, case)


def test_a_login_stays_at_home_when_its_feed_moves_for_good(tmp_path: Path) -> None:
    login = tmp_path / "login"
    login.write_text("session=abc")

    async def case(world: World) -> None:
        world.site(FEED, document(rss([1])), cookie_file=str(login))
        await world.live(HOUR)
        world.sites[FEED], world.sites[MOVED] = says(b"", 301, Location=MOVED), document(rss([1]))
        await world.live(3 * DAY)
        assert {ask["cookie"] for ask in world.of()} == {"session=abc"}
        assert world.of(MOVED)
        assert {ask["cookie"] for ask in world.of(MOVED)} == {None}
        assert world.feed().url == FEED

    lived(tmp_path, case)


def test_another_name_is_given_where_it_is_asked_for_on_the_feeds_pages_too(tmp_path: Path) -> None:
    async def case(world: World) -> None:
        world.site(FEED, document(rss([1])), user_agent="Special/1.0 (+https://reader.example/)", full_text=True)
        world.site(OTHER, document(rss([1])))
        await world.poll()
        named = {ask.url: ask["user-agent"] for ask in world.asked}
        assert named.pop(OTHER).startswith("FairCopy/")  # type: ignore[union-attr]
        assert len(named) == 3
        assert set(named.values()) == {"Special/1.0 (+https://reader.example/)"}

    lived(tmp_path, case)


def test_the_encoding_that_the_reader_names_counts_more_than_what_the_document_says(tmp_path: Path) -> None:
    words = "\u0413\u0430\u0432\u0430\u043d\u044c"
    body = b'<?xml version="1.0" encoding="iso-8859-1"?>' + rss(["x"]).replace(b"News x", words.encode("cp1251"))

    async def case(world: World) -> None:
        world.site(FEED, says(body, Content_Type="text/xml; charset=iso-8859-1"), encoding="windows-1251")
        await world.poll()
        (entry,) = entries.by_ids(world.database, [1])
        assert entry.title == words

    lived(tmp_path, case)


def test_bytes_that_an_encoding_does_not_have_cost_themselves_alone() -> None:
    assert in_utf_8(b"<?xml version='1.0'?>\n<a>\xff\xfe!</a>", "utf-8").decode() == "\n<a>\ufffd\ufffd!</a>"
    assert in_utf_8("<a>\u00e9</a>".encode("utf-16"), "utf-16").decode() == "<a>\u00e9</a>"


@pytest.mark.parametrize("encoding", ["utf-7", "unicode_escape", "rot13", "base64", "idna", "no-such", "cp037", ""])
def test_an_encoding_in_which_markup_can_hide_is_no_setting(encoding: str) -> None:
    with pytest.raises(ValidationError, match="is no encoding of text that is known here"):
        FeedTable(url=FEED, encoding=encoding)


@pytest.mark.parametrize("header", ["Authorization", "cookie"])
def test_a_secret_does_not_stand_among_the_headers(header: str) -> None:
    with pytest.raises(ValidationError, match="says where it is"):
        FeedTable(url=FEED, headers={header: "secret"})


@pytest.mark.parametrize(
    ("own", "category", "general", "wanted"),
    [
        (None, None, False, False),
        (None, None, True, True),
        (None, True, False, True),
        (None, False, True, False),
        (False, True, True, False),
        (True, False, False, True),
    ],
)
def test_full_text_is_wanted_by_the_feed_else_its_category_else_in_general(
    own: bool | None, category: bool | None, general: bool, wanted: bool
) -> None:
    config = Config.model_validate(
        {
            "fetch": {"full_text": general},
            "categories": {"World": {"full_text": category}} if category is not None else {},
        }
    )
    assert wants_full_text(config, FeedTable(url=FEED, category="World", full_text=own)) is wanted


def test_a_stopped_feed_goes_on_when_its_login_is_kept_elsewhere(tmp_path: Path) -> None:
    login = tmp_path / "login"
    login.write_text("jo:right")

    async def case(world: World) -> None:
        world.site(FEED, says(b"", 401))
        await world.live(DAY)
        assert world.log()[-1].status == FailureKind.UNAUTHORIZED
        world.subscribed[0]["auth_file"] = str(login)
        await world.poll()
        assert len(world.of()) == 2

    lived(tmp_path, case)
