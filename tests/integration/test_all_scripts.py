"""Text of any script goes through all ways in and out, and is the same everywhere."""

import json
import tempfile
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from urllib.parse import quote

import trio
import trio_websocket
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from tests import scripts
from tests.integration.asking import ask
from tests.integration.chatters import Chatter, chatting, connected
from tests.integration.followers import Follower, following
from tests.integration.running import Running, serving
from trio_chat.cli import main
from trio_chat.commands.room_rules import normal
from trio_chat.commands.rule_checks import BadEvent
from trio_chat.config import Config
from trio_chat.journal.search.query import BadQuery, parse
from trio_chat.journal.search.tokens import tokenize
from trio_chat.protocol.dialects.plain import is_ambiguous, one_line
from trio_chat.protocol.events import Message
from trio_chat.protocol.names import BadName, check_nick, check_room, fold
from trio_chat.protocol.request_texts import text_fault
from trio_chat.protocol.requests import QUERY_LIMIT, Send, Topic
from trio_chat.remote import connect

EXAMPLES = settings(
    max_examples=15, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large]
)
HARD = [
    "    if ready:\n\tgo()",
    "👩\u200d💻 ❤️ 🇩🇪 1️⃣ 🏴󠁧󠁢󠁳󠁣󠁴󠁿",
    "علی\u200cرضا ප්\u200dරියා",
    "\u202eolleh :nnA",
    "e\u0301 é か\u3099 が",
    "\u0378\ue000\U000323b0\U00010d50",
    '"phrase* \\ " <b>&amp;',
    "Ann: hello",
]


def normal_text(text: str) -> str | None:
    """Return a text as it is kept; ``None`` if it is refused."""
    request = Send(room="tea", text=text)
    return None if text_fault(request, Config()) else request.text


async def say(ann: Chatter, server: Running, texts: Sequence[str]) -> list[str]:
    """Say each text twice, over the socket and over HTTP; return what has to be kept."""
    kept: list[str] = []
    for text in texts:
        answer = await ann.ask(t="send", room="tea", text=text)
        posted = await ask(server, "POST", "/rooms/tea/messages", {"text": text})
        expected = normal_text(text)
        assert (answer["t"] == "ok") is (posted.status == 201) is (expected is not None), text
        if expected is not None:
            kept += [expected] * 2
        else:
            assert answer["code"] == posted.code
    return kept


async def listen(follower: Follower, count: int) -> list[str]:
    return [(await follower.until("msg")).data["text"] for _ in range(count)]


async def heard(chatter: Chatter, count: int) -> list[str]:
    return [(await chatter.until("msg"))["text"] for _ in range(count)]


async def plain_lines(client: trio_websocket.WebSocketConnection, count: int) -> list[str]:
    lines: list[str] = []
    while len(lines) < count:
        lines += str(await client.get_message()).split("\n")
    return lines


@asynccontextmanager
async def plain(server: Running) -> AsyncIterator[trio_websocket.WebSocketConnection]:
    async with trio_websocket.open_websocket_url(f"{server.ws}?room=tea") as client:
        yield client


async def remote(server: Running) -> list[str]:
    """Return what the Python client gets of the history."""
    async with connect(server.ws, nick="Py") as chat:
        page = await chat.room("tea").history(limit=100)
        return [message.text for message in page.messages]


def as_plain(kept: Sequence[str]) -> list[str]:
    """Return the lines of what Ann and somebody without a name have said in turns."""
    lines = []
    for number, text in enumerate(kept):
        line = one_line(text)
        prefix = "Ann: " if number % 2 == 0 else ": " if is_ambiguous(line) else ""
        lines.append(prefix + line)
    return lines


async def check_search(server: Running, kept: Sequence[str]) -> None:
    """Each text is found by itself, if it has a word, and marks lie within what is shown."""
    for text in set(kept):
        query = '"' + "".join(" " if one in '"“”„' else one for one in text) + '"'
        try:
            parse(query)
        except BadQuery:
            assert not tokenize(text)
            continue
        if len(query) > QUERY_LIMIT:
            continue
        found = await ask(server, "GET", f"/rooms/tea/search?limit=100&q={quote(query)}")
        hits = found.json["hits"]
        assert text in [hit["snippet"] for hit in hits], text
        assert all(0 <= a < b <= len(hit["snippet"]) for hit in hits for a, b in hit["marks"])
        assert all(hit["marks"] for hit in hits)


async def talk(database: Path, texts: Sequence[str]) -> list[str]:
    async with (
        serving(database=str(database)) as server,
        chatting(server, "Ann", "tea") as ann,
        chatting(server, "Ben", "tea") as ben,
        following(server, "tea") as fay,
        plain(server) as pat,
    ):
        kept = await say(ann, server, texts)
        assert await heard(ben, len(kept)) == kept
        assert await listen(fay, len(kept)) == kept
        assert await plain_lines(pat, len(kept)) == as_plain(kept)
        page = await ask(server, "GET", "/rooms/tea/messages")
        assert [message["text"] for message in page.json["messages"]] == kept
        answer = await ann.ask(t="history", room="tea")
        assert [message["text"] for message in answer["messages"]] == kept
        assert await remote(server) == kept
        await check_search(server, kept)
    return kept


def said_in(file: Path) -> list[str]:
    lines = map(json.loads, file.read_text("utf-8").split("\n")[:-1])
    return [line["text"] for line in lines if line["t"] == "msg"]


