"""Names that stay, sessions, marks and codes, against a server: what its users see."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
import trio

from tests.frames import upgrade
from tests.integration.asking import Answer, ask, bearer
from tests.integration.chatters import chatting, connected
from tests.integration.followers import request
from tests.integration.running import END_OF_HEAD, PATIENCE, Running, read_all, running, serving
from tests.integration.test_operator_link import operator_secret
from tests.tokens import AUDIENCE, secret_file, signed
from trio_chat.clock import wall_clock
from trio_chat.core.sessions import Sessions
from trio_chat.protocol.events import Person
from trio_chat.rates import Rate
from trio_chat.remote import Chat, Ended, Refused, connect

GRACE = 0.05  # seconds


@pytest.fixture
async def server(tmp_path: Path) -> AsyncIterator[Running]:
    """Run a server on a file."""
    async with running(database=str(tmp_path / "chat.db"), presence_grace=GRACE) as server:
        yield server


async def post(server: Running, text: str, token: str = "") -> Answer:
    headers = {"authorization": bearer(token)} if token else {}
    path = "/rooms/tea/messages" if token else f"/rooms/tea/messages?from={text}"
    return await ask(server, "POST", path, text, **headers)


async def freed(server: Running, nick: str) -> str:
    """Return why others may not have a nick, once its owner is not there any more."""
    with trio.fail_after(PATIENCE):
        async with connected(server) as other:
            while server.server._hub.people.is_here(
                server.server._hub.people.nicks.holder(nick) or ""
            ):
                await trio.sleep(0.01)
            answer = await other.hello(nick)
            return str(answer.get("code", answer["t"]))


async def test_a_nick_is_kept_over_a_restart_for_every_way_in(tmp_path: Path) -> None:
    """For its owner alone; who takes another one lets others have it."""
    database = str(tmp_path / "chat.db")
    async with running(database=database, presence_grace=GRACE) as server:
        async with chatting(server, "Ann") as ann:
            pass
        async with chatting(server, "Bob") as bob:
            assert (await bob.ask(t="nick", nick="Rob"))["t"] == "ok"
        assert await freed(server, "ann") == "nick_taken"
    async with running(database=database, presence_grace=GRACE) as server:
        assert await freed(server, "ANN") == "nick_taken"
        assert (await post(server, "Ann")).code == "nick_taken"
        assert (await ask(server, "POST", "/sessions", {"nick": "Ann"})).code == "nick_taken"
        assert (await post(server, "Bob")).status == 201
        async with chatting(server, "Ann", session=ann.session) as again:
            assert again.who == ann.who


async def test_an_operator_frees_a_nick(server: Running) -> None:
    """Of somebody who is not there; it is listed with what else was done."""
    link = await operator_secret(server)
    async with chatting(server, "Op", link=link) as op, chatting(server, "Ann") as ann:
        refused = await ann.ask(t="free_nick", nick="Op")
        assert refused["code"] == "not_operator"
        assert (await op.ask(t="free_nick", nick="ann"))["code"] == "nick_taken"
        assert (await op.ask(t="free_nick", nick="Nobody"))["code"] == "not_found"
        assert (await op.ask(t="free_nick", nick="?"))["code"] == "bad_nick"
        for nick in ("Bob", "Cem"):
            async with chatting(server, nick) as gone:
                pass
            assert await freed(server, nick) == "nick_taken"
        assert (await op.ask(t="free_nick", nick="BOB"))["t"] == "ok"
        assert await freed(server, "Bob") == "welcome"
        act = (await op.ask(t="audit", room=""))["acts"][0]
        assert act["act"]["t"] == "nick_freed"
        assert act["act"]["people"][0]["nick"] == "Bob"
        path = "/nicks/Cem"
        assert (await ask(server, "DELETE", path)).status == 401
        refused_there = await ask(server, "DELETE", path, authorization=bearer(ann.session))
        assert (refused_there.status, refused_there.code) == (403, "not_operator")
        done = await ask(server, "DELETE", path, authorization=bearer(op.session))
        assert done.status == 200
        assert await freed(server, "Cem") == "welcome"
        async with connected(server) as other:
            assert (await other.hello("Cem", session=gone.session))["t"] == "error"


async def test_sessions_over_http(server: Running) -> None:
    """They are those of the socket; one that is ended is so for all ways in, at once."""
    async with chatting(server, "Ann") as ann:
        code = (await ann.ask(t="pair"))["code"]
        async with connected(server, (b"User-Agent", b"Mozilla/5.0 (X11; Linux) Firefox/1")) as two:
            assert (await two.hello("", pair=code))["you"] == ann.who
            listed = await ask(server, "GET", "/sessions", authorization=bearer(ann.session))
            sessions = listed.json["sessions"]
            labels = {one.get("label", "") for one in sessions}
            assert labels == {"", "Firefox, Linux"}
            [here] = [one for one in sessions if one.get("here")]
            [other] = [one["session"] for one in sessions if one is not here]
            path = f"/sessions/{other}"
            for _ in range(2):
                ended = await ask(server, "DELETE", path, authorization=bearer(ann.session))
                assert (ended.status, ended.body) == (204, b"")
            _, code, reason = await two.ending()
            assert (code, reason) == (4506, "the session is over; say hello without it")
        assert (await post(server, "x", two.session)).status == 401
        assert (await ask(server, "GET", "/sessions")).status == 401
        over = await ask(server, "GET", "/sessions", authorization=bearer(two.session))
        assert over.status == 401
        missing = await ask(server, "DELETE", "/sessions/0", authorization=bearer(ann.session))
        assert missing.code == "not_found"
        assert (await post(server, "x", ann.session)).status == 201
        all_of_them = await ask(server, "DELETE", "/sessions", authorization=bearer(ann.session))
        assert all_of_them.status == 204
        again = {"nick": "Ann", "session": ann.session}
        assert (await ask(server, "POST", "/sessions", again)).code == "unauthorized"
        assert (await ann.ending())[1] == 4506
        assert (await post(server, "x", ann.session)).status == 401


async def test_how_far_one_has_read_over_http() -> None:
    """It is that of the socket: told to other devices, no further than there is, and has a rate."""
    slow: dict[str, Any] = {"read_rate": Rate(1 / 3600, 4), "loopback_limits": "on"}
    async with serving(presence_grace=GRACE, **slow) as server, chatting(server, "Ann") as ann:
        auth = {"authorization": bearer(ann.session)}
        for _ in range(2):
            assert (await post(server, "x", ann.session)).status == 201
        path = "/rooms/TEA/mark"
        for seq, told in ((1, 1), (9, 2), (0, 2)):
            answer = await ask(server, "PUT", path, {"seq": seq}, **auth)
            assert (answer.status, answer.json) == (200, {"room": "tea", "seq": told})
        back = await ask(server, "PUT", path, {"seq": 1, "back": True}, **auth)
        assert back.json == {"room": "tea", "seq": 1, "back": 1}
        slowed = await ask(server, "PUT", path, {"seq": 1}, **auth)
        assert (slowed.status, slowed.code) == (429, "too_fast")
        assert dict(server.server._limits.counters.reached) == {("read_rate", "http"): 1}
        listed = await ask(server, "GET", "/marks", **auth)
        assert listed.json == {"marks": [{"room": "tea", "seq": 1, "back": 1}]}
        heard = [await ann.until("read") for _ in range(3)]
        assert [(one["room"], one["seq"]) for one in heard] == [("tea", 1), ("tea", 2), ("tea", 1)]
        assert heard[-1]["back"] == 1
        assert (await ask(server, "PUT", path, {"seq": 1})).status == 401
        assert (await ask(server, "GET", "/marks")).status == 401
        assert (await ask(server, "PUT", path, {}, **auth)).code == "bad_request"
        away = f"/rooms/~{26 * 'a'}/mark"
        assert (await ask(server, "PUT", away, {"seq": 1}, **auth)).code == "no_such_room"


async def test_another_device_comes_by_a_code_over_http() -> None:
    """Made and used by either way in, good once; whoever guesses is slowed down."""
    slow: dict[str, Any] = {"link_guess_rate": Rate(1 / 3600, 2), "loopback_limits": "on"}
    async with serving(presence_grace=GRACE, **slow) as server:
        async with chatting(server, "Ann") as ann:
            auth = bearer(ann.session)
            made = await ask(server, "POST", "/pairings", authorization=auth)
            assert made.status == 201
            assert made.json["until"] > wall_clock()
            async with connected(server) as phone:
                assert (await phone.hello("", pair=made.json["code"]))["you"] == ann.who
            code = (await ann.ask(t="pair"))["code"]
            begun = await ask(server, "POST", "/sessions", {"pair": code})
            assert (begun.status, begun.json["you"]) == (201, ann.who)
            assert begun.json["session"] != ann.session
            listed = await ask(server, "GET", "/sessions", authorization=auth)
            assert len(listed.json["sessions"]) == 3
            assert (await post(server, "x", begun.json["session"])).status == 201
            for status, told in ((400, "bad_pair"), (400, "bad_pair"), (503, "busy")):
                refused = await ask(server, "POST", "/sessions", {"pair": code})
                assert (refused.status, refused.code) == (status, told)
            with_session = {"nick": "Ann", "pair": code, "session": ann.session}
            assert (await ask(server, "POST", "/sessions", with_session)).status == 201
        assert (await ask(server, "POST", "/pairings")).status == 401
        assert (await ask(server, "POST", "/pairings", authorization=bearer("x"))).status == 401


async def test_a_session_over_http_can_be_one_too_many(
    server: Running, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Then the oldest ends, with its connections; one that goes on is no other one."""
    monkeypatch.setattr("trio_chat.journal.people.SESSIONS", 1)
    async with chatting(server, "Ann") as ann:
        of_earlier_release = Sessions(server.server._journal.secret).token(Person(**ann.who))
        for shown, count in ((ann.session, 1), (of_earlier_release, 1)):
            body = {"nick": "Ann", "session": shown}
            token = (await ask(server, "POST", "/sessions", body)).json["session"]
            listed = await ask(server, "GET", "/sessions", authorization=bearer(token))
            assert len(listed.json["sessions"]) == count
        assert (await ann.ending())[1] == 4506


