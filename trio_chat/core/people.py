"""People: who is connected, under which nick, and how long a nick is held for its owner."""

from collections.abc import Mapping

from trio_chat.auth.grant import ANYBODY, Grant
from trio_chat.config import Config
from trio_chat.core.sessions import Sessions
from trio_chat.delivery.recipient import Recipient
from trio_chat.protocol.events import Person
from trio_chat.protocol.names import BadName, check_nick, fold
from trio_chat.protocol.request_error import RequestError


class People:
    """Knows everybody who is connected, or was until a short while ago.

    A nick belongs to whoever took it first, until ``release``.

    Args:
        sessions: Tell whose a token is.
        config: ``nick_limit``.
    """

    def __init__(self, sessions: Sessions, config: Config) -> None:
        self._sessions = sessions
        self._config = config
        self._persons: dict[str, Person] = {}
        self._connections: dict[str, set[Recipient]] = {}
        self._held_until: dict[str, float] = {}  # of those who have no connection
        self._owners: dict[str, str] = {}  # of each folded nick
        self._changes: dict[str, str | None] = {}  # of nicks, that are to be kept

    def identify(
        self, token: str | None, key: str | None = None, subject: str | None = None
    ) -> str:
        """Return the id of a person.

        That is the one of the subject, else of whoever has the token, else of whoever has the key,
        else a new one.
        """
        if subject is not None:
            return self._sessions.id_of_subject(subject)
        known = self._sessions.person(token) if token else None
        if known:
            return known.id
        return self._sessions.id_behind(key) if key else self._sessions.new_id()

    def has_session(self, token: str | None) -> bool:
        """Whether a token is one of ours."""
        return token is not None and self._sessions.person(token) is not None

    def enter(self, person_id: str, nick: str, member: Recipient) -> Person:
        """Take a connection of somebody in.

        Raises:
            RequestError: the nick cannot be, or is somebody else's.
        """
        person = self._take_nick(person_id, nick)
        self._connections.setdefault(person.id, set()).add(member)
        self._held_until.pop(person.id, None)
        return person

    def id_of_session(self, token: str | None) -> str | None:
        """Return the id of the person of a token; ``None`` if it is nobody's."""
        person = self._sessions.person(token) if token else None
        return person.id if person else None

    def known_since(self, token: str | None) -> int | None:
        """Return since when a person is known, in ms since 1970; ``None``: this is somebody new."""
        return self._sessions.known_since(token) if token else None

    def token(self, person: Person, grant: Grant = ANYBODY, known_since: int = 0) -> str:
        """Return the token with which a person can come back; none for whom a grant names.

        Those come back by what has let them in, and no longer than that holds.
        """
        return "" if grant.subject else self._sessions.token(person, grant.mark, known_since)

    def introduce(self, token: str | None, nick: str, subject: str | None = None) -> Person:
        """Return a person for a session without a connection, which holds no nick.

        Raises:
            RequestError: the nick cannot be, or somebody else who is connected has it.
        """
        return self._check_free(Person(self.identify(token, subject=subject), nick))

    def speaker(self, token: str | None, nick: str | None, grant: Grant) -> Person | None:
        """Return as whom somebody without a connection speaks; ``None``: as nobody.

        Whom a grant names is that person. With a token it is its person, as they are called now or
        said to be by ``nick``. A nick alone makes a person whom no token can tell, the same one
        each time.

        Raises:
            RequestError: the nick cannot be, somebody else who is connected has it, or the token is
                not one of ours.
        """
        if grant.subject is not None:
            return self._named(self._sessions.id_of_subject(grant.subject), grant.nick or nick)
        if token is not None:
            known = self._sessions.person(token)
            if known is None:
                raise RequestError("unauthorized", "the session token is not one of this server")
            now = self._persons.get(known.id, known)
            return self._check_free(Person(known.id, now.nick if nick is None else nick))
        if nick is not None:
            return self._check_free(Person(self._sessions.id_of(fold(nick)), nick))
        return None

    def _named(self, person_id: str, nick: str | None) -> Person:
        """Return a person by their id, and the nick that they give or have now.

        Raises:
            RequestError: there is none, or it cannot be.
        """
        now = self._persons.get(person_id)
        nick = nick or (now.nick if now else None)
        if nick is None:
            raise RequestError("bad_nick", "say how you are called: from=NAME")
        return self._check_free(Person(person_id, nick))

    def now(self, person_id: str) -> Person | None:
        """Return a person as they are called now."""
        return self._persons.get(person_id)

    def rename(self, person: Person, nick: str) -> Person:
        """Give a person another nick.

        Raises:
            RequestError: the nick cannot be, or is somebody else's.
        """
        return self._take_nick(person.id, nick)

    def lose(self, person_id: str, member: Recipient, until: float) -> None:
        """Let a connection go; a person without any holds the nick until a time."""
        self._connections[person_id].discard(member)
        if not self._connections[person_id]:
            self._held_until[person_id] = until

    def hold(self, person: Person, until: float) -> None:
        """Hold the nick of somebody who was here before the server was started, until a time."""
        if self._owners.setdefault(fold(person.nick), person.id) == person.id:
            self._persons[person.id] = person
            self._connections[person.id] = set()
            self._held_until[person.id] = until
        else:  # rules for what looks alike have changed since
            self._changes[person.id] = None

    def take_changes(self) -> Mapping[str, str | None]:
        """Return which nicks people hold since this was asked last; ``None``: they hold none."""
        changes, self._changes = self._changes, {}
        return changes

    def release(self, person_id: str, now: float) -> None:
        """Forget a person who has not come back in time, and let others have the nick."""
        if self._held_until.get(person_id, float("inf")) <= now:
            del self._held_until[person_id]
            del self._connections[person_id]
            del self._owners[fold(self._persons.pop(person_id).nick)]
            self._changes[person_id] = None

    def _check_free(self, person: Person) -> Person:
        nick = self._check_nick(person.nick)
        if self._owners.get(fold(nick), person.id) != person.id:
            raise _taken()
        return Person(person.id, nick)

    def _check_nick(self, nick: str) -> str:
        try:
            return check_nick(nick, self._config.nick_limit)
        except BadName as error:
            raise RequestError("bad_nick", str(error)) from None

    def _take_nick(self, person_id: str, nick: str) -> Person:
        nick = self._check_nick(nick)
        if self._owners.setdefault(fold(nick), person_id) != person_id:
            raise _taken()
        before = self._persons.get(person_id)
        if before and fold(before.nick) != fold(nick):
            del self._owners[fold(before.nick)]
        person = self._persons[person_id] = Person(person_id, nick)
        if person != before:
            self._changes[person_id] = nick
        return person


def _taken() -> RequestError:
    return RequestError("nick_taken", "somebody else is called that")
