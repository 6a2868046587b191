"""Rules of people: who has which nick, and until when."""

from collections.abc import Mapping

import pytest

from tests.unit.members import Listener
from trio_chat.auth.grant import ANYBODY
from trio_chat.config import Config
from trio_chat.core.people import People
from trio_chat.core.records import FORGOTTEN_AT_ONCE, LAZY, WRITTEN_AT_ONCE
from trio_chat.core.sessions import Sessions
from trio_chat.core.speakers import Speakers
from trio_chat.journal.people import DAY, ENDED, SESSIONS, PersonRecord, decode, encode
from trio_chat.live_config import LiveConfig
from trio_chat.protocol.events import Person
from trio_chat.protocol.request_error import RequestError

LATE = 1000.0
ANN = Person("a", "Ann")


CONFIG = Config(nick_keep_days=2, session_days=3, names_kept=3)


class Clock:
    """A wall clock that is set by hand, in ms since 1970."""

    now = 1_000_000

    def __call__(self) -> int:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def people(clock: Clock) -> People:
    """Return people of whom nobody is there yet."""
    return People(Sessions(b"secret"), CONFIG, clock)


@pytest.fixture
def hasty() -> People:
    """Return people whose nicks are held for the grace time alone, and who are seen at no time."""
    return People(Sessions(b"secret"), Config(nick_keep_days=0), lambda: 0)


def changes(people: People) -> dict[str, PersonRecord | None]:
    """Return what is to be written down at once."""
    records = people.records.take_changes(0).records
    return {id: decode(data) if data else None for id, data in records.items()}


def kept(people: People) -> dict[str, bytes]:
    """Return what a restart finds."""
    people.records.see_all(0)
    return encoded(changes(people))


def encoded(records: Mapping[str, PersonRecord | None]) -> dict[str, bytes]:
    """Return records as the journal has them."""
    return {id: encode(record) for id, record in records.items() if record}


def goes(people: People, person_id: str, nick: str) -> None:
    """Let somebody come and go."""
    people.enter(person_id, nick, one := Listener())
    people.lose(person_id, one, 10)
    people.release(person_id, 10)


def comes_once(people: People, number: int) -> None:
    """Let somebody new come and go, who has a session."""
    goes(people, people.identify(None), f"n{number}")
    people.begin_session(people.nicks.holder(f"n{number}") or "", None, "")


def speakers(people: People) -> Speakers:
    """Return who tells as whom somebody without a connection speaks."""
    return Speakers(people, Sessions(b"secret"))


def welcomed(people: People, token: str | None = None, person_id: str = "a") -> str:
    """Return the token of a welcome."""
    session, _ = people.begin_session(person_id, token, "")
    return people.token(Person(person_id, "Ann"), session=session)


def test_somebody_new_gets_an_id_and_a_token(people: People) -> None:
    """With which they are the same person again, under whatever nick."""
    first = people.enter(people.identify(None), "Ann", Listener())
    assert people.now(first.id) == first
    again = people.enter(people.identify(people.token(first)), "Anna", Listener())
    assert (again.id, again.nick) == (first.id, "Anna")
    assert people.now(first.id) == again


def test_a_key_tells_the_same_person_always(people: People) -> None:
    """Unless there is a token; and whoever has another key, or only the id, is somebody else."""
    key, other = "a secret of Ann's", "a secret of Bob's"
    ann = people.identify(None, key)
    assert people.identify(None, key) == people.identify("no token", key) == ann
    assert ann not in {people.identify(None, other), people.identify(None, ann)}
    bob = people.enter(people.identify(None, other), "Bob", Listener())
    assert people.identify(people.token(bob), key) == bob.id
    assert People(Sessions(b"another secret"), Config()).identify(None, key) != ann


def test_a_nick_that_was_given_up_is_free(people: People) -> None:
    """The one in use is not, nor is what looks like it."""
    ann = people.enter(people.identify(None), "Ann", Listener())
    people.rename(ann, "ANN")
    people.rename(ann, "Bob")
    assert people.enter(people.identify(None), "Ann", Listener()).id != ann.id
    with pytest.raises(RequestError, match="nick_taken"):
        people.enter(people.identify(None), "B.O.B", Listener())


