"""Rules of a turn's length: no input and no past makes one long, and quiet people are served soon.

Work is counted, not timed: the calls that Python makes, of its own functions and of C's.
"""

from collections.abc import Coroutine
from contextlib import suppress
from typing import Any, TypeVar

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from tests.frames import BINARY, CONTINUATION, PING, PONG, TEXT, masked, upgrade
from tests.rates import NO_RATES
from tests.unit.members import Listener, asks
from tests.unit.work import calls_of, counted, counted_steps
from trio_chat.client.client import READ_SIZE
from trio_chat.config import Config
from trio_chat.core.access import Access
from trio_chat.core.backlog import REQUESTS, REQUESTS_EACH
from trio_chat.core.chat import Chat
from trio_chat.core.effects import Effects
from trio_chat.core.ledger import make_operator
from trio_chat.core.messages import Asked, Message, Register
from trio_chat.core.registry import Registry
from trio_chat.journal.history import History
from trio_chat.journal.memory import MemoryJournal
from trio_chat.journal.storage import Loaded, PeopleKept, Stored
from trio_chat.journal.terms import Term, Terms
from trio_chat.journal.types import Committed, Write
from trio_chat.limits.limits import Limits
from trio_chat.net.handshake import shake_hands
from trio_chat.net.head import HttpError, parse_head
from trio_chat.protocol import acts, requests
from trio_chat.protocol.close import Violation
from trio_chat.protocol.dialects import plain, v1
from trio_chat.protocol.dialects.base import Dialect
from trio_chat.protocol.events import ActKept, Person

CALLS = 100_000  # that one turn, or reading one frame, may make; they take 10 to 20 ms
READING_CALLS = 120_000  # that taking what is read at once may make: short ones, of 10 ms
FRAME = 64 * 1024  # bytes
REST = 60.0  # seconds after which the buckets of what is said are full again
LOOKED_UP = requests.LookUp
PAST = 10_000  # people who are banned, and acts, beyond which no more are kept
RAIDERS = 1_900  # people who came into a room, in which one request may ban 2,000

T = TypeVar("T")
Object = dict[str, Any]

TERMS = Terms([Term(1, "epoch")])


def finish(coroutine: Coroutine[Any, Any, T]) -> T:
    """Run what never has to wait, as nothing in the memory journal does."""
    try:
        coroutine.send(None)
    except StopIteration as end:
        result: T = end.value
        return result
    raise AssertionError("it waits")