async def test_who_follows_by_a_session_that_ends_follows_no_longer(server: Running) -> None:
    """A stream of events ends with it."""
    async with chatting(server, "Ann") as ann:
        shown = f"Authorization: Bearer {ann.session}\r\n\r\n".encode()
        async with await server.connect() as stream:
            await stream.send_all(request("tea").replace(END_OF_HEAD, b"\r\n" + shown))
            assert await stream.receive_some(1000)
            assert (await ann.ask(t="sign_out"))["t"] == "ok"
            with trio.fail_after(PATIENCE):
                assert b"4506" in await read_all(stream)


async def test_an_ended_session_does_not_let_in_instead_of_the_password(tmp_path: Path) -> None:
    """On a server that asks for one."""
    password = tmp_path / "password"
    password.write_text("s3cret")
    async with serving(access=("password",), access_password_file=password) as server:
        access = {"password": "s3cret"}
        async with connected(server) as ann:
            await ann.hello("Ann", access=access)
            assert (await ask(server, "GET", "/rooms", authorization=bearer(ann.session))).json
            await ann.ask(t="sign_out")
            refused = await ask(server, "GET", "/rooms", authorization=bearer(ann.session))
            assert refused.status == 401
        async with connected(server) as again:
            answer = await again.hello("Anna", session=ann.session)
            assert answer["code"] == "unauthorized"
        assert b" 401 " in await server.exchange(upgrade())


