"""Rules 1 to 8: what a server gave to compare by goes back as it came."""

from __future__ import annotations

import itertools

from tests.manners.sheet import rule
from tests.manners.web import (
    DAY,
    FEED,
    HOUR,
    START,
    Answer,
    Ask,
    Site,
    World,
    always,
    document,
    in_turn,
    rss,
    says,
    silent,
)

ODD = 'W/"a, \\"b\\" ; é"'.encode().decode("latin-1")
STAMP = "Mon,  2 Mar 2026 7:0:0 GMT"  # no valid HTTP date: it is theirs to read


@rule(1, "ETag and Last-Modified go back byte for byte, odd spacing and W/ included")
async def byte_for_byte(world: World) -> None:
    world.site(FEED, says(rss([1]), ETag=ODD, Last_Modified=STAMP))
    await world.live(3 * HOUR)
    first, second, *_ = world.of()
    assert not first.conditional
    assert (second["if-none-match"], second["if-modified-since"]) == (ODD, STAMP)


@rule(1, "Nothing is invented: without validators in the answer none are sent")
async def nothing_invented(world: World) -> None:
    world.site(FEED, says(rss([1])))
    await world.live(6 * HOUR)
    assert len(world.of()) > 2
    assert not any(ask.conditional for ask in world.of())


@rule(2, "Both validators are one set: a 200 without one of them clears that one")
async def one_set(world: World) -> None:
    first = Answer(headers=(("ETag", '"1"'), ("Last-Modified", STAMP)), body=rss([1]))
    second = Answer(headers=(("ETag", '"2"'),), body=rss([1, 2]))
    world.site(FEED, in_turn(always(first), always(second)))
    await world.live(6 * HOUR)
    third = world.of()[2]
    assert (third["if-none-match"], third["if-modified-since"]) == ('"2"', None)


@rule(2, "Validators are stored with the entries, in one transaction")
async def with_the_entries(world: World) -> None:
    world.site(FEED, document(rss([1, 2])))
    await world.poll()
    assert (world.feed().validators.etag, world.entries()) == ('"1"', 2)


@rule(3, "If-None-Match and If-Modified-Since are sent together")
async def both_sent(world: World) -> None:
    world.site(FEED, says(rss([1]), ETag='"1"', Last_Modified=STAMP))
    await world.live(2 * HOUR)
    assert world.of()[1]["if-none-match"]
    assert world.of()[1]["if-modified-since"]


def not_modified(**headers: str) -> Answer:
    return Answer(status=304, headers=tuple((name.replace("_", "-"), value) for name, value in headers.items()))


@rule(4, "A 304 without an ETag keeps the stored one; one with an ETag replaces it")
async def not_modified_updates(world: World) -> None:
    whole = Answer(headers=(("ETag", '"1"'), ("Last-Modified", STAMP)), body=rss([1]))
    world.site(FEED, in_turn(always(whole), always(not_modified()), always(not_modified(ETag='"2"'))))
    await world.live(8 * HOUR)
    asked = world.of()
    assert [ask["if-none-match"] for ask in asked[1:5]] == ['"1"', '"1"', '"2"', '"2"']
    assert asked[4]["if-modified-since"] == STAMP


@rule(4, "A 304 is a success: errors are reset, the schedule goes on, its max-age counts")
async def not_modified_is_success(world: World) -> None:
    world.site(FEED, document(rss([1])))
    await world.poll()
    world.sites[FEED] = says(b"", 500)
    world.clock.now += 3 * HOUR
    await world.poll()
    assert world.feed().failures == 1
    world.sites[FEED] = document(rss([1]), Cache_Control="max-age=18000")
    world.clock.now += 3 * HOUR
    await world.poll()
    feed = world.feed()
    assert (feed.failures, feed.last_error) == (0, None)
    assert feed.next_poll_at is not None
    assert feed.next_poll_at - world.clock.now >= 5 * HOUR


@rule(5, "A 200 with the same bytes still brings new validators and max-age")
async def same_bytes(world: World) -> None:
    answers = (("ETag", '"1"'),), (("ETag", '"2"'), ("Cache-Control", "max-age=14400"))
    world.site(FEED, in_turn(*(always(Answer(headers=given, body=rss([1]))) for given in answers)))
    await world.poll()
    world.clock.now += 2 * HOUR
    await world.poll()
    feed = world.feed()
    assert feed.validators.etag == '"2"'
    assert feed.next_poll_why == "server asked for 4 h (max-age)"


@rule(5, "A document whose dates stand still is read to its end all the same")
async def same_dates(world: World) -> None:
    head = (
        "<pubDate>Sun, 01 Mar 2026 07:00:00 GMT</pubDate><lastBuildDate>Sun, 01 Mar 2026 07:00:00 GMT</lastBuildDate>"
    )
    same = {"Last_Modified": "Sun, 01 Mar 2026 07:00:00 GMT"}
    world.site(FEED, in_turn(*(says(rss(range(1, 2 + poll), head=head), **same) for poll in range(3))))
    await world.live(4 * HOUR)
    assert world.entries() == 3