def test_a_refused_nick_changes_nothing(people: People) -> None:
    """Neither for who has it nor for who wanted it."""
    ann = people.enter(people.identify(None), "Ann", Listener())
    bob = people.enter(people.identify(None), "Bob", Listener())
    with pytest.raises(RequestError, match="nick_taken"):
        people.rename(bob, "Ann")
    with pytest.raises(RequestError, match="bad_nick"):
        people.rename(bob, "?")
    assert (people.now(ann.id), people.now(bob.id)) == (ann, bob)
    people.rename(ann, "Anna")
    assert people.rename(bob, "Ann").nick == "Ann"


def test_somebody_is_released_when_the_last_connection_is_gone_for_long_enough(
    hasty: People,
) -> None:
    """Not before, not while there is another connection, and only once."""
    people = hasty
    one, two = Listener(), Listener()
    ann = people.enter(people.identify(None), "Ann", one)
    people.enter(people.identify(people.token(ann)), "Ann", two)
    people.lose(ann.id, one, 10)
    people.release(ann.id, LATE)
    people.lose(ann.id, two, 20)
    people.release(ann.id, 19)
    assert people.now(ann.id) == ann
    people.release(ann.id, 20)
    assert people.now(ann.id) is None
    people.release(ann.id, 30)
    assert people.enter(people.identify(None), "Ann", Listener()).id != ann.id


def test_who_comes_back_is_not_released(people: People) -> None:
    """An alarm that was set before may still ring."""
    ann = people.enter(people.identify(None), "Ann", one := Listener())
    people.lose(ann.id, one, 10)
    people.enter(people.identify(people.token(ann)), "Ann", Listener())
    people.release(ann.id, 10)
    assert people.now(ann.id) == ann


def test_nobody_is_unknown(people: People) -> None:
    """An id that was never given."""
    assert people.now("nobody") is None


def test_nicks_of_before_a_restart_are_held(hasty: People) -> None:
    """For their owners, until the time is over; of two that look alike the first is."""
    before = {"a": PersonRecord(nick="Ann"), "b": PersonRecord(nick="ANN", seen=1)}
    assert hasty.hold(encoded(before), 10, {}) == ["a"]
    assert changes(hasty) == {"b": None}
    with pytest.raises(RequestError, match="nick_taken"):
        hasty.enter(hasty.identify(None), "Ann", Listener())
    hasty.release("a", 9)
    assert hasty.enter("a", "Ann", Listener()) == ANN
    hasty.release("a", LATE)
    assert hasty.now("a") == ANN
    assert changes(hasty) == {}


def test_changes_are_told_once(hasty: People) -> None:
    """The latest of each person; of whom nothing is kept, that there is nothing."""
    hasty.enter("a", "Anna", one := Listener())
    hasty.rename(Person("a", "Anna"), "Ann")
    assert changes(hasty) == {"a": PersonRecord(nick="Ann", named=2)}
    hasty.lose("a", one, 10)
    hasty.release("a", 10)
    assert changes(hasty) == {"a": None}
    assert changes(hasty) == {}


