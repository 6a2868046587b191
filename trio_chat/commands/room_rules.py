"""The rules that the events of a room keep, whichever way they come: those of the socket.

What a request may hold is asked of the modules that check requests. What it may refer to depends
on the events before it, which are remembered in a scratch file.
"""

import re
import sqlite3
from collections.abc import Iterator
from contextlib import suppress
from typing import Protocol

import msgspec

from trio_chat.commands.own_event_rules import OwnEvent, OwnEventRules
from trio_chat.commands.rule_checks import BadEvent, Unlimited, check_person
from trio_chat.files.kinds import OTHER, PICTURES
from trio_chat.files.names import proper_name
from trio_chat.journal.keys import author_of, is_bare
from trio_chat.journal.stored import stand_in
from trio_chat.journal.types import NO_SUCH_MESSAGE, NOT_YOURS
from trio_chat.journal.views import ChangeLimits, Changes
from trio_chat.protocol import request_texts, requests
from trio_chat.protocol.events import (
    ActKept,
    AnyStoredEvent,
    Delete,
    Edit,
    File,
    Message,
    Person,
    React,
    Topic,
    target_of,
    without_text,
)
from trio_chat.protocol.names import BadName, check_nick
from trio_chat.protocol.request_base import LAST_TIME, complaint
from trio_chat.protocol.text import without_controls

CREATE = "CREATE TABLE messages (seq INTEGER PRIMARY KEY, author, is_gone, changes BLOB)"
FILE_ID = re.compile("[0-9A-Za-z_-]{22,64}")
NO_ONE = "nobody"  # a nick
NOTHING = "❔"  # the emoji of a reaction that is taken back before it was there


class Limits(request_texts.Limits, Protocol):
    """The limits that events are checked by; a ``Config`` has them."""

    @property
    def nick_limit(self) -> int:
        """Characters of a nick at most."""
        ...

    @property
    def reactions_per_message(self) -> int:
        """Different emoji on a message at most."""
        ...

    @property
    def changes_per_message(self) -> int:
        """Edits and reactions of a message at most."""
        ...


class RoomRules:
    """Checks the events of one room, in order.

    Args:
        scratch: A database for what has to be remembered; it is emptied.
        limits: How long texts and names may be, and how much of a message may be changed.
        first: The number of the first event. What is before it cannot be checked.
    """

    def __init__(self, scratch: sqlite3.Connection, limits: Limits, first: int) -> None:
        self._scratch = scratch
        self._limits = limits
        self._changes = ChangeLimits(limits.reactions_per_message, limits.changes_per_message)
        self._first = first
        self._own = OwnEventRules(limits.nick_limit)
        scratch.execute("DROP TABLE IF EXISTS messages")
        scratch.execute(CREATE)

    def take(self, event: AnyStoredEvent) -> AnyStoredEvent:
        """Return the next event in its normal form.

        Raises:
            BadEvent: it breaks a rule.
        """
        event = self._check(event)
        self._remember(event)
        return event

    def may_be_message(self, seq: int) -> bool:
        """Return whether there is a message with a number; one before the first may have been."""
        return seq < self._first or self._find(seq) is not None

    def mend(self, event: AnyStoredEvent) -> AnyStoredEvent:
        """Return the next event without what breaks a rule, under its number."""
        for candidate in _candidates(event):
            with suppress(BadEvent):
                return self.take(candidate)
        mended = stand_in(event.room, event.seq, min(max(event.ts, 0), LAST_TIME))
        self._remember(mended)
        return mended

    def _check(self, event: AnyStoredEvent) -> AnyStoredEvent:
        if not 0 <= event.ts <= LAST_TIME:
            raise BadEvent("its time cannot be")
        if isinstance(event, ActKept):
            raise BadEvent("acts are kept by the server alone")
        check_person(event.who, self._limits.nick_limit)
        if isinstance(event, OwnEvent):
            if event.cid and not _is_cid(event.cid):
                raise BadEvent("its cid cannot be")
            self._own.take(event)
            return event
        event = normal(event, self._limits)
        if isinstance(event, Message):
            self._check_reply(event)
        elif isinstance(event, Edit | Delete | React):
            self._check_change(event)
        return event

    def _check_reply(self, event: Message) -> None:
        if event.reply is None or 0 < event.reply < self._first:
            return
        if not self._find(event.reply):
            raise BadEvent(f"it replies to number {event.reply}, which is no message before it")

    def _check_change(self, event: Edit | Delete | React) -> None:
        # What was cleared is told without its author, and so are its edits, which have no text.
        if isinstance(event, Edit) and event.who is None and not is_bare(event):
            raise BadEvent(NOT_YOURS.text)
        if 0 < event.target < self._first:
            return
        found = self._find(event.target)
        if not found or found[2].state.deleted:
            raise BadEvent(f"it changes number {event.target}, which is no message before it")
        author, is_gone, changes = found
        is_anybodys = is_gone and author is None  # the author of what was cleared is not told
        is_foreign = author != author_of(event) and not is_anybodys
        is_nobodys = isinstance(event, Delete) and event.who is None
        if (isinstance(event, Edit) or is_nobodys) and is_foreign:  # moderators delete others'
            raise BadEvent(NOT_YOURS.text)
        if isinstance(event, Edit) and is_bare(event) != is_gone:
            raise BadEvent(NO_SUCH_MESSAGE.text if is_gone else "text is blank")
        refused = changes.refuse(event, self._changes)
        if refused:
            raise BadEvent(refused.text)

    def _find(self, seq: int) -> tuple[str | None, bool, Changes] | None:
        row = self._scratch.execute(
            "SELECT author, is_gone, changes FROM messages WHERE seq = ?", (seq,)
        ).fetchone()
        if not row:
            return None
        author, is_gone, changes = row
        return author, bool(is_gone), _decode(changes) if changes else Changes()

    def _remember(self, event: AnyStoredEvent) -> None:
        if isinstance(event, Message):
            self._scratch.execute(
                "INSERT INTO messages VALUES (?, ?, ?, NULL)",
                (event.seq, author_of(event), event.deleted),
            )
        target = target_of(event)
        found = self._find(target) if target is not None else None
        if found:
            changes = found[2]
            changes.apply(without_text(event) if isinstance(event, Edit) else event)
            self._scratch.execute(
                "UPDATE messages SET changes = ? WHERE seq = ?", (_encode(changes), target)
            )


