"""The server: one nursery with the hub and the acceptor, and the order of start and stop."""

import ssl
from collections.abc import Sequence
from contextlib import closing
from dataclasses import replace

import structlog
import trio
from prometheus_client.core import Metric

from trio_chat.auth.gate import Gate, Marks, Ways
from trio_chat.client.factory import ClientFactory
from trio_chat.client.lookups import make_context
from trio_chat.config import Config
from trio_chat.core.messages import AccessChanged, Shutdown
from trio_chat.delivery.batch import FanOut, Loop
from trio_chat.errors import Failed
from trio_chat.files.keeper import FileKeeper
from trio_chat.files.sweeper import Sweeper
from trio_chat.hub import Hub
from trio_chat.journal.backups import Backups
from trio_chat.journal.feed import follow
from trio_chat.journal.history import History
from trio_chat.journal.journal import Journal
from trio_chat.journal.retention import retain
from trio_chat.journal.storage import Outcome
from trio_chat.journal.types import Replaced, Unavailable
from trio_chat.limits.attempts import Attempts
from trio_chat.limits.limits import Limits
from trio_chat.limits.report import Gauge, report
from trio_chat.live_config import LiveConfig
from trio_chat.metrics.endpoint import Endpoint
from trio_chat.metrics.families import Watched, families
from trio_chat.metrics.health import DRAINING, Health
from trio_chat.metrics.scrape import Scraper
from trio_chat.net.accept_retry import RetryingListener, ShortageReport
from trio_chat.net.acceptor import Acceptor
from trio_chat.net.activation import Passed
from trio_chat.net.hosts import is_loopback
from trio_chat.net.listeners import TlsListener, load_certificate
from trio_chat.net.places import AnyListener, Place, open_places
from trio_chat.net.probes import Probes
from trio_chat.net.rounds import make_rounds
from trio_chat.net.unix_sockets import UnixListener
from trio_chat.process import GcPauses
from trio_chat.protocol.close import GOING_AWAY, RESTARTING, CloseReason
from trio_chat.web.api.calls import Calls
from trio_chat.web.api.routes import Api
from trio_chat.web.api.uploads import Uploading
from trio_chat.web.app import make_app
from trio_chat.web.assets import File, installed_page
from trio_chat.web.downloads import install_downloads
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
        ├── rounds
        ├── heartbeat
        ├── listener (one each)
        └── connection (one each)
            ├── read pump
            └── write pump
    """

    def __init__(self, config: Config, journal: Journal, fan_out: FanOut = Loop) -> None:
        self.config = config = LiveConfig.of(config)
        self._journal = journal
        is_shared = journal.bus.is_shared
        self._limits = limits = Limits(config, is_shared=is_shared)
        if limits.shared:
            journal.bus.count(limits.shared.tell, limits.shared.hear)
        self._hub = Hub(journal, config, limits, fan_out)
        self._inbox = self._hub.inbox
        history = History(journal, config, self._hub.populations)
        self.marks: Marks = self._hub.people
        self._gate = Gate(config, self.marks, Attempts(limits), self._hub.invitations)
        context = make_context(self._inbox, config, history, limits, self._hub.outboxes, self._gate)
        self._context = replace(context, rounds=make_rounds())
        self._pauses = GcPauses()
        self._backups = Backups(config)
        clients = ClientFactory(self._context, self._hub.readers, lambda: self._hub.epoch)
        app = make_app(config)
        self.keeper = FileKeeper(config, journal, self._hub.uploads)
        self._sweeper = Sweeper(self.keeper, journal, self._hub.uploads, config)
        calls = Calls(self._inbox, config)
        uploading = Uploading(calls, self.keeper, limits, config)
        self._api = Api(history, calls, self._hub.readers, config, uploading)
        self._api.install(app)
        install_downloads(app, self.keeper)
        exchange = Exchange(app, config, limits, self._hub.outboxes)
        self.look = read_look(config)
        self.page = installed_page(is_bundled=config.debug == "off")
        self._files = files = Files(
            self.page.files(self.look), is_secure=config.certfile is not None
        )
        limits.overload.gauges["outboxes"] = lambda: self._hub.outboxes.used
        self.health = Health(self._inbox, lambda: limits.overload.reason)
        probes = {"/healthz": self.health.alive, "/readyz": self.health.ready}
        self._acceptor = Acceptor(
            config,
            limits,
            files.answer,
            clients.on_websocket,
            clients.on_events,
            exchange.serve,
            gate=self._gate,
            probes=Probes(probes),
        )
        told = Probes(probes, tells_why=True, remark=self._remark)
        self._endpoint = Endpoint(config, told, self._scrape) if config.metrics_listen else None
        self._scraper = Scraper(lambda: families(self._watched()))
        self._fan_out = "loop" if fan_out is Loop else "ring"
        self.places: list[Place] = []
        self._tls: list[TlsListener] = []
        self._listeners: list[RetryingListener] = []
        self._reason = GOING_AWAY
        self._stopping = trio.Event()
        self.failure: Failed | None = None  # why it stops by itself

    async def listen(
        self, passed: Sequence[Passed] = (), places: Sequence[Place] | None = None
    ) -> str:
        """Open the port; whoever connects from now on is served once ``run`` runs.

        Args:
            passed: Sockets that are open already, among which the settings choose.
            places: Where to listen instead of all that, already open.

        Returns:
            The address to open in a browser: the one that the settings tell, or the first one;
            that of a Unix socket if there is no other one.

        Raises:
            ConfigError: the address or the certificate cannot be used.
            Failed: what moderators did cannot be read.
        """
        try:
            await self._hub.load_acts()
        except Unavailable:
            raise Failed("what moderators did cannot be read; the log says why") from None
        await self.keeper.open()
        self._context.rounds.open()
        certificate = load_certificate(self.config)
        self.places = [*(places or await open_places(self.config, passed))]
        self._acceptor.hosts.own = tuple(place.host for place in self.places if place.host)
        for address in self.addresses:
            log.info("listening", address=address, fan_out=self._fan_out)
        self._warn_if_open()
        self.keeper.warn()
        if self._endpoint:
            await self._endpoint.listen()
        report = ShortageReport()
        for place in self.places:
            for each in place.listeners:
                listener = self._with_tls(each, certificate)
                self._listeners.append(RetryingListener(listener, report))
        known = (each for each in self.addresses if "://" in each)
        return self.config.base_url or next(known, self.addresses[0])

    def _with_tls(
        self, listener: AnyListener, certificate: ssl.SSLContext | None
    ) -> AnyListener | TlsListener:
        """Return what accepts connections with TLS, if that is for them."""
        if certificate is None or isinstance(listener, UnixListener):
            return listener
        self._tls.append(TlsListener(listener, certificate))
        return self._tls[-1]

    @property
    def addresses(self) -> list[str]:
        """Where the server listens: what to open in a browser, or the paths of Unix sockets."""
        scheme = "https" if self.config.certfile else "http"
        return [place.address(scheme) for place in self.places]

    def _warn_if_open(self) -> None:
        if self._gate.is_open and not all(map(is_loopback, self._acceptor.hosts.own)):
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
        admission = self._acceptor.admission
        for part in (self._limits, admission, self._context, self._hub, self._api):
            part.reconfigure()
        self._journal.reconfigure(self.config)
        if not self._stopping.is_set():
            for place in self.places:
                place.reconfigure(self.config)
        for tls in self._tls:
            assert certificate  # TLS is turned off by a restart alone
            tls.context = certificate
        self._gate.change(ways)
        self._inbox.post(AccessChanged(self._gate.admits))
        self._warn_if_open()

    async def first_operator_link(self, address: str) -> str | None:
        """Return a link that makes whoever opens it an operator, if none was made yet.

        Without an address to open in a browser it is what follows that address.
        """
        try:
            secret = await self._hub.make_first_operator()
        except Unavailable:  # the journal has logged why
            return None
        page = address if "://" in address else ""
        return secret and f"{page}#operator={secret}"

    async def run(self) -> None:
        """Serve until ``stop`` is called and everybody has left, or the drain time is over.

        Error handling: a crash in one connection ends that connection; a crash of the hub or a
        listener is a bug that ends the server.
        """
        with closing(self.keeper), closing(self._context.rounds):
            async with trio.open_nursery() as nursery:
                nursery.start_soon(self._run_hub)
                with self._pauses.watched():
                    await self._serve()
                self._hub.close()
        log.info("stopped")

    async def _run_hub(self) -> None:
        """Run the hub, and beside it what tells other nodes of its commits."""
        async with trio.open_nursery() as nursery:
            nursery.start_soon(self._journal.bus.run, self._inbox.post)
            await self._hub.run()
            nursery.cancel_scope.cancel(reason="the hub has ended")

    async def _serve(self) -> None:
        """Serve until all connections are over; an operator's programs to the end of that."""
        async with trio.open_nursery() as watching:
            watching.start_soon(self._context.rounds.run)
            watching.start_soon(self._context.heartbeat.run)
            if self._endpoint:
                watching.start_soon(self._endpoint.run)
            async with trio.open_nursery() as connections:
                async with trio.open_nursery() as listening:
                    for listener in self._listeners:
                        listening.start_soon(self._accept, listener, connections)
                    listening.start_soon(self._limits.overload.watch)
                    is_used, made = self._hub.is_used, self._hub.unused_rooms
                    listening.start_soon(
                        retain, self._journal, self._emit, self.config, is_used, made
                    )
                    listening.start_soon(self._follow)
                    listening.start_soon(self._sweeper.run)
                    listening.start_soon(self._backups.run)
                    self.health.closed = DRAINING if self._stopping.is_set() else None
                    await self._stopping.wait()
                    if self._reason == RESTARTING:  # nobody looks whether Ctrl-C may do its work
                        await trio.sleep(self.config.drain_delay)
                    listening.cancel_scope.cancel(reason="the server stops")
                self._drain(connections.cancel_scope)
            watching.cancel_scope.cancel(reason="all connections are over")

    async def _accept(self, listener: RetryingListener, connections: trio.Nursery) -> None:
        """Start a task for each connection, which closes it; close the listener at the end."""
        async with listener:
            while True:
                connections.start_soon(self._acceptor.answer, await listener.accept())

    async def _follow(self) -> None:
        """Follow what others write; stop if what is kept is not what it was.

        A new start finds out what the numbers that clients know are worth.
        """
        try:
            hub = self._hub
            await follow(self._journal, self._emit, hub.followed_rooms, hub.populations)
        except Replaced as error:
            log.error("the server stops, and can be started anew", reason=str(error))
            self.failure = Failed(f"{error}; start the server anew")
            self.stop(RESTARTING)

    async def report(self, *, task_status: trio.TaskStatus[None]) -> None:
        """Log how far budgets are used, and which limits were reached, at each SIGUSR2."""
        await report(self._limits, self._budgets(), task_status=task_status)

    def _budgets(self) -> dict[str, Gauge]:
        """Return what tells which share of each budget is in use."""
        return {
            "connections": lambda: self._acceptor.admission.used,
            "lag": lambda: self._limits.overload.shares.get("lag", 0.0),
            **self._hub.gauges(),
            **self._context.gauges(),
        }

    def _watched(self) -> Watched:
        """Return all that counts something."""
        return Watched(
            hub=self._hub,
            context=self._context,
            admission=self._acceptor.admission,
            limits=self._limits,
            journal=self._journal.figures,
            backups=self._backups.figures,
            files=self.keeper.figures,
            health=self.health,
            budgets=self._budgets(),
            pauses=self._pauses.seconds,
        )

    def _remark(self) -> str:
        """Return what will make the server not ready if nobody does anything."""
        return " (space runs low)" if self._journal.figures.is_space_low else ""

    async def figures(self) -> list[Metric]:
        """Return all figures, once it is known whether messages are delivered."""
        await self.health.ready()
        return await self._scraper.collect()

    async def _scrape(self, accept: str) -> tuple[str, bytes]:
        """Return all figures for a scraper, once it is known whether messages are delivered."""
        await self.health.ready()
        return await self._scraper.scrape(accept)

    def stop(self, reason: CloseReason) -> None:
        """Begin the shutdown: every client is told ``reason``. ``run`` returns when it is over."""
        self._reason = reason
        self.health.closed = DRAINING
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
