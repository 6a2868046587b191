"""Uploads: the files that no message has yet, and who may send them in which room."""

from collections.abc import Callable
from dataclasses import dataclass

import msgspec
import trio

from trio_chat.journal.types import Rejected
from trio_chat.protocol.events import AnyStoredEvent, File, Message

EACH = 100  # of one person
IN_ALL = 20_000  # a hundred bytes of memory each, and their names

NO_SUCH_FILE = Rejected(
    "no_such_file", "you have not uploaded this file for this room, or not lately; do it again"
)
FILE_USED = Rejected("file_used", "another message has this file; upload it again")
TOO_MANY = "too many files of yours wait for their message"
TOO_MANY_IN_ALL = "too many files wait for their message"


@dataclass
class Upload:
    """A file that is complete, for messages of one person in one room.

    ``was_named`` tells that a message with it was handed to the journal: then the journal alone
    knows whether it is used.
    """

    file: File
    person_id: str
    room: str
    until: float  # in Trio's time, when it goes unless a message has it
    was_named: bool = False


class Used(msgspec.Struct, frozen=True):
    """A message that is kept has files from now on."""

    room: str
    seq: int
    ids: list[str]


class Uploads:
    """Remembers complete uploads until a message has them, so that the hub need not wait.

    Args:
        clock: Trio's time.
    """

    def __init__(self, clock: Callable[[], float] = trio.current_time) -> None:
        self._clock = clock
        self._uploads: dict[str, Upload] = {}  # by id
        self._of_person: dict[str, int] = {}  # how many
        self._under_way: dict[str, int] = {}  # by id: the message that the journal has
        self.tell: Callable[[Used], None] = lambda _: None  # who keeps files hears of messages

    def __len__(self) -> int:
        """Return how many there are."""
        return len(self._uploads)

    def refusal(self, person_id: str) -> str | None:
        """Return why somebody may not upload one more, if so."""
        if self._of_person.get(person_id, 0) >= EACH:
            return TOO_MANY
        return TOO_MANY_IN_ALL if len(self._uploads) >= IN_ALL else None

    def add(self, upload: Upload) -> None:
        """Take in that an upload is complete."""
        self._uploads[upload.file.id] = upload
        self._of_person[upload.person_id] = self._of_person.get(upload.person_id, 0) + 1

    def take_into(self, event: AnyStoredEvent) -> Rejected | None:
        """Put what is known of its files into a message that is handed to the journal.

        Returns:
            Why it may not have them, unless it is kept already.
        """
        if not isinstance(event, Message) or not event.files:
            return None
        found = [self._uploads.get(file.id) for file in event.files]
        who = event.who.id if event.who else None
        uploads = [one for one in found if one and one.person_id == who and one.room == event.room]
        if len(uploads) < len(found):
            return NO_SUCH_FILE
        if any(one.file.id in self._under_way for one in uploads):
            return FILE_USED
        event.files = [
            msgspec.structs.replace(one.file, alt=file.alt)
            for one, file in zip(uploads, event.files, strict=True)
        ]
        for one in uploads:
            one.was_named = True
            self._under_way[one.file.id] = id(event)
        return None

    def answered(self, event: AnyStoredEvent) -> None:
        """Take in that the journal has told what became of a message."""
        if isinstance(event, Message):
            for file in event.files:
                if self._under_way.get(file.id) == id(event):
                    del self._under_way[file.id]

    def used(self, event: Message) -> None:
        """Take in that a message with files is kept."""
        ids = [file.id for file in event.files]
        for each in ids:
            self._drop(each)
        self.tell(Used(event.room, event.seq, ids))

    def keep(self, event: Message, seconds: float) -> None:
        """Keep the files of a message that waits for approval for so long."""
        for file in event.files:
            found = self._uploads.get(file.id)
            if found:
                found.until = max(found.until, self._clock() + seconds)

    def take_old(self) -> list[Upload]:
        """Forget those whose time is over, and return them."""
        now = self._clock()
        old = [
            one
            for one in self._uploads.values()
            if one.until <= now and one.file.id not in self._under_way
        ]
        for one in old:
            self._drop(one.file.id)
        return old

    def _drop(self, file_id: str) -> None:
        found = self._uploads.pop(file_id, None)
        if found is None:
            return
        self._of_person[found.person_id] -= 1
        if not self._of_person[found.person_id]:
            del self._of_person[found.person_id]
