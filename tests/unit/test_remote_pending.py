"""Rules of what the Python client asks for: answered once, sent again with the same id."""

import pytest
import trio
import trio.testing
from trio.testing import MockClock

from tests.frames import TEXT, unmasked
from tests.unit.servers import Calls, Object, calling, joined, refusal, visiting, welcome
from trio_chat.remote import Chat, Ended, Refused, Sent
from trio_chat.remote.pending import PENDING_LIMIT


def ok(request: Object, **fields: object) -> Object:
    return {"t": "ok", "id": request["id"], **fields}


async def test_what_is_submitted_is_kept_in_order(autojump_clock: MockClock) -> None:
    """Its state tells how far it has come, and its number is known at last."""
    async with visiting(Calls()) as (_, tea, peer):
        sent = [tea.submit("Milk?"), tea.submit("Lemon?", reply=2, cid="my own id")]
        assert [one.state for one in sent] == ["sending", "sending"]
        first, second = await peer.hears(), await peer.hears()
        assert first["cid"] == sent[0].cid
        assert (second["cid"], second["text"], second["reply"]) == ("my own id", "Lemon?", 2)
        await peer.says(ok(first, seq=3, ts=1), refusal("too_long", id=second["id"]))
        assert [one.state for one in sent] == ["kept", "refused"]
        assert await sent[0].kept() == 3
        assert sent[0].error is None
        assert isinstance(sent[1].error, Refused)
        assert sent[1].text == "Lemon?"


async def test_what_has_no_answer_is_sent_again_with_the_same_id(
    autojump_clock: MockClock,
) -> None:
    """So the server can see that it is the same."""
    calls = Calls()
    async with visiting(calls) as (_, tea, peer), trio.open_nursery() as nursery:
        nursery.start_soon(tea.send, "Milk?")
        before = await peer.hears()
        await peer.hangs_up()
        again = await calls.next()
        await again.welcomes()
        with trio.move_on_after(5) as scope:
            await again.hears()
        assert scope.cancelled_caught, "it must not be sent before we are in the room again"
        await again.says(joined(2))
        assert await again.hears() == before
        await again.says(ok(before, seq=3, ts=1, dup=True))


async def test_what_is_refused_for_the_moment_is_asked_for_again(
    autojump_clock: MockClock,
) -> None:
    """At the time that the server tells, and with the same id."""
    async with visiting(Calls()) as (_, tea, peer), trio.open_nursery() as nursery:
        nursery.start_soon(tea.send, "Milk?")
        before = await peer.hears()
        await peer.says(refusal("unavailable", id=before["id"], retry_ms=2500))
        began = trio.current_time()
        nursery.start_soon(tea.history)
        assert (await peer.hears())["t"] == "history"
        assert await peer.hears() == before
        assert trio.current_time() == began + 2.5
        nursery.cancel_scope.cancel()


async def test_what_is_cancelled_is_not_sent_again(autojump_clock: MockClock) -> None:
    """It makes room for others, too."""
    calls = Calls()
    async with visiting(calls) as (_, tea, peer):
        with trio.move_on_after(1):
            await tea.send("Milk?")
        await peer.hangs_up()
        sent = tea.submit("Lemon?")
        again = await calls.next()
        await again.welcomes(joined(2))
        assert (await again.hears())["text"] == sent.text


async def test_so_many_requests_wait_for_their_answers_and_no_more(
    autojump_clock: MockClock,
) -> None:
    """Others wait until there is room, or are told that there is none."""
    async with visiting(Calls()) as (_, tea, peer), trio.open_nursery() as nursery:
        for _ in range(PENDING_LIMIT):
            tea.submit("x")
        with pytest.raises(trio.WouldBlock):
            tea.submit("x")
        nursery.start_soon(tea.send, "y")
        first = await peer.hears()
        await peer.says(ok(first, seq=3))
        for _ in range(PENDING_LIMIT - 1):
            assert (await peer.hears())["text"] == "x"
        assert (await peer.hears())["text"] == "y"
        nursery.cancel_scope.cancel()


