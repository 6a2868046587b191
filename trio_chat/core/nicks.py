"""Nicks: whose each one is, and for how long it is kept for who is not there."""

from collections.abc import Callable
from itertools import count

from trio_chat.config import Config
from trio_chat.core.records import Records
from trio_chat.journal.people import DAY
from trio_chat.protocol.events import Person
from trio_chat.protocol.names import BadName, check_nick, fold
from trio_chat.protocol.request_error import RequestError


class Nicks:
    """Knows the owner of each nick, and of all that look like it.

    A nick belongs to whoever took it first; until it is given up or kept for long enough.

    Args:
        records: Have the nick of each person.
        config: ``nick_limit`` and ``nick_keep_days``.
        clock: The wall clock, in ms since 1970.
        is_here: Tells whether somebody is connected, or was until a short while ago.
    """

    def __init__(
        self,
        records: Records,
        config: Config,
        clock: Callable[[], int],
        is_here: Callable[[str], bool],
    ) -> None:
        self._records = records
        self._config = config
        self._clock = clock
        self._is_here = is_here
        self._owners: dict[str, str] = {}  # of each folded nick

    def holder(self, nick: str) -> str | None:
        """Return the id of the person who has a nick.

        Raises:
            RequestError: nobody can have it.
        """
        return self._owner(self._check(nick))

    def check_free(self, person: Person) -> Person:
        """Return a person with the nick in its normal form.

        Raises:
            RequestError: the nick cannot be, or is somebody else's.
        """
        nick = self._check(person.nick)
        if self._owner(nick) not in (None, person.id):
            raise RequestError("nick_taken", "somebody else is called that")
        return Person(person.id, nick)

    def take(self, person_id: str, nick: str) -> Person:
        """Give a person a nick instead of the one of before.

        Raises:
            RequestError: the nick cannot be, or is somebody else's.
        """
        person = self.check_free(Person(person_id, nick))
        record = self._records.use(person_id)
        if record.nick != person.nick:
            self.disown(person_id, record.nick)
            record.nick, record.named = person.nick, self._clock()
            self._records.keep(person_id, record)
        self._owners[fold(person.nick)] = person_id
        return person

    def claim(self, person_id: str, nick: str) -> bool:
        """Take in that somebody had a nick before a restart; return whether nobody else did.

        Rules for what looks alike may have changed since.
        """
        return self._owners.setdefault(fold(nick), person_id) == person_id

    def free(self, person_id: str) -> None:
        """Let others have somebody's nick."""
        record = self._records.get(person_id)
        self.disown(person_id, record.nick)
        record.nick, record.named = "", self._clock()
        self._records.keep(person_id, record)

    def contend(self, person_id: str, nick: str) -> str | None:
        """Take in that somebody has a nick at another node, where nobody knew who has it here.

        Returns:
            The id of who has to do without: whoever took it later; ``None`` if nobody has to.
        """
        folded = fold(nick)
        owner = self._owners.setdefault(folded, person_id)
        if owner == person_id:
            return None
        first, last = sorted(
            (owner, person_id), key=lambda one: (self._records.get(one).named, one)
        )
        self._owners[folded] = first
        return last

    def like(self, nick: str) -> str:
        """Return a nick that nobody has, and that is like one."""
        ends = (f"-{number}" for number in count(2))
        tried = (nick[: self._config.nick_limit - len(end)] + end for end in ends)
        return next(nick for nick in tried if self._owner(nick) is None)

    def disown(self, person_id: str, nick: str) -> None:
        """Take in that somebody has a nick no more."""
        if nick and self._owners.get(fold(nick)) == person_id:
            del self._owners[fold(nick)]

    def _owner(self, nick: str) -> str | None:
        """Return the id of the person who has a nick; one that was kept for long enough is free."""
        owner = self._owners.get(fold(nick))
        if owner is None or self._is_here(owner):
            return owner
        if self._clock() < self._records.get(owner).seen + self._config.nick_keep_days * DAY:
            return owner
        self.free(owner)
        return None

    def _check(self, nick: str) -> str:
        try:
            return check_nick(nick, self._config.nick_limit)
        except BadName as error:
            raise RequestError("bad_nick", str(error)) from None
