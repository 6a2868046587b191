"""Reads an exported file, and refuses what is damaged, cut short, or something else."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from typing import BinaryIO

import msgspec

from trio_chat.commands.act_rules import ACTS, ActRules
from trio_chat.commands.lines import FORMAT, Header, Line, RoomLine, call, told_as
from trio_chat.commands.room_rules import RoomRules, normal_topic
from trio_chat.commands.rule_checks import BadEvent
from trio_chat.config import Config
from trio_chat.errors import Failed
from trio_chat.journal.sqlite import cids
from trio_chat.protocol.acts import LinkMade, Reported
from trio_chat.protocol.events import ActKept, AnyStoredEvent
from trio_chat.protocol.names import BadName, check_room
from trio_chat.protocol.request_base import LAST_TIME, complaint, is_not_utf_8
from trio_chat.protocol.text import BYTE_ORDER_MARK

LINE_LIMIT = 1024 * 1024  # bytes; no server of ours keeps an event as long
LAST_NUMBER = 2**40 - 1  # of an event
CIDS = "CREATE TABLE cids (room, cid, seq, ts, author, digest, PRIMARY KEY (room, cid))"
LINKS = "CREATE TABLE links (name PRIMARY KEY)"  # ids, and digests of secrets
NOT_UTF_8 = "this is not UTF-8, in which exports are written"
UTF_16 = (b"\xff\xfe", b"\xfe\xff")  # what such a file begins with

_decoder: msgspec.json.Decoder[Line] = msgspec.json.Decoder(Line)


class ExportedFile:
    """An exported file, read line by line. What it yields is right by itself.

    A room's events follow its line, numbered without a gap. Each keeps the rules of the requests
    that ask for such events, and has their normal form; no ``cid`` comes twice in a room, and no
    room, and no link, in the file. So do acts, which come before the events.

    Args:
        file: In UTF-8, with or without a byte order mark.
        config: The limits.
        mends: Whether events that break a rule are mended instead of refused.

    Raises:
        Failed: anything else; the message names the line.
    """

    def __init__(self, file: BinaryIO, config: Config, *, mends: bool = False) -> None:
        self._file = file
        self._config = config
        self._mends = mends
        self._number = 0  # of the line
        self._room = RoomLine(room="", first=1, last=0, ts=0)
        self._told = ""  # the room's name in the file
        self._names: set[str] = set()
        self._next = 1  # number of the event to come
        self._next_act = 1
        self._reports: dict[int, int] = {}  # the line of a report, by the number of its message
        self.size = 0  # bytes that have been read
        self.header = self._read_header()

    def __iter__(self) -> Iterator[RoomLine | AnyStoredEvent]:
        """Yield all but the header."""
        with closing(sqlite3.connect("")) as scratch:  # a file of its own if it gets large
            scratch.execute(CIDS)
            scratch.execute(LINKS)
            rules = RoomRules(scratch, self._config, 1)
            act_rules = ActRules("", self._config)
            while line := self._read():
                if isinstance(line, RoomLine):
                    self._end_room(rules)
                    self._begin_room(line)
                    scratch.execute("DELETE FROM cids")
                    rules = RoomRules(scratch, self._config, line.first)
                    act_rules = ActRules(line.room, self._config)
                elif isinstance(line, Header):
                    raise self._damage("another header")
                elif isinstance(line, ActKept) and self._next_act <= self._room.acts:
                    self._check_act(line, act_rules, scratch)
                else:
                    self._check_place(line)
                    line = self._check(line, rules)
                    self._check_cid(line, scratch)
                yield line
            self._end_room(rules)
        if len(self._names) != self.header.rooms:
            raise self._damage("rooms are missing: the file was cut short")

    def _read_header(self) -> Header:
        line = self._read()
        if not isinstance(line, Header):
            raise self._damage("this is no export of trio-chat")
        if line.format < 1:
            raise self._damage("this format cannot be")
        if line.format > FORMAT:
            raise self._damage(f"format {line.format} is of a newer trio-chat")
        return line

    def _read(self) -> Line | None:
        """Return the next line, decoded; ``None`` at the end."""
        data = self._file.readline(LINE_LIMIT)
        self.size += len(data)
        if not data:
            return None
        self._number += 1
        if self._number == 1:
            data = data.removeprefix(BYTE_ORDER_MARK.encode())
        if data.startswith(UTF_16) or (self._number == 1 and b"\0" in data):
            raise self._damage(NOT_UTF_8)
        if not data.endswith(b"\n"):
            raise self._damage(
                "the line is too long" if len(data) == LINE_LIMIT else "the file was cut short"
            )
        try:
            return _decoder.decode(data)
        except RecursionError:
            raise self._damage("it is nested too deeply") from None
        except (msgspec.MsgspecError, UnicodeDecodeError) as error:
            reason = NOT_UTF_8 if is_not_utf_8(error) else complaint(error)
            raise self._damage(reason) from None

    def _begin_room(self, line: RoomLine) -> None:
        self._told = line.room
        try:
            is_normal = check_room(line.room, self._config.room_limit) == line.room
        except BadName as error:
            raise self._damage(f"room {line.room!r}: {error}") from None
        if self._mends and not is_normal:
            line.room = told_as(line.room, self._names)
        elif not is_normal or line.room in self._names:
            raise self._damage(f"room {line.room!r} cannot be, or comes twice")
        if not 1 <= line.first <= line.last + 1 <= LAST_NUMBER or not 0 <= line.ts <= LAST_TIME:
            raise self._damage("numbers that cannot be")
        if not 0 <= line.acts <= ACTS:
            raise self._damage(f"a room has at most {ACTS} acts")
        try:
            line.topic = normal_topic(line.topic, self._config)
        except BadEvent as error:
            raise self._damage(str(error)) from None
        self._names.add(line.room)
        self._room = line
        self._next = line.first
        self._next_act = 1
        self._reports = {}

    def _end_room(self, rules: RoomRules) -> None:
        self._check_acts_end()
        if self._next != self._room.last + 1:
            raise self._damage(f"room {self._room.room} lacks events from number {self._next} on")
        for seq, number in self._reports.items():
            if not rules.may_be_message(seq):
                raise Failed(f"line {number}: it reports number {seq}, which is no message")

    def _check_acts_end(self) -> None:
        if self._next_act <= self._room.acts:
            raise self._damage(f"room {self._room.room} lacks acts from {self._next_act} on")

    def _check_act(self, kept: ActKept, rules: ActRules, scratch: sqlite3.Connection) -> None:
        if kept.room != self._told or kept.seq != self._next_act:
            raise self._damage(f"room {self._told}, act {self._next_act} was to come here")
        self._next_act += 1
        call(kept, self._room.room)
        try:
            rules.take(kept)
        except BadEvent as error:
            raise self._damage(str(error)) from None
        if isinstance(kept.act, Reported):
            self._reports.setdefault(kept.act.target, self._number)
        if isinstance(kept.act, LinkMade):
            self._check_link(kept.act, scratch)

    def _check_link(self, link: LinkMade, seen: sqlite3.Connection) -> None:
        try:
            seen.executemany("INSERT INTO links VALUES (?)", [(link.link,), (link.digest,)])
        except sqlite3.IntegrityError:
            raise self._damage(f"the link {link.link} comes twice") from None

    def _check_place(self, event: AnyStoredEvent) -> None:
        self._check_acts_end()
        room = self._room
        if event.room != self._told or event.seq != self._next or event.seq > room.last:
            raise self._damage(f"room {self._told}, number {self._next} was to come here")
        self._next += 1
        call(event, room.room)

    def _check(self, event: AnyStoredEvent, rules: RoomRules) -> AnyStoredEvent:
        if self._mends:
            return rules.mend(event)
        try:
            return rules.take(event)
        except BadEvent as error:
            raise self._damage(str(error)) from None

    def _check_cid(self, event: AnyStoredEvent, seen: sqlite3.Connection) -> None:
        if cids.find(seen, 0, event):
            raise self._damage(f"the cid {event.cid!r} comes twice in the room")
        cids.keep(seen, 0, event)

    def _damage(self, reason: str) -> Failed:
        return Failed(f"line {self._number}: {reason}")