async def test_text_that_cannot_be_sent_is_an_error_at_once(autojump_clock: MockClock) -> None:
    """And takes nobody's place."""
    async with visiting(Calls()) as (_, tea, _):
        for _ in range(PENDING_LIMIT + 1):
            with pytest.raises(ValueError, match="surrogate"):
                tea.submit("\ud800")


async def test_what_the_server_would_not_take_is_not_sent(autojump_clock: MockClock) -> None:
    """As large messages would end the connection; many small ones come in several."""
    calls = Calls()
    async with calling(calls) as chat:
        tea = chat.room("tea")
        peer = await calls.next()
        await peer.shake_hands()
        await peer.hears()
        large, small = tea.submit("x" * 500), [tea.submit("y" * 100) for _ in range(7)]
        await peer.says(welcome(limits={"frame": 500}), joined(0))
        assert [(await peer.hears())["text"] for _ in small] == ["y" * 100] * 7
        with pytest.raises(Refused, match="too_long"):
            await large.kept()


async def test_an_answer_to_another_question_is_an_error(autojump_clock: MockClock) -> None:
    """Not a number that means nothing."""
    async with visiting(Calls()) as (_, tea, peer):
        sent = tea.submit("Milk?")
        request = await peer.hears()
        await peer.says({"t": "rooms", "id": request["id"], "rooms": []})
        with pytest.raises(Ended, match="another question"):
            await sent.kept()


async def test_the_end_of_the_chat_is_the_answer_to_all(autojump_clock: MockClock) -> None:
    """Whether they were kept is not known."""
    sent: list[Sent] = []
    async with visiting(Calls()) as (_, tea, _):
        sent += [tea.submit("Milk?"), tea.submit("Lemon?")]
    for one in sent:
        with pytest.raises(Ended, match="was left"):
            await one.kept()


async def test_typing_is_sent_while_we_are_there(autojump_clock: MockClock) -> None:
    """Without an id, as it has no answer; and never later, when it would be wrong."""
    calls = Calls()
    async with visiting(calls) as (_, tea, peer):
        tea.typing()
        assert await peer.hears() == {"t": "typing", "room": "tea"}
        await trio.sleep(1)
        tea.typing()
        await peer.hangs_up()
        await trio.sleep(0.1)
        tea.typing()
        again = await calls.next()
        await again.welcomes(joined(2))
        sent = tea.submit("Milk?")
        assert (await again.hears())["text"] == sent.text


async def test_typing_leaves_nothing_behind(autojump_clock: MockClock) -> None:
    """However often it is called, one waits to be sent at most, and nothing for an answer."""
    async with visiting(Calls()) as (chat, tea, peer):
        for _ in range(1000):
            tea.typing()
            await trio.sleep(0.01)
        assert requests_held(chat) == 0
        await peer.says({"t": "ping"})
        heard = [await peer.hears() for _ in range(10)]
        assert heard == [{"t": "typing", "room": "tea"}] * 10
        tea.submit("Milk?")
        assert (await peer.hears())["t"] == "send"


def requests_held(chat: Chat) -> int:
    return len(chat._pending._pending) + len(chat._pending._unsent) + len(chat._pending._typing)


async def test_typing_in_a_room_that_is_left_is_not_sent(autojump_clock: MockClock) -> None:
    """The server would refuse it."""
    async with visiting(Calls()) as (_, tea, peer), trio.open_nursery() as nursery:
        tea.typing()
        nursery.start_soon(tea.leave)
        heard = [(await peer.hears())["t"]]
        assert heard in (["typing"], ["leave"])
        nursery.cancel_scope.cancel()


async def test_rooms_that_come_and_go_offline_leave_nothing_behind(
    autojump_clock: MockClock,
) -> None:
    """The next hello names the rooms of then, so no request waits for that."""
    calls = Calls()
    async with visiting(calls) as (chat, _, peer):
        calls.trouble = ConnectionRefusedError("nobody is there")
        await peer.hangs_up()
        for number in range(1000):
            await chat.room(f"room-{number}").leave()
        assert requests_held(chat) == 0
        calls.trouble = None
        hello = await (await calls.next()).welcomes()
        assert [room["room"] for room in hello["rooms"]] == ["tea"]


