"""The texts that a message has had, by the socket and over HTTP."""

from pathlib import Path

from tests.integration.asking import ask
from tests.integration.chatters import Chatter, Object, chatting
from tests.integration.running import Running, serving
from tests.integration.test_links import join, make_private

LONG = 3000 * "漢"  # 9,000 bytes


async def edit(chatter: Chatter, room: str, seq: int, text: str) -> None:
    answer = await chatter.ask(t="edit", room=room, seq=seq, text=text)
    assert answer["t"] == "ok", answer


async def refused(chatter: Chatter, server: Running, room: str, seq: int) -> tuple[str, str]:
    """Return how both ways in refuse to tell the texts of a message."""
    answer = await chatter.ask(t="edits", room=room, seq=seq)
    told = await ask(server, "GET", f"/rooms/{room}/messages/{seq}/edits")
    assert answer["text"] == told.json["detail"]
    return answer["code"], f"{told.status} {told.code}"


async def test_all_texts_can_be_read_with_their_times(server: Running) -> None:
    """The oldest first, by whoever may read the room, until the message is deleted."""
    async with chatting(server, "Ann", "tea") as ann, chatting(server, "Bob") as bob:
        seq = await ann.send("tea", "mlik")
        await ann.send("tea", "something else")
        await edit(ann, "tea", seq, "milk")
        await ann.ask(t="react", room="tea", seq=seq, emoji="👍")
        await edit(ann, "tea", seq, "Milk!")
        answer = await bob.ask(t="edits", room="TEA", seq=seq)
        assert (answer["t"], answer["room"], answer["seq"]) == ("edits", "tea", seq)
        versions = answer["versions"]
        texts = [(one["seq"], one["text"]) for one in versions]
        assert texts == [(seq, "mlik"), (seq + 2, "milk"), (seq + 4, "Milk!")]
        assert all(one["from"] == ann.who and one["ts"] for one in versions)
        assert [one["ts"] for one in versions] == sorted(one["ts"] for one in versions)
        path = f"/rooms/tea/messages/{seq}/edits"
        told = await ask(server, "GET", path)
        assert told.status == 200
        assert told.json == {"room": "tea", "seq": seq, "versions": versions, "more": False}
        told = await ask(server, "GET", f"{path}?after={seq}&limit=1")
        assert told.json["versions"] == versions[1:2]
        assert told.json["more"] is True
        for other in (0, seq + 2, 99):  # an edit is no message
            assert await refused(bob, server, "tea", other) == ("not_found", "404 not_found")
        assert (await ann.ask(t="delete", room="tea", seq=seq))["t"] == "ok"
        assert await refused(ann, server, "tea", seq) == ("not_found", "404 not_found")
        assert await refused(ann, server, "never", 1) == ("not_found", "404 not_found")
        assert await refused(ann, server, "!", 1) == ("bad_room", "400 bad_room")


async def test_who_may_not_read_a_room_learns_nothing(server: Running) -> None:
    """A private room is none for them; with a link to read they read all."""
    async with chatting(server, "Ann") as ann, chatting(server, "Eve") as eve:
        room, links = await make_private(ann)
        await join(ann, room)
        seq = await ann.send(room, "secret")
        await edit(ann, room, seq, "public")
        expected = ("no_such_room", "404 no_such_room")
        assert await refused(eve, server, room, seq) == expected
        assert await refused(eve, server, room, 99) == expected
        path = f"/rooms/{room}/messages/{seq}/edits"
        told = await ask(server, "GET", path, room_link=links["read"])
        assert [one["text"] for one in told.json["versions"]] == ["secret", "public"]


async def test_long_texts_come_in_pages(tmp_path: Path) -> None:
    """Each as short as one of history; the next one begins after the last number."""
    database = str(tmp_path / "chat.db")
    async with (
        serving(database=database, page_bytes=20_000) as server,
        chatting(server, "Ann", "tea") as ann,
    ):
        seq = await ann.send("tea", f"{LONG} 0")
        for number in range(1, 5):
            await edit(ann, "tea", seq, f"{LONG} {number}")
        pages: list[Object] = []
        after = None
        while not pages or pages[-1]["more"]:
            pages.append(await ann.ask(t="edits", room="tea", seq=seq, after=after))
            after = pages[-1]["versions"][-1]["seq"]
    assert [[one["text"][-1] for one in page["versions"]] for page in pages] == [
        ["0", "1"],
        ["2", "3"],
        ["4"],
    ]
