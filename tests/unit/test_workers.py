"""Rules of the crew, of what it tells its parent, and of figures that are added up."""

import ctypes
import os
import pwd
import runpy
import signal
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace

import pytest
import structlog
import trio
from trio.testing import MockClock, memory_stream_one_way_pair, wait_all_tasks_blocked

from trio_chat.config import Config
from trio_chat.metrics.sums import GREATEST, LEAST, Family, Sample, counted, merge, unflatten
from trio_chat.protocol.close import GOING_AWAY, RESTARTING
from trio_chat.workers import leash, member, messages
from trio_chat.workers.child import Child, words
from trio_chat.workers.crew import GRACE, Crew, Refusal
from trio_chat.workers.figures import NOBODY, STOPPING, Figures
from trio_chat.workers.member import Member
from trio_chat.workers.messages import Ask, Lines, Told, Up, take_post
from trio_chat.workers.parent import Parent
from trio_chat.workers.pauses import LONGEST, MOST, STEADY, Pauses

KILLED = -signal.SIGKILL


class Fake:
    """A worker that lives as a test wants it."""

    def __init__(self, number: int, *, lives: float, serves: bool = True, status: int = 0) -> None:
        self.number = number
        self.up: Up | None = None
        self.got: list[signal.Signals] = []
        self.was_forced = False
        self.answer: Told | None = Told(1)
        self.may_answer = trio.Event()
        self.may_answer.set()
        self.refusal: str | None = None  # "": it takes the settings
        self._lives, self._serves, self._status = lives, serves, status
        self._told = trio.Event()
        self.obeys = True

    async def run(self, is_up: trio.Event) -> int:
        try:
            if self._serves:
                self.up = Up([f"http://{self.number}/"], None)
                is_up.set()
            with trio.move_on_after(self._lives):
                await self._told.wait()
                return 0
        except trio.Cancelled:
            self.was_forced = True
            raise
        return self._status

    def send(self, number: signal.Signals) -> None:
        self.got.append(number)
        if self.obeys:
            self._told.set()

    async def ask(self, what: str) -> Told | None:
        await self.may_answer.wait()
        return self.answer

    async def reload(self, within: float) -> str | None:
        return self.refusal if self.refusal is not None else f"worker {self.number} refuses"


class Crewed:
    """A crew of two, whose workers a test makes."""

    def __init__(self, make: Callable[[int], Fake], workers: int = 2) -> None:
        self.made: list[Fake] = []
        self.at: list[float] = []

        def launch(number: int) -> Member:
            self.made.append(make(number))
            self.at.append(trio.current_time())
            return self.made[-1]  # type: ignore[return-value]

        self.crew = Crew(Config(workers=workers), launch)


def test_pauses_grow_up_to_a_bound_and_begin_anew() -> None:
    """What has lived for a while did not end at once."""
    pauses = Pauses()
    assert [pauses.after(0) for _ in range(MOST)] == [0.5, 1, 2, 4, 8, LONGEST, LONGEST, LONGEST]
    assert pauses.is_hopeless
    assert pauses.after(STEADY) == 0
    assert not pauses.is_hopeless
    assert pauses.after(STEADY - 1) == 0.5


async def test_a_worker_that_ends_is_replaced(autojump_clock: MockClock) -> None:
    """At once if it has lived for long; the others live on."""

    def make(number: int) -> Fake:
        return Fake(number, lives=100 if number == 1 else 1000, status=KILLED)

    crewed = Crewed(make)
    with structlog.testing.capture_logs() as logged:
        async with trio.open_nursery() as nursery:
            nursery.start_soon(crewed.crew.run)
            await crewed.crew.settled.wait()
            assert crewed.crew.first == Up(["http://1/"], None)
            await trio.sleep(250)
            assert [fake.number for fake in crewed.made] == [1, 2, 1, 1]
            assert crewed.at == [0, 0, 100, 200]
            assert (crewed.crew.ends, len(crewed.crew.up)) == (2, 2)
            crewed.crew.stop(RESTARTING)
    assert {line["reason"] for line in logged} == {"SIGKILL"}
    assert crewed.crew.is_clean
    assert crewed.made[-1].got == [signal.SIGTERM]


async def test_it_gives_up_only_if_none_serves(autojump_clock: MockClock) -> None:
    """While another one does, it tries again and again."""
    is_well = True

    def make(number: int) -> Fake:
        if number == 1 and is_well:
            return Fake(number, lives=1000)
        return Fake(number, lives=0, serves=False, status=1)

    crewed = Crewed(make)
    async with trio.open_nursery() as nursery:
        nursery.start_soon(crewed.crew.run)
        await trio.sleep(900)
        assert not crewed.crew.settled.is_set()
        assert (crewed.crew.failure, len(crewed.crew.up)) == (None, 1)
        is_well = False
    assert crewed.crew.settled.is_set()
    assert "ends at once, again and again (exit status 1)" in str(crewed.crew.failure)


