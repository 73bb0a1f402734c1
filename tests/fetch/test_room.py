"""Bodies wait for room in memory: large ones for a place, requests while many small ones stand unread."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

from aggregator.fetch.room import Room


class Guest:
    """A task that does one thing after another and tells what it has done."""

    def __init__(self, *steps: Callable[[], Awaitable[None] | None]) -> None:
        self.done = 0
        self.task = asyncio.create_task(self.run(steps))

    async def run(self, steps: tuple[Callable[[], Awaitable[None] | None], ...]) -> None:
        for step in steps:
            if (wait := step()) is not None:
                await wait
            self.done += 1


async def settled() -> None:
    """Let every task go as far as it can."""
    for _ in range(20):
        await asyncio.sleep(0)


def test_a_large_body_waits_until_another_has_been_read() -> None:
    async def play() -> tuple[list[int], list[int]]:
        room, read = Room(places=2), asyncio.Event()
        async with asyncio.timeout(60) as deadline:
            guests = [Guest(lambda: room.enter(deadline), read.wait, room.leave) for _ in range(3)]  # type: ignore[arg-type]
            await settled()
            before = [guest.done for guest in guests]
            read.set()
            await settled()
            return before, [guest.done for guest in guests]

    assert asyncio.run(play()) == ([1, 1, 0], [3, 3, 3])


def test_who_has_a_place_takes_no_second_one() -> None:
    async def play() -> int:
        room = Room(places=1)
        async with asyncio.timeout(60) as deadline:
            guest = Guest(*[lambda: room.enter(deadline)] * 3)
            await settled()
            return guest.done

    assert asyncio.run(play()) == 3


def test_the_wait_for_a_place_does_not_count_against_the_deadline() -> None:
    async def play() -> tuple[float | None, float]:
        room = Room(places=1)
        loop = asyncio.get_running_loop()
        async with asyncio.timeout(60) as first:
            await room.enter(first)
            async with asyncio.timeout(60) as second:
                guest = Guest(lambda: room.enter(second))
                await settled()
                while_waiting = second.when()
                room.leave()
                await guest.task
                return while_waiting, (second.when() or 0) - loop.time()

    while_waiting, left = asyncio.run(play())
    assert while_waiting is None
    assert 0 < left <= 60


def test_no_request_begins_while_many_small_bodies_stand_unread() -> None:
    async def play() -> tuple[int, int]:
        room, read = Room(unread=100), asyncio.Event()
        unread = [Guest(lambda: room.keep(60), read.wait, room.leave) for _ in range(2)]  # type: ignore[arg-type]
        await settled()
        asking = Guest(room.calm)
        await settled()
        before = asking.done
        read.set()
        await settled()
        assert all(guest.done == 3 for guest in unread)
        return before, asking.done

    assert asyncio.run(play()) == (0, 1)


def test_small_bodies_go_on_in_a_place_when_there_are_twice_as_many_as_may_wait() -> None:
    async def play() -> tuple[list[int], list[int]]:
        room, read = Room(places=1, unread=100), asyncio.Event()
        async with asyncio.timeout(60) as deadline:
            steps = (lambda: room.grown(40, deadline), lambda: room.grown(80, deadline), read.wait, room.leave)
            guests = [Guest(*steps) for _ in range(4)]  # type: ignore[arg-type]
            await settled()
            before = [guest.done for guest in guests]
            read.set()
            await settled()
            return before, [guest.done for guest in guests]

    assert asyncio.run(play()) == ([2, 2, 2, 1], [4, 4, 4, 4])


def test_a_large_body_stands_in_its_place_and_stops_no_small_one() -> None:
    async def play() -> int:
        room = Room(unread=100)
        async with asyncio.timeout(60) as deadline:
            await room.enter(deadline)
            room.keep(1_000_000)
            asking = Guest(room.calm)
            await settled()
            return asking.done

    assert asyncio.run(play()) == 1


def test_who_asks_again_has_read_what_it_asked_for_before() -> None:
    async def play() -> int:
        room = Room(places=1, unread=100)
        async with asyncio.timeout(60) as deadline:
            steps = (lambda: room.enter(deadline), lambda: room.keep(500), room.calm)
            guests = [Guest(*steps, *steps), Guest(*steps)]
            await settled()
            return sum(guest.done for guest in guests)

    assert asyncio.run(play()) == 9


def test_a_task_that_is_cancelled_while_it_waits_takes_no_place_with_it() -> None:
    async def play() -> int:
        room = Room(places=1)
        async with asyncio.timeout(60) as deadline:
            await room.enter(deadline)
            gone, next_one = Guest(lambda: room.enter(deadline)), Guest(lambda: room.enter(deadline))
            await settled()
            gone.task.cancel()
            await settled()
            room.leave()
            await settled()
            return next_one.done

    assert asyncio.run(play()) == 1
