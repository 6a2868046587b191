"""Rooms with links on a full screen and between pipes, as their users see them."""

import json
import re
import signal
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from tests.integration.running import Running, serving
from tests.terminal.tool import Tool
from tests.terminal.window import Window, window
from trio_chat.core import arrivals
from trio_chat.remote import Chat, Refused, Room, RoomRules, connect
from trio_chat.remote.address import link_to, split_link

SIZE = (150, 40)  # in which a link needs no second row
WORDS = {"read": "to read: ", "speak": "to speak: ", "moderate": "to moderate: "}


@pytest.fixture
async def server() -> AsyncIterator[Running]:
    """Run a server at which whoever is gone is not there any more."""
    async with serving(presence_grace=0, nick_keep_days=0) as running:
        yield running


def shown_link(shown: Window, right: str) -> str:
    """Return the last link that is shown."""
    found = re.findall(re.escape(WORDS[right]) + r"(\S+)", shown.text)
    assert found, shown.text
    return str(found[-1])


@asynccontextmanager
async def moderating(tool: Tool, home: Path) -> AsyncIterator[tuple[Window, Chat, Room]]:
    """Have Ann moderate the room ``class`` in a window, where Ben Lee is, too."""
    async with (
        connect(tool.url, nick="Ben Lee") as ben,
        window(tool.url, home, "--nick", "Ann", size=SIZE) as shown,
    ):
        await shown.obeys("/create class", "[class]", WORDS["moderate"])
        room = await ben.join("class")
        await shown.shows("→ Ben Lee")
        yield shown, ben, room


async def refused(room: Room) -> str:
    """Return the code with which a room ends."""
    with pytest.raises(Refused) as error:
        async for _ in room:
            pass
    return error.value.code


async def test_a_private_room_is_made_and_shared(tool: Tool, tmp_path: Path) -> None:
    """Its links are shown once; who opens one in a terminal is in the room, with its right."""
    async with window(tool.url, tmp_path, "--nick", "Ann", size=SIZE) as shown:
        await shown.obeys("/create --private Tea at five", " Tea at five ", *WORDS.values())
        await shown.shows("Keep these links, nobody tells them again", "lobby  [Tea at five]")
        reading, speaking = shown_link(shown, "read"), shown_link(shown, "speak")
        room = split_link(reading).room
        async with window(reading, tmp_path, "--nick", "Ben") as other:
            await other.shows("Tea at five", "read only · 2 here")
            await other.obeys("hello", "not sent: your link lets you only read")
            await other.obeys(f"/join {speaking}", "Tea at five")
            await other.hides("read only")
            await other.obeys("now I may", "Ben │ now I may")
            await shown.shows("Ben │ now I may")
            await other.obeys("/links", "only moderators of the room may do that")
            await other.obeys("/join http://elsewhere.example/r/tea#s3cret", "another server")
            await other.obeys(f"/join {tool.url}", "this is no link to a room")
        secret = split_link(speaking).secret
        async with window(tool.url, tmp_path, "--nick", "Cem") as other:
            await other.obeys(f"/join {room}", "no_such_room", "[lobby]")
            await other.obeys(f"/join {room}#{secret}", "Tea at five", "lobby  [Tea at five]")
        async with window(tool.url, tmp_path, "--nick", "Eve", "--room", room, ready="") as other:
            await other.shows("trio-chat: there is no such room")
            assert await other.restored() == 1


async def test_links_are_made_listed_and_revoked(tool: Tool, tmp_path: Path) -> None:
    """Who came by one has to leave, and stays in other rooms."""
    async with moderating(tool, tmp_path) as (shown, ben, _):
        await shown.obeys("/create --private Tea", "lobby  class  [Tea]")
        await shown.obeys("/link", "/link read|speak|moderate [TIME] [xN]")
        await shown.obeys("/link shout", "/link read|speak|moderate [TIME] [xN]")
        shown.type("/link speak for Ben\r")
        await shown.until(lambda: shown.text.count(WORDS["speak"]) == 2)
        link = split_link(shown_link(shown, "speak"))
        room = await ben.join(link.room, link=link.secret)
        await shown.obeys(
            "/links", "to speak (for Ben) by Ann, used 1: Ben Lee", "to moderate by Ann"
        )
        found = re.search(r"(\w+) to speak \(for Ben\)", shown.text)
        assert found
        await shown.obeys(f"/unlink {found[1]}", f"the link {found[1]} is revoked")
        assert await refused(room) == "removed"
        await ben.room("class").send("still here")
        await shown.obeys("/unlink nothing", "there is no such link")