class Turns:
    """A chat whose turns are taken one by one; the journal answers in the next."""

    def __init__(self, config: Config) -> None:
        self.config = config
        self.journal = MemoryJournal(clock=lambda: 1000)
        self.registry = Registry()
        self.operator = finish(make_operator(self.journal, self.registry))
        self.chat = Chat(config, TERMS, b"secret", Limits(config), Access(self.registry))
        self.history = History(self.journal, config, self.chat.populations)
        self.now = 0.0
        self.longest = 0
        self._outcomes: list[Message] = []

    def turn(self, *batch: Message) -> Effects:
        """Take one turn."""
        messages = [*self._outcomes, *batch]
        effects, calls = counted(lambda: self.chat.apply(messages, self.now))
        self.longest = max(self.longest, calls)
        self._outcomes = []
        if effects.writes:
            self._outcomes.append(Stored(finish(self.journal.commit(effects.writes))))
        if effects.loads:
            states = finish(self.journal.load(effects.loads, self.config.resume_limit))
            self._outcomes.append(Loaded(states))
        if effects.people.records:
            self._outcomes.append(PeopleKept(effects.people.number))
        for client, request in effects.look_ups:
            if isinstance(request, LOOKED_UP):
                client.dialect.answer(self._answer(request))
        return effects

    def _answer(self, request: LOOKED_UP) -> Any:  # noqa: ANN401 - any answer
        answer, calls = counted_steps(lambda: self.history.answer(request))
        self.longest = max(self.longest, calls)
        return answer

    def settle(self, *batch: Message) -> None:
        """Take turns until nothing is left to do now."""
        self.turn(*batch)
        while self._outcomes or self.chat.wake_at <= self.now:
            self.turn()

    def read(self, client: Listener, objects: list[Object]) -> Asked:
        """Return what a frame asks for, cut to the size that one may have."""
        data = msgspec.json.encode(objects)
        while len(data) > FRAME:
            if len(objects) == 1:
                only = objects[0]
                objects = [{**only, "rooms": only["rooms"][: len(only["rooms"]) * 3 // 4]}]
            else:
                objects = objects[: len(objects) // 2]
            data = msgspec.json.encode(objects)
        asked, calls = counted(lambda: v1.read(data.decode(), self.config))
        self.longest = max(self.longest, calls)
        return Asked(client, asked)

    def remember(self, room: str) -> None:
        """Let very much have been done in a room, as much as is kept in memory."""
        strangers = [Person(id, "Stranger") for id in STRANGERS]
        rooms = {room: "key"}
        for kind in (
            acts.Sanctioned(about=room, kind="ban", people=strangers),
            acts.Cleared(about="jam", people=strangers[:1], keys=rooms),
        ):
            self._act(kind)
        for number in range(100):
            link = acts.LinkMade(about=room, link=f"l{number}", right="speak", digest=f"d{number}")
            self._act(link)
            for person in strangers[100 * number : 100 * number + 100]:
                self._act(acts.LinkUsed(about=room, link=link.link), person)
        for person in strangers[:RAIDERS]:
            self.chat._arrivals.write(room, person, "192.0.2.1", 1)

    def _act(self, act: acts.AnyAct, who: Person | None = None) -> None:
        [stored] = finish(self.journal.commit([Write(ActKept(room=acts.LEDGER, who=who, act=act))]))
        assert isinstance(stored, Committed)
        assert isinstance(stored.event, ActKept)
        self.registry.apply(stored.event)


STRANGERS = [f"{number:020x}" for number in range(PAST)]
ROOMS = st.sampled_from(["tea", "jam", "x" * 64, "mint"])
NUMBERS = st.integers(0, 40)
PIECES = {"a": 1, "a ": 1000, "🍋": 4000, "x": 16_000, "\u0301": 3000, "@": 500}
TEXTS = st.sampled_from(sorted(PIECES)).map(lambda piece: piece * PIECES[piece])
EMOJI = st.sampled_from(["👍", "❤️", "👩‍💻", "🇩🇪", "1️⃣", "text", "\u202e"])
QUERIES = ["a", "a b c", "🍋", "x" * 256, "a " * 128, '"a a a"', "-"]
GOVERNED = ROOMS | st.just("")
PEOPLE = st.sampled_from([0, 1, 200]).map(lambda count: STRANGERS[:count])
LETTERS = {"": 0, "é": 60, "राम": 20, "茶": 60, "e\u0301": 25, "क्\u200dष": 8}


def many_rooms(piece: str, count: int) -> list[Object]:
    """Return wishes for rooms, whose names are as long as they can be."""
    return [{"room": piece * LETTERS[piece] + f"{number:x}"} for number in range(count)]


HELLO_ROOMS = st.lists(ROOMS.map(lambda name: {"room": name})) | st.builds(
    many_rooms, st.sampled_from(sorted(LETTERS)), st.sampled_from([128, 256, 257, 4500])
)
KINDS: dict[str, st.SearchStrategy[Object]] = {
    "send": st.fixed_dictionaries({"room": ROOMS, "text": TEXTS, "reply": st.none() | NUMBERS}),
    "edit": st.fixed_dictionaries({"room": ROOMS, "seq": NUMBERS, "text": TEXTS}),
    "delete": st.fixed_dictionaries({"room": ROOMS, "seq": NUMBERS}),
    "react": st.fixed_dictionaries(
        {"room": ROOMS, "seq": NUMBERS, "emoji": EMOJI, "on": st.booleans()}
    ),
    "topic": st.fixed_dictionaries({"room": ROOMS, "text": TEXTS}),
    "nick": st.fixed_dictionaries({"nick": st.sampled_from(["Ann", "Bob", "Zoë", "x" * 33])}),
    "join": st.fixed_dictionaries(
        {"room": ROOMS | st.integers(0, 500).map(str), "last": st.none() | NUMBERS}
    ),
    "leave": st.fixed_dictionaries({"room": ROOMS}),
    "typing": st.fixed_dictionaries({"room": ROOMS}),
    "history": st.fixed_dictionaries({"room": ROOMS, "before": st.none() | NUMBERS}),
    "rooms": st.just({}),
    "hello": st.fixed_dictionaries({"nick": st.just("Ann"), "rooms": HELLO_ROOMS}),
    "unknown": st.just({}),
    "search": st.fixed_dictionaries(
        {"room": ROOMS, "query": st.sampled_from(QUERIES), "limit": st.sampled_from([1, 100])}
    ),
    "read": st.fixed_dictionaries({"room": ROOMS, "seq": NUMBERS}),
    "sessions": st.just({}),
    "pair": st.just({}),
    "sign_out": st.fixed_dictionaries({"session": st.just("?")}),
    "create": st.fixed_dictionaries(
        {"name": st.integers(0, 500).map(str), "private": st.booleans()}
    )
    | st.fixed_dictionaries({"with": st.sampled_from(STRANGERS)}),
    "link": st.fixed_dictionaries({"room": GOVERNED, "right": st.just("speak")}),
    "unlink": st.fixed_dictionaries({"room": GOVERNED, "link": st.just("l1")}),
    "links": st.fixed_dictionaries({"room": GOVERNED}),
    "rules": st.fixed_dictionaries(
        {"room": GOVERNED, "slow": NUMBERS, "hold_links": st.booleans()}
    ),
    "moderate": st.fixed_dictionaries(
        {
            "room": GOVERNED,
            "act": st.sampled_from(["mute", "unmute", "kick", "ban", "unban", "clear"]),
            "people": PEOPLE.filter(bool),
        }
    ),
    "raid": st.fixed_dictionaries(
        {"room": GOVERNED, "people": PEOPLE, "since": st.just(1), "preview": st.booleans()}
    ),
    "undo": st.fixed_dictionaries({"room": GOVERNED, "act": NUMBERS}),
    "free_nick": st.fixed_dictionaries({"nick": st.sampled_from(["Ann", "Person 1"])}),
    "report": st.fixed_dictionaries({"room": ROOMS, "seq": NUMBERS}),
    "held": st.fixed_dictionaries({"room": GOVERNED}),
    "review": st.fixed_dictionaries(
        {"room": GOVERNED, "held": NUMBERS, "act": st.sampled_from(["approve", "reject"])}
    ),
    "audit": st.fixed_dictionaries({"room": GOVERNED, "before": st.none() | NUMBERS}),
}
ASKED = st.one_of(
    *(
        fields.map(lambda entry, kind=kind: {"t": kind, "id": 1, **entry})  # type: ignore[misc]
        for kind, fields in KINDS.items()
    )
)


class ShortTurns(RuleBasedStateMachine):
    """Whatever was stored before within the limits, no frame makes a turn, or its reading, long."""

    @initialize(people=st.integers(1, 30), is_old=st.booleans())
    def gather(self, people: int, *, is_old: bool) -> None:
        """Have people come, every other one an operator."""
        self.turns = Turns(Config())
        if is_old:
            self.turns.remember("tea")
        self.people = [Listener(v1) for _ in range(people)]
        for number, person in enumerate(self.people):
            hello = {"t": "hello", "nick": f"Person {number}", "rooms": [{"room": "tea"}]}
            link = {} if number % 2 else {"link": self.turns.operator}
            self.turns.settle(Register(person), asks(person, hello | link))

    @rule(asked=ASKED, times=st.sampled_from([1, 20, 256]), who=st.integers(0, 29))
    def ask(self, asked: Object, times: int, who: int) -> None:
        """Ask for the same very often, or once."""
        person = self.people[who % len(self.people)]
        self.turns.settle(self.turns.read(person, [asked] * times))
        person.got.clear()

    @rule(asked=st.lists(ASKED, min_size=20, max_size=60), who=st.integers(0, 29))
    def ask_for_much(self, asked: list[Object], who: int) -> None:
        """Ask for all kinds of things in one frame."""
        person = self.people[who % len(self.people)]
        self.turns.settle(self.turns.read(person, asked))
        person.got.clear()

    @rule(asked=ASKED)
    def ask_all_together(self, asked: Object) -> None:
        """Have everybody ask for the same very often."""
        self.turns.settle(*(self.turns.read(person, [asked] * 256) for person in self.people))
        for person in self.people:
            person.got.clear()

    @rule(seconds=st.sampled_from([0.2, 1.0, REST]))
    def wait(self, seconds: float) -> None:
        """Let tokens flow in, and what waited for them happen."""
        self.turns.now += seconds
        self.turns.settle()

    @invariant()
    def no_turn_was_long(self) -> None:
        if hasattr(self, "turns"):
            assert self.turns.longest < CALLS


@pytest.mark.parametrize(
    "asked",
    [
        {"t": "moderate", "room": "tea", "act": "ban", "people": STRANGERS[:200]},
        {"t": "moderate", "room": "tea", "act": "clear", "people": STRANGERS[:1]},
        {"t": "raid", "room": "tea", "since": 1, "preview": True},
        {"t": "unlink", "room": "tea", "link": "l1"},
        {"t": "audit", "room": "tea"},
    ],
    ids=lambda asked: asked["t"],
)
def test_many_moderators_at_once_make_no_turn_long(asked: Object) -> None:
    """Where very much has been done, as much as is kept in memory."""
    turns = Turns(Config())
    turns.remember("tea")
    people = [Listener(v1) for _ in range(8)]
    for number, person in enumerate(people):
        hello = {"t": "hello", "nick": f"Person {number}", "link": turns.operator}
        turns.settle(Register(person), asks(person, hello))
    turns.settle(*(turns.read(person, [asked] * 32) for person in people))
    assert turns.longest < CALLS


@pytest.mark.parametrize("right", ["speak", "moderate"])
@pytest.mark.parametrize("until", [0, 500], ids=["live", "over"])
@pytest.mark.parametrize("room", ["tea", ""], ids=["one", "all"])
def test_a_raid_of_people_who_came_by_all_links_makes_no_turn_long(
    right: str, until: int, room: str
) -> None:
    """As many as one request may be about, each by as many links as there may be to a room.

    In that room, or in all.
    """
    turns = Turns(Config())
    for number in range(Config().links_per_room):
        link = f"l{number}"
        turns._act(
            acts.LinkMade(about="tea", link=link, right=right, digest=f"d{number}", until=until)
        )
        made = turns.registry.link_of_id(link)
        assert made
        for id in STRANGERS[:RAIDERS]:
            turns.registry.use(made, Person(id, "Stranger"))
    for id in STRANGERS[:RAIDERS]:
        turns.chat._arrivals.write("tea", Person(id, "Stranger"), "192.0.2.1", 1)
    chief = Listener(v1)
    hello = {"t": "hello", "nick": "Chief", "link": turns.operator}
    turns.settle(Register(chief), asks(chief, hello))
    preview = {"t": "raid", "room": room, "since": 1, "preview": True}
    turns.settle(turns.read(chief, [preview] * 3))
    assert turns.longest < CALLS


TestShortTurns = ShortTurns.TestCase
TestShortTurns.settings = settings(max_examples=10, stateful_step_count=15, deadline=None)


@pytest.mark.parametrize("piece", sorted(LETTERS))
@pytest.mark.parametrize("count", [256, 4500])
def test_a_hello_with_many_rooms_makes_no_turn_long(piece: str, count: int) -> None:
    """Beside others who name as many; whatever letters the names have, and whatever is too many."""
    turns = Turns(Config())
    people = [Listener(v1) for _ in range(16)]
    turns.settle(*map(Register, people))
    rooms = many_rooms(piece, count)
    hellos = [
        turns.read(one, [{"t": "hello", "id": 1, "nick": f"Person {number}", "rooms": rooms}])
        for number, one in enumerate(people)
    ]
    turns.settle(*hellos)
    assert turns.longest < CALLS


@pytest.mark.parametrize("kind", ["join", "history", "typing", "read"])
@pytest.mark.parametrize("piece", sorted(LETTERS))
def test_requests_with_long_names_of_rooms_make_no_turn_long(kind: str, piece: str) -> None:
    """Each name is another one, of as many letters as a name can have; four ask at once."""
    turns = Turns(Config())
    people = [Listener(v1) for _ in range(4)]
    for number, one in enumerate(people):
        turns.settle(Register(one), asks(one, {"t": "hello", "nick": f"Person {number}"}))
    asked = [{"t": kind, "id": 1, "seq": 1, **entry} for entry in many_rooms(piece, 256)]
    turns.settle(*(turns.read(one, asked) for one in people))
    assert turns.longest < CALLS


MOST_QUIET = 2 * REQUESTS - 4 * REQUESTS_EACH  # for whom two turns have room beside four floods


@given(quiet=st.integers(1, MOST_QUIET), floods=st.integers(1, 4), size=st.sampled_from([64, 256]))
@settings(max_examples=30, deadline=None)
def test_quiet_people_are_served_within_two_turns(quiet: int, floods: int, size: int) -> None:
    """Beside those who flood, however far these have come with it; no rates help here."""
    turns = Turns(Config(**NO_RATES))
    flooders, others = ([Listener(v1) for _ in range(n)] for n in (floods, quiet))
    for number, person in enumerate([*flooders, *others]):
        hello = {"t": "hello", "nick": f"Person {number}", "rooms": [{"room": f"r{number}"}]}
        turns.settle(Register(person), asks(person, hello))

    def flood(person: Listener) -> Asked:
        send = {"t": "send", "room": f"r{flooders.index(person)}", "text": "x"}
        return turns.read(person, [send] * size)

    floods_now = [flood(person) for person in flooders]
    turns.turn(*floods_now)
    ask = {"t": "typing", "id": 7, "room": "nowhere"}  # which is answered with an error
    served = turns.turn(*(asks(person, ask) for person in others)).replies.keys()
    assert {*served, *turns.turn().replies} >= {*others}


PIECES_OF_FRAMES = [
    *(masked(opcode) for opcode in (PING, PONG, TEXT, BINARY)),
    *(masked(TEXT, data) for data in (b"x", b"[]", b"[{}]", b'[{"t":"send"}]', b"[[[[[[[[")),
    masked(TEXT, fin=False) + masked(CONTINUATION, fin=False) * 200 + masked(CONTINUATION),
]


@given(
    pieces=st.lists(st.sampled_from(PIECES_OF_FRAMES), min_size=1, max_size=4),
    dialect=st.sampled_from([plain, v1]),
)
@settings(max_examples=30, deadline=None)
def test_what_is_read_at_once_is_soon_understood(pieces: list[bytes], dialect: Dialect) -> None:
    """However small its frames are, and whatever is in them; then others have their turn."""
    config = Config()
    websocket, _ = shake_hands(parse_head(upgrade()), config)
    wire = b"".join(pieces)
    data = (wire * (READ_SIZE // len(wire) + 1))[:READ_SIZE]

    def take() -> None:
        for message in websocket.feed(data).messages:
            with suppress(Violation):
                dialect.read(message, config)

    assert calls_of(take) < READING_CALLS


@given(
    piece=st.sampled_from([b"a:b\r\n", b"Cookie: a\r\n", b"X: %s\r\n" % (b"y" * 500), b"a b\r\n"]),
    start=st.sampled_from([b"GET / HTTP/1.1\r\nHost: localhost\r\n", b"", b"GET /" + b"a/" * 4000]),
)
@settings(max_examples=20, deadline=None)
def test_a_request_head_is_soon_understood(piece: bytes, start: bytes) -> None:
    """However many headers it has, and however faulty they are."""
    head = (start + piece * (Config().head_limit // len(piece)))[: Config().head_limit]

    def read() -> None:
        with suppress(HttpError):
            parse_head(head + b"\r\n\r\n")

    assert calls_of(read) < CALLS


def test_reading_is_counted() -> None:
    """The measure itself: more work is more calls."""
    config = Config()
    few, many = (
        counted(lambda n=n: v1.read(msgspec.json.encode([{"t": "rooms"}] * n).decode(), config))[1]  # type: ignore[misc]
        for n in (1, 200)
    )
    assert 20 * few < many
