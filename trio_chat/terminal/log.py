"""The log of a room: messages and other events in the order in which they are shown. Pure."""

from collections.abc import Iterable

from trio_chat.protocol.names import fold
from trio_chat.protocol.unicode import cut
from trio_chat.remote import (
    Clear,
    Created,
    Delete,
    Edit,
    Happening,
    Joined,
    Message,
    MessageView,
    Moderated,
    Person,
    Presence,
    React,
    Renamed,
    Restore,
    Rules,
    Topic,
)
from trio_chat.terminal.entry import Entry, Kind
from trio_chat.terminal.sanitize import sanitize, sanitize_line
from trio_chat.terminal.wording import few, kept_in_words, name

LIMIT = 2000  # entries; the oldest are dropped, and can be fetched again
NICKS_LIMIT = 10_000  # people whose nicks are known, to show what they were before
QUOTED = 60  # code points of the quote of a message
PRESENCE_LIMIT = 120  # characters of a line of people who join and leave


class Log:
    """Holds the entries, the oldest first, and our own messages that are still pending.

    ``more`` is whether the server has older messages than ``first``.
    """

    def __init__(self) -> None:
        self.entries: list[Entry] = []
        self.more = False
        self._waiting: dict[str, Entry] = {}
        self._numbers: dict[int, Entry] = {}
        self._nicks: dict[str, str] = {}
        self._began: int | None = None  # the number of the oldest message that was here

    @property
    def shown(self) -> list[Entry]:
        """All entries in the order in which they are shown: the pending ones at the end."""
        return [*self.entries, *self._waiting.values()]

    @property
    def first(self) -> int | None:
        """The number of the oldest message in the log, be it one that was cleared."""
        numbers = (entry.seq for entry in self.entries if entry.seq is not None)
        return min(filter(None, (self._began, next(numbers, None))), default=None)

    def last(self, *, is_mine: bool) -> int | None:
        """Return the number of the last message of ours, or of others, that is not deleted."""
        for entry in reversed(self.shown):
            if entry.seq is not None and entry.is_mine == is_mine and not entry.deleted:
                return entry.seq
        return None

    def last_pending(self) -> tuple[str, Entry] | None:
        """Return our last message with its cid, if that one has no number yet."""
        for cid, entry in reversed(self._waiting.items()):
            if entry.kind == "message":
                return (cid, entry) if entry.seq is None else None
        return None

    def message(self, number: int) -> Entry | None:
        """Return the message with a number, if it is in the log."""
        return self._numbers.get(number)

    def author(self, nick: str) -> Person | None:
        """Return who was called so when they said something last; see ``fold``."""
        wanted = fold(nick)
        people = (entry.who for entry in reversed(self.entries) if entry.who)
        return next((who for who in people if fold(who.nick) == wanted), None)

    @property
    def unsent(self) -> int:
        """How many of our messages are not acknowledged."""
        return sum(entry.state == "sending" for entry in self._waiting.values())

    # Our own messages and notes

    def send(self, cid: str, text: str, who: Person, ts: int, reply: int | None = None) -> None:
        """Add a message of ours that is pending."""
        entry = Entry("message", ts, sanitize(text), who, is_mine=True, state="sending")
        entry.quote = self._quote(reply)
        self._waiting[cid] = entry

    def mark_kept(self, cid: str, number: int) -> None:
        """Mark a message of ours as acknowledged; its event comes soon, or has come."""
        if cid in self._waiting:
            entry = self._numbers[number] = self._waiting[cid]
            entry.state, entry.seq = "", number

    def mark_failed(self, cid: str, why: str) -> None:
        """Mark a message of ours as refused, and show the reason."""
        entry = self._waiting.pop(cid, None)
        if entry:
            entry.state = "failed"
            entry.text += f"\nnot sent: {sanitize_line(why)}"
            self._add(entry)
            self._place_notes()

    def note(self, text: str, ts: int, kind: Kind = "note") -> None:
        """Add a note for the user, at the very end."""
        entry = Entry(kind, ts, sanitize(text))
        self._waiting[f"note {id(entry)}"] = entry
        self._place_notes()

    def _place_notes(self) -> None:
        """Move notes that are not behind a pending message to the entries."""
        for key, entry in list(self._waiting.items()):
            if entry.kind == "message":
                return
            self._add(self._waiting.pop(key))

    # Events

    def join(self, joined: Joined, ts: int) -> None:
        """Record that the room was joined, for the first time or again."""
        self._nicks = {person.id: person.nick for person in joined.members}
        if joined.gap is not None:
            self._add_note("some messages are lost: the server does not have them any more", ts)
        if joined.reset:
            self.entries.clear()
            self._numbers.clear()
            self._began = None
            self._waiting = {
                cid: entry
                for cid, entry in self._waiting.items()
                if entry.state or entry.kind != "message"
            }
            self._add_note("the server has begun anew", ts)
            self._place_notes()

    def handle(self, event: Happening, me: Person, now: int) -> bool:
        """Handle an event; return whether it is a message of somebody else."""
        match event:
            case Message(deleted=False):
                self._add_message(event, me)
                return not _is_by(event, me)
            case Edit():
                self._edit(event)
            case Delete():
                self._delete(event)
            case React():
                self._react(event)
            case Topic():
                text = f"{name(event.who)} set the topic: {sanitize_line(event.text)}"
                self._add_note(text, event.ts)
            case Clear():
                self._clear(event)
            case Created() | Rules() | Moderated() | Restore():
                self._add_note(kept_in_words(event), event.ts)
            case Presence():
                self._add_presence(event, me, now)
            case Renamed():
                self._rename(event, now)
        return False

    def _add_message(self, message: Message, me: Person) -> None:
        entry = self._waiting.pop(message.cid or "", None)
        if entry is None:
            entry = Entry("message", message.ts, sanitize(message.text), message.who)
        entry.seq, entry.ts, entry.state = message.seq, message.ts, ""
        entry.is_mine = _is_by(message, me)
        entry.quote = self._quote(message.reply)
        entry.files = message.files
        self._numbers[message.seq] = entry
        self._add(entry)
        self._place_notes()

    def _quote(self, number: int | None) -> str:
        if number is None:
            return ""
        entry = self._numbers.get(number)
        if entry is None:
            return "an earlier message"
        part = cut(entry.shown, QUOTED)
        return f"{name(entry.who)}: {part}{'' if part == entry.shown else '…'}"

    def _edit(self, edit: Edit) -> None:
        entry = self._numbers.get(edit.target)
        if entry:
            entry.text, entry.edited = sanitize(edit.text), True

    def _delete(self, delete: Delete) -> None:
        entry = self._numbers.get(delete.target)
        if entry:
            entry.delete(delete.why)

    def _clear(self, clear: Clear) -> None:
        """Remove what these authors have said up to now: no line of theirs is left."""
        authors, cleared = set(clear.authors), dict[str, Person | None]()
        also, gone = set(clear.also), set[int]()
        for seq, entry in self._numbers.items():
            author = entry.who.id if entry.who else ""
            is_among = clear.since <= seq < clear.seq or seq in also
            if author in authors and is_among:
                cleared[author] = entry.who
                gone.add(seq)
            if clear.since <= seq or seq in clear.reacted:
                entry.take_back(authors)
        self._began = self.first
        self.entries[:] = [entry for entry in self.entries if entry.seq not in gone]
        for seq in gone:
            del self._numbers[seq]
        people = [who for who in cleared.values() if who]
        whom = few(people, len(authors)) if people else ""
        self._add_note(kept_in_words(clear, whom), clear.ts)

    def _react(self, react: React) -> None:
        entry = self._numbers.get(react.target)
        if entry and react.who:
            emoji = sanitize_line(react.emoji)
            people = entry.reactions.setdefault(emoji, set())
            (people.add if react.on else people.discard)(react.who.id)
            if not people:
                del entry.reactions[emoji]

    def _add_presence(self, presence: Presence, me: Person, now: int) -> None:
        """Add to the line before if it is of the same kind: crowds come at once."""
        who = presence.who
        if presence.state == "joined":
            self._know(who)
        elif who.id in self._nicks:
            who = Person(who.id, self._nicks.pop(who.id))
        if who.id == me.id or not who.nick:  # nobody was told that they came
            return
        text = f"{'→' if presence.state == 'joined' else '←'} {name(who)}"
        last = self.entries[-1] if self.entries else None
        if last and last.kind == "presence" and len(last.text) < PRESENCE_LIMIT:
            last.text += f"  {text}"
        else:
            self._add_note(text, now, "presence")

    def _rename(self, renamed: Renamed, now: int) -> None:
        who = renamed.who
        before = self._nicks.get(who.id)
        self._know(who)
        if before and before != who.nick:
            self._add_note(f"{sanitize_line(before)} is {name(who)} now", now)

    def _know(self, who: Person) -> None:
        if who.id in self._nicks or len(self._nicks) < NICKS_LIMIT:
            self._nicks[who.id] = who.nick

    def _add_note(self, text: str, ts: int, kind: Kind = "note") -> None:
        self._add(Entry(kind, ts, sanitize(text)))

    def _add(self, entry: Entry) -> None:
        self.entries.append(entry)
        self._trim()

    def _trim(self) -> None:
        while len(self.entries) > LIMIT:
            self._numbers.pop(self.entries.pop(0).seq or 0, None)
            self.more, self._began = True, None

    # History

    def prepend(self, messages: Iterable[MessageView], me: Person, *, more: bool) -> None:
        """Put messages of the history, the oldest first, before all others."""
        older = []
        for said in messages:
            self._waiting.pop(said.cid or "", None)
            self._began = min(said.seq, self._began or said.seq)
            if not said.cleared:
                older.append(self._entry(said, me))
        self.entries[:0] = older
        self._place_notes()
        self.more = more

    def restore(self, messages: Iterable[MessageView], me: Person) -> None:
        """Show messages as they stand, those that were cleared, too."""
        for said in messages:
            entry = self._numbers.get(said.seq)
            if entry:
                entry.fill(said)
            elif not said.deleted:
                self._insert(self._entry(said, me))

    def _entry(self, said: MessageView, me: Person) -> Entry:
        entry = Entry("message", said.ts, "", said.who, said.seq)
        entry.is_mine = _is_by(said, me)
        entry.quote = self._quote(said.reply)
        entry.fill(said)
        self._numbers[said.seq] = entry
        return entry

    def _insert(self, entry: Entry) -> None:
        """Add an entry behind those with smaller numbers."""
        at = len(self.entries)
        while at and not (self.entries[at - 1].seq or entry.seq or 0) < (entry.seq or 0):
            at -= 1
        self.entries.insert(at, entry)
        self._trim()

    @property
    def is_full(self) -> bool:
        """Whether no older messages can be added."""
        return len(self.entries) >= LIMIT


def _is_by(said: MessageView | Message, me: Person) -> bool:
    return said.who is not None and said.who.id == me.id
