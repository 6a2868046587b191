"""The basis of a chat: its state, its rights, and the ways in, each made from those before it."""

from collections.abc import Callable
from functools import partial
from typing import NamedTuple

from trio_chat.config import Config
from trio_chat.core.access import Access
from trio_chat.core.arrivals import Arrivals
from trio_chat.core.catchup_queue import CatchUpQueue
from trio_chat.core.claims import Claims
from trio_chat.core.connection_state import ConnectionState
from trio_chat.core.devices import Devices
from trio_chat.core.effects import Turn
from trio_chat.core.epochs import Epochs
from trio_chat.core.expiry import Expiry
from trio_chat.core.held import HeldMessages
from trio_chat.core.introductions import Introductions
from trio_chat.core.joins import Joins
from trio_chat.core.judge import Judge
from trio_chat.core.ledger import Ledger
from trio_chat.core.marks import Marks
from trio_chat.core.pairings import Pairings
from trio_chat.core.pairs import Pairs
from trio_chat.core.pending_writes import PendingWrites
from trio_chat.core.people import People
from trio_chat.core.presence import Presence
from trio_chat.core.redemption import Redemption
from trio_chat.core.registration import Registration
from trio_chat.core.request_limits import RequestLimits
from trio_chat.core.rooms import Delay, Rooms
from trio_chat.core.sessions import Sessions
from trio_chat.core.targets import Targets
from trio_chat.core.timers import Timers
from trio_chat.core.welcome import Welcome
from trio_chat.delivery.recipient import Requester
from trio_chat.files.uploads import Uploads
from trio_chat.limits.limits import Limits


class Given(NamedTuple):
    """What a chat is made from.

    Attributes:
        config: Limits and times.
        epochs: To which the numbers in the journal belong.
        secret: Signs sessions.
        limits: The buckets that requests are paid from.
        access: What people may do.
        uploads: The files that messages may have.
        delay: Has something called so many seconds later.
        load: Has a room loaded.
        gap_pause: Seconds in which what is missing in a room may come by itself.
        has_claims: Whether nicks have to be claimed, as other nodes may have them.
    """

    config: Config
    epochs: Epochs
    secret: bytes
    limits: Limits
    access: Access
    uploads: Uploads
    delay: Delay
    load: Callable[[str], None]
    gap_pause: float
    has_claims: bool


class World(NamedTuple):
    """The state: who is connected, as whom, and in which rooms."""

    turn: Turn
    timers: Timers
    connections: dict[Requester, ConnectionState]
    pending: PendingWrites
    queue: CatchUpQueue
    rooms: Rooms
    sessions: Sessions
    people: People
    arrivals: Arrivals
    presence: Presence
    marks: Marks
    held: HeldMessages


class Rights(NamedTuple):
    """Who may do what, and who has asked for too much."""

    asked: RequestLimits
    ledger: Ledger
    redemption: Redemption
    pairings: Pairings
    judge: Judge
    targets: Targets
    pairs: Pairs


class Entrances(NamedTuple):
    """How connections come, as whom they speak, which rooms they get into, and how they go."""

    welcome: Welcome
    joins: Joins
    devices: Devices
    expiry: Expiry
    registration: Registration
    introductions: Introductions


def make_world(given: Given) -> World:
    """Return the state of a chat in which nobody is yet."""
    config, clock = given.config, given.access.clock
    turn, timers = Turn(), Timers()
    connections: dict[Requester, ConnectionState] = {}
    queue = CatchUpQueue(connections, given.epochs, given.access)

    def now() -> float:
        return turn.now

    rooms = Rooms(config, given.delay, given.load, queue.requeue, given.gap_pause, now)
    rooms.term = given.epochs.terms.present.number
    sessions = Sessions(given.secret)
    claims = Claims(timers, now, are_needed=given.has_claims)
    people = People(sessions, config, clock, claims)
    arrivals = Arrivals(clock, people.records.keep_beside)
    return World(
        turn=turn,
        timers=timers,
        connections=connections,
        pending=PendingWrites(),
        queue=queue,
        rooms=rooms,
        sessions=sessions,
        people=people,
        arrivals=arrivals,
        presence=Presence(people, rooms, timers, config, arrivals),
        marks=Marks(turn, people, rooms, given.epochs.origin, given.access.registry),
        held=HeldMessages(clock, given.delay, given.uploads.keep, is_shared=given.has_claims),
    )


def make_rights(given: Given, world: World) -> Rights:
    """Return what tells who may do what."""
    config, access, turn, people = given.config, given.access, world.turn, world.people
    asked = RequestLimits(given.limits, config)
    ledger = Ledger(turn, world.pending, access.registry, given.delay)
    targets = Targets(access, people, world.arrivals)
    return Rights(
        asked=asked,
        ledger=ledger,
        redemption=Redemption(access, ledger, asked),
        pairings=_make_pairings(given, people, asked),
        judge=Judge(access, people, world.rooms, config),
        targets=targets,
        pairs=Pairs(
            turn,
            access,
            ledger,
            asked,
            config,
            people=people,
            connections=world.connections,
            targets=targets,
            sessions=world.sessions,
        ),
    )


def _make_pairings(given: Given, people: People, asked: RequestLimits) -> Pairings:
    if not given.has_claims:
        return Pairings(asked)
    write_down = partial(people.records.keep_beside, is_lazy=False)
    return Pairings(asked, people.claims, write_down)


def make_entrances(given: Given, world: World, rights: Rights) -> Entrances:
    """Return the ways into a chat, and out of it."""

    def drop(state: ConnectionState) -> None:  # the two below need each other
        registration.drop(state)

    turn, connections, people = world.turn, world.connections, world.people
    joins = _make_joins(given, world, rights)
    devices = Devices(turn, connections, people, given.config, given.access.clock, drop)
    expiry = Expiry(turn, connections, given.delay)
    registration = Registration(
        turn,
        connections,
        given.config,
        people=people,
        presence=world.presence,
        rooms=world.rooms,
        queue=world.queue,
        joins=joins,
        judge=rights.judge,
        devices=devices,
        expiry=expiry,
        delay=given.delay,
    )
    return Entrances(
        welcome=Welcome(people, given.config, given.epochs, rights.pairs),
        joins=joins,
        devices=devices,
        expiry=expiry,
        registration=registration,
        introductions=Introductions(
            turn, people, rights.pairings, rights.asked, rights.judge, rights.redemption
        ),
    )


def _make_joins(given: Given, world: World, rights: Rights) -> Joins:
    return Joins(
        world.turn,
        world.connections,
        given.config,
        access=given.access,
        judge=rights.judge,
        redemption=rights.redemption,
        people=world.people,
        presence=world.presence,
        rooms=world.rooms,
        queue=world.queue,
        arrivals=world.arrivals,
        epochs=given.epochs,
    )
