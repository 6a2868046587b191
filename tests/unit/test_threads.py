"""Threads for databases: so many calls at a time, in their order, and nobody's call is lost."""

import threading

import trio
from trio.testing import wait_all_tasks_blocked

from trio_chat.journal.threads import Threads


async def test_no_more_calls_run_at_once_than_there_may() -> None:
    threads = Threads(2)
    go_on = threading.Semaphore(0)
    async with trio.open_nursery() as nursery:
        for _ in range(5):
            nursery.start_soon(threads.run, go_on.acquire)
        await wait_all_tasks_blocked()
        assert threads.running == 2
        go_on.release(5)
    assert threads.running == 0


async def test_calls_begin_in_their_order() -> None:
    threads = Threads(1)
    begun: list[int] = []
    go_on = threading.Event()
    async with trio.open_nursery() as nursery:
        nursery.start_soon(threads.run, go_on.wait)
        for number in range(5):
            await wait_all_tasks_blocked()
            nursery.start_soon(threads.run, lambda number=number: begun.append(number))
        await wait_all_tasks_blocked()
        go_on.set()
    assert begun == [0, 1, 2, 3, 4]


async def test_a_call_that_was_given_up_counts_until_it_ends() -> None:
    threads = Threads(1)
    go_on = threading.Event()
    with trio.move_on_after(0.01) as scope:
        await threads.run(go_on.wait)
    assert scope.cancelled_caught
    assert threads.running == 1
    go_on.set()
    assert await threads.run(lambda: threads.running) == 1


async def test_a_call_begins_without_a_round_of_the_loop_while_one_is_free() -> None:
    threads, call = Threads(1), object()
    others_ran = trio.Event()

    async def other() -> None:
        others_ran.set()

    async with trio.open_nursery() as nursery:
        nursery.start_soon(other)
        await threads.acquire_on_behalf_of(call)
        assert not others_ran.is_set()
        threads.release_on_behalf_of(call)
