"""What is kept of each person: the nick, sessions, and how far they have read."""

import msgspec

SESSIONS = 100  # of a person; of more the ones seen longest ago end
ENDED = 100  # ended sessions that are told apart; of more all are over that began before them
MARKS = 500  # rooms of a person whose marks are kept; of more those marked longest ago go
STAMP = 12  # digits that begin the id of a session: when it began, in ms since 1970
DAY = 24 * 60 * 60 * 1000  # milliseconds
AFTER_ALL = "g"  # is more than each digit
NOBODY = ""  # the id under which is kept what holds for people without a record


class SessionRecord(msgspec.Struct, array_like=True):
    """A session: when it was seen last, in ms since 1970, and by what device."""

    seen: int
    label: str = ""


class PersonRecord(msgspec.Struct, omit_defaults=True):
    """A person. Of mappings what was used last comes last.

    ``nick`` is empty if none is held. ``seen`` (last) and ``since`` (first) are in ms since 1970;
    that of earlier releases, and of whom a grant names, is 0. A session is over if it is
    among ``ended``, or began no later than ``floor`` and is not among ``sessions``. ``marks`` has
    the number of the last message read in each room, of the epoch ``epoch``, and ``backs`` how
    often it was set back or forgotten, if it was. ``named`` is when the nick was taken or given up,
    in ms since 1970; 0 if that was in an earlier release.
    """

    nick: str = ""
    seen: int = 0
    sessions: dict[str, SessionRecord] = {}
    ended: list[str] = []
    floor: str = ""
    epoch: str = ""
    marks: dict[str, int] = {}
    since: int = 0
    named: int = 0
    backs: dict[str, int] = {}

    @property
    def has_come_back(self) -> bool:
        """Whether somebody was here again a day or more after the first time."""
        return self.seen - self.since >= DAY

    @property
    def is_empty(self) -> bool:
        """Whether nothing is worth keeping."""
        return not (self.nick or self.sessions or self.ended or self.floor or self.marks)

    @property
    def last_ended(self) -> str:
        """The latest session that is known to be over; empty without any."""
        return max((self.floor, *self.ended))

    def is_over(self, session: str) -> bool:
        """Whether a session was ended; one without an id, of an earlier release, is the oldest."""
        if session in self.sessions:
            return False
        return session in self.ended or (bool(self.floor) and session <= self.floor)

    def call(self, nick: str, now: int) -> None:
        """Take in that a nick was taken, or with an empty one given up; it is later than before.

        The clock may have been set back, or be behind that of another node.
        """
        self.nick, self.named = nick, max(now, self.named + 1)

    def see(self, session: str, now: int, label: str = "") -> str | None:
        """Take in that a session was seen; return the one that ends for it, if there are too many.

        Args:
            session: Its id.
            now: In ms since 1970.
            label: Of its device; empty: as it was.
        """
        before = self.sessions.pop(session, None)
        label = label or (before.label if before else "")
        self.sessions[session] = SessionRecord(now, label)
        if len(self.sessions) <= SESSIONS:
            return None
        oldest = next(iter(self.sessions))
        self.end(oldest)
        return oldest

    def end(self, session: str) -> None:
        """End a session."""
        self.sessions.pop(session, None)
        self.ended.append(session)
        if len(self.ended) > ENDED:
            self.ended.sort()
            self.floor = max(self.floor, self.ended.pop(0))

    def end_all(self, now: int) -> None:
        """End all sessions that have begun by now."""
        stamp = max(f"{now:0{STAMP}x}", self.last_ended[:STAMP], *self.sessions)[:STAMP]
        self.sessions, self.ended, self.floor = {}, [], stamp + AFTER_ALL

    def next_stamp(self, now: int) -> str:
        """Return the beginning of the id of a new session, behind all that are over."""
        if not self.floor:
            return f"{now:0{STAMP}x}"
        return f"{max(now, int(self.floor[:STAMP], 16) + 1):0{STAMP}x}"

    def mark(self, room: str, seq: int, epoch: str, *, is_back: bool = False) -> bool:
        """Take in that a room was read up to a number; return whether that changes something.

        It only grows, unless ``is_back``. Numbers of another epoch mean nothing.
        """
        if self.epoch != epoch:
            self.marks, self.backs, self.epoch = {}, {}, epoch
            self.seen += 1  # so that it counts as later than what there is of the epoch before
        before = self.marks.pop(room, -1)
        self.marks[room] = seq if is_back else max(before, seq)
        if is_back:
            self.backs[room] = self.backs.pop(room, 0) + 1
        _bound(self.marks)
        _bound(self.backs)
        return is_back or seq > before

    def forget(self, room: str) -> bool:
        """Forget the mark of a room, as if it was set back; return whether there was one."""
        if self.marks.pop(room, None) is None:
            return False
        self.backs[room] = self.backs.pop(room, 0) + 1
        _bound(self.backs)
        return True

    def place(self, room: str) -> tuple[int, int]:
        """Return how often the mark of a room was set back, and it; the greater of two counts."""
        return self.backs.get(room, 0), self.marks.get(room, -1)

    def marks_in(self, epoch: str) -> dict[str, int]:
        """Return the marks, if they are of this epoch."""
        return self.marks if self.epoch == epoch else {}


