"""A database with every kind of thing in it that people leave there."""

from pathlib import Path
from typing import NamedTuple

from tests.integration.chatters import Chatter, Object, chatting
from tests.integration.running import serving
from tests.integration.test_pairs import write_to
from tests.integration.test_rights_moved import moderate_a_room

CID = "the-cid-of-the-last-one"


class Life(NamedTuple):
    """What is known of what was left: how Amy comes back, and what she saw last."""

    session: str
    who: Object
    epoch: str
    last: int  # number in the room tea that she has read
    pair: str  # a room for two
    private: str  # a room that was moderated
    links: dict[str, str]  # to that


async def live(database: Path | str) -> Life:
    """Let people do on a server, which ends then, whatever leaves something."""
    private, links, _ = await moderate_a_room(database)
    async with (
        serving(database=str(database), trusted_proxy=("127.0.0.1",), presence_grace=0) as server,
        chatting(server, "Amy", "tea") as amy,
        chatting(server, "Ben", "tea") as ben,
    ):
        await _talk(amy, ben)
        last = (await amy.ask(t="send", room="tea", text="the last one", cid=CID))["seq"]
        assert (await amy.ask(t="read", room="tea", seq=last))["t"] == "ok"
        pair = (await write_to(amy, ben.who["id"]))["room"]
        assert (await amy.ask(t="join", room=pair))["t"] == "joined"
        await amy.send(pair, "between us")
        return Life(amy.session, amy.who, amy.epoch, last, pair, private, links)


async def _talk(amy: Chatter, ben: Chatter) -> None:
    seq = await amy.send("tea", "first words")
    await ben.send("tea", "an answer 🍵", reply=seq)
    for request in (
        {"t": "edit", "seq": seq, "text": "better words"},
        {"t": "react", "seq": seq, "emoji": "👍", "on": True},
        {"t": "topic", "text": "Of tea"},
    ):
        assert (await amy.ask(room="tea", **request))["t"] == "ok", request
    gone = await ben.send("tea", "not to be kept")
    assert (await ben.ask(t="delete", room="tea", seq=gone))["t"] == "ok"