class TestKeptNicks:
    """What happens to the nick of somebody who is not there."""

    def test_it_is_kept_for_so_many_days(self, people: People, clock: Clock) -> None:
        """From when they were seen last; then whoever wants it has it."""
        goes(people, "a", "Ann")
        assert people.now("a") == ANN
        clock.now += 2 * DAY - 1
        with pytest.raises(RequestError, match="nick_taken"):
            people.enter("b", "ANN", Listener())
        with pytest.raises(RequestError, match="nick_taken"):
            speakers(people).introduce(None, "Ann")
        with pytest.raises(RequestError, match="nick_taken"):
            speakers(people).speaker(None, "Ann", ANYBODY)
        clock.now += 1
        assert people.enter("b", "ANN", Listener()) == Person("b", "ANN")
        assert people.now("a") is None
        with pytest.raises(RequestError, match="nick_taken"):
            people.enter("a", "Ann", Listener())

    def test_it_goes_on_from_when_they_were_seen_last(self, people: People, clock: Clock) -> None:
        """Who comes back begins anew."""
        for _ in range(3):
            goes(people, "a", "Ann")
            clock.now += 2 * DAY - 1
        assert people.nicks.holder("Ann") == "a"

    def test_it_is_kept_over_a_restart(self, people: People, clock: Clock) -> None:
        """As it was when it was written down last."""
        goes(people, "a", "Ann")
        again = People(Sessions(b"secret"), CONFIG, clock)
        assert again.hold(kept(people), 10, {}) == []
        clock.now += 2 * DAY - 1
        assert (again.now("a"), again.nicks.holder("ann")) == (ANN, "a")
        clock.now += 1
        assert again.nicks.holder("ann") is None

    def test_of_a_bound_that_becomes_lower_some_go_at_a_time(self, clock: Clock) -> None:
        """So that the server does not stand still for it, however many there are."""
        config = LiveConfig.of(Config())
        people = People(Sessions(b"secret"), config, clock)
        for number in range(FORGOTTEN_AT_ONCE + 2):
            goes(people, str(number), f"n{number}")
        config.change(Config(names_kept=1))
        goes(people, "ann", "Ann")
        assert [people.nicks.holder(nick) for nick in ("n99", "n100", "n101")] == [
            None,
            "100",
            "101",
        ]
        goes(people, "bob", "Bob")
        assert [people.nicks.holder(nick) for nick in ("n101", "Ann", "Bob")] == [None, None, "bob"]

    def test_of_too_many_those_seen_longest_ago_go(self, people: People, clock: Clock) -> None:
        """Not those who are here, whenever they came; each that goes is told."""
        people.enter("first", "First", Listener())
        for number in range(4):
            clock.now += 1
            goes(people, str(number), f"n{number}")
        held = [people.nicks.holder(nick) for nick in ("First", "n0", "n1", "n2", "n3")]
        assert held == ["first", None, "1", "2", "3"]
        assert changes(people)["0"] is None

    def test_names_made_in_great_number_displace_each_other_alone(
        self, people: People, clock: Clock
    ) -> None:
        """Whoever came back a day later keeps nick, session and marks, also over restarts."""
        ann = people.identify(None)
        goes(people, ann, "Ann")
        session, _ = people.begin_session(ann, None, "")
        token = people.token(Person(ann, "Ann"), session=session, known_since=clock.now)
        clock.now += DAY
        people.begin_session(ann, token, "")
        goes(people, ann, "Ann")
        for number in range(20):
            comes_once(people, number)
        again = People(Sessions(b"secret"), CONFIG, clock)
        again.hold(kept(people), 10, {})
        for number in range(20, 40):
            comes_once(again, number)
        assert again.nicks.holder("Ann") == ann
        assert again.has_session(token)
        held = [number for number in range(40) if again.nicks.holder(f"n{number}")]
        assert held == [38, 39]

    def test_whoever_is_forgotten_and_comes_back_is_kept_for_it(
        self, people: People, clock: Clock
    ) -> None:
        """The session tells when they were here first."""
        ann = people.identify(None)
        session, _ = people.begin_session(ann, None, "")
        token = people.token(Person(ann, "Ann"), session=session, known_since=clock.now)
        for number in range(10):
            comes_once(people, number)
        clock.now += DAY
        people.begin_session(ann, token, "")
        goes(people, ann, "Ann")
        for number in range(10, 20):
            comes_once(people, number)
        assert people.nicks.holder("Ann") == ann

    def test_what_is_loaded_is_bounded_too(self, clock: Clock) -> None:
        """If fewer are to be kept than before."""
        before = {str(at): PersonRecord(nick=f"n{at}", seen=at) for at in (2, 0, 3, 1)}
        people = People(Sessions(b"secret"), CONFIG, clock)
        people.hold(encoded(before), 10, {})
        assert [people.nicks.holder(f"n{at}") for at in range(4)] == [None, "1", "2", "3"]

    def test_an_operator_frees_it(self, people: People) -> None:
        """Unless they are here; who does so again changes nothing."""
        people.enter("a", "Ann", Listener())
        people.free("a")
        assert people.nicks.holder("Ann") == "a"
        goes(people, "b", "Bob")
        people.free("b")
        people.free("b")
        assert people.nicks.holder("Bob") is None
        assert changes(people)["b"] is None

    def test_a_nick_that_was_freed_stays_free_after_a_crash(self, clock: Clock) -> None:
        """Although that was not written down; unless they have come back since."""
        people = People(Sessions(b"secret"), CONFIG, clock)
        before = {
            "a": PersonRecord(nick="Ann", seen=5),
            "b": PersonRecord(nick="Bob", seen=6),
        }
        people.hold(encoded(before), 10, {"a": 5, "b": 5})
        assert (people.nicks.holder("Ann"), people.nicks.holder("Bob")) == (None, "b")

    def test_who_gives_it_up_has_it_until_they_go(self, people: People) -> None:
        """Or for long, if they come back before."""
        people.enter("a", "Ann", one := Listener())
        people.give_up("a")
        assert people.is_leaving("a")
        people.lose("a", one, 10)
        people.release("a", 10)
        assert people.nicks.holder("Ann") is None
        people.enter("a", "Ann", one)
        people.give_up("a")
        people.enter("a", "Ann", two := Listener())
        for member in (one, two):
            people.lose("a", member, 10)
        people.release("a", 10)
        assert people.nicks.holder("Ann") == "a"


