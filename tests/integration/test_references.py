"""A number in a request is that of a message, whichever way the request comes."""

from tests.integration.asking import ask
from tests.integration.chatters import chatting
from tests.integration.running import serving

MESSAGES = "/rooms/tea/messages"


async def test_a_reply_needs_a_message() -> None:
    """A number to come, an edit, a reaction and a topic are none; nothing of it is kept."""
    async with serving() as server, chatting(server, "Ann", "tea") as ann:
        await ann.send("tea", "milk?")
        for request in (
            {"t": "edit", "seq": 1, "text": "Milk?"},
            {"t": "react", "seq": 1, "emoji": "🍋"},
            {"t": "topic", "text": "milk"},
        ):
            assert (await ann.ask(room="tea", **request))["t"] == "ok"
        for seq in (0, 2, 3, 4, 5, 999, 2**53 - 1):
            answer = await ann.ask(t="send", room="tea", text="yes", reply=seq)
            assert (answer["t"], answer["code"]) == ("error", "not_found")
            posted = await ask(server, "POST", MESSAGES, {"text": "yes", "reply": seq})
            assert (posted.status, posted.code) == (404, "not_found")
        assert await ann.send("tea", "yes", reply=1) == 5


async def test_a_change_needs_a_message() -> None:
    """Edits, deletions and reactions, too."""
    async with serving() as server, chatting(server, "Ann", "tea") as ann:
        await ann.send("tea", "milk?")
        await ann.ask(t="topic", room="tea", text="milk")
        for seq in (0, 2, 3, 2**53 - 1):
            for request in (
                {"t": "edit", "text": "Milk?"},
                {"t": "react", "emoji": "🍋"},
                {"t": "react", "emoji": "🍋", "on": False},
                {"t": "delete"},
            ):
                answer = await ann.ask(room="tea", seq=seq, **request)
                assert answer["code"] == "not_found", (seq, request)
            path = f"{MESSAGES}/{seq}"
            bearer = f"Bearer {ann.session}"
            for method, body in (("PUT", "Milk?"), ("DELETE", None)):
                changed = await ask(server, method, path, body, authorization=bearer)
                assert changed.code == "not_found", (seq, method)


async def test_a_deleted_message_can_be_replied_to() -> None:
    """Who wrote the reply meanwhile loses nothing; the number tells what it was about."""
    async with serving() as server, chatting(server, "Ann", "tea") as ann:
        await ann.send("tea", "milk?")
        await ann.ask(t="delete", room="tea", seq=1)
        assert await ann.send("tea", "yes", reply=1) == 3


async def test_a_message_can_be_changed_so_often() -> None:
    """Different emoji and changes have limits, each with an error of its own; others go on."""
    smiles = [chr(0x1F600 + number) for number in range(51)]
    async with serving() as server, chatting(server, "Ann", "tea") as ann:
        await ann.send("tea", "milk?")
        answers = [await ann.ask(t="react", room="tea", seq=1, emoji=one) for one in smiles]
        assert [answer.get("code") for answer in answers] == [None] * 50 + ["too_many_reactions"]
        for number in range(950):
            edited = await ann.ask(t="edit", room="tea", seq=1, text=f"milk {number}")
            assert edited["t"] == "ok"
        for request in ({"t": "edit", "text": "x"}, {"t": "react", "emoji": smiles[0]}):
            refused = await ann.ask(room="tea", seq=1, **request)
            assert refused["code"] == "too_many_changes"
        page = await ask(server, "GET", f"{MESSAGES}?limit=1")
        assert len(page.json["messages"][0]["reactions"]) == 50
        assert (await ann.ask(t="delete", room="tea", seq=1))["t"] == "ok"
        assert await ann.send("tea", "lemon?", reply=1) == 1003
