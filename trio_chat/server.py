"""The server: one nursery with the hub and the acceptor, and the order of start and stop."""

import ssl
from functools import partial
from pathlib import Path

import structlog
import trio

from trio_chat.addresses import bracketed
from trio_chat.auth.gate import Gate, Marks, Ways
from trio_chat.client.factory import ClientFactory
from trio_chat.client.lookups import make_context
from trio_chat.config import IN_MEMORY, Config
from trio_chat.core.messages import AccessChanged, Shutdown
from trio_chat.delivery.batch import FanOut, Loop
from trio_chat.hub import Hub
from trio_chat.journal.feed import follow
from trio_chat.journal.history import History
from trio_chat.journal.journal import Journal
from trio_chat.journal.memory import MemoryJournal
from trio_chat.journal.retention import retain
from trio_chat.journal.sqlite.journal import SqliteJournal
from trio_chat.journal.sqlite.space import SpaceLimits
from trio_chat.journal.storage import Outcome
from trio_chat.journal.types import Unavailable
from trio_chat.journal.views import ChangeLimits
from trio_chat.limits.attempts import Attempts
from trio_chat.limits.limits import Limits
from trio_chat.limits.report import report
from trio_chat.live_config import LiveConfig
from trio_chat.net.accept_retry import RetryingListener, ShortageReport
from trio_chat.net.acceptor import Acceptor
from trio_chat.net.hosts import is_loopback
from trio_chat.net.listeners import (
    TlsListener,
    load_certificate,
    open_listeners,
    port_of,
    set_options,
)
from trio_chat.protocol.close import GOING_AWAY, CloseReason
from trio_chat.web.api.calls import Calls
from trio_chat.web.api.routes import Api
from trio_chat.web.app import make_app
from trio_chat.web.assets import File, Page, static_files
from trio_chat.web.hypercorn_bridge import Exchange
from trio_chat.web.look import Look, read_look
from trio_chat.web.static_files import Files

log = structlog.get_logger()