_encode = msgspec.json.Encoder().encode
_decode = msgspec.json.Decoder(Changes).decode


def normal(event: AnyStoredEvent, limits: request_texts.Limits) -> AnyStoredEvent:
    """Return an event in the form in which the request for it would have been kept.

    Raises:
        BadEvent: no request could have asked for it.
    """
    request = _request(event)
    if is_bare(event):
        if isinstance(event, Message | Edit) and event.text:
            raise BadEvent("a deleted message has no text")
        return event
    fault = request_texts.text_fault(request, limits)
    if fault:
        raise BadEvent(fault[1])
    kept = request.event(event.room, event.who)
    if isinstance(event, Message) and isinstance(kept, Message):
        kept.files = [_normal_file(*both) for both in zip(event.files, kept.files, strict=True)]
    return msgspec.structs.replace(kept, seq=event.seq, ts=event.ts)


def _normal_file(file: File, asked: File) -> File:
    """Return a file as it would have been kept.

    Raises:
        BadEvent: it cannot be.
    """
    kind = PICTURES.get(file.type)
    if kind is None and file.type != OTHER:
        raise BadEvent("the type of a file is none")
    if min(file.size, file.width, file.height) < 0 or not FILE_ID.fullmatch(file.id):
        raise BadEvent("what it tells of a file cannot be")
    name = proper_name(file.name, kind)
    return msgspec.structs.replace(file, name=name, alt=asked.alt)


def normal_topic(topic: str, limits: request_texts.Limits) -> str:
    """Return the topic of a room in its normal form.

    Raises:
        BadEvent: it cannot be.
    """
    event = normal(Topic(room="", text=topic), limits)
    assert isinstance(event, Topic)
    return event.text


def mended_topic(topic: str) -> str:
    """Return a topic that is there already, without what no topic has."""
    return normal_topic(without_controls(topic), Unlimited())


def _request(event: AnyStoredEvent) -> requests.WriteRequest:
    """Return the request that asks for an event.

    Raises:
        BadEvent: a field cannot be.
    """
    fields = msgspec.to_builtins(event)
    fields["seq"] = fields.pop("target", None)
    try:
        request: requests.WriteRequest = msgspec.convert({**fields, "t": _kind(event)}, WRITES)
    except msgspec.ValidationError as error:
        raise BadEvent(complaint(error)) from None
    return request


WRITES = requests.Send | requests.Edit | requests.Delete | requests.React | requests.Topic


def _kind(event: AnyStoredEvent) -> str:
    return "send" if isinstance(event, Message) else str(event.__struct_config__.tag)


def _candidates(event: AnyStoredEvent) -> Iterator[AnyStoredEvent]:
    """Yield an event, and what is left of it if it breaks rules: less and less."""
    yield event
    if event.cid and not _is_cid(event.cid):
        event = msgspec.structs.replace(event, cid=None)
    for who in (event.who, event.who and _renamed(event.who)):
        if isinstance(event, Message):
            yield msgspec.structs.replace(event, who=who)
            yield msgspec.structs.replace(event, who=who, reply=None)
            yield msgspec.structs.replace(event, who=who, reply=None, text="", deleted=True)
        else:
            yield msgspec.structs.replace(event, who=who)
        target = target_of(event)
        if target is not None:
            yield React(
                room=event.room,
                seq=event.seq,
                ts=event.ts,
                cid=event.cid,
                who=who,
                target=target,
                emoji=NOTHING,
                on=False,
            )


def _is_cid(text: str) -> bool:
    with suppress(msgspec.ValidationError):
        msgspec.convert(text, requests.Cid)
        return True
    return False


def _renamed(who: Person) -> Person:
    """Return a person with what may be of their nick."""
    with suppress(BadName):
        nick = "".join(filter(_is_allowed, who.nick))
        return Person(who.id, check_nick(nick, Unlimited.nick_limit))
    return Person(who.id, NO_ONE)


def _is_allowed(character: str) -> bool:
    """Whether a nick may have a character anywhere."""
    try:
        check_nick(f"x{character}x", Unlimited.nick_limit)
    except BadName:
        return False
    return True
