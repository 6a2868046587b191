"""The parent of workers: it listens, starts them, and passes on signals; it holds no chat."""

import os
import signal
from collections.abc import Callable, Sequence
from pathlib import Path

import structlog
import trio

from trio_chat import signals
from trio_chat.config import Config, ConfigError
from trio_chat.errors import FAILED, INTERRUPTED
from trio_chat.live_config import LiveConfig, without_restart
from trio_chat.logs import Logging
from trio_chat.metrics.endpoint import Endpoint
from trio_chat.net import activation
from trio_chat.net.handover import hand_over
from trio_chat.net.places import Place, open_places
from trio_chat.net.probes import Probes
from trio_chat.net.unix_sockets import UnixListener
from trio_chat.protocol.close import RESTARTING, CloseReason
from trio_chat.server_file import ServerFile
from trio_chat.supervisor import Supervisor
from trio_chat.workers.crew import Crew
from trio_chat.workers.figures import Figures
from trio_chat.workers.member import Member
from trio_chat.workers.private_postgres import PrivatePostgres, private_postgres

READ_TIMEOUT = 10.0  # seconds for the settings to be read
RELOAD_TIMEOUT = 20.0  # seconds for all workers to do so, too

log = structlog.get_logger()


class Parent:
    """One life of it.

    Args:
        config: The settings at the start.
        read: Returns them as they are later.
        logging: Takes those of the log.
        announce: Gets the addresses once all serve, and at the first start an operator's link.
        arguments: Of the command, which workers get as well.
    """

    def __init__(
        self,
        config: Config,
        read: Callable[[], Config],
        logging: Logging,
        announce: Callable[[Sequence[str], str | None], None],
        arguments: Sequence[str],
    ) -> None:
        self._config = LiveConfig.of(config)
        self._read = read
        self._logging = logging
        self._announce = announce
        self._arguments = arguments
        self._passed = activation.take(os.environ, os.getpid())
        self._supervisor = Supervisor(os.environ)
        self._postgres: PrivatePostgres | None = None
        self._places: list[Place] = []
        self._crew = Crew(self._config, self._launch)
        self._figures = Figures(self._crew)
        self._file: ServerFile | None = None
        self._status = ""

    def _launch(self, number: int) -> Member:
        """Start a worker. What it has to do otherwise than alone is told by flags, which win."""
        flags = ["--metrics-listen="]
        if self._postgres:
            flags += ["--database", self._postgres.url]
        return Member(number, [*self._arguments, *flags], hand_over(self._places))

    async def live(self) -> int:
        """Run until Ctrl-C or SIGTERM; return the exit status.

        Raises:
            ConfigError: something cannot be used; the message says what.
            Failed: it has given up; the message says why.
        """
        self._postgres = private_postgres(self._config)
        self._places = await open_places(self._config, self._passed)
        try:
            endpoint = await self._open_endpoint()
            has_stopped = False
            async with trio.open_nursery() as nursery:
                await nursery.start(signals.obey, self._stop, nursery.cancel_scope)
                await nursery.start(self._obey_reports)
                await nursery.start(signals.obey_reloads, self._reload)
                if endpoint:
                    nursery.start_soon(endpoint.run)
                await self._work(nursery)
                nursery.cancel_scope.cancel(reason="all workers have ended")
                has_stopped = True
        finally:
            self._close()
        return self._outcome(has_stopped=has_stopped)

    def _outcome(self, *, has_stopped: bool) -> int:
        """Return the exit status.

        Raises:
            Failed: it has given up.
        """
        for failure in (self._postgres and self._postgres.failure, self._crew.failure):
            if failure:
                raise failure
        if not has_stopped:
            return INTERRUPTED
        if self._crew.status is not None:
            return self._crew.status
        return 0 if self._crew.is_clean else FAILED

    async def _open_endpoint(self) -> Endpoint | None:
        """Open the port for an operator's programs, if there is one."""
        if not self._config.metrics_listen:
            return None
        checks = {"/healthz": self._figures.alive, "/readyz": self._figures.ready}
        probes = Probes(checks, tells_why=True)
        endpoint = Endpoint(self._config, probes, self._figures.scrape)
        await endpoint.listen()
        return endpoint

    async def _work(self, watching: trio.Nursery) -> None:
        """Have the workers live, and PostgreSQL around them."""
        if not self._postgres:
            await self._run_crew(watching)
            return
        async with trio.open_nursery() as nursery:
            await nursery.start(self._postgres.run, self._lose_postgres)
            if not self._postgres.failure:
                await self._run_crew(watching)
            nursery.cancel_scope.cancel(reason="all workers have ended")

    def _lose_postgres(self) -> None:
        self._crew.stop(RESTARTING)

    async def _run_crew(self, watching: trio.Nursery) -> None:
        async with trio.open_nursery() as nursery:
            nursery.start_soon(self._crew.run)
            await self._crew.settled.wait()
            if self._crew.first and not self._crew.is_stopping:
                addresses = self._crew.first.addresses
                self._note(addresses[0])
                self._supervisor.ready(self._status)
                self._announce(addresses, self._crew.first.operator_link)
                watching.start_soon(self._supervisor.watch, self._figures.alive)

    def _note(self, address: str) -> None:
        """Have a file beside the database by which commands find us, if there is a database."""
        self._status = f"{address} with {self._config.workers} workers"
        if self._postgres:
            try:
                known = address if "://" in address else None
                self._file = ServerFile(Path(self._config.database).resolve(), known)
            except OSError as error:
                log.warning("trio-chat reload cannot find this server", reason=error.strerror)

    def _stop(self, reason: CloseReason) -> None:
        """Pass on that all is to end; from now on only workers take connections."""
        self._supervisor.stopping()
        self._crew.stop(reason)
        if self._postgres:
            self._postgres.is_ending = True
        for listener in (each for place in self._places for each in place.listeners):
            listener.socket.close()

    def _close(self) -> None:
        """Close what is open, and remove the files of Unix sockets."""
        for listener in (each for place in self._places for each in place.listeners):
            listener.socket.close()
            if isinstance(listener, UnixListener):
                listener.remove_file()
        if self._file:
            self._file.close()

    async def _obey_reports(self, *, task_status: trio.TaskStatus[None]) -> None:
        """Have all workers log how far budgets are used, at each SIGUSR2."""
        with trio.open_signal_receiver(signal.SIGUSR2) as received:
            task_status.started()
            async for _ in received:
                self._crew.send(signal.SIGUSR2)

    async def _reload(self) -> None:
        """Read the settings again, and have all workers do so; what is wrong changes nothing."""
        self._supervisor.reloading()
        if self._file:
            self._file.begin()
        refused, differs = None, False
        try:
            config = await self._wanted_settings()
        except ConfigError as error:
            refused = str(error)
        else:
            if refusal := await self._crew.reload(RELOAD_TIMEOUT):
                refused, differs = refusal
            if not refused or differs:
                self._config.change(config)
                self._logging.reconfigure(config)
        if differs:
            log.error("settings not reloaded by all workers", reason=refused)
        elif refused:
            log.error("settings not reloaded: nothing has changed", reason=refused)
        if self._file:
            self._file.end(refused, differs=differs)
        if self._crew.up:
            self._supervisor.ready(self._status)

    async def _wanted_settings(self) -> Config:
        """Read the settings, as far as they can change.

        Raises:
            ConfigError: they cannot be read, or one is wrong.
        """
        try:
            with trio.fail_after(READ_TIMEOUT):
                wanted = await trio.to_thread.run_sync(self._read, abandon_on_cancel=True)
        except trio.TooSlowError:
            raise ConfigError(
                f"the settings could not be read within {READ_TIMEOUT:.0f} s"
            ) from None
        config, _ = without_restart(self._config, wanted)
        return config