class TestSessions:
    """Which tokens are good."""

    def test_a_session_is_good_for_so_many_days_from_when_its_token_was_made(
        self, people: People, clock: Clock
    ) -> None:
        """Each welcome makes a new one, of the same session."""
        token = welcomed(people)
        clock.now += 3 * DAY - 1
        renewed = welcomed(people, token)
        first, second = people.claim(token), people.claim(renewed)
        assert first
        assert second
        assert first.session == second.session
        clock.now += 1
        assert not people.has_session(token)
        assert people.has_session(renewed)

    def test_tokens_of_earlier_releases_stay_good(self, people: People, clock: Clock) -> None:
        """Until all sessions of the person are ended."""
        token = Sessions(b"secret").token(ANN)
        clock.now += 1000 * DAY
        assert people.identify(token) == "a"
        people.begin_session("a", token, "")
        assert people.has_session(token)
        record = people.records.get("a")
        record.end_all(clock.now)
        people.records.keep("a", record)
        assert not people.has_session(token)

    def test_a_session_without_end(self, clock: Clock) -> None:
        """With 0 days."""
        people = People(Sessions(b"secret"), Config(nick_keep_days=0, session_days=0), clock)
        token = welcomed(people)
        clock.now += 10_000 * DAY
        assert people.has_session(token)

    def test_who_was_seen_longest_ago_is_ended_for_one_too_many(
        self, people: People, clock: Clock
    ) -> None:
        """And is over for good."""
        tokens = []
        for _ in range(SESSIONS + 1):
            clock.now += 1
            tokens.append(welcomed(people))
        welcomed(people, tokens[1])
        tokens.append(welcomed(people))
        good = [people.has_session(token) for token in tokens]
        assert good == [False, True, False, *[True] * (SESSIONS - 1)]

    def test_of_very_many_ended_sessions_all_are_over(self) -> None:
        """Those that began before them, too, but for those that go on."""
        record = PersonRecord()
        ids = [f"{number:012x}0" for number in range(2 * ENDED)]
        for id in (ids[0], ids[1], ids[-1]):
            record.see(id, 1)
        record.see(ids[0], 2)
        for id in reversed(ids[1:-1]):
            record.end(id)
        assert len(record.ended) == ENDED
        assert [id for id in ids if not record.is_over(id)] == [ids[0], ids[-1]]
        assert record.is_over("")
        assert not record.is_over(record.next_stamp(0))
        record.end_all(0)
        assert all(record.is_over(id) for id in ids)
        assert not record.is_over(record.next_stamp(0))

    def test_that_a_session_was_ended_outlives_its_record(
        self, people: People, clock: Clock
    ) -> None:
        """Of people who are forgotten for want of space, those that began no later are over."""
        old = welcomed(people, person_id="old")
        clock.now += 1
        ended = people.claim(welcomed(people))
        assert ended
        record = people.records.get("a")
        record.end(ended.session)
        people.records.keep("a", record)
        clock.now += 1
        recent = welcomed(people, person_id="recent")
        for number in range(5):
            welcomed(people, person_id=str(number))
        written = changes(people)
        assert written["a"] is None
        over = people.records.get("a")
        assert over.is_over(ended.session)
        assert [people.has_session(token) for token in (old, recent)] == [False, True]
        again = People(Sessions(b"secret"), CONFIG, clock)
        again.hold(encoded(written), 10, {})
        assert [again.has_session(token) for token in (old, recent)] == [False, True]