@rule(6, "Errors, timeouts and refusals leave the validators untouched; so does a restart")
async def errors_keep(world: World) -> None:
    world.site(FEED, document(rss([1])))
    await world.poll()
    for trouble in (says(b"", 500), says(b"", 404), says(b"", 403), says(b"", 429), silent):
        world.sites[FEED] = trouble
        world.clock.now += 30 * HOUR
        await world.poll()
        world.restart()
    world.sites[FEED] = document(rss([1]))
    world.clock.now += 10 * DAY
    await world.poll()
    assert [ask["if-none-match"] for ask in world.of()[1:]] == ['"1"'] * 6
    assert world.feed().failures == 0


@rule(6, "What the config says of a feed may change: the validators stay until its address does")
async def settings_change(world: World) -> None:
    world.site(FEED, document(rss([1])))
    await world.poll()
    for change in ({"interval": "30m"}, {"category": "World"}, {"headers": {"X-Key": "k"}}, {"user_agent": "Other/1"}):
        world.subscribed[0] |= change
        world.restart()
        world.clock.now += 3 * HOUR
        await world.poll()
    assert [ask["if-none-match"] for ask in world.of()[1:]] == ['"1"'] * 4
    world.subscribed[0]["url"] = "http://paper.example/other"
    world.sites["http://paper.example/other"] = document(rss([1]))
    await world.poll()
    assert not world.of("http://paper.example/other")[0].conditional


@rule(7, "A document that cannot be read keeps the old validators, or its error would be not modified for ever")
async def unreadable_keeps(world: World) -> None:
    broken = says(b"<html><title>Maintenance</title></html>", ETag='"broken"')
    world.site(FEED, in_turn(document(rss([1])), broken))
    await world.live(4 * HOUR)
    assert {ask["if-none-match"] for ask in world.of()[1:]} == {'"1"'}
    assert world.entries() == 1


@rule(7, "A document that breaks off gives its whole entries, and the rest is not 'not modified'")
async def broken_off(world: World) -> None:
    whole = rss([1, 2, 3])
    cut = whole[: whole.index(b"<item><guid>item-3")]
    world.site(FEED, in_turn(says(cut, ETag='"1"'), document(whole)))
    await world.live(2 * HOUR)
    assert not world.of()[1].conditional
    assert world.entries() == 3


def frozen(ask: Ask) -> Answer:
    """Answers 304 to whatever validator it gets, though there is news after a day."""
    news = rss([1, 2]) if ask.at - START > DAY else rss([1])
    return Answer(status=304) if ask.conditional else Answer(headers=(("ETag", 'W/"x"'),), body=news)


@rule(8, "A server frozen in 304 under suspicious validators gets one whole request a week")
async def frozen_304(world: World) -> None:
    world.site(FEED, frozen)
    await world.live(30 * DAY)
    whole = [ask for ask in world.of() if not ask.conditional]
    assert 4 <= len(whole) <= 5
    assert all(later.at - sooner.at >= 7 * DAY for sooner, later in itertools.pairwise(whole))
    assert world.entries() == 2


@rule(8, "Suspicious are a date for an ETag and a Last-Modified of the future or of 1970, too")
async def suspicious(world: World) -> None:
    invented = (
        {"ETag": '"Mon, 02 Mar 2026 07:00:00 GMT"'},
        {"Last-Modified": "Fri, 02 Mar 2029 07:00:00 GMT"},
        {"Last-Modified": "Thu, 01 Jan 1970 00:00:00 GMT"},
    )

    def frozen_under(headers: dict[str, str]) -> Site:
        def site(ask: Ask) -> Answer:
            whole = Answer(headers=tuple(headers.items()), body=rss([1]))
            return Answer(status=304) if ask.conditional else whole

        return site

    urls = [f"http://paper{number}.example/feed" for number in range(3)]
    for url, headers in zip(urls, invented, strict=True):
        world.site(url, frozen_under(headers))
    await world.live(16 * DAY)
    assert [sum(not ask.conditional for ask in world.of(url)) for url in urls] == [3, 3, 3]


@rule(8, "Sound validators are always sent, however long nothing changes")
async def sound_are_sent(world: World) -> None:
    world.site(FEED, document(rss([1]), etag='"5f-3a"'))
    await world.live(40 * DAY)
    assert sum(not ask.conditional for ask in world.of()) == 1


@rule(8, "A known liar (ignore_validators) is asked whole, and at most once a day")
async def known_liar(world: World) -> None:
    world.site(FEED, frozen, ignore_validators=True)
    await world.live(10 * DAY)
    asked = world.of()
    assert len(asked) > 5
    assert not any(ask.conditional for ask in asked)
    assert all(later.at - sooner.at >= DAY for sooner, later in itertools.pairwise(asked))
