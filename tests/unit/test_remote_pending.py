"""Rules of what the Python client asks for: answered once, sent again with the same id."""

import pytest
import trio
import trio.testing
from trio.testing import MockClock

from tests.frames import TEXT, unmasked
from tests.unit.servers import Calls, Object, calling, joined, refusal, visiting, welcome
from trio_chat.remote import Ended, Refused, Sent
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


async def test_typing_is_told_while_we_are_there(autojump_clock: MockClock) -> None:
    """And never later: it would be wrong by then."""
    calls = Calls()
    async with visiting(calls) as (_, tea, peer):
        tea.typing()
        assert (await peer.hears())["t"] == "typing"
        tea.typing()
        await peer.hangs_up()
        tea.typing()
        again = await calls.next()
        await again.welcomes(joined(2))
        sent = tea.submit("Milk?")
        assert (await again.hears())["text"] == sent.text


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
