"""The policy as a table: each request, role and rule of a room, by each transport."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple, get_args

import msgspec
import pytest
import trio
import trio_websocket

from tests.frames import upgrade
from tests.integration.asking import ask, bearer
from tests.integration.chatters import Chatter, Object, chatting, connected
from tests.integration.running import PATIENCE, Running, serving, status
from tests.integration.test_operator_link import operator_secret
from trio_chat.clock import wall_clock
from trio_chat.core import policy
from trio_chat.core.people import People
from trio_chat.core.policy import Denial, Principal, Rules
from trio_chat.protocol import requests
from trio_chat.protocol.events import Person
from trio_chat.protocol.rights import Right
from trio_chat.protocol.room_rules import RoomRules

LINK = "see https://a.b"
LONG, DAY = 3600, 24 * 60 * 60
FUTURE = 200_000_000_000_000  # ms since 1970: nobody came since
ANYBODY = Person("x", "X")  # the policy asks only whether there is one
HERE = "address"  # the key of all who are nobody: they are at one address

ROLES = {  # what each may do in a room that everybody may enter, and in a private one
    "nobody": (Right.SPEAK, Right.NONE),
    "stranger": (Right.SPEAK, Right.NONE),
    "newcomer": (Right.SPEAK, Right.NONE),
    "read link": (Right.SPEAK, Right.READ),
    "speak link": (Right.SPEAK, Right.SPEAK),
    "moderator": (Right.MODERATE, Right.MODERATE),
    "operator": (Right.OPERATE, Right.OPERATE),
    "banned": (Right.NONE, Right.NONE),
    "muted": (Right.READ, Right.READ),
}
HELD = Denial("held", "")
# Documented exceptions: a connection writes in rooms that it has joined, and learns nothing of
# others; over HTTP there is no hello, and what needs a person asks for a session first.
WRITES = ("send", "react", "topic", "edit", "delete")
AN_AUTHOR_S = ("edit", "delete")
NO_SESSION = Denial("unauthorized", "")
LINKS = {"read link": "read", "speak link": "speak", "moderator": "moderate"}
LET_IN = ("banned", "muted")  # by a link to speak, before they are judged
RULES = {
    "none": RoomRules(),
    "closed": RoomRules(closed=True),
    "slow mode": RoomRules(slow=LONG),
    "newcomers wait": RoomRules(newcomers=LONG),
    "links held": RoomRules(hold_links=True),
    "no files": RoomRules(no_files=True),
    "raid mode": RoomRules().in_raid_mode(LONG),
    "all of them": RoomRules(slow=LONG, closed=True, members=1).in_raid_mode(LONG),
    "members at most": RoomRules(members=1),
    "private": RoomRules(),
}


class Case(NamedTuple):
    """A request, as the v1 protocol has it, and over HTTP: the method, the path and the body."""

    v1: Object
    http: tuple[str, str, str | dict[str, Any] | None] | None = None
    behind: str | None = None  # the error of whoever may, as there is no such thing
    headers: tuple[tuple[str, str], ...] = ()  # over HTTP

    def request(self, room: str) -> requests.Request:
        if self.v1["t"] == "upload":  # which there is over HTTP alone
            return requests.Upload(room=room)
        made: requests.Request = msgspec.convert(self.v1 | {"room": room}, requests.AnyRequest)
        return made


JOIN = Case({"t": "join"})
SEND = Case({"t": "send", "text": LINK}, ("POST", "messages", LINK))
IN_PIECES = (("Tus_Resumable", "1.0.0"), ("Upload_Length", "4"))
UPLOADS = [
    Case({"t": "upload"}, ("POST", "files", "x")),
    Case({"t": "upload"}, ("POST", "files", ""), headers=IN_PIECES),
]


def cases(rules: RoomRules) -> list[Case]:
    """Return all requests about a room; whoever may set its rules leaves them as they are."""
    kept = {name: getattr(rules, name) for name in RoomRules.__struct_fields__}
    act = {"act": "kick", "people": ["x"]}
    return [
        Case({"t": "history"}, ("GET", "messages", None)),
        Case({"t": "edits", "seq": 2}, ("GET", "messages/3/edits", None)),
        Case({"t": "search", "query": "x"}, ("GET", "search?q=x", None)),
        Case({"t": "read", "seq": 2}, ("PUT", "mark", {"seq": 2})),
        Case({"t": "react", "seq": 2, "emoji": "👍"}),
        Case({"t": "topic", "text": LINK}),
        Case({"t": "report", "seq": 2}, ("POST", "messages/3/reports", {})),
        Case({"t": "edit", "seq": 2, "text": "x"}, ("PUT", "messages/3", "x")),
        Case({"t": "links"}, ("GET", "links", None)),
        Case({"t": "link", "right": "read"}, ("POST", "links", {"right": "read"})),
        Case({"t": "unlink", "link": "x"}, ("DELETE", "links/x", None), "not_found"),
        Case({"t": "rules", **kept}, ("PUT", "rules", kept)),
        Case({"t": "moderate", **act}, ("POST", "acts", act), "not_found"),
        Case(
            {"t": "raid", "since": FUTURE, "preview": True},
            ("POST", "raids", {"since": FUTURE, "preview": True}),
        ),
        Case({"t": "undo", "act": 10**9}, ("DELETE", f"acts/{10**9}", None), "not_found"),
        Case({"t": "held"}, ("GET", "held", None)),
        Case(
            {"t": "review", "held": 10**9, "act": "approve"},
            ("POST", f"held/{10**9}", {"act": "approve"}),
            "not_found",
        ),
        Case({"t": "audit"}, ("GET", "acts", None)),
        SEND,
        Case({"t": "delete", "seq": 2}, ("DELETE", "messages/3", None)),
    ]


@dataclass
class Cell:
    """A role under a rule, in a room of its own, and what the policy has to say to it."""

    role: str
    rule: str
    room: str
    headers: dict[str, str]
    key: str
    shown: str  # the secret of a link, or nothing
    nick: str
    # By key, who has to wait in slow mode; whether they may still mend what they have said.
    said: dict[str, bool] = field(default_factory=dict)

    def expected(self, case: Case, transport: str, *, is_joined: bool = False) -> Denial | None:
        """Return what the policy says, from what a reader of the docs knows of this cell."""
        right = ROLES[self.role][self.rule == "private"]
        is_named = self.role != "nobody" and transport in ("v1", "http")
        principal = Principal(
            ANYBODY if is_named else None,
            needs_hello=transport == "v1",
            needs_join=transport in ("v1", "plain"),
            right=right,
            is_banned=self.role == "banned",
            is_muted=self.role == "muted",
            known_since=wall_clock() if self.role in ("nobody", "newcomer") else 0,
        )
        key = self.key_at(transport)
        said_at = 0.0 if key in self.said else float("-inf")
        of_room = RULES[self.rule]
        rules = Rules(
            is_joined, of_room, said_at, bool(of_room.members), DAY, self.said.get(key, False)
        )
        request = case.request(self.room)
        denial = policy.allows(principal, request, rules, 1, wall_clock())
        if denial is None and case.v1["t"] in ("send", "edit", "topic"):
            self.said[key] = case.v1["t"] == "send"
        if denial is None and policy.target_author(principal, request):
            return policy.NO_NAME  # the message is somebody else's
        if denial is None and policy.needs_approval(principal, request, of_room, DAY, wall_clock()):
            return HELD
        return denial

    def key_at(self, transport: str) -> str:
        return HERE if transport == "plain" else self.key


class House(NamedTuple):
    """A server, whoever makes the rooms there, and the sessions of an operator."""

    server: Running
    ann: Chatter
    operator: Chatter


@asynccontextmanager
async def house(
    database: Path, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[tuple[House, set[str]]]:
    """Keep a server for the block that has known all sessions for long, but those of a set."""
    new: set[str] = set()
    known_since = People.known_since

    def since(people: People, token: str | None) -> int | None:
        is_old = token and token not in new
        return 0 if is_old else known_since(people, token)

    monkeypatch.setattr(People, "known_since", since)
    async with serving(database=str(database), sync="normal", hold_links_for=DAY) as server:
        secret = await operator_secret(server)
        async with (
            chatting(server, "Ann") as ann,
            chatting(server, "Op", link=secret) as operator,
        ):
            yield House(server, ann, operator), new


async def answer_v1(chatter: Chatter, case: Case, room: str) -> str | None:
    """Return the code of the error, if there is one; what is heard meanwhile is dropped."""
    answer = await chatter.ask(**case.v1, room=room)
    chatter.heard.clear()
    return str(answer["code"]) if answer["t"] == "error" else None


async def answer_http(cell: Cell, server: Running, case: Case) -> str | None:
    assert case.http
    method, path, body = case.http
    headers = {**cell.headers, **dict(case.headers)}
    answer = await ask(server, method, f"/rooms/{cell.room}/{path}", body, **headers)
    return None if answer.status < 300 else answer.code


async def answer_http_join(cell: Cell, server: Running, *, is_stream: bool) -> str | None:
    """Ask for the events of a room, or for a plain WebSocket; return the code of a refusal."""
    fields = [f"{name.replace('_', '-')}: {value}" for name, value in cell.headers.items()]
    lines = [one.encode() for one in fields]
    if is_stream:
        head = f"GET /api/v1/rooms/{cell.room}/events HTTP/1.1\r\nHost: localhost\r\n".encode()
        wire = head + b"".join(line + b"\r\n" for line in lines) + b"\r\n"
    else:
        wire = upgrade(*lines).replace(b"/ws ", f"/ws?room={cell.room} ".encode())
    async with await server.connect() as stream:
        await stream.send_all(wire)
        with trio.fail_after(PATIENCE):
            head, body = b"", b""
            while b"\r\n\r\n" not in head:
                head += bytes(await stream.receive_some(65536))
            if status(head) in (101, 200):
                return None
            head, _, body = head.partition(b"\r\n\r\n")
            while b"}" not in body:
                body += bytes(await stream.receive_some(65536))
    return str(msgspec.json.decode(body)["code"])


async def say_plainly(cell: Cell, server: Running) -> str | None:
    """Say something without the v1 protocol; return the words of a refusal."""
    headers = [
        (name.replace("_", "-").encode(), value.encode()) for name, value in cell.headers.items()
    ]
    url = f"{server.ws}?room={cell.room}"
    async with trio_websocket.open_websocket_url(url, extra_headers=headers) as plain:
        await plain.send_message(LINK)
        with trio.fail_after(PATIENCE):
            while True:
                heard = await plain.get_message()
                assert isinstance(heard, str)
                for line in heard.splitlines():
                    if line.startswith("("):
                        return line[1:-1]
                    if line == LINK:
                        return None


async def settle(kept: House, new: set[str], role: str, rule: str) -> Cell:
    """Make a room with a message, and somebody with a role in it; then set the rule."""
    ann, server, is_private = kept.ann, kept.server, rule == "private"
    name = nick = f"{role}-{rule}".replace(" ", "-")
    room = (await ann.ask(t="create", name=name, private=is_private))["room"]
    await ann.ask(t="join", room=room)
    for seq in (2, 3):  # one to be deleted by the socket, and one over HTTP
        assert await ann.send(room, "hello") == seq
    links = {}
    for right in ("read", "speak", "moderate"):
        links[right] = (await ann.ask(t="link", room=room, right=right))["link"]["secret"]
    headers, key = {}, HERE
    shown = links[LINKS[role]] if role in LINKS else ""
    if role == "operator":
        headers, key = {"authorization": bearer(kept.operator.session)}, kept.operator.who["id"]
        nick = "Op"
    elif role != "nobody":
        async with chatting(server, name) as somebody:
            headers, key = {"authorization": bearer(somebody.session)}, somebody.who["id"]
            if role == "newcomer":
                new.add(somebody.session)
            if role in LET_IN:
                shown = links["speak"]
                assert (await somebody.ask(t="join", room=room, link=shown))["t"] == "joined"
                act = {"banned": "ban", "muted": "mute"}[role]
                done = await ann.ask(t="moderate", room=room, act=act, people=[key])
                assert done["t"] == "ok", done
    if shown:
        headers["room_link"] = shown
    of_room = RULES[rule]
    kept_rules = {one: getattr(of_room, one) for one in RoomRules.__struct_fields__}
    assert (await ann.ask(t="rules", room=room, **kept_rules))["t"] == "ok"
    ann.heard.clear()
    return Cell(role, rule, room, headers, key, shown, nick)


class Wrong(list[str]):
    """What a cell was answered otherwise than the policy says."""

    def note(
        self, cell: Cell, transport: str, case: Case, denial: Denial | None, told: str | None
    ) -> None:
        wanted = denial.code if denial else case.behind
        if told != wanted:
            asked = case.v1["t"]
            self.append(f"{cell.role}, {cell.rule}, {transport}, {asked}: {told}, not {wanted}")


async def ask_v1(cell: Cell, server: Running, wrong: Wrong) -> None:
    session = cell.headers.get("authorization", "").removeprefix("Bearer ")
    async with connected(server) as chatter:
        if session:
            await chatter.hello(cell.nick, session=session)
        join = Case({"t": "join", "link": cell.shown or None})
        denial = cell.expected(join, "v1")
        wrong.note(cell, "v1", join, denial, await answer_v1(chatter, join, cell.room))
        for case in cases(RULES[cell.rule]):
            wanted = cell.expected(case, "v1", is_joined=denial is None)
            if denial and wanted != policy.HELLO_FIRST and case.v1["t"] in WRITES:
                wanted = policy.NOT_JOINED
            wrong.note(cell, "v1", case, wanted, await answer_v1(chatter, case, cell.room))


async def ask_http(cell: Cell, server: Running, wrong: Wrong) -> None:
    for case in (*cases(RULES[cell.rule]), *UPLOADS):
        if case.http:
            wanted = cell.expected(case, "http")
            if wanted == policy.HELLO_FIRST or (wanted and case.v1["t"] in AN_AUTHOR_S):
                wanted = NO_SESSION if cell.role == "nobody" else wanted
            wrong.note(cell, "http", case, wanted, await answer_http(cell, server, case))


async def ask_nameless(cell: Cell, server: Running, wrong: Wrong) -> None:
    """Follow the room, and come by the plain dialect, which says something if it may come in."""
    for transport, is_stream in (("sse", True), ("plain", False)):
        denial = cell.expected(JOIN, transport)
        told = await answer_http_join(cell, server, is_stream=is_stream)
        wrong.note(cell, transport, JOIN, denial, told)
    if denial is None and told is None:
        wanted = cell.expected(SEND, "plain", is_joined=True)
        words = await say_plainly(cell, server)
        is_same = bool(words) if wanted is HELD else words == (wanted.text if wanted else None)
        if not is_same:
            wrong.append(f"{cell.role}, {cell.rule}, plain, send: {words}, not {wanted}")


def test_each_request_about_a_room_has_a_case() -> None:
    """But for what is answered in silence; ``join`` is asked for at each door by itself."""
    silent = {requests.Leave, requests.Typing}
    about_rooms = {
        kind for kind in get_args(requests.AnyRequest) if "room" in kind.__struct_fields__
    }
    asked = {type(case.request("tea")) for case in (JOIN, *cases(RoomRules()))}
    assert about_rooms - asked == silent


def test_each_rule_has_a_row() -> None:
    """Alone, as in raid mode, and with all others."""
    set_alone = {
        name
        for rules in RULES.values()
        for name in RoomRules.__struct_fields__
        if rules == RoomRules(**{name: getattr(rules, name)}) and getattr(rules, name)
    }
    assert set_alone == set(RoomRules.__struct_fields__)


async def test_each_door_answers_as_the_policy_says(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever asks for what, under whichever rule."""
    wrong = Wrong()
    async with house(tmp_path / "chat.db", monkeypatch) as (kept, new):
        for role in ROLES:
            for rule in RULES:
                cell = await settle(kept, new, role, rule)
                for transport in (ask_v1, ask_http, ask_nameless):
                    await transport(cell, kept.server, wrong)
                await kept.ann.ask(t="leave", room=cell.room)
    assert not wrong, "\n".join(wrong)