@pytest.mark.parametrize(("status", "failed"), [(2, False), (KILLED, True)])
async def test_the_first_one_tells_what_is_wrong(
    status: int, *, failed: bool, autojump_clock: MockClock
) -> None:
    """By its own line and status; one that was ended from outside could not."""
    crewed = Crewed(lambda number: Fake(number, lives=1, serves=False, status=status))
    await crewed.crew.run()
    assert len(crewed.made) == 1
    assert crewed.crew.status == status
    assert (crewed.crew.failure is not None) == failed


async def test_who_does_not_end_in_time_is_ended(autojump_clock: MockClock) -> None:
    """The times for goodbyes and some more; Ctrl-C is passed on as such to those that serve."""
    crewed = Crewed(lambda number: Fake(number, lives=10_000, serves=number == 1))

    async def stop() -> None:
        await trio.sleep(5)
        for fake in crewed.made:
            fake.obeys = False
        crewed.crew.stop(GOING_AWAY)

    async with trio.open_nursery() as nursery:
        nursery.start_soon(stop)
        await crewed.crew.run()
    assert trio.current_time() == pytest.approx(5 + 10 + GRACE)
    assert [fake.got for fake in crewed.made] == [[signal.SIGINT], [signal.SIGTERM]]
    assert all(fake.was_forced for fake in crewed.made)
    assert not crewed.crew.is_clean


async def test_one_that_ends_badly_at_a_stop_is_told(autojump_clock: MockClock) -> None:
    """By the exit status of the parent."""
    crewed = Crewed(lambda number: Fake(number, lives=10, status=3), workers=1)
    async with trio.open_nursery() as nursery:
        nursery.start_soon(crewed.crew.run)
        await crewed.crew.settled.wait()
        crewed.made[0].obeys = False
        crewed.crew.stop(RESTARTING)
    assert not crewed.crew.is_clean


async def test_a_reload_is_refused_if_one_refuses(autojump_clock: MockClock) -> None:
    """Its reason is told."""
    crewed = Crewed(lambda number: Fake(number, lives=1000), workers=1)
    async with trio.open_nursery() as nursery:
        nursery.start_soon(crewed.crew.run)
        await crewed.crew.settled.wait()
        assert await crewed.crew.reload(1) == Refusal("worker 1 refuses", differs=False)
        crewed.crew.stop(RESTARTING)
    assert await crewed.crew.reload(1) is None


@pytest.mark.parametrize(
    ("refusals", "refusal"),
    [
        (["", ""], None),
        (["no certificate", "no certificate"], Refusal("no certificate", differs=False)),
        (["", "no certificate"], Refusal("no certificate", differs=True)),
        (["no certificate", "no answer"], Refusal("no answer", differs=True)),
    ],
)
async def test_workers_that_differ_behind_a_reload_are_told(
    refusals: list[str], refusal: Refusal | None, autojump_clock: MockClock
) -> None:
    """If all refuse for one reason, nothing has changed."""
    crewed = Crewed(lambda number: Fake(number, lives=1000))
    async with trio.open_nursery() as nursery:
        nursery.start_soon(crewed.crew.run)
        await crewed.crew.settled.wait()
        for fake, text in zip(crewed.made, refusals, strict=True):
            fake.refusal = text
        assert await crewed.crew.reload(1) == refusal
        crewed.crew.stop(RESTARTING)


async def test_the_parent_is_well_while_one_worker_is() -> None:
    """Otherwise it tells how each is; a figure of one that does not answer is as it was."""
    crewed = Crewed(lambda number: Fake(number, lives=1000))
    figures = Figures(crewed.crew)
    assert await figures.alive() == NOBODY
    async with trio.open_nursery() as nursery:
        nursery.start_soon(crewed.crew.run)
        await crewed.crew.settled.wait()
        one, other = crewed.made
        one.answer = None
        assert await figures.ready() is None
        other.answer = Told(1, fault="it starts")
        assert await figures.ready() == "worker 1: it does not answer; worker 2: it starts"
        other.answer = Told(1, figures=[Family("a", "", "counter", [Sample("a_total", {}, 3)])])
        assert b"a_total 3.0" in (await figures.scrape(""))[1]
        other.answer = None
        assert b"a_total 3.0" in (await figures.scrape(""))[1]
        crewed.crew.stop(RESTARTING)
        assert await figures.ready() == STOPPING
    assert b"a_total 3.0" in (await figures.scrape(""))[1]


def counting(number: float) -> Told:
    return Told(1, figures=[Family("a", "", "counter", [Sample("a_total", {}, number)])])


