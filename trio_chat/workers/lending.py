"""Lends the PostgreSQL of a folder to a command, for which it is started and stopped again."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import trio

from trio_chat.database_url import is_url
from trio_chat.named_files import resolved
from trio_chat.workers.own_folder import ENDING
from trio_chat.workers.private_postgres import of_folder


def is_folder(database: str) -> bool:
    """Whether a database is the folder of a PostgreSQL of a chat's own, by its name."""
    return database.endswith(ENDING) and not is_url(database)


@contextmanager
def lent(folder: str) -> Iterator[str]:
    """Have the PostgreSQL of a folder run for the block, by a thread of its own; yield its URL.

    Raises:
        ConfigError: there can be none, such as without its programs.
        Failed: it does not start, or a chat has it.
    """
    postgres = of_folder(resolved(Path(folder)), workers=1)
    tokens: list[trio.lowlevel.TrioToken] = []
    begun, settled, end = threading.Event(), threading.Event(), trio.Event()

    async def live() -> None:
        tokens.append(trio.lowlevel.current_trio_token())
        begun.set()
        async with trio.open_nursery() as nursery:
            await nursery.start(postgres.run, end.set)
            settled.set()
            await end.wait()
            nursery.cancel_scope.cancel(reason="the command has ended")

    thread = threading.Thread(target=trio.run, args=(live,), name="PostgreSQL")
    thread.start()
    begun.wait()
    try:
        settled.wait()
        if postgres.failure:
            raise postgres.failure
        yield postgres.url
    finally:
        with suppress(trio.RunFinishedError):
            tokens[0].run_sync_soon(end.set)
        thread.join()