async def test_rooms_that_come_and_go_are_bounded(autojump_clock: MockClock) -> None:
    """A server that answers nothing has so many requests at most; nobody waits for the others."""
    async with visiting(Calls()) as (chat, _, peer):
        for number in range(2 * PENDING_LIMIT):
            room = chat.room("milk")
            with trio.move_on_after(0.01):
                await room.leave()
            if number < PENDING_LIMIT:
                assert chat.room("milk") is not room
        assert requests_held(chat) <= PENDING_LIMIT + 1
        await peer.hangs_up()


async def test_a_room_is_joined_by_one_request_at_a_time(autojump_clock: MockClock) -> None:
    """What was asked before counts no more when it is left and joined again."""
    async with visiting(Calls()) as (chat, _, peer), trio.open_nursery() as nursery:
        first = chat.room("milk")
        nursery.start_soon(first.leave)
        await trio.testing.wait_all_tasks_blocked()
        milk = chat.room("milk")
        heard = [await peer.hears() for _ in range(3)]
        assert [one["t"] for one in heard] == ["join", "leave", "join"]
        await trio.testing.wait_all_tasks_blocked()
        assert not nursery.child_tasks, "leaving is over when the room is joined again"
        assert requests_held(chat) == 1
        await peer.says({**joined(0, id=heard[0]["id"]), "room": "milk"})
        assert not milk.is_joined
        await peer.says({**joined(0, id=heard[2]["id"]), "room": "milk"})
        assert milk.is_joined


async def test_leaving_is_asked_for_again_while_the_server_is_busy(
    autojump_clock: MockClock,
) -> None:
    """At the time that it names, as everything else."""
    async with visiting(Calls()) as (_, tea, peer), trio.open_nursery() as nursery:
        nursery.start_soon(tea.leave)
        leave = await peer.hears()
        began = trio.current_time()
        await peer.says(refusal("busy", id=leave["id"], retry_ms=500))
        assert await peer.hears() == leave
        assert trio.current_time() == began + 0.5
        await peer.says(ok(leave))


@pytest.mark.parametrize("code", ["busy", "unavailable"])
async def test_a_chat_tells_while_the_server_slows_it_down(
    autojump_clock: MockClock, code: str
) -> None:
    """Because there were too many requests, and for no other reason; not on another connection."""
    calls = Calls()
    async with visiting(calls) as (chat, tea, peer), trio.open_nursery() as nursery:
        nursery.start_soon(tea.leave)
        leave = await peer.hears()
        await peer.says(refusal(code, id=leave["id"], retry_ms=500))
        await trio.testing.wait_all_tasks_blocked()
        assert chat.is_slowed == (code == "busy")
        await peer.hears()
        assert not chat.is_slowed
        await peer.says(refusal(code, id=leave["id"], retry_ms=50_000))
        await trio.testing.wait_all_tasks_blocked()
        chat._pending.start_connection()
        assert not chat.is_slowed
        nursery.cancel_scope.cancel()


async def test_two_tasks_may_leave_a_room(autojump_clock: MockClock) -> None:
    """It is left once."""
    async with visiting(Calls()) as (chat, tea, peer), trio.open_nursery() as nursery:
        for _ in range(PENDING_LIMIT):
            chat.room("tea").submit("x")
        nursery.start_soon(tea.leave)
        nursery.start_soon(tea.leave)
        requests = [await peer.hears() for _ in range(PENDING_LIMIT)]
        await peer.says(*(ok(request, seq=3) for request in requests))
        leave = await peer.hears()
        assert leave["t"] == "leave"
        await peer.says(ok(leave))


async def test_a_request_may_be_cancelled_while_others_are_sent(
    autojump_clock: MockClock,
) -> None:
    """It is left out of the frames that follow."""
    calls = Calls()
    goes_on = trio.Event()
    async with calling(calls) as chat, trio.open_nursery() as nursery:
        tea = chat.room("tea")
        peer = await calls.next()
        await peer.welcomes(limits={"frame": 200})
        kept = [tea.submit("x" * 50), tea.submit("w" * 50)]
        nursery.start_soon(tea.send, "y" * 50)
        await trio.testing.wait_all_tasks_blocked()
        kept.append(tea.submit("z" * 50))
        calls.ours[0].send_stream.send_all_hook = goes_on.wait
        await peer.says(joined(0))
        nursery.cancel_scope.cancel()
        with trio.CancelScope(shield=True):
            await trio.testing.wait_all_tasks_blocked()
            goes_on.set()
            texts = [(await peer.hears())["text"] for _ in kept]
            assert texts == [one.text for one in kept]