def move(folder: Path, kept: Sequence[str]) -> None:
    """Export what was said, import it elsewhere, and export it there."""
    one, two = folder / "one.jsonl", folder / "two.jsonl"
    first, second = str(folder / "chat.db"), str(folder / "copy.db")
    assert main(["export", "--database", first, "-o", str(one)]) == 0
    assert said_in(one) == kept
    assert main(["import", "--database", second, str(one)]) == 0
    assert main(["export", "--database", second, "-o", str(two)]) == 0
    assert said_in(two) == kept
    assert main(["import", "--database", first, str(two)]) == 0


@EXAMPLES
@given(st.lists(st.one_of(scripts.texts, scripts.anything), min_size=1, max_size=12))
@example(HARD)
def test_what_is_said_is_the_same_everywhere(texts: list[str]) -> None:
    """Sent is told is kept is found is exported is imported; what is refused is so everywhere."""
    with tempfile.TemporaryDirectory() as folder:
        kept = trio.run(talk, Path(folder) / "chat.db", texts)
        move(Path(folder), kept)


def normal_topic(text: str) -> str | None:
    """Return a topic as it is kept; ``None`` if it is refused."""
    request = Topic(room="tea", text=text)
    return None if text_fault(request, Config()) else request.text


async def change(database: Path, texts: Sequence[str]) -> tuple[str, str]:
    """Give a message, and a room, each text in turn; return the last that each has taken."""
    said, topic = "first", ""
    async with (
        serving(database=str(database)) as server,
        chatting(server, "Ann", "tea") as ann,
        following(server, "tea") as fay,
    ):
        seq = await ann.send("tea", said)
        for text in texts:
            answers = [
                await ann.ask(t=kind, room="tea", text=text, **more)
                for kind, more in (("edit", {"seq": seq}), ("topic", {}))
            ]
            kept = normal_text(text), normal_topic(text)
            assert [answer["t"] == "ok" for answer in answers] == [one is not None for one in kept]
            for kind, one in zip(("edit", "topic"), kept, strict=True):
                assert one is None or (await fay.until(kind)).data["text"] == one
            said, topic = (
                said if kept[0] is None else kept[0],
                topic if kept[1] is None else kept[1],
            )
        page = await ask(server, "GET", f"/rooms/tea/messages/{seq}")
        assert page.json["text"] == said
        async with chatting(server, "Ben", "tea") as ben:
            assert (await ben.until("joined")).get("topic", "") == topic
        [listed] = (await ask(server, "GET", "/rooms")).json["rooms"]
        assert topic.startswith(listed.get("topic", ""))
    return said, topic


@EXAMPLES
@given(st.lists(st.one_of(scripts.texts, scripts.anything), min_size=1, max_size=6))
@example(HARD)
def test_what_is_changed_is_the_same_everywhere(texts: list[str]) -> None:
    """Edits and topics, too, are told, kept, exported and imported as they were taken."""
    with tempfile.TemporaryDirectory() as folder:
        said, topic = trio.run(change, Path(folder) / "chat.db", texts)
        first, second = str(Path(folder) / "chat.db"), str(Path(folder) / "copy.db")
        file = Path(folder) / "one.jsonl"
        for database in (first, second):
            assert main(["export", "--database", database, "-o", str(file), "--force"]) == 0
            lines = [json.loads(line) for line in file.read_text("utf-8").split("\n")[:-1]]
            assert [line["topic"] for line in lines if line["t"] == "room"] == [topic]
            assert [line["text"] for line in lines if line["t"] in ("msg", "edit")][-1] == said
            assert main(["import", "--database", second, str(file)]) == 0


@given(scripts.anything)
def test_a_text_is_refused_by_all_ways_in_or_by_none(text: str) -> None:
    """An import takes what the socket takes, in the same form."""
    expected = normal_text(text)
    try:
        event = normal(Message(room="tea", text=text), Config())
    except BadEvent:
        assert expected is None
    else:
        assert isinstance(event, Message)
        assert event.text == expected


async def greet(nicks: Sequence[str], rooms: Sequence[str]) -> None:
    async with serving() as server:
        for nick in nicks:
            try:
                expected = check_nick(nick, Config().nick_limit)
            except BadName:
                expected = ""
            async with connected(server) as chatter:
                answer = await chatter.hello(nick)
            told = answer["you"]["nick"] if answer["t"] == "welcome" else ""
            assert told == expected or answer.get("code") == "nick_taken", nick
            session = await ask(server, "POST", "/sessions", {"nick": nick})
            assert session.status == (201 if expected else 400) or session.code == "nick_taken"
        async with chatting(server, "Host") as host:
            for room in rooms:
                try:
                    expected = check_room(room, Config().room_limit)
                except BadName:
                    expected = ""
                if expected.endswith("."):  # which no new room has at its end
                    expected = ""
                answer = await host.ask(t="join", room=room)
                assert answer.get("room", "") == expected, room


@EXAMPLES
@given(
    st.lists(scripts.names, min_size=1, max_size=10),
    st.lists(scripts.names, min_size=1, max_size=10),
)
@example(
    ["मीना", "मोना", "ප්\u200dරියා", "Mia 🩷", "B\u200dob", "\u3164"], ["茶", "خانه\u200cها", "a b"]
)
def test_names_are_the_same_everywhere(nicks: list[str], rooms: list[str]) -> None:
    """A nick is welcome over the socket and over HTTP, or refused by both; so is a room."""
    trio.run(greet, nicks, rooms)


@given(scripts.names)
def test_a_name_that_is_accepted_can_be_told_and_read(name: str) -> None:
    """It has a normal form that stays, is not blank, and is not the same as another one's."""
    try:
        nick = check_nick(name, 32)
    except BadName:
        return
    assert check_nick(nick, 32) == nick
    assert fold(nick) or nick
    assert fold(fold(nick)) == fold(nick)
    assert nick.encode().decode() == nick
    assert "\n" not in nick
