"""The life of a server's process: it starts, obeys signals, and ends in order."""

import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Protocol

import structlog
import trio

from trio_chat import process, signals
from trio_chat.config import IN_MEMORY, Config
from trio_chat.database_url import is_url
from trio_chat.delivery.fan_out import open_fan_out
from trio_chat.journal.opening import open_journal
from trio_chat.journal.sqlite.guard import inodes
from trio_chat.loaded_files import check_places
from trio_chat.logs import Logging
from trio_chat.net import activation
from trio_chat.net.accept_retry import ADVICE
from trio_chat.net.places import Place
from trio_chat.protocol.close import CloseReason
from trio_chat.reloading import Notes, Reloader
from trio_chat.server import Server
from trio_chat.server_file import ServerFile
from trio_chat.supervisor import Supervisor

log = structlog.get_logger()


class Boss(Notes, Protocol):
    """The parent of a worker."""

    def places(self, config: Config) -> list[Place]:
        """Return where to listen."""
        ...

    async def attend(
        self, server: Server, stop: Callable[[CloseReason], None], everything: trio.CancelScope
    ) -> None:
        """Answer its questions until cancelled, and stop when it is gone or wants so."""
        ...


async def serve(
    config: Config,
    read: Callable[[], Config],
    logging: Logging,
    announce: Callable[[Sequence[str], str | None], None],
    boss: Boss | None = None,
) -> bool:
    """Run a server until Ctrl-C or SIGTERM.

    Args:
        config: The settings at the start.
        read: Returns the settings as they are later; it may wait for files.
        logging: Takes those of the log.
        announce: Gets the addresses once it is ready, and at the first start an operator's link.
        boss: The parent, if this is one of several workers.

    Returns:
        Whether it stopped as it should; ``False`` if a second signal cut the goodbyes short.

    Raises:
        ConfigError: the address, the certificate or the ring cannot be used.
        Failed: it stopped by itself; the message says why.
    """
    process.prepare()
    _check_descriptors(config)
    check_places(config)
    passed = activation.take(os.environ, os.getpid())
    supervisor = Supervisor(os.environ)
    with open_fan_out(config.fan_out) as fan_out:
        journal = await open_journal(config)
        try:
            server = Server(config, journal, fan_out)
            address = await server.listen(passed, boss.places(server.config) if boss else None)
            has_stopped = False
            async with trio.open_nursery() as nursery:
                await nursery.start(server.report)
                nursery.start_soon(supervisor.watch, server.health.alive)
                stop = partial(_stop, server, supervisor)
                everything = nursery.cancel_scope
                if boss:  # it alone cuts goodbyes short: systemd tells all at once, and it tells us
                    nursery.start_soon(boss.attend, server, stop, everything)
                    everything = trio.CancelScope()
                obey = partial(signals.obey, is_last=boss is not None)
                await nursery.start(obey, stop, everything)
                with _server_file(config, address) as file:
                    reloader = Reloader(read, server, logging, boss or file)
                    reload = partial(_reload, reloader, supervisor, address)
                    await nursery.start(signals.obey_reloads, reload)
                    link = await server.first_operator_link(address)
                    supervisor.ready(address)
                    announce([address, *server.addresses], link)
                    await server.run()
                nursery.cancel_scope.cancel(reason="the server has stopped")
                has_stopped = True
            if server.failure:
                raise server.failure
            return has_stopped
        finally:
            await journal.close()


def _stop(server: Server, supervisor: Supervisor, reason: CloseReason) -> None:
    supervisor.stopping()
    server.stop(reason)


async def _reload(reloader: Reloader, supervisor: Supervisor, address: str) -> None:
    supervisor.reloading()
    await reloader.reload()
    supervisor.ready(address)


@contextmanager
def _server_file(config: Config, address: str) -> Iterator[ServerFile | None]:
    """Have a file beside the database for the block, by which commands find us and our files."""
    file = None
    if config.database != IN_MEMORY and not is_url(config.database):
        try:
            known = address if "://" in address else None
            database = Path(config.database).resolve()
            file = ServerFile(database, known, inodes(database))
        except OSError as error:
            log.warning("trio-chat reload cannot find this server", reason=error.strerror)
    try:
        yield file
    finally:
        if file:
            file.close()


def _check_descriptors(config: Config) -> None:
    """Log if there are fewer descriptors than the connections that may be open."""
    cap = config.connection_cap()
    if config.max_connections > cap:
        wanted = config.max_connections
        log.warning("too few descriptors", max_connections=wanted, allowed=cap, advice=ADVICE)