async def test_a_link_ends_by_time_and_by_uses(tool: Tool, tmp_path: Path) -> None:
    """The list of links tells both; who comes when it is used up is not let in."""
    async with moderating(tool, tmp_path) as (shown, ben, _):
        await shown.obeys("/create --private Tea", "lobby  class  [Tea]")
        for wrong in ("0m", "x0"):
            await shown.obeys(f"/link speak {wrong} for Ben", f"{wrong} cannot stand here")
        shown.type("/link speak x1 2h for Ben\r")
        await shown.until(lambda: shown.text.count(WORDS["speak"]) == 2)
        link = split_link(shown_link(shown, "speak"))
        await ben.join(link.room, link=link.secret)
        listed = r"to speak \(for Ben\) by Ann, used 1 of 1: Ben Lee, until (\S+ \S+)"
        await shown.obeys("/links", "used 1 of 1: Ben Lee, until ")
        found = re.search(listed, shown.text)
        assert found, shown.text
        left = datetime.fromisoformat(found[1]).astimezone() - datetime.now(UTC)
        assert timedelta(hours=1) < left <= timedelta(hours=2)
        async with connect(tool.url, nick="Cem") as cem:
            with pytest.raises(Refused, match="no such room"):
                await cem.join(link.room, link=link.secret)


async def test_rules_are_set_and_shown(tool: Tool, tmp_path: Path) -> None:
    """In words, to all; who may not write is told in the bar."""
    async with moderating(tool, tmp_path) as (shown, _, room):
        await shown.obeys("/rules", "rules: none")
        async with window(f"{tool.url}r/class", tmp_path, "--nick", "Cem") as other:
            await shown.obeys("/rules closed", "Ann set the rules: only moderators write")
            await other.shows("closed · 3 here", "Ann set the rules: only moderators write")
            await other.obeys("x", "not sent: only moderators speak in this room just now")
            await other.obeys("/rules open", "only moderators of the room may do that")
        await shown.obeys("/rules slow 1m newcomers 15m members 30")
        await shown.shows("Ann set the rules: only moderators write; one message in 1 min; ")
        await shown.shows("newcomers wait for 15 min; at most 30 people")
        assert room.rules == RoomRules(closed=True, slow=60, newcomers=900, members=30)
        await shown.obeys("/rules open slow 0 members 0", "rules: newcomers wait for 15 min")
        await shown.obeys("/rules none", "Ann set the rules: none")
        await shown.hides("closed · ")
        await shown.obeys("/rules quiet", "there is no rule quiet")
        await shown.obeys(
            "/rules slow fast", "slow needs a time such as 10s or 15m, or 0, not fast"
        )


async def test_people_are_muted_kicked_and_banned(tool: Tool, tmp_path: Path) -> None:
    """By their nicks, which may have blanks; also when they are gone."""
    async with moderating(tool, tmp_path) as (shown, ben, room):
        await shown.obeys("/mute ben lee 10m a joke", "Ann muted Ben Lee for 10 min: a joke")
        with pytest.raises(Refused, match="muted"):
            await room.send("x")
        await shown.obeys("/unmute Ben Lee", "Ann lets speak again: Ben Lee")
        await shown.obeys("/mute nobody", "nobody here is called nobody")
        await shown.obeys("/mute", "/mute NICK [TIME [WHY]]")
        await shown.obeys("/kick @Ben Lee", "Ann removed Ben Lee")
        assert await refused(room) == "kicked"
        again = await ben.join("class")
        await shown.until(lambda: shown.text.count("→ Ben Lee") > 1)
        await shown.obeys("/ban Ben Lee 1d", "Ann banned Ben Lee for 1 d")
        assert await refused(again) == "banned"
        await shown.hides("2 here")
        await shown.obeys("/unban Nobody", "nobody here is called Nobody")
        await shown.obeys("/unban Ben Lee", "Ann lets in again: Ben Lee")
        again = await ben.join("class")
        await again.send("back")
        await shown.shows("Ben Lee │ back")
        await again.leave()
        await shown.shows("← Ben Lee")
        await shown.obeys("/ban Ben Lee", "Ann banned Ben Lee\n")
        with pytest.raises(Refused, match="banned"):
            await ben.join("class")