@pytest.mark.parametrize("is_late", [False, True])
async def test_what_a_worker_has_counted_is_told_once(is_late: bool) -> None:
    """Another one has its number by the time at which the slowest answers, or itself does."""
    first, slow, another = [Fake(number, lives=0) for number in (1, 2, 1)]
    first.answer, slow.answer, another.answer = counting(7), counting(0), counting(0)
    crew = Crew(Config(), lambda _: None)  # type: ignore[arg-type, return-value]
    figures = Figures(crew)

    def begin(*fakes: Fake) -> None:
        for fake in fakes:
            fake.up = Up([], None)
            crew._members[fake.number] = fake  # type: ignore[assignment]

    async def total() -> bytes:
        _, told = await figures.scrape("")
        return next(line for line in told.splitlines() if line.startswith(b"a_total"))

    begin(first, slow)
    assert await total() == b"a_total 7.0"
    waiting = [slow, first] if is_late else [slow]
    for fake in waiting:
        fake.may_answer = trio.Event()

    async def replace() -> None:
        await wait_all_tasks_blocked()
        crew.on_end(1)
        begin(another)
        for fake in waiting:
            fake.may_answer.set()

    async with trio.open_nursery() as nursery:
        nursery.start_soon(replace)
        assert await total() == b"a_total 7.0"
    assert await total() == b"a_total 7.0"


def test_figures_are_added_up() -> None:
    """What is the same for all is not; of what tells whether all is right the worst counts."""

    def told(factor: int) -> list[Family]:
        kinds = {"b": "counter", "trio_chat_nodes": "gauge", "trio_chat_ready": "gauge"}
        return [
            Family(name, "", kind, [Sample(name, {"x": "y"}, factor * 2)])
            for name, kind in kinds.items()
        ]

    merged = {family.name: family.samples[0].value for family in merge([told(1), told(3), []])}
    assert merged == {"b": 8, "trio_chat_nodes": 6, "trio_chat_ready": 2}
    assert [family.name for family in counted(told(1))] == ["b"]
    [metric] = unflatten(told(1)[:1])
    assert [(one.name, one.labels, one.value) for one in metric.samples] == [("b", {"x": "y"}, 2)]


def test_each_figure_that_is_not_added_up_is_there() -> None:
    """Their names are those of the documented ones."""
    text = (Path(__file__).parents[2] / "docs" / "metrics.md").read_text(encoding="utf-8")
    assert [name for name in GREATEST | LEAST if f"| `{name}` | now |" not in text] == []