class Server:
    """One chat server.

    The task tree while it runs::

        run
        ├── hub
        ├── retention
        ├── feed
        ├── overload
        ├── listener (one each)
        └── connection (one each)
            ├── read pump
            └── write pump
    """

    def __init__(self, config: Config, journal: Journal, fan_out: FanOut = Loop) -> None:
        self.config = config = LiveConfig.of(config)
        self._journal = journal
        self._limits = limits = Limits(config)
        self._hub = Hub(journal, config, limits, fan_out)
        self._inbox = self._hub.inbox
        history = History(journal, config, self._hub.populations)
        self.marks: Marks = self._hub.people
        self._gate = Gate(config, self.marks, Attempts(limits), self._hub.invitations)
        self._context = make_context(
            self._inbox, config, history, limits, self._hub.outboxes, self._gate
        )
        clients = ClientFactory(self._context, self._hub.readers, journal.epoch)
        app = make_app()
        self._api = Api(history, Calls(self._inbox, config), self._hub.readers, config)
        self._api.install(app)
        exchange = Exchange(app, config, limits, self._hub.outboxes)
        self.look = read_look(config)
        self.page = Page(static_files(), is_bundled=config.debug == "off")
        self._files = files = Files(
            self.page.files(self.look), is_secure=config.certfile is not None
        )
        limits.overload.gauges["outboxes"] = lambda: self._hub.outboxes.used
        self._acceptor = Acceptor(
            config,
            limits,
            files.answer,
            clients.on_websocket,
            clients.on_events,
            exchange.serve,
            gate=self._gate,
        )
        self._fan_out = "loop" if fan_out is Loop else "ring"
        self._sockets: list[trio.SocketListener] = []
        self._tls: list[TlsListener] = []
        self._listeners: list[RetryingListener] = []
        self._reason = GOING_AWAY
        self._stopping = trio.Event()

    async def listen(self) -> str:
        """Open the port; whoever connects from now on is served once ``run`` runs.

        Returns:
            The address to open in a browser.

        Raises:
            ConfigError: the address or the certificate cannot be used.
        """
        await self._hub.load_acts()
        certificate = load_certificate(self.config)
        self._sockets = await open_listeners(self.config)
        scheme = "https" if certificate else "http"
        address = f"{scheme}://{_host_name(self.config.host)}:{port_of(self._sockets[0])}/"
        log.info("listening", address=address, fan_out=self._fan_out)
        self._warn_if_open()
        report = ShortageReport()
        if certificate:
            self._tls = [TlsListener(socket, certificate) for socket in self._sockets]
        self._listeners = [RetryingListener(each, report) for each in self._tls or self._sockets]
        return address

    def _warn_if_open(self) -> None:
        if self._gate.is_open and not is_loopback(self.config.host):
            log.warning("whoever can reach this address may read and write; see --access")

    def dress(self, look: Look, files: dict[str, File]) -> None:
        """Serve the page with another look from now on."""
        self.look = look
        self._files.change(files)

    def reconfigure(self, config: Config, ways: Ways, certificate: ssl.SSLContext | None) -> None:
        """Take other settings while the server runs, in one step: nothing is between old and new.

        Connections stay, but for those that the ways in do not let in any more.

        Args:
            config: The settings; what needs a restart is as it was.
            ways: Who is let in from now on.
            certificate: For those who connect from now on; ``None`` without TLS.
        """
        self.config.change(config)
        for part in (self._limits, self._context, self._hub, self._api):
            part.reconfigure()
        self._journal.reconfigure(self.config)
        if not self._stopping.is_set():
            for listener in self._sockets:
                set_options(listener, self.config)
        for tls in self._tls:
            assert certificate  # TLS is turned off by a restart alone
            tls.context = certificate
        self._gate.change(ways)
        self._inbox.post(AccessChanged(self._gate.admits))
        self._warn_if_open()

    async def first_operator_link(self, address: str) -> str | None:
        """Return a link that makes whoever opens it an operator, if none was made yet."""
        try:
            secret = await self._hub.make_first_operator()
        except Unavailable:  # the journal has logged why
            return None
        return secret and f"{address}#operator={secret}"

    async def run(self) -> None:
        """Serve until ``stop`` is called and everybody has left, or the drain time is over.

        Error handling: a crash in one connection ends that connection; a crash of the hub or a
        listener is a bug that ends the server.
        """
        async with trio.open_nursery() as nursery:
            nursery.start_soon(self._hub.run)
            async with trio.open_nursery() as connections:
                async with trio.open_nursery() as listening:
                    await listening.start(
                        partial(trio.serve_listeners, handler_nursery=connections),
                        self._acceptor.answer,
                        self._listeners,
                    )
                    listening.start_soon(self._limits.overload.watch)
                    populations, made = self._hub.populations, self._hub.unused_rooms
                    listening.start_soon(
                        retain, self._journal, self._emit, self.config, populations, made
                    )
                    followed = self._hub.followed_rooms
                    listening.start_soon(follow, self._journal, self._emit, followed)
                    await self._stopping.wait()
                    listening.cancel_scope.cancel(reason="the server stops")
                self._drain(connections.cancel_scope)
            self._hub.close()
        log.info("stopped")

    async def report(self, *, task_status: trio.TaskStatus[None]) -> None:
        """Log how far budgets are used, and which limits were reached, at each SIGUSR2."""
        overload = self._limits.overload
        gauges = {
            "connections": lambda: self._acceptor.admission.used,
            "lag": lambda: overload.shares.get("lag", 0.0),
            **self._hub.gauges(),
            **self._context.gauges(),
        }
        await report(self._limits, gauges, task_status=task_status)

    def stop(self, reason: CloseReason) -> None:
        """Begin the shutdown: every client is told ``reason``. ``run`` returns when it is over."""
        self._reason = reason
        self._stopping.set()

    async def _emit(self, outcome: Outcome) -> None:
        """Tell the hub what retention or others have changed in the journal."""
        self._inbox.post(outcome)

    def _drain(self, connections: trio.CancelScope) -> None:
        """Take nobody in any more, tell everybody goodbye, and limit how long they may take."""
        log.info("stopping", clients=self._hub.connections)
        connections.deadline = trio.current_time() + self.config.drain_timeout
        self._acceptor.shut()
        self._inbox.post(Shutdown(self._reason))


async def open_journal(config: Config) -> Journal:
    """Open what keeps the messages.

    Raises:
        JournalError: it cannot be used; the message says why.
    """
    limits = ChangeLimits.of(config)
    if config.database == IN_MEMORY:
        return MemoryJournal(limits=limits)
    return await SqliteJournal.open(
        Path(config.database),
        sync=config.sync == "full",
        read_timeout=config.read_timeout,
        erase_within=config.erase_within,
        space=SpaceLimits(config.max_database, config.keep_free),
        limits=limits,
    )


def _host_name(host: str) -> str:
    """Return the host to show to a person on this machine who wants to open the page."""
    if host in ("0.0.0.0", "::"):  # noqa: S104 - it is only compared
        return "localhost"
    return bracketed(host)
