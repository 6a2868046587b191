"""Nicks: whose each one is, and for how long it is kept for who is not there."""

from collections.abc import Callable
from itertools import count

from trio_chat.config import Config
from trio_chat.core.claims import NOBODY, Claims
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
        claims: Have nicks held by this node, where others have the database, too.
    """

    def __init__(
        self,
        records: Records,
        config: Config,
        clock: Callable[[], int],
        is_here: Callable[[str], bool],
        claims: Claims,
    ) -> None:
        self._records = records
        self._config = config
        self._clock = clock
        self._is_here = is_here
        self._claims = claims
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

    def take(self, person_id: str, nick: str, *, is_forced: bool = False) -> Person:
        """Give a person a nick instead of the one of before.

        Args:
            person_id: Who.
            nick: As they wish to be called.
            is_forced: Whether they get it before it is claimed, as they have to have one.

        Raises:
            RequestError: the nick cannot be, or is somebody else's.
            Unclaimed: this node does not hold it for them yet.
        """
        person = self.check_free(Person(person_id, nick))
        folded = fold(person.nick)
        if is_forced:
            self._claims.hold(person_id, folded)
        self._claims.check(person_id, folded)
        before = self._owners.get(folded, person_id)
        if before != person_id:
            self.free(before)  # it was kept for long enough
        record = self._records.use(person_id)
        if record.nick != person.nick:
            self.disown(person_id, record.nick)
            record.nick, record.named = person.nick, self._clock()
            self._records.keep(person_id, record)
        self._owners[folded] = person_id
        return person

    def check_unused(self, nick: str) -> None:
        """Make sure that nobody has a nick at any node just now.

        Raises:
            RequestError: nobody can have it.
            Unclaimed: that is not clear yet.
        """
        folded = fold(self._check(nick))
        self._claims.check(NOBODY, folded)
        self._claims.release(NOBODY, folded)

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
            The id of who has to do without: for whom this node does not hold it, if it does for
            the other one, else whoever took it later; ``None`` if nobody has to.
        """
        folded = fold(nick)
        owner = self._owners.setdefault(folded, person_id)
        if owner == person_id:
            return None

        def place(one: str) -> tuple[bool, int, str]:
            return not self._claims.holds(one, folded), self._records.get(one).named, one

        first, last = sorted((owner, person_id), key=place)
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
            self._claims.release(person_id, fold(nick))

    def _owner(self, nick: str) -> str | None:
        """Return the id of the person who has a nick; one that was kept for long enough is free.

        Its owner may still be at another node: then it cannot be claimed here.
        """
        owner = self._owners.get(fold(nick))
        if owner is None or self._is_here(owner):
            return owner
        if self._clock() < self._records.get(owner).seen + self._config.nick_keep_days * DAY:
            return owner
        return None

    def _check(self, nick: str) -> str:
        try:
            return check_nick(nick, self._config.nick_limit)
        except BadName as error:
            raise RequestError("bad_nick", str(error)) from None
