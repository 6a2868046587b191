"""People: who is connected, under which nick, and which sessions they come back by."""

from collections.abc import Callable, Collection, Iterable, Mapping
from typing import NamedTuple

from trio_chat.auth.grant import ANYBODY, Grant
from trio_chat.clock import wall_clock
from trio_chat.config import Config
from trio_chat.core.claims import Claims
from trio_chat.core.nicks import Nicks
from trio_chat.core.records import Records
from trio_chat.core.sessions import Claim, Sessions
from trio_chat.core.timers import Timers
from trio_chat.delivery.recipient import Recipient
from trio_chat.journal.people import DAY, PersonRecord, decode, head_of, merged
from trio_chat.protocol.events import Person
from trio_chat.protocol.names import fold


class Followed(NamedTuple):
    """What somebody's record of another node has changed.

    ``renamed`` has people before and after, ``before`` what was known of how far the person had
    read.
    """

    renamed: list[tuple[Person, Person]]
    before: PersonRecord


class People:
    """Knows everybody who is connected, or was until a short while ago, and who comes back.

    Args:
        sessions: Makes tokens.
        config: How long, and for how many, something is kept.
        clock: The wall clock, in ms since 1970.
        claims: Have nicks held by this node, where others have the database, too.
    """

    def __init__(
        self,
        sessions: Sessions,
        config: Config,
        clock: Callable[[], int] = wall_clock,
        claims: Claims | None = None,
    ) -> None:
        self._sessions = sessions
        self._config = config
        self._clock = clock
        self._persons: dict[str, Person] = {}  # who is connected, or was until a short while ago
        self._connections: dict[str, set[Recipient]] = {}
        self._held_until: dict[str, float] = {}  # of those who have no connection
        self._leaving: set[str] = set()  # who give up their nick with their last connection
        self.records = Records(config, lambda id, record: self.nicks.disown(id, record.nick))
        self.claims = claims = claims or Claims(Timers(), lambda: 0.0)
        claims.is_used = self._is_called
        self.nicks = Nicks(self.records, config, clock, self.is_here, claims)

    # Sessions

    @property
    def here(self) -> int:
        """How many are connected, or were until a short while ago."""
        return len(self._persons)

    def claim(self, token: str | None) -> Claim | None:
        """Return what a token says; ``None`` if it is not ours, or its session is over."""
        claim = self._sessions.claim(token) if token else None
        if claim is None or self._is_expired(claim):
            return None
        return None if self._is_over(claim) else claim

    def is_ended(self, token: str | None) -> bool:
        """Whether a token is one of ours, and its session was ended.

        One that is over for its age alone counts as unknown.
        """
        claim = self._sessions.claim(token) if token else None
        return claim is not None and self._is_over(claim)

    def _is_over(self, claim: Claim) -> bool:
        return self.records.get(claim.person.id).is_over(claim.session)

    def _is_expired(self, claim: Claim) -> bool:
        days = self._config.session_days
        return bool(days and claim.issued) and self._clock() >= claim.issued + days * DAY

    def identify(
        self,
        token: str | None,
        key: str | None = None,
        subject: str | None = None,
        new_id: Callable[[], str] | None = None,
    ) -> str:
        """Return the id of a person.

        That is the one of the subject, else of whoever has the token, else of whoever has the key,
        else a new one.
        """
        if subject is not None:
            return self._sessions.id_of_subject(subject)
        claim = self.claim(token)
        if claim:
            return claim.person.id
        if key:
            return self._sessions.id_behind(key)
        return new_id() if new_id else self.new_id()

    def new_id(self) -> str:
        """Return the id of a new person."""
        return self._sessions.new_id()

    def met_at(self, person_id: str) -> int:
        """Return since when somebody is known by a session, in ms since 1970; 0 if by none."""
        return self.records.get(person_id).since

    def known_before(self, person_ids: Iterable[str], time: int) -> set[str]:
        """Return those who are known by a session since before a time, in ms since 1970."""
        return self.records.known_before(person_ids, time)

    def has_session(self, token: str | None) -> bool:
        """Whether a token is one of ours, and its session goes on."""
        return self.claim(token) is not None

    def known_since(self, token: str | None) -> int | None:
        """Return since when a person is known, in ms since 1970; ``None``: this is somebody new."""
        claim = self.claim(token)
        return claim.known_since if claim else None

    def mark_for(self, password: str) -> str:
        """Return the mark of those who know a password. It ends with the password."""
        return self._sessions.mark_for(password)

    def mark_of(self, token: str) -> str | None:
        """Return the mark of a session; ``None`` if it has none, or is none, or is over."""
        claim = self.claim(token)
        return claim.mark if claim else None

    def begin_session(self, person_id: str, token: str | None, label: str) -> tuple[str, str]:
        """Go on with the session of a token, or begin one.

        Args:
            person_id: Whose.
            token: What they have shown.
            label: Of their device.

        Returns:
            The session's id, and that of another one that has ended for it, if there were too many.
        """
        now = self._clock()
        claim = self.claim(token)
        record = self.records.get(person_id)
        session = claim.session if claim else ""
        session = session or self._sessions.new_session(record.next_stamp(now))
        ended = record.see(session, now, label) or ""
        record.seen = now
        record.since = record.since or (claim.known_since if claim else 0) or now
        self.records.keep(person_id, record, is_lazy=not ended)
        return session, ended

    def token(
        self, person: Person, grant: Grant = ANYBODY, known_since: int = 0, session: str = ""
    ) -> str:
        """Return the token with which a person can come back; none for whom a grant names.

        Those come back by what has let them in, and no longer than that holds.
        """
        if grant.subject:
            return ""
        return self._sessions.token(person, grant.mark, known_since, session, self._clock())

    def check_name(self, person: Person) -> None:
        """Make sure that somebody who may not be here can have a nick.

        Raises:
            Unclaimed: this node does not hold it for them yet.
        """
        if not self.is_here(person.id):
            self.claims.check(person.id, fold(person.nick))

    def name(self, person: Person) -> None:
        """Keep the nick of somebody who has a session and is not here, as of those who were."""
        if not self.is_here(person.id):
            self.nicks.take(person.id, person.nick)
            self.records.put_away(person.id)

    def see(self, person_id: str) -> None:
        """Take in that somebody who is not here does something, so that their nick stays kept."""
        record, now = self.records.get(person_id), self._clock()
        if record.nick and now - record.seen > DAY:
            record.seen = now
            self.records.keep(person_id, record, is_lazy=True)

    # Connections and nicks

    def now(self, person_id: str) -> Person | None:
        """Return a person as they are called now."""
        known = self._persons.get(person_id)
        if known:
            return known
        nick = self.records.get(person_id).nick
        return Person(person_id, nick) if nick else None

    def connections_of(self, person_id: str) -> Collection[Recipient]:
        """Return the connections of a person."""
        return self._connections.get(person_id, ())

    def enter(self, person_id: str, nick: str, member: Recipient) -> Person:
        """Take a connection of somebody in.

        Raises:
            RequestError: the nick cannot be, or is somebody else's.
            Unclaimed: this node does not hold it for them yet.
        """
        person = self._take_nick(person_id, nick)
        self._connections.setdefault(person.id, set()).add(member)
        self._held_until.pop(person.id, None)
        self._leaving.discard(person.id)
        return person

    def rename(self, person: Person, nick: str) -> Person:
        """Give a person another nick.

        Raises:
            RequestError: the nick cannot be, or is somebody else's.
            Unclaimed: this node does not hold it for them yet.
        """
        return self._take_nick(person.id, nick)

    def lose(self, person_id: str, member: Recipient, until: float, session: str = "") -> None:
        """Let a connection of a session go; a person without any holds the nick until a time."""
        self._connections[person_id].discard(member)
        if not self._connections[person_id]:
            self._held_until[person_id] = until
        record = self.records.use(person_id)
        record.seen = self._clock()
        if session in record.sessions:
            record.see(session, record.seen)
        self.records.keep(person_id, record, is_lazy=True)

    def give_up(self, person_id: str) -> None:
        """Keep a nick no longer than until the last connection of its owner is gone."""
        self._leaving.add(person_id)

    def is_leaving(self, person_id: str) -> bool:
        """Whether somebody gives up nick and place with their last connection."""
        return person_id in self._leaving

    def release(self, person_id: str, now: float) -> None:
        """Forget who has not come back in time, and let others have a nick that is not kept."""
        if self._held_until.get(person_id, float("inf")) > now:
            return
        del self._held_until[person_id]
        del self._connections[person_id]
        del self._persons[person_id]
        if not self._config.nick_keep_days or person_id in self._leaving:
            self._leaving.discard(person_id)
            self.nicks.free(person_id)
        nick = self.records.get(person_id).nick
        self.claims.release_unused(person_id, fold(nick))
        self.records.put_away(person_id)

    # Nicks that are kept

    def hold(
        self, records: Mapping[str, bytes], until: float, freed: Mapping[str, int]
    ) -> list[str]:
        """Take in the records of people who were here before the server was started.

        Args:
            records: Of each person, encoded, by their ids.
            until: The time until which nicks are held if they are not kept for longer.
            freed: When operators have freed the nicks of people, in ms since 1970.

        Returns:
            The ids of those whose nicks are held until that time.
        """
        held = []
        heads = [(head, id) for id, data in records.items() if (head := head_of(data))]
        for head, id in sorted(heads, key=lambda item: item[0].seen):
            is_owner = not head.nick or self.nicks.claim(id, head.nick)
            self.records.load(id, records[id])
            if not is_owner or freed.get(id, -1) >= head.seen:
                self.nicks.free(id)
            elif head.nick and not self._config.nick_keep_days:
                self._persons[id] = Person(id, head.nick)
                self._connections[id] = set()
                self._held_until[id] = until
                self.records.use(id)
                held.append(id)
        return held

    def follow(self, id: str, data: bytes) -> Followed:
        """Take in what another node has kept of a person; what only this one knows is kept, too.

        Of two who have the same nick, each at another node, the one who took it later gets a like
        one, or has none if they are not here.
        """
        ours, theirs = self.records.get(id), decode(data)
        both = merged(ours, theirs)
        here = self._persons.get(id)
        if here and not both.nick:
            both.call(here.nick, self._clock())
        if both.nick != ours.nick:
            self.nicks.disown(id, ours.nick)
        self.records.adopt(id, both)
        if both != theirs:
            self.records.keep(id, both, is_lazy=True)
        renamed = []
        if here and here.nick != both.nick:
            self._persons[id] = Person(id, both.nick)
            renamed.append((here, self._persons[id]))
            self.claims.hold(id, fold(both.nick))
        for loser in self.nicks.contend(id, both.nick) if both.nick else ():
            if loser in self._persons:
                renamed.append(self._rename_like(loser, both.nick))
            else:
                self.nicks.free(loser)
        return Followed(renamed, ours if ours.epoch == both.epoch else PersonRecord())

    def lose_nick(self, person_id: str, folded: str) -> list[tuple[Person, Person]]:
        """Take in that somebody else has a nick; return who is renamed for it, before and after."""
        here = self._persons.get(person_id)
        return (
            [self._rename_like(person_id, here.nick)] if here and fold(here.nick) == folded else []
        )

    def _rename_like(self, person_id: str, nick: str) -> tuple[Person, Person]:
        """Give somebody who is here a nick like one that they cannot have."""
        before = self._persons[person_id]
        person = self.nicks.take(person_id, self.nicks.like(nick), is_forced=True)
        self._persons[person_id] = person
        return before, person

    def _is_called(self, person_id: str, folded: str) -> bool:
        """Whether somebody is here under a nick."""
        here = self._persons.get(person_id)
        return here is not None and fold(here.nick) == folded

    def is_here(self, person_id: str) -> bool:
        """Whether somebody is connected, or was until a short while ago."""
        return person_id in self._persons

    def free(self, person_id: str) -> None:
        """Let others have the nick of somebody who is not here."""
        if not self.is_here(person_id):
            self.nicks.free(person_id)

    def _take_nick(self, person_id: str, nick: str) -> Person:
        person = self._persons[person_id] = self.nicks.take(person_id, nick)
        return person
