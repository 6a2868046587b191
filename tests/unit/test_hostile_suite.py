"""The hostile suite itself: its table, its judgement, and how it is planned."""

import re
import time
from contextlib import AsyncExitStack
from pathlib import Path

import pytest
import trio
from trio.testing import memory_stream_pair

from tests.frames import TEXT, unmasked
from tests.hostile import plan, plot, report
from tests.hostile.attack import ATTACKS
from tests.hostile.attacks import load
from tests.hostile.crowd import Crowd, Moment, percentile
from tests.hostile.meter import Reading
from tests.hostile.peer import Peer, frame
from tests.hostile.result import MIB, Result
from tests.hostile.run import is_open
from tests.hostile.stamped import StampedStream
from tests.hostile.target import Problem, Target

PAUSE = 0.5  # seconds


def result(**more: object) -> Result:
    made = Result("pings", "They are slowed down.", "16 at full speed")
    for name, value in more.items():
        setattr(made, name, value)
    return made


def reading(**more: int) -> Reading:
    known = dict.fromkeys(("memory", "peak", "descriptors", "threads", "tasks", "disk", "log"), 0)
    return Reading(**{**known, **more}, cpu=0.0)


def test_each_attack_states_its_outcome() -> None:
    """Every attack has one sentence or two that say what is right."""
    load()
    assert len(ATTACKS) > 100
    for attack in ATTACKS.values():
        assert attack.outcome.endswith("."), attack.name


def test_the_page_has_the_figures_and_the_outcome_of_each_attack() -> None:
    """A row of the table that is made with the limits, and a line in the order of ``--list``."""
    load()
    page = (Path(__file__).parents[2] / "docs" / "hostile.md").read_text(encoding="utf-8")
    with_limits, _, rest = page.partition("## Before there were limits")
    table = with_limits.partition("## With the limits")[2].partition("An attack has to be")[0]
    outcomes = rest.partition("## The one right outcome of each")[2]
    assert sorted(re.findall(r"^\| `([\w-]+)` ", table, re.MULTILINE)) == sorted(ATTACKS)
    assert re.findall(r"^- `([\w-]+)`: (.+)$", outcomes, re.MULTILINE) == [
        (attack.name, attack.outcome) for attack in ATTACKS.values()
    ]


def test_others_may_wait_twice_as_long() -> None:
    """A delay is a fault beyond twice the usual one, and never below 40 ms."""
    for before, during, is_right in (
        (0.001, 0.039, True),
        (0.001, 0.041, False),
        (0.050, 0.099, True),
        (0.050, 0.101, False),
    ):
        one = result(before=before, during=during)
        one.judge_delay()
        assert one.passed is is_right


def test_what_the_machine_took_is_not_the_servers_fault() -> None:
    """A delay does not count the time in which others had the server's core."""
    taken = [0.0]
    crowd = Crowd(Target("localhost", 80), taken=lambda: taken[0])
    said = Moment(at=1.0, by_server=100.0)
    taken[0] = 0.25
    assert crowd.sample(said, until=100.3)[1] == pytest.approx(0.05)
    assert crowd.sample(said, until=100.2)[1] == 0


async def test_our_own_lateness_is_not_the_servers_fault() -> None:
    """An answer has come when the kernel has it, and not when we read it.

    The kernel makes stamps from a moment on after the first program on the machine asked for them.
    """
    async with AsyncExitStack() as stack:
        [listener] = await trio.open_tcp_listeners(0, host="127.0.0.1")
        port = listener.socket.getsockname()[1]
        stamped = StampedStream(await trio.open_tcp_stream("127.0.0.1", port))
        server = await listener.accept()
        for one in (listener, stamped, server):
            stack.push_async_callback(one.aclose)
        with trio.fail_after(60):
            while True:
                before = time.time()
                await server.send_all(b"hello")
                sent = time.time()
                await trio.sleep(PAUSE)  # until it is read, as on a busy machine
                assert await stamped.receive_some() == b"hello"
                if before <= stamped.arrived < sent + PAUSE:
                    break


def test_a_delay_alone_is_looked_at_again() -> None:
    """Only what is over, and may have been the machine, is measured again."""
    assert result(faults=["others wait 30 ms instead of 20 ms"]).is_only_late
    assert not result(faults=["others wait 30 ms", "the server ended"]).is_only_late
    assert not result(faults=["others wait 30 ms"], harm_lasts=True).is_only_late
    assert not result().is_only_late