async def test_who_is_removed_is_told(tool: Tool, tmp_path: Path) -> None:
    """Their other rooms stay; without any the chat ends."""
    async with connect(tool.url, nick="Ann") as ann:
        await ann.create("class")
        room = await ann.join("class")
        async with window(tool.url, tmp_path, "--nick", "Ben", size=SIZE) as shown:
            await shown.obeys("/join class", "lobby  [class]", "2 here")
            [ben] = [one for one in room.members if one.nick == "Ben"]
            await room.moderate("kick", [ben])
            await shown.shows(
                "class: you were removed from this room, and may join it again", "[lobby]"
            )
            await shown.obeys("hello", "Ben │ hello")
            await shown.obeys("/join class", "lobby  [class]", "2 here")
        async with window(f"{tool.url}r/class", tmp_path, "--nick", "Ben") as shown:
            await shown.shows("2 here")
            await room.moderate("ban", [ben])
            assert await shown.restored() == 1
            await shown.shows("trio-chat: you may not be in this room (banned)")


async def test_what_is_cleared_comes_back(tool: Tool, tmp_path: Path) -> None:
    """In its place; reports and acts are listed with their numbers."""
    async with moderating(tool, tmp_path) as (shown, _, room):
        await room.send("rude")
        await room.react(2, "👍")
        await shown.obeys("hello", "Ann │ hello")
        await room.send("ruder")
        await shown.shows("Ben Lee │ rude 👍 1", "Ben Lee │ ruder")
        async with window(f"{tool.url}r/class", tmp_path, "--nick", "Cem") as other:
            await other.shows("│ ruder")
            await other.obeys("/report", "/report N WHY")
            await other.obeys("/report #5 rude words", "the moderators are told about message 5")
            await other.obeys("/audit", "only moderators of the room may do that")
            await shown.obeys("/audit", "Cem reported message 5: rude words")
            await shown.obeys("/clear Ben Lee", "Ann cleared the messages of Ben Lee")
            await other.shows("Ann cleared the messages of Ben Lee")
            await shown.until(lambda: "│ rude\n" not in shown.text)
            await other.until(lambda: "│ ruder" not in other.text)
            shown.type("/audit\r")
            line = r"(\d+) \S+ \S+ Ann cleared the messages of Ben Lee"
            await shown.until(lambda: re.search(line, shown.text) is not None)
            found = re.search(line, shown.text)
            assert found
            await shown.obeys("/undo x", "/undo N")
            await shown.obeys(f"/undo {found[1]}", "Ann brought back messages that were cleared")
            await other.shows("Ben Lee │ rude 👍 1", "Ben Lee │ ruder")
            await shown.shows("Ben Lee │ rude 👍 1", "Ann │ hello", "Ben Lee │ ruder")
        await shown.obeys(f"/undo {found[1]}", "that was taken back already")
        await shown.obeys(f"/audit {found[1]}", "Cem reported message 5")
        await shown.obeys("/clear Ben Lee 1m", "Ann cleared the messages of Ben Lee")


async def test_a_raid_is_undone_after_a_look(tool: Tool, tmp_path: Path) -> None:
    """With two commands."""
    async with moderating(tool, tmp_path) as (shown, _, room):
        await shown.obeys("/raid yes", "/raid TIME")
        await room.send("spam")
        await shown.obeys(
            "/raid 1m", "1 person, ", "1 message: Ben Lee (first seen", "/raid yes bans"
        )
        await shown.obeys("/raid yes", "the raid is undone", "Ann banned Ben Lee for 7 d")
        await shown.until(lambda: "│ spam" not in shown.text)
        assert await refused(room) == "banned"
        await shown.shows("Ann set the rules: newcomers wait for 15 min; links of newcomers wait")
        await shown.obeys("/raid yes", "/raid TIME")
        await shown.obeys("/audit", "Ann undid a raid of Ben Lee")
        await shown.obeys("/create --private Alone", "[Alone]")
        await shown.obeys("/raid 1m", "nobody has come since")