async def test_a_line_has_an_end_and_a_bound(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever pieces it comes in; what is none, or is cut off, is the end."""
    monkeypatch.setattr(messages, "LONGEST", 10)
    send, receive = memory_stream_one_way_pair()
    lines = Lines(receive)
    await send.send_all(b"one\ntw")
    assert await lines.next() == b"one"
    await send.send_all(b"o\n")
    assert await lines.next() == b"two"
    await send.send_all(b"x" * 11)
    assert await lines.next() is None
    cut, receive = memory_stream_one_way_pair()
    await cut.send_all(b"begun")
    await cut.aclose()
    assert await Lines(receive).next() is None


def test_only_a_worker_has_a_post() -> None:
    """Others are servers of their own."""
    assert take_post({}) is None


async def test_a_child_ends_by_force_at_last() -> None:
    """If it obeys no signal; and who has ended is left alone."""
    child = Child(["sh", "-c", "trap '' TERM; echo; while :; do sleep 1; done"], stdout=-1)
    assert child._process.stdout
    child._process.stdout.readline()
    await child.end((signal.SIGTERM, 0.01))
    child._process.stdout.close()
    assert await child.wait() == KILLED
    child.send(signal.SIGTERM)
    await child.end((signal.SIGTERM, 1000))
    assert words(KILLED) == "SIGKILL"


class Became(Exception):
    """The leash has become the other program."""


@pytest.mark.parametrize("user", ["", "somebody"])
def test_the_leash_becomes_the_program_of_a_user(
    monkeypatch: pytest.MonkeyPatch, user: str
) -> None:
    """With their groups, unless the parent is gone by then."""
    done: list[object] = []

    def become(program: str, command: list[str]) -> None:
        raise Became(program, command)

    class Library:
        def __init__(self, _: None) -> None:
            self.prctl = lambda *given: done.append(given)

    class Entry:
        pw_uid, pw_gid = 7, 8

    monkeypatch.setattr(os, "execv", become)
    monkeypatch.setattr(signal, "signal", lambda *_: None)
    monkeypatch.setattr(ctypes, "CDLL", Library)
    monkeypatch.setattr(pwd, "getpwnam", lambda _: Entry)
    for name in ("initgroups", "setgid", "setuid"):
        monkeypatch.setattr(os, name, lambda *given: done.append(given))
    with pytest.raises(Became, match="/bin/program"):
        leash.main([str(os.getppid()), user, "/bin/program", "x"])
    death = (leash.PR_SET_PDEATHSIG, signal.SIGINT)
    assert done == ([(user, 8), (8,), (7,), death] if user else [death])
    leash.main(["1000000000", "", "/bin/program"])


def test_the_leash_is_a_program(monkeypatch: pytest.MonkeyPatch) -> None:
    """It ends without a word if its parent is gone."""
    monkeypatch.setattr(sys, "argv", ["leash", "1000000000", "", "/bin/true"])
    monkeypatch.setattr(signal, "signal", lambda *_: None)
    monkeypatch.setattr(ctypes, "CDLL", lambda _: SimpleNamespace(prctl=lambda *_: 0))
    runpy.run_path(leash.__file__, run_name="__main__")


DEAF = f"""#!{sys.executable}
import json, os, time
link = json.loads(os.environ["TRIO_WORKER"])["link"]
os.write(link, b'{{"type":"told","id":77}}\\n')
os.write(link, b'{{"type":"up","addresses":["x"],"operator_link":null}}\\n')
os.read(link, 1000)
os.write(link, b'{{"type":"told","id":1}}\\n')
time.sleep(1000)
"""


async def test_a_worker_that_answers_nothing_is_killed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It did at first; nobody waits for its answers for longer than they may take."""
    program = tmp_path / "deaf"
    program.write_text(DEAF)
    program.chmod(0o700)
    monkeypatch.setattr(member, "sys", SimpleNamespace(executable=str(program)))
    for name in ("LOOK_INTERVAL", "HANG_TIMEOUT", "ANSWER_TIMEOUT"):
        monkeypatch.setattr(member, name, 0.05)
    deaf = Member(3, [], [])
    deaf.send(signal.SIGUSR1)  # would end it, as it does not listen yet
    is_up = trio.Event()
    assert await deaf.ask("ready") is None
    with structlog.testing.capture_logs() as logged:
        async with trio.open_nursery() as nursery:

            async def reload() -> None:
                await is_up.wait()
                assert await deaf.reload(0.01) == "worker 3 did not answer"

            nursery.start_soon(reload)
            monkeypatch.setattr(signal, "SIGUSR1", signal.SIGCONT)
            assert await deaf.run(is_up) == KILLED
    assert [(line["event"], line["worker"]) for line in logged] == [
        ("a worker hangs, and is killed", 3)
    ]


async def test_settings_that_take_too_long_change_nothing(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """As a file on a disk that hangs."""
    monkeypatch.setattr("trio_chat.workers.parent.READ_TIMEOUT", 0.01)
    go_on = threading.Event()

    def read() -> Config:
        go_on.wait()
        return Config()

    logging = SimpleNamespace()
    idle = Parent(Config(workers=2), read, logging, print, [])  # type: ignore[arg-type]
    with structlog.testing.capture_logs() as logged:
        await idle._reload()
    go_on.set()
    assert [line["reason"] for line in logged] == ["the settings could not be read within 0 s"]


@pytest.mark.parametrize(
    ("differs", "event"),
    [
        (True, "settings not reloaded by all workers"),
        (False, "settings not reloaded: nothing has changed"),
    ],
)
async def test_it_is_told_whether_some_or_all_workers_have_not_reloaded(
    monkeypatch: pytest.MonkeyPatch, *, differs: bool, event: str
) -> None:
    """The parent goes with those that have; if none has, it has not either."""

    async def reload(_: float) -> Refusal:
        return Refusal("a worker did not answer", differs=differs)

    taken: list[Config] = []
    logging = SimpleNamespace(reconfigure=taken.append)
    parent = Parent(Config(), Config, logging, print, [])  # type: ignore[arg-type]
    monkeypatch.setattr(parent._crew, "reload", reload)
    with structlog.testing.capture_logs() as logged:
        await parent._reload()
    assert [(line["event"], line["reason"]) for line in logged] == [
        (event, "a worker did not answer")
    ]
    assert bool(taken) is differs


def test_a_folder_that_is_gone_is_no_reason_to_end(tmp_path: Path) -> None:
    """Commands cannot find the parent then, which is told."""
    config = Config(workers=2, database=str(tmp_path / "gone" / "chat.db"))
    idle = Parent(config, Config, SimpleNamespace(), print, [])  # type: ignore[arg-type]
    idle._postgres = SimpleNamespace()  # type: ignore[assignment]
    with structlog.testing.capture_logs() as logged:
        idle._note("unix:/chat.sock")
    assert [line["reason"] for line in logged] == ["No such file or directory"]


def test_a_question_is_a_line() -> None:
    """As the other end reads it."""
    ask = Ask(7, "alive")
    assert messages.OF_PARENT.decode(messages.line(ask).rstrip(b"\n")) == ask