def test_memory_disk_and_log_may_grow_within_bounds() -> None:
    """Each that grows beyond its bound is a fault of its own."""
    before = reading(memory=100 * MIB)
    one = result(seconds=1.0)
    one.judge_growth(before, reading(peak=151 * MIB, disk=13 * MIB, log=MIB))
    assert [fault.split()[0] for fault in one.faults] == ["memory", "disk", "log"]
    fine = result(seconds=1.0)
    fine.judge_growth(before, reading(peak=149 * MIB, disk=12 * MIB))
    assert fine.passed


def test_nothing_may_be_left() -> None:
    """Descriptors, threads and tasks that stay after an attack are faults."""
    one = result()
    one.judge_left(reading(), reading(descriptors=3, threads=3, tasks=3))
    assert len(one.faults) == 3


def test_the_short_form_takes_the_hardest_variant() -> None:
    """In the short form each attack is made once, with most connections, at full speed."""
    [one] = plan.rounds(plan.SHORT, ["long-pings"])
    assert [str(variant) for _, variant in one.attacks] == ["16 at full speed"]
    [every] = plan.rounds(plan.LONG, ["long-pings"])
    assert len(every.attacks) == 4


def test_an_unknown_attack_is_refused() -> None:
    """A name that begins no attack's is a mistake of whoever gives it."""
    with pytest.raises(Problem, match="there is no attack juggling"):
        plan.rounds(plan.SHORT, ["juggling"])


def test_the_percentile_is_one_of_the_values() -> None:
    """Of few values, the 99th percentile is the largest; of none there is none."""
    assert percentile([3, 1, 2], 0.99) == 3
    assert percentile([], 0.99) is None


def test_a_url_names_a_target() -> None:
    """Scheme, host and port are taken from the URL; what is no URL is refused."""
    assert Target.parse("https://chat.example/") == Target("chat.example", 443, secure=True)
    with pytest.raises(Problem):
        Target.parse("localhost:8080")


def test_the_table_has_a_row_for_each_attack() -> None:
    """What others wait too long is bold, and other faults are named."""
    slow = result(before=0.01, during=0.5, limit=0.02, faults=["others wait", "the server ended"])
    [*_, row] = report.table([slow]).splitlines()
    assert "**500**" in row
    assert row.endswith("| the server ended |")


def test_a_plot_has_a_curve_for_each_figure() -> None:
    """The plot is well-formed, even if nothing happened."""
    svg = plot.draw("minutes", [0.0, 1.0], [plot.Curve("a & b", [0.0, 0.0])])
    assert svg.count("<polyline") == 1
    assert "a &amp; b" in svg


async def test_a_peer_reads_frames_in_pieces() -> None:
    """Frames are taken when they are complete, and a close code is kept."""
    ours, theirs = memory_stream_pair()
    peer = Peer(ours)
    wire = unmasked(TEXT, b"x" * 200) + unmasked(8, b"\x11\x95")
    for byte in wire:
        await theirs.send_all(bytes((byte,)))
    assert (await peer.frame()).payload == b"x" * 200
    await theirs.send_eof()
    await peer.drain()
    assert peer.code == 0x1195


def test_a_frame_is_masked() -> None:
    """Frames of attackers are those of a client, with a mask that leaves them readable."""
    assert frame(b"abc") == b"\x81\x83\0\0\0\0abc"


RIGHT: list[str] = []
LATE, HARM = ["others wait 90 ms instead of 20 ms"], ["the server ended"]


@pytest.mark.parametrize(
    ("faults", "times", "times_in_ci"),
    [
        ([RIGHT], 1, 1),
        ([LATE, RIGHT, RIGHT], 3, 3),
        ([LATE, RIGHT, LATE], 3, 3),
        ([LATE, LATE, RIGHT], 2, 2),
        ([HARM, RIGHT], 1, 2),
        ([HARM, HARM, RIGHT], 1, 2),
        ([LATE, HARM, RIGHT], 2, 3),
    ],
)
def test_what_goes_wrong_is_looked_at_again(
    faults: list[list[str]], times: int, times_in_ci: int
) -> None:
    """Two of three count for a delay; other harm counts at once, and in CI if it comes twice."""
    made = [Result("flood", "", "", faults=found) for found in faults]
    for repeats, expected in ((False, times), (True, times_in_ci)):
        results = [made[0]]
        while is_open(results, repeats=repeats):
            results.append(made[len(results)])
        assert len(results) == expected
