"""The parts of the chat, and how they hang together."""

from collections.abc import Callable
from typing import NamedTuple

import trio

from trio_chat.config import Config
from trio_chat.core.access import Access
from trio_chat.core.approval import Approval
from trio_chat.core.arrivals import Arrivals
from trio_chat.core.audit import Audit
from trio_chat.core.callers import Callers
from trio_chat.core.catchup_queue import CatchUpQueue
from trio_chat.core.clearings import Clearings
from trio_chat.core.connection_state import ConnectionState
from trio_chat.core.devices import Devices
from trio_chat.core.effects import Turn
from trio_chat.core.expiry import Expiry
from trio_chat.core.greeting import Greeting
from trio_chat.core.handlers import Handlers
from trio_chat.core.held import HeldMessages
from trio_chat.core.introductions import Introductions
from trio_chat.core.invitations import Invitations
from trio_chat.core.joins import Joins
from trio_chat.core.judge import Judge
from trio_chat.core.ledger import Ledger
from trio_chat.core.marks import Marks
from trio_chat.core.moderation import Moderation
from trio_chat.core.pairings import Pairings
from trio_chat.core.pairs import Pairs
from trio_chat.core.pending_writes import PendingWrites
from trio_chat.core.people import People
from trio_chat.core.presence import Presence
from trio_chat.core.raids import Raids
from trio_chat.core.readers import Readers
from trio_chat.core.readiness import Readiness
from trio_chat.core.redemption import Redemption
from trio_chat.core.registration import Registration
from trio_chat.core.removals import Removals
from trio_chat.core.request_limits import RequestLimits
from trio_chat.core.room_links import RoomLinks
from trio_chat.core.rooms import Delay, Rooms
from trio_chat.core.sessions import Sessions
from trio_chat.core.settling import Settling
from trio_chat.core.speakers import Speakers
from trio_chat.core.targets import Targets
from trio_chat.core.timers import Timers
from trio_chat.core.welcome import Welcome
from trio_chat.delivery.recipient import Requester
from trio_chat.limits.limits import Limits


class Parts(NamedTuple):
    """What a chat is made of; each part knows those that it was given."""

    turn: Turn
    timers: Timers
    connections: dict[Requester, ConnectionState]
    pending: PendingWrites
    queue: CatchUpQueue
    rooms: Rooms
    people: People
    presence: Presence
    welcome: Welcome
    ledger: Ledger
    readers: Readers
    invitations: Invitations
    joins: Joins
    moderation: Moderation
    callers: Callers
    handlers: Handlers
    readiness: Readiness
    expiry: Expiry
    registration: Registration
    settling: Settling
    devices: Devices
    held: HeldMessages


def make_parts(
    config: Config,
    epoch: str,
    secret: bytes,
    limits: Limits,
    access: Access,
    *,
    delay: Delay,
    load: Callable[[str], None],
) -> Parts:
    """Return the parts of a chat.

    Args:
        config: Limits and times.
        epoch: To which the numbers in the journal belong.
        secret: Signs sessions.
        limits: The buckets that requests are paid from.
        access: What people may do.
        delay: Has something called so many seconds later.
        load: Has a room loaded.
    """

    def drop(state: ConnectionState) -> None:
        registration.drop(state)

    turn, timers, pending = Turn(), Timers(), PendingWrites()
    connections: dict[Requester, ConnectionState] = {}
    queue = CatchUpQueue(connections, epoch, access)
    rooms = Rooms(config, delay, load, queue.requeue)
    sessions = Sessions(secret)
    people = People(sessions, config, access.clock)
    arrivals = Arrivals(access.clock)
    presence = Presence(people, rooms, timers, config, arrivals)
    asked = RequestLimits(limits, config)
    ledger = Ledger(turn, pending, access.registry)
    held = HeldMessages(access.clock, delay)
    judge = Judge(access, people, rooms, config)
    redemption = Redemption(access, ledger, asked)
    pairings = Pairings(asked)
    devices = Devices(turn, connections, people, config, access.clock, drop)
    targets = Targets(access, people, arrivals)
    clearings = Clearings(turn, access, ledger, arrivals, targets)
    pairs = Pairs(
        turn, access, ledger, asked, config, people=people, targets=targets, sessions=sessions
    )
    welcome = Welcome(people, config, epoch, pairs)
    joins = Joins(
        turn,
        connections,
        config,
        access=access,
        judge=judge,
        redemption=redemption,
        people=people,
        presence=presence,
        rooms=rooms,
        queue=queue,
        arrivals=arrivals,
    )
    moderation = Moderation(
        turn,
        config,
        access=access,
        judge=judge,
        ledger=ledger,
        links=RoomLinks(turn, access, ledger, asked, config),
        targets=targets,
        clearings=clearings,
        raids=Raids(turn, access, ledger, rooms, arrivals, targets, clearings),
        approval=Approval(turn, ledger, held, config),
        audit=Audit(turn, access.registry, config),
        people=people,
        pairs=pairs,
        removals=Removals(turn, connections, access, devices.states),
        delay=delay,
    )
    marks = Marks(turn, people, rooms, epoch)
    introductions = Introductions(turn, people, pairings, asked, judge, redemption)
    callers = Callers(
        people,
        Speakers(people, sessions),
        welcome,
        rooms,
        asked,
        config,
        judge=judge,
        redemption=redemption,
        moderation=moderation,
        devices=devices,
        marks=marks,
        pairs=pairs,
        arrivals=arrivals,
        introductions=introductions,
        turn=turn,
    )
    greeting = Greeting(
        turn,
        people,
        presence=presence,
        welcome=welcome,
        limits=asked,
        access=access,
        judge=judge,
        redemption=redemption,
        joins=joins,
        devices=devices,
        introductions=introductions,
        marks=marks,
    )
    handlers = Handlers(
        turn,
        connections,
        config,
        people=people,
        presence=presence,
        rooms=rooms,
        queue=queue,
        pending=pending,
        limits=asked,
        access=access,
        judge=judge,
        greeting=greeting,
        joins=joins,
        moderation=moderation,
        devices=devices,
        marks=marks,
        pairs=pairs,
        held=held,
        arrivals=arrivals,
    )
    expiry = Expiry(turn, connections, delay)
    registration = Registration(
        turn,
        connections,
        config,
        people=people,
        presence=presence,
        rooms=rooms,
        queue=queue,
        joins=joins,
        judge=judge,
        devices=devices,
        expiry=expiry,
        delay=delay,
    )
    readers = Readers(judge, redemption, people, config, trio.current_time)
    return Parts(
        turn=turn,
        timers=timers,
        connections=connections,
        pending=pending,
        queue=queue,
        rooms=rooms,
        people=people,
        presence=presence,
        welcome=welcome,
        ledger=ledger,
        readers=readers,
        invitations=Invitations(access, redemption, people, pairings, trio.current_time),
        joins=joins,
        moderation=moderation,
        callers=callers,
        handlers=handlers,
        readiness=Readiness(turn, connections, asked, pending, presence, joins),
        expiry=expiry,
        registration=registration,
        settling=Settling(turn, connections, pending, rooms, access, moderation, asked),
        devices=devices,
        held=held,
    )