async def test_a_raid_of_somebody_is_undone(tool: Tool, tmp_path: Path) -> None:
    """Nobody else is banned; a nick that looks like a time is one if somebody here has it."""
    async with (
        moderating(tool, tmp_path) as (shown, _, room),
        connect(tool.url, nick="10m") as other,
    ):
        theirs = await other.join("class")
        await theirs.send("spam")
        await room.send("bread")
        await shown.shows("10m │ spam", "Ben Lee │ bread")
        await shown.obeys("/raid 1h", "2 people, ", "2 messages: ", "first seen")
        await shown.obeys("/raid 1h without Zoe", "nobody here is called Zoe")
        await shown.obeys("/raid 15m without 10m, Ben Lee", "nobody has come since")
        await shown.obeys("/raid Ben Lee without 10m", "/raid NICK [TIME]")
        await shown.obeys("/raid 2h without Ben Lee", "1 person, ", "1 message: 10m (first seen")
        await shown.obeys("/raid Ben Lee 1m loud", "/raid NICK [TIME]")
        await shown.obeys("/raid Zoe", "nobody here is called Zoe")
        await shown.obeys("/raid Ann", "moderators are spared: there is nobody to act on")
        shown.type("/raid yes\r")  # nothing is shown to undo any more
        await shown.until(lambda: shown.text.count("/raid NICK [TIME]") == 3)
        shown.type("/raid 10m\r")
        await shown.until(lambda: shown.text.count("1 message: 10m (") == 2)
        await shown.obeys("/raid yes", "the raid is undone", "Ann banned 10m for 7 d")
        assert await refused(theirs) == "banned"
        await shown.until(lambda: "10m │" not in shown.text)
        await shown.shows("Ben Lee │ bread")
        await shown.obeys("/raid Ben Lee 2h", "1 message: Ben Lee (first seen")
        await shown.obeys("/raid yes", "Ann banned Ben Lee for 7 d")
        await shown.until(lambda: "Ben Lee │" not in shown.text)
        assert await refused(room) == "banned"