async def test_people_whom_a_token_names_have_no_sessions(tmp_path: Path) -> None:
    """What lets them in says who they are on each device."""
    async with serving(
        access=("token",), token_key=secret_file(tmp_path), token_audience=AUDIENCE
    ) as server:
        token = signed(nick="Ann")
        async with connected(server) as ann:
            await ann.hello("Ann", access={"token": token})
            assert (await ann.ask(t="sessions"))["sessions"] == []
            assert (await ann.ask(t="pair"))["code"] == "unsupported"
            async with connected(server) as other:
                answer = await other.hello("Ann", access={"token": token}, pair="x")
                assert answer["code"] == "unsupported"
            listed = await ask(server, "GET", "/sessions", authorization=bearer(token))
            assert listed.json == {"sessions": []}
            for path, body in (("/pairings", None), ("/sessions", {"nick": "Ann", "pair": "x"})):
                refused = await ask(server, "POST", path, body, authorization=bearer(token))
                assert (refused.status, refused.code) == (501, "unsupported")


async def test_the_python_client_has_all_of_it() -> None:
    """A second device by a code; marks, sessions, and the end of them."""
    async with serving(presence_grace=GRACE) as server:
        link = await operator_secret(server)
        with pytest.raises(Ended) as ended:  # noqa: PT012 - the end of the block
            async with connect(server.ws, nick="Ann", operator=link) as ann:
                await use_two_devices(server, ann)
                async with connect(server.ws, nick="Bob"):
                    pass
                assert await freed(server, "Bob") == "nick_taken"
                await ann.free_nick("Bob")
                assert await freed(server, "Bob") == "welcome"
                await ann.sign_out(forget=True)
                await trio.sleep_forever()
        assert ended.value.code == 4506
        assert await freed(server, "Ann") == "welcome"


async def use_two_devices(server: Running, ann: Chat) -> None:
    """Come by a code on another device, read there, and end that session."""
    room = await ann.join("tea")
    seq = await room.send("hello")
    assert room.read_up_to is None
    await room.mark_read(seq)
    made = await ann.pair()
    with pytest.raises(Ended) as ended:  # noqa: PT012 - the end of the block
        async with connect(server.ws, pair=made.code) as phone:
            assert phone.me == ann.me
            assert phone.marks == {"tea": seq}
            there = await phone.join("tea")
            assert there.read_up_to == seq
            await there.mark_read(await there.send("again"))
            with trio.fail_after(PATIENCE):
                while room.read_up_to == seq:
                    await trio.sleep(0.01)
            await there.mark_unread(seq)
            assert there.read_up_to == seq - 1
            with trio.fail_after(PATIENCE):
                while room.read_up_to != seq - 1:
                    await trio.sleep(0.01)
            [theirs] = [one.session for one in await phone.sessions() if one.here]
            await ann.sign_out(theirs)
            await trio.sleep_forever()
    assert ended.value.code == 4506
    with pytest.raises(Refused, match="bad_pair"):
        async with connect(server.ws, pair=made.code):
            pass