@pytest.mark.parametrize(("limits", "most"), [({"requests": 4}, 4), ({}, 256)])
async def test_a_frame_has_no_more_objects_than_the_server_takes(
    autojump_clock: MockClock, limits: Object, most: int
) -> None:
    """Otherwise it would refuse all of them."""
    calls = Calls()
    async with calling(calls) as chat:
        tea = chat.room("tea")
        peer = await calls.next()
        await peer.shake_hands()
        await peer.hears()
        for _ in range(PENDING_LIMIT):
            tea.submit("x")
        for number in range(most):
            chat.room(f"room-{number}")
        await peer.says(welcome(limits={"frame": 65536, **limits}), joined(0))
        for _ in range(PENDING_LIMIT + most):
            await peer.hears()
        assert max(peer.counts) == most
        assert sum(peer.counts) == 1 + PENDING_LIMIT + most


@pytest.mark.parametrize(
    ("limits", "most"), [({"requests": 4}, 3), ({"frame": 400}, 4), ({"requests": 1}, 0), ({}, 9)]
)
async def test_a_hello_names_no_more_rooms_than_a_frame_may_hold(
    autojump_clock: MockClock, limits: Object, most: int
) -> None:
    """The others are joined behind the welcome."""
    calls = Calls()
    async with calling(calls) as chat:
        for number in range(9):
            chat.room(f"room-{number}", last=number, epoch="e1")
        peer = await calls.next()
        assert len((await peer.welcomes(limits=limits))["rooms"]) == 9
        await peer.hangs_up()
        again = await calls.next()
        named = [room["room"] for room in (await again.welcomes())["rooms"]]
        assert len(named) == most
        joins = [await again.hears() for _ in range(9 - most)]
        assert [*named, *(join["room"] for join in joins)] == [f"room-{n}" for n in range(9)]
        assert all((join["t"], join["epoch"]) == ("join", "e1") for join in joins)


@pytest.mark.parametrize("code", ["too_many_reactions", "too_many_changes", "key_reused"])
async def test_a_refusal_has_the_code_of_the_server(autojump_clock: MockClock, code: str) -> None:
    """Also one that is newer than this client; without ``retry_ms`` it is final."""
    async with visiting(Calls()) as (_, tea, peer):
        sent = tea.submit("Milk?")
        await peer.says(refusal(code, id=(await peer.hears())["id"]))
        with pytest.raises(Refused, match=f"it is {code}") as refused:
            await sent.kept()
        assert refused.value.code == code


async def test_a_server_that_takes_nothing_counts_as_gone(
    autojump_clock: MockClock,
) -> None:
    """After ten seconds."""
    calls = Calls()
    async with visiting(calls) as (_, tea, _), trio.open_nursery() as nursery:
        calls.ours[-1].send_stream.send_all_hook = trio.sleep_forever
        began = trio.current_time()
        nursery.start_soon(tea.send, "Milk?")
        again = await calls.next()
        assert trio.current_time() == began + 10.5
        await again.welcomes(joined(2))
        assert (await again.hears())["text"] == "Milk?"
        nursery.cancel_scope.cancel()


async def test_nothing_follows_a_write_that_did_not_end(autojump_clock: MockClock) -> None:
    """Not even a goodbye: the server would read it as the rest of what came before."""
    calls = Calls()
    writes: list[float] = []

    async def take_nothing() -> None:
        writes.append(trio.current_time())
        await trio.sleep_forever()

    async def talk() -> None:
        async with visiting(calls) as (_, tea, peer):
            calls.ours[0].send_stream.send_all_hook = take_nothing
            tea.submit("Milk?")
            await trio.testing.wait_all_tasks_blocked()
            await peer.sends(unmasked(TEXT, b"nonsense"))
            await trio.sleep(1)

    with pytest.raises(Ended, match="does not speak"):
        await talk()
    assert writes == [0]