async def test_it_is_told_that_an_address_is_not_banned(
    tool: Tool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As others come from it; who was banned can come back from there, and has to wait."""
    monkeypatch.setattr(arrivals, "place_of", lambda _: "192.0.2.7")
    async with (
        moderating(tool, tmp_path) as (shown, _, _),
        connect(tool.url, nick="Cem") as cem,
        connect(tool.url, nick="Eve") as eve,
    ):
        for one in (cem, eve):
            await one.join("class")
        await shown.shows("→ Eve")
        await shown.obeys("/ban Cem", "the same address, so it is not banned", "another name")
        await shown.obeys("/raid Eve 10m", "the same address, so it is not banned", "15 minutes")
        await shown.obeys("/raid yes", "the raid is undone", "Ann banned Eve for 7 d")
        await shown.obeys("/audit", "Ann banned Cem (but not an address that others come from)")


async def test_a_moderator_says_why_a_message_is_deleted(tool: Tool, tmp_path: Path) -> None:
    """With its number, as far as it is somebody else's; all see it, and the list of acts has it."""
    async with moderating(tool, tmp_path) as (shown, _, room):
        await room.send("a joke")
        await shown.shows("Ben Lee │ a joke")
        await shown.obeys("mine", "Ann │ mine")
        number = (await room.history()).messages[-1].seq
        await shown.obeys(f"/delete #{number} no", f"> /delete #{number}", "Enter takes message")
        shown.type("\x15")
        await shown.obeys(f"/delete #{number - 1} not now", "Ben Lee │ deleted: not now")
        await shown.obeys("/audit", f"deleted message {number - 1} of Ben Lee: not now")
        await shown.shows("Ann │ mine")


async def test_links_of_newcomers_wait_for_approval(tool: Tool, tmp_path: Path) -> None:
    """Their sender is told so; a moderator lists them, sends them or drops them."""
    async with moderating(tool, tmp_path) as (shown, _, _):
        await shown.obeys("/held", "nothing waits for approval here")
        await shown.obeys("/rules hold_links on", "links of newcomers wait for a moderator")
        async with window(f"{tool.url}r/class", tmp_path, "--nick", "Cem") as other:
            await other.shows("3 here")
            for text in ("see https://a.b", "or https://c.d"):
                await other.obeys(text, f"{text}", "not sent: it waits for a moderator")
            await shown.obeys("/held", "Cem: see https://a.b", "Cem: or https://c.d")
            first, second = re.findall(r"([0-9]{6,}) \S+ \S+ Cem: ", shown.text)[-2:]
            await shown.obeys("/approve", "/approve N")
            await shown.obeys("/reject it", "/reject N")
            await shown.obeys(f"/approve {first}", "Cem │ see https://a.b")
            await other.until(lambda: other.text.count("│ see https://a.b") == 2)
            await shown.obeys(f"/reject {second} an advert", f"message {second} is dropped")
            await shown.obeys("/audit", "Ann rejected what Cem wrote: an advert", "Ann approved")
            await shown.obeys(f"/approve {second}", "nothing waits here under this number")


async def test_help_is_for_who_asks(tool: Tool, tmp_path: Path) -> None:
    """What only moderators may do is listed for them."""
    async with moderating(tool, tmp_path) as (shown, _, _):
        shown.resize(150, 60)
        await shown.obeys(
            "/help", "/create NAME", "For moderators:", "/raid TIME", "/rules closed|"
        )
        async with window(tool.url, tmp_path, "--nick", "Cem", size=(150, 60)) as other:
            await other.obeys("/help", "/create NAME", "/report N WHY", "Ctrl-C: end")
            assert "/raid" not in other.text


async def test_rooms_that_cannot_be_made(tool: Tool, tmp_path: Path) -> None:
    """Nothing is opened for them."""
    async with moderating(tool, tmp_path) as (shown, _, _):
        await shown.obeys("/create", "/create NAME: make a room")
        await shown.obeys("/create --private", "/create NAME: make a room")
        await shown.obeys("/create class", "(room_taken)")
        await shown.shows("lobby  [class]")


async def test_scripts_come_by_links(tool: Tool, tmp_path: Path) -> None:
    """By one on the command line, in a file or in a variable, which nobody sees in a list."""
    async with connect(tool.url, nick="Ann") as ann:
        made = await ann.create("Builds", private=True)
        room = await ann.join(made.room)
        links = {one.right: link_to(tool.url, made.room, one.secret) for one in made.links}
        file = tmp_path / "link"
        file.write_text(links["speak"] + "\n")
        await tool.done("--send", "--nick", "A", "--link-file", str(file), stdin=b"one")
        alone = Tool("", tmp_path)
        alone.url = links["speak"]
        await alone.done("--send", "--nick", "B", stdin=b"two")
        assert [said.text for said in (await room.history()).messages] == ["one", "two"]
        variables = {"TRIO_CHAT_LINK": links["speak"]}
        async with window("", tmp_path, "--nick", "V", variables=variables) as shown:
            await shown.shows("Builds")
        alone.url = links["read"]
        result = await alone.run("--send", "--nick", "C", stdin=b"three")
        assert result.returncode == 1
        assert b"line 1 was refused: your link lets you only read" in result.stderr
        result = await tool.run("--send", "--room", made.room, "--nick", "D", stdin=b"four")
        assert result.returncode == 1
        assert b"there is no such room" in result.stderr
        for arguments, told in (
            (["--room", "tea"], "the link is to another room"),
            ([], "the link is to another server than the URL"),
        ):
            alone.url = "http://elsewhere.example/" if not arguments else tool.url
            result = await alone.run("--send", "--link-file", str(file), *arguments)
            assert (result.returncode, told in result.stderr.decode()) == (2, True)


async def test_followers_are_told_what_moderators_do(tool: Tool) -> None:
    """In words, or as JSON."""
    async with connect(tool.url, nick="Ann") as ann, connect(tool.url, nick="Ben") as ben:
        await ann.create("class")
        room = await ann.join("class")
        await (await ben.join("class")).send("rude")
        async with (
            tool.started("--follow", "--room", "class", "--nick", "C") as words,
            tool.started("--json", "--room", "class", "--nick", "D") as objects,
        ):
            assert await words.lines(1) == ["Ben: rude"]
            await objects.lines(1)
            await room.set_rules(RoomRules(slow=1))
            await room.moderate("mute", [ben.me], seconds=60)
            await room.moderate("clear", [ben.me], why="rude")
            await room.undo((await room.audit(limit=1)).acts[0].seq)
            assert await words.lines(4) == [
                "* Ann set the rules: one message in 1 s",
                "* Ann muted Ben for 1 min",
                "* Ann cleared the messages of 1 person: rude",
                "* Ann brought back messages that were cleared",
            ]
            told = [json.loads(line)["t"] for line in await objects.lines(4)]
            assert told == ["rules", "moderated", "clear", "restore"]
            [cem] = [one for one in room.members if one.nick == "C"]
            await room.moderate("kick", [cem])
            status, errors = await words.end()
            assert (status, b"you were removed from this room" in errors) == (1, True)
            await objects.end(signal.SIGINT)


async def test_an_operator_s_link_that_is_over_gives_nothing(tool: Tool, tmp_path: Path) -> None:
    """Whoever opens it is let in as everybody is, and told so."""
    told = "the operator's link is not good, or not any more: it gives no rights"
    link = f"{tool.url}#operator=s3cret"
    result = await Tool(link, tmp_path).run("--nick", "Ben", "--send", stdin=b"hi")
    assert (result.returncode, result.stderr.decode()) == (0, f"trio-chat: {told}\n")
    async with window(link, tmp_path, "--nick", "Ann", size=SIZE) as shown:
        await shown.shows(told)
        await shown.obeys("/rules closed", "only moderators of the room may do that")
        await shown.obeys("hello", "Ann │ hello")


async def test_one_writes_privately_to_somebody(tool: Tool, tmp_path: Path) -> None:
    """To who is here or has said something; the room opens by itself where the other one is."""
    home = tmp_path / "other"
    home.mkdir()
    async with window(tool.url, tmp_path, "--nick", "Ann") as shown:
        await shown.obeys("/msg", "/msg NICK: write privately")
        await shown.obeys("/msg Bob", "nobody here is called Bob")
        async with window(tool.url, home, "--nick", "Bob") as other:
            await shown.shows("→ Bob")
            await shown.obeys("/msg bob", "[Bob]")
            await other.shows("Ann writes to you privately", "[lobby]  Ann")
            await shown.obeys("only for you", "Ann │ only for you")
            await other.shows("Ann 1")
            await other.obeys("/msg Ann", "[Ann]", "Ann │ only for you")
            other.type("/quit\r")
            assert await other.restored() == 0
    async with window(tool.url, home, "--nick", "Bob") as again:
        await again.shows("private rooms with Ann: /msg NICK shows one")
        await again.obeys("/msg Ann", "[Ann]", "Ann │ only for you")


async def test_an_operator_acts_in_all_rooms(tmp_path: Path) -> None:
    """And takes it back, by the list of what was done in any room; others may not."""
    async with serving(presence_grace=0) as server:
        link = await server.server.first_operator_link(server.address)
        assert link
        async with (
            connect(server.address, nick="Ben Lee") as ben,
            window(link, tmp_path, "--nick", "Op", size=(200, 90)) as shown,
        ):
            room = await ben.join("lobby")
            await room.send("rude")
            await shown.shows("Ben Lee │ rude")
            await shown.obeys("/help", "/everywhere mute|unmute|ban|unban|clear NICK")
            await shown.obeys("/everywhere kick Ben Lee")
            await shown.until(lambda: shown.text.count("/everywhere mute|") == 2)
            await shown.obeys("/everywhere undo it")
            await shown.until(lambda: shown.text.count("/everywhere mute|") == 3)
            await shown.obeys("/everywhere clear Ben Lee 1h", "done in all rooms")
            await shown.until(lambda: "Ben Lee │" not in shown.text)
            await shown.obeys("/mute Ben Lee 1m", "Op muted Ben Lee for 1 min")
            await shown.obeys("/everywhere ban Ben Lee 1d rude", "← Ben Lee")
            assert await refused(room) == "removed"
            await shown.obeys(
                "/everywhere audit",
                "all rooms: Op cleared the messages of Ben Lee",
                "lobby: Op muted Ben Lee for 1 min",
                "all rooms: Op banned Ben Lee for 1 d: rude",
            )
            with pytest.raises(Refused, match="banned"):
                await ben.join("other")
            await shown.obeys("/unmute Ben Lee", "Op lets speak again: Ben Lee")
            await shown.obeys("/everywhere unban Ben Lee")
            await shown.until(lambda: shown.text.count("done in all rooms") == 3)
            other = await ben.join("other")
            [number] = re.findall(r"(\d+) \S+ \S+ all rooms: Op cleared", shown.text)
            await shown.obeys(f"/everywhere undo {number}", f"act {number} is taken back")
            await shown.shows("Ben Lee │ rude")
            async with window(server.address, tmp_path / "cem", "--nick", "Cem") as third:
                await third.obeys("/everywhere ban Op", "only operators of the server may do that")
            await shown.obeys("/raid Ben Lee", "/raid yes bans them")
            await shown.obeys("/everywhere raid yes", "that was shown for another place")
            await shown.obeys("/everywhere raid Ben Lee", "1 message in 2 rooms: Ben Lee")
            await shown.obeys("/everywhere raid yes", "/everywhere undo takes it back")
            await shown.until(lambda: "Ben Lee │" not in shown.text)
            await shown.obeys("/everywhere audit", "all rooms: Op undid a raid of Ben Lee")
            [number] = re.findall(r"(\d+) \S+ \S+ all rooms: Op undid a raid", shown.text)
            await shown.obeys(f"/everywhere undo {number}", f"act {number} is taken back")
            other = await ben.join("other")
            await other.send("back")
