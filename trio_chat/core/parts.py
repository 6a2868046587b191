"""The parts of the chat, and how they hang together."""

from typing import NamedTuple

import trio

from trio_chat.core.approval import Approval
from trio_chat.core.audit import Audit
from trio_chat.core.basis import (
    Entrances,
    Given,
    Rights,
    World,
    make_entrances,
    make_rights,
    make_world,
)
from trio_chat.core.callers import Callers
from trio_chat.core.clearings import Clearings
from trio_chat.core.following import Following
from trio_chat.core.greeting import Greeting
from trio_chat.core.handlers import Handlers
from trio_chat.core.invitations import Invitations
from trio_chat.core.moderation import Moderation
from trio_chat.core.raiders import Search
from trio_chat.core.raids import Raids
from trio_chat.core.readers import Readers
from trio_chat.core.readiness import Readiness
from trio_chat.core.removals import Removals
from trio_chat.core.room_links import RoomLinks
from trio_chat.core.settling import Settling
from trio_chat.core.speakers import Speakers
from trio_chat.core.term_change import TermChange
from trio_chat.core.unused_rooms import UnusedRooms


class Parts(NamedTuple):
    """What a chat is made of; each part knows those that it was given."""

    world: World
    rights: Rights
    entrances: Entrances
    moderation: Moderation
    handlers: Handlers
    callers: Callers
    readers: Readers
    invitations: Invitations
    readiness: Readiness
    settling: Settling
    unused_rooms: UnusedRooms
    following: Following
    term_change: TermChange


def make_parts(given: Given) -> Parts:
    """Return the parts of a chat."""
    world = make_world(given)
    rights = make_rights(given, world)
    entrances = make_entrances(given, world, rights)
    moderation = _make_moderation(given, world, rights, entrances)
    access, people, now = given.access, world.people, trio.current_time
    return Parts(
        world,
        rights,
        entrances,
        moderation,
        handlers=_make_handlers(given, world, rights, entrances, moderation),
        callers=_make_callers(given, world, rights, entrances, moderation),
        readers=Readers(rights.judge, rights.redemption, people, given.config, now),
        invitations=Invitations(access, rights.redemption, people, rights.pairings, now),
        readiness=Readiness(
            world.turn,
            world.connections,
            rights.asked,
            world.pending,
            world.presence,
            entrances.joins,
        ),
        settling=Settling(
            world.turn,
            world.connections,
            world.pending,
            world.rooms,
            access,
            moderation,
            rights.asked,
            uploads=given.uploads,
            delay=given.delay,
        ),
        unused_rooms=UnusedRooms(access, rights.ledger, world.rooms, world.held, given.config),
        following=Following(world, rights, access, moderation, entrances.devices),
        term_change=TermChange(world, given.epochs, access.registry, entrances.registration),
    )


def _make_moderation(
    given: Given, world: World, rights: Rights, entrances: Entrances
) -> Moderation:
    config, access, turn, arrivals = given.config, given.access, world.turn, world.arrivals
    ledger, targets = rights.ledger, rights.targets
    clearings = Clearings(turn, access, ledger, arrivals, targets)
    search = Search(access, arrivals, targets)
    return Moderation(
        turn,
        config,
        access=access,
        judge=rights.judge,
        ledger=ledger,
        links=RoomLinks(turn, access, ledger, rights.asked, config),
        targets=targets,
        clearings=clearings,
        raids=Raids(turn, access, ledger, world.rooms, search, targets, clearings),
        approval=Approval(turn, ledger, world.held, config),
        audit=Audit(turn, access.registry, config),
        people=world.people,
        pairs=rights.pairs,
        removals=Removals(turn, world.connections, access, entrances.devices.states),
        delay=given.delay,
    )


def _make_handlers(
    given: Given, world: World, rights: Rights, entrances: Entrances, moderation: Moderation
) -> Handlers:
    return Handlers(
        world.turn,
        world.connections,
        given.config,
        people=world.people,
        presence=world.presence,
        rooms=world.rooms,
        queue=world.queue,
        pending=world.pending,
        limits=rights.asked,
        access=given.access,
        judge=rights.judge,
        greeting=_make_greeting(given, world, rights, entrances),
        joins=entrances.joins,
        moderation=moderation,
        devices=entrances.devices,
        marks=world.marks,
        pairs=rights.pairs,
        held=world.held,
        arrivals=world.arrivals,
        uploads=given.uploads,
    )


def _make_greeting(given: Given, world: World, rights: Rights, entrances: Entrances) -> Greeting:
    return Greeting(
        world.turn,
        world.people,
        presence=world.presence,
        welcome=entrances.welcome,
        limits=rights.asked,
        access=given.access,
        judge=rights.judge,
        redemption=rights.redemption,
        joins=entrances.joins,
        devices=entrances.devices,
        introductions=entrances.introductions,
        marks=world.marks,
    )


def _make_callers(
    given: Given, world: World, rights: Rights, entrances: Entrances, moderation: Moderation
) -> Callers:
    return Callers(
        world.people,
        Speakers(world.people, world.sessions),
        entrances.welcome,
        world.rooms,
        rights.asked,
        given.config,
        judge=rights.judge,
        redemption=rights.redemption,
        moderation=moderation,
        devices=entrances.devices,
        marks=world.marks,
        pairs=rights.pairs,
        arrivals=world.arrivals,
        introductions=entrances.introductions,
        turn=world.turn,
        uploads=given.uploads,
    )
