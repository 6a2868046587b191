"""Records: what is kept of people, within a bound, and which of it is to be written down."""

from collections import OrderedDict
from collections.abc import Callable, Iterable, Mapping
from typing import NamedTuple

from trio_chat.config import Config
from trio_chat.journal.people import NOBODY, PersonRecord, decode, encode

WRITTEN_AT_ONCE = 100  # records in a turn of the hub, about a millisecond
FORGOTTEN_AT_ONCE = 100  # records, if the bound has become lower; about a millisecond
LAZY = 5.0  # seconds for which what nobody waits for is collected before it is written down
SHARED_LAZY = 0.5  # likewise, where other nodes are to learn it
NEVER = float("inf")
NOW = float("-inf")


class Changes(NamedTuple):
    """Records to write down, encoded, by the person's id; ``None``: there is none any more.

    ``number`` counts these, so that it can be told which are kept.
    """

    number: int = 0
    records: Mapping[str, bytes | None] = {}


NO_CHANGES = Changes()


class Records:
    """Holds records: those in use as they are, and all others encoded, which takes less memory.

    Beyond the bound the ones go that were used longest ago: first of those who have not come back
    on another day, so that names made in great number displace each other alone. That sessions of
    theirs were ended is not forgotten: those that began no later are over then for all people
    without a record.

    Args:
        config: ``names_kept``: how many, besides those that are in use.
        gone: Is called with the id and the record of each that goes.
    """

    def __init__(self, config: Config, gone: Callable[[str, PersonRecord], None]) -> None:
        self._config = config
        self._gone = gone
        self._used: dict[str, PersonRecord] = {}
        # Of both the one used longest ago comes first.
        self._new: OrderedDict[str, bytes] = OrderedDict()  # of those who have not come back yet
        self._others: OrderedDict[str, bytes] = OrderedDict()
        self._nobody = PersonRecord()  # has the ``floor`` of people without a record
        self._beside: dict[str, bytes | None] = {}  # what else is to be written down, by key
        self._changed: OrderedDict[str, None] = OrderedDict()
        self._number = 0
        self.lazy = LAZY  # seconds; other nodes wait for it, too, if there are any
        self.due_at = NEVER  # when changes are to be taken, in Trio's time

    def load(self, id: str, data: bytes) -> None:
        """Take in a record as the journal has it; the one that was seen longest ago first."""
        if id == NOBODY:
            self._nobody = decode(data)
        else:
            self._file(id, decode(data), data)

    def get(self, id: str) -> PersonRecord:
        """Return the record of a person, or what there would be for one who has none.

        What is changed in it counts after ``keep``.
        """
        used = self._used.get(id)
        if used is not None:
            return used
        data = self._filed(id)
        return decode(data) if data is not None else PersonRecord(floor=self._nobody.floor)

    def known_before(self, ids: Iterable[str], time: int) -> set[str]:
        """Return those who have a record since before a time, in ms since 1970."""
        return {
            id
            for id in ids
            if id in self._used or id in self._others or id in self._new
            if 0 < self.get(id).since < time
        }

    def keep(self, id: str, record: PersonRecord, *, is_lazy: bool = False) -> None:
        """Have a record written down, at once or within ``LAZY``; one with nothing in it goes."""
        if id not in self._used:
            self._put(id, record)
        self._note(id, is_lazy=is_lazy)

    def keep_beside(self, key: str, data: bytes | None, *, is_lazy: bool = True) -> None:
        """Have something else written down, by a key that is nobody's id.

        ``None``: there is nothing any more. It counts for nothing here.
        """
        self._beside[key] = data
        self._note(key, is_lazy=is_lazy)

    def adopt(self, id: str, record: PersonRecord) -> None:
        """Take over what another node knows of a person; that is written down already."""
        if id in self._used:
            self._used[id] = record
        else:
            self._put(id, record)

    def raise_floor(self, data: bytes) -> None:
        """Take over what another node knows of people without a record."""
        self._nobody.floor = max(self._nobody.floor, decode(data).floor)

    def use(self, id: str) -> PersonRecord:
        """Return the record of a person, which stays as it is at hand until ``put_away``."""
        if id not in self._used:
            self._used[id] = self.get(id)
            self._unfile(id)
        return self._used[id]

    def put_away(self, id: str) -> None:
        """Use a record no more; one with nothing in it goes."""
        record = self._used.pop(id)
        self._put(id, record)
        if record.is_empty:
            self._note(id)

    def _put(self, id: str, record: PersonRecord) -> None:
        self._unfile(id)
        if not record.is_empty:
            self._file(id, record, encode(record))

    def _file(self, id: str, record: PersonRecord, data: bytes) -> None:
        (self._others if record.has_come_back else self._new)[id] = data
        self._make_room()

    def _filed(self, id: str) -> bytes | None:
        data = self._others.get(id)
        return self._new.get(id) if data is None else data

    def _unfile(self, id: str) -> None:
        self._new.pop(id, None)
        self._others.pop(id, None)

    def drop(self, id: str, before: int) -> None:
        """Forget a record that the journal has dropped, unless somebody has been there since.

        Args:
            id: Whose.
            before: Those seen before this time are dropped, in ms since 1970.
        """
        if id in self._used:
            self._note(id)
        elif self._filed(id) is not None:
            record = self.get(id)
            if record.seen < before:
                self._unfile(id)
                self._gone(id, record)
            else:
                self._note(id)

    def see_all(self, now: int) -> None:
        """Note that everybody whose record is in use was seen until now, and write all of it."""
        for id, record in self._used.items():
            record.seen = now
            self._note(id)
        if self._changed:  # of those who are gone already, too
            self.due_at = NOW

    def _make_room(self) -> None:
        excess = len(self._new) + len(self._others) - self._config.names_kept
        for _ in range(min(excess, FORGOTTEN_AT_ONCE)):
            id, data = (self._new or self._others).popitem(last=False)
            record = decode(data)
            if record.last_ended > self._nobody.floor:
                self._nobody.floor = record.last_ended
                self._note(NOBODY)
            self._note(id)
            self._gone(id, record)

    def _note(self, id: str, *, is_lazy: bool = False) -> None:
        self._changed[id] = None
        if not is_lazy:
            self.due_at = NOW

    @property
    def is_written(self) -> bool:
        """Whether there is nothing to write down."""
        return not self._changed

    def take_changes(self, now: float) -> Changes:
        """Return some of what is to be written down by now; ``due_at`` tells when there is more."""
        if self._changed and self.due_at == NEVER:
            self.due_at = now + self.lazy
        if now < self.due_at:
            return Changes(self._number)
        count = min(len(self._changed), WRITTEN_AT_ONCE)
        ids = [self._changed.popitem(last=False)[0] for _ in range(count)]
        if not self._changed:
            self.due_at = NEVER
        self._number += 1
        return Changes(self._number, {id: self._data(id) for id in ids})

    def _data(self, id: str) -> bytes | None:
        if id == NOBODY:
            return encode(self._nobody)
        if id in self._beside:
            return self._beside.pop(id)
        used = self._used.get(id)
        return encode(used) if used is not None else self._filed(id)