def test_people_whom_the_journal_has_forgotten(people: People, clock: Clock) -> None:
    """Are forgotten here, too, unless they were seen since: then that is written down again."""
    goes(people, "gone", "Gone")
    clock.now += 5
    goes(people, "seen", "Seen")
    people.enter("here", "Here", Listener())
    changes(people)
    for id in ("gone", "seen", "here", "unknown"):
        people.records.drop(id, clock.now)
    assert changes(people).keys() == {"seen", "here"}
    assert people.nicks.holder("Gone") is None


def test_a_damaged_record_is_as_none(people: People) -> None:
    """Whether it cannot be read at all, or behind the nick."""
    whole = encode(PersonRecord(nick="Ann", marks={"tea": 1}))
    half = whole.replace(b"tea\x01", b"tea\xc0")
    people.hold({"a": half, "b": b"?"}, 10, {})
    assert people.now("a") is None
    assert people.records.get("a").is_empty


def test_what_nobody_waits_for_is_written_a_little_later(people: People, clock: Clock) -> None:
    """With what else has changed; much of it in parts."""
    people.enter("a", "Ann", Listener())
    people.records.take_changes(0)
    record = people.records.get("a")
    record.mark("tea", 5, "epoch")
    people.records.keep("a", record, is_lazy=True)
    assert not people.records.take_changes(1).records
    assert people.records.due_at == 1 + LAZY
    assert not people.records.is_written
    assert people.records.take_changes(1 + LAZY).records.keys() == {"a"}
    assert people.records.is_written
    for number in range(WRITTEN_AT_ONCE + 1):
        people.enter(str(number), f"n{number}", Listener())
    people.records.see_all(clock.now)
    assert [len(people.records.take_changes(9).records) for _ in range(3)] == [
        WRITTEN_AT_ONCE,
        2,
        0,
    ]


def test_at_the_end_nothing_waits_to_be_written_later(people: People, clock: Clock) -> None:
    """Nor what is known of those who have no connection, or no more."""
    people.begin_session("a", None, "")
    assert not people.records.take_changes(1).records
    people.records.see_all(clock.now)
    assert people.records.take_changes(1).records.keys() == {"a"}
    people.records.see_all(clock.now)
    assert people.records.is_written


def test_a_token_of_another_server_is_unknown(people: People) -> None:
    """And so is none."""
    assert not people.has_session(Sessions(b"another").token(ANN))
    assert people.has_session(people.token(ANN))
    assert not people.has_session(None)


def test_a_nick_is_kept_for_who_speaks_without_a_connection(people: People, clock: Clock) -> None:
    """For as long as they speak, and then as long as others' are; whoever is here has another."""
    people.name(ANN)
    people.see("a")
    clock.now += DAY + 1
    people.see("a")
    people.see("nobody")
    clock.now += 2 * DAY - 1
    assert people.nicks.holder("ann") == "a"
    clock.now += 1
    assert people.nicks.holder("ann") is None
    people.enter("a", "Ann", Listener())
    people.name(Person("a", "Anna"))
    assert people.nicks.holder("anna") is None
