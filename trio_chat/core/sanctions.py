"""The sanctions of a room: who is muted or banned there, by which acts, and until when."""

from bisect import insort
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple

from trio_chat.protocol.person import Person

# Mutes, or bans, of a person in a room. Beyond that the one that ends first goes, of those that
# moderators have set if there is any: so they do not displace what an operator has set.
PER_PERSON = 8


class Sanction(NamedTuple):
    """A mute or a ban of one person."""

    person: Person
    until: int  # in milliseconds since 1970
    addresses: Sequence[str]
    why: str
    act: int  # the number of the act that has set it
    by_operator: bool = False


class Sanctions(Mapping[str, Sanction]):
    """Mutes, or bans, by the person's id: of several of a person the one that ends last counts.

    The others are kept, so that whatever act is taken back leaves what others have set.
    """

    def __init__(self) -> None:
        self._of: dict[
            str, list[Sanction]
        ] = {}  # of each person, the one that ends last at the end
        self.addresses: dict[str, int] = {}  # that are banned, until when
        self._latest = 0  # until when any was set, in ms since 1970

    def __getitem__(self, person_id: str) -> Sanction:
        """Return the one that counts for a person."""
        return self._of[person_id][-1]

    def of(self, person_id: str) -> Sanction | None:
        """Return the same, or ``None``; it is asked for everybody, and most have none."""
        those = self._of.get(person_id)
        return those[-1] if those else None

    def __iter__(self) -> Iterator[str]:
        """Return an iterator over the people's ids."""
        return iter(self._of)

    def __len__(self) -> int:
        """Return of how many people there are any."""
        return len(self._of)

    def add(self, sanction: Sanction) -> None:
        """Take in one more."""
        self._latest = max(self._latest, sanction.until)
        those = self._of.setdefault(sanction.person.id, [])
        insort(those, sanction, key=lambda one: one.until)
        if len(those) > PER_PERSON:
            those.remove(min(those, key=lambda one: (one.by_operator, one.until)))
        for address in sanction.addresses:
            self._extend(address, sanction.until)

    def lift(self, people: Iterable[Person], act: int | None = None) -> None:
        """Take back those of people that an act has set; without one, all that they have."""
        lifted: list[Sanction] = []
        for person in people:
            those = self._of.pop(person.id, [])
            left = [one for one in those if act is not None and one.act != act]
            lifted += [one for one in those if one not in left]
            if left:
                self._of[person.id] = left
        self._free({address for one in lifted for address in one.addresses})

    def holds(self, person_id: str, now: int, besides: int = 0) -> bool:
        """Whether a person has one at a time in ms since 1970, but for that of an act."""
        those = self._of.get(person_id, ())
        return any(one.until > now and one.act != besides for one in those)

    def may_hold(self, now: int) -> bool:
        """Whether any may hold at a time in ms since 1970: it is not looked at each of them."""
        return bool(self._of) and now < self._latest

    def are_operators(self, person_id: str, now: int) -> bool:
        """Whether an operator has set one of a person that holds at a time in ms since 1970."""
        those = self._of.get(person_id, ())
        return any(one.until > now and one.by_operator for one in those)

    def forget(self, now: int) -> None:
        """Forget those that are over at a time in ms since 1970."""
        for person_id in [id for id, those in self._of.items() if those[0].until <= now]:
            those = self._of.pop(person_id)
            if those[-1].until > now:
                self._of[person_id] = [one for one in those if one.until > now]
        for address in [one for one, until in self.addresses.items() if until <= now]:
            del self.addresses[address]

    def _extend(self, address: str, until: int) -> None:
        self.addresses[address] = max(until, self.addresses.get(address, 0))

    def _free(self, addresses: set[str]) -> None:
        """Ban addresses no more, unless they are somebody's who still is."""
        for address in addresses:
            self.addresses.pop(address, None)
        for those in self._of.values() if addresses else ():
            for one in those:
                for address in addresses.intersection(one.addresses):
                    self._extend(address, one.until)