def _bound(numbers: dict[str, int]) -> None:
    """Forget the numbers of the rooms that come first, if there are too many."""
    while len(numbers) > MARKS:
        del numbers[next(iter(numbers))]


def merged(one: PersonRecord, other: PersonRecord) -> PersonRecord:
    """Return what two nodes together know of a person; in whichever order, it is the same.

    The nick is the one that was taken or given up last. A session is over if one of them says so.
    """
    named = max(one, other, key=lambda record: (record.named, record.nick))
    marked = max(one, other, key=lambda record: (bool(record.epoch), record.seen, record.epoch))
    both = PersonRecord(
        nick=named.nick,
        named=named.named,
        seen=max(one.seen, other.seen),
        since=min(filter(None, (one.since, other.since)), default=0),
        floor=max(one.floor, other.floor),
        epoch=marked.epoch,
    )
    both.ended = sorted({*one.ended, *other.ended})
    while len(both.ended) > ENDED:
        both.floor = max(both.floor, both.ended.pop(0))
    both.sessions = _sessions_of(one, other)
    while len(both.sessions) > SESSIONS:
        both.end(next(iter(both.sessions)))
    for record in (one, other):
        for room in [*record.backs, *record.marks] if record.epoch == both.epoch else ():
            back, seq = max(both.place(room), record.place(room))
            both.marks.pop(room, None)
            if seq >= 0:  # else it was forgotten
                both.marks[room] = seq
            if back:
                both.backs[room] = back
    _bound(both.marks)
    _bound(both.backs)
    return both


def _sessions_of(one: PersonRecord, other: PersonRecord) -> dict[str, SessionRecord]:
    """Return the sessions that go on as far as two nodes know, the one seen longest ago first."""
    known = [*one.sessions.items(), *other.sessions.items()]
    known.sort(key=lambda item: (item[1].seen, item[1].label, item[0]))
    latest: dict[str, SessionRecord] = {}
    for session, kept in known:
        if not (one.is_over(session) or other.is_over(session)):
            latest.pop(session, None)
            latest[session] = kept
    return latest


class Head(msgspec.Struct):
    """The part of a record by which people are found; others are not read with it."""

    nick: str = ""
    seen: int = 0


_encode = msgspec.msgpack.Encoder().encode
_decode = msgspec.msgpack.Decoder(PersonRecord).decode
_decode_head = msgspec.msgpack.Decoder(Head).decode


def encode(record: PersonRecord) -> bytes:
    """Return a record as it is kept."""
    return _encode(record)


def decode(data: bytes) -> PersonRecord:
    """Return a record that was kept; an empty one if it is damaged."""
    try:
        return _decode(data)
    except msgspec.MsgspecError:
        return PersonRecord()


def head_of(data: bytes) -> Head | None:
    """Return the head of a record that was kept; ``None`` if that is damaged."""
    try:
        return _decode_head(data)
    except msgspec.MsgspecError:
        return None


def began(session: str) -> int:
    """Return when a session began, in ms since 1970."""
    return int(session[:STAMP], 16)
