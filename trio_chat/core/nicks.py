"""Nicks: whose each one is, and for how long it is kept for who is not there."""

from collections.abc import Callable, Sequence
from itertools import count

from trio_chat.config import Config
from trio_chat.core.claims import NOBODY, Claims
from trio_chat.core.records import Records
from trio_chat.journal.people import DAY
from trio_chat.protocol.events import Person
from trio_chat.protocol.names import BadName, check_nick, fold, likenesses
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
        self._owners: dict[str, str] = {}  # by each of the likenesses of their nicks

    def holder(self, nick: str) -> str | None:
        """Return the id of the person who has a nick.

        Raises:
            RequestError: nobody can have it.
        """
        return next(iter(self._owners_of(self._check(nick))), None)

    def check_free(self, person: Person) -> Person:
        """Return a person with the nick in its normal form.

        Raises:
            RequestError: the nick cannot be, or is somebody else's.
        """
        nick = self._check(person.nick)
        if any(owner != person.id for owner in self._owners_of(nick)):
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
        for before in self._others(person_id, person.nick):
            self.free(before)  # it was kept for long enough
        record = self._records.use(person_id)
        if record.nick != person.nick:
            self.disown(person_id, record.nick)
            record.call(person.nick, self._clock())
            self._records.keep(person_id, record)
        self._owners |= dict.fromkeys(likenesses(person.nick), person_id)
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
        if self._others(person_id, nick):
            return False
        self._owners |= dict.fromkeys(likenesses(nick), person_id)
        return True

    def free(self, person_id: str) -> None:
        """Let others have somebody's nick."""
        record = self._records.get(person_id)
        self.disown(person_id, record.nick)
        record.call("", self._clock())
        self._records.keep(person_id, record)

    def contend(self, person_id: str, nick: str) -> Sequence[str]:
        """Take in that somebody has a nick at another node, where nobody knew who has it here.

        Returns:
            The ids of those who have to do without: for whom this node does not hold it, if it does
            for another one, else whoever took it later.
        """
        folded = fold(nick)

        def place(one: str) -> tuple[bool, int, str]:
            return not self._claims.holds(one, folded), self._records.get(one).named, one

        others = self._others(person_id, nick)
        first = min((person_id, *others), key=place)
        if first != person_id:
            return (person_id,)
        self._owners |= dict.fromkeys(likenesses(nick), person_id)
        return others

    def like(self, nick: str) -> str:
        """Return a nick that nobody has, and that is like one."""
        ends = (f"-{number}" for number in count(2))
        tried = (nick[: self._config.nick_limit - len(end)] + end for end in ends)
        return next(nick for nick in tried if not self._owners_of(nick))

    def disown(self, person_id: str, nick: str) -> None:
        """Take in that somebody has a nick no more."""
        if not nick:
            return
        for likeness in likenesses(nick):
            if self._owners.get(likeness) == person_id:
                del self._owners[likeness]
        self._claims.release(person_id, fold(nick))

    def _others(self, person_id: str, nick: str) -> Sequence[str]:
        """Return the ids of others who have a nick, or one like it, or had it until lately."""
        owners = dict.fromkeys(map(self._owners.get, likenesses(nick)))
        return [owner for owner in owners if owner and owner != person_id]

    def _owners_of(self, nick: str) -> Sequence[str]:
        """Return the ids of those who have a nick, first, or one like it.

        One that was kept for long enough is free. Its owner may still be at another node: then it
        cannot be claimed here.
        """
        return [owner for owner in self._others(NOBODY, nick) if self._is_kept_for(owner)]

    def _is_kept_for(self, person_id: str) -> bool:
        kept = self._config.nick_keep_days * DAY
        is_lately = self._clock() < self._records.get(person_id).seen + kept
        return self._is_here(person_id) or is_lately

    def _check(self, nick: str) -> str:
        try:
            return check_nick(nick, self._config.nick_limit)
        except BadName as error:
            raise RequestError("bad_nick", str(error)) from None
