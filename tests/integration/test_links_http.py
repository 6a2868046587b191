"""Rooms with links over HTTP, as event streams and in the plain dialect: the same rules hold."""

import pytest
import trio
import trio_websocket

from tests.frames import upgrade
from tests.integration.asking import API, ask, bearer, session
from tests.integration.chatters import chatting
from tests.integration.running import END_OF_HEAD, Running, status
from tests.integration.test_links import join, make_private
from trio_chat.core.room_links import new_identifier


async def test_a_room_is_made_used_and_moderated_over_http(server: Running) -> None:
    """By those who have a session; whoever has a link may read and write without one."""
    ann, eve = bearer(await session(server, "Ann")), bearer(await session(server, "Eve"))
    assert (await ask(server, "POST", "/rooms", {"name": "x"})).status == 401
    made = await ask(server, "POST", "/rooms", {"name": "T", "private": True}, authorization=ann)
    assert made.status == 201
    room = f"/rooms/{made.json['room']}"
    secrets = {link["right"]: link["secret"] for link in made.json["links"]}
    said = await ask(server, "POST", f"{room}/messages", "hello", authorization=ann)
    assert said.status == 201
    read, speak = bearer(secrets["read"]), bearer(secrets["speak"])
    assert (await ask(server, "GET", f"{room}/messages", authorization=read)).status == 200
    refused = await ask(server, "POST", f"{room}/messages", "x", authorization=read)
    assert (refused.status, refused.code) == (403, "read_only")
    assert (await ask(server, "POST", f"{room}/messages", "x", authorization=speak)).status == 201
    beside = {"authorization": eve, "room_link": secrets["speak"]}
    assert (await ask(server, "POST", f"{room}/messages", "I am Eve", **beside)).status == 201
    again = await ask(server, "POST", f"{room}/messages", "still", authorization=eve)
    assert again.status == 201  # the right stays with the session
    link = await ask(server, "POST", f"{room}/links", {"right": "read"}, authorization=ann)
    assert link.status == 201
    links = (await ask(server, "GET", f"{room}/links", authorization=ann)).json["links"]
    assert [one["right"] for one in links] == ["read", "speak", "moderate", "read"]
    path = f"{room}/links/{link.json['link']}"
    assert (await ask(server, "DELETE", path, authorization=ann)).status == 200
    assert (await ask(server, "DELETE", path, authorization=ann)).code == "not_found"
    rules = await ask(server, "PUT", f"{room}/rules", {"closed": True}, authorization=ann)
    assert rules.status == 200
    closed = await ask(server, "POST", f"{room}/messages", "x", authorization=eve)
    assert (closed.status, closed.code) == (403, "closed")
    reported = await ask(server, "POST", f"{room}/messages/2/reports", authorization=eve)
    assert reported.status == 200
    acts = (await ask(server, "GET", f"{room}/acts?limit=2", authorization=ann)).json
    assert [one["act"]["t"] for one in acts["acts"]] == ["reported", "rules_set"]
    assert acts["more"]


async def test_a_body_has_to_be_json(server: Running) -> None:
    """And of the right kind."""
    ann = bearer(await session(server, "Ann"))
    plain = await ask(
        server, "POST", "/rooms", "class", authorization=ann, content_type="text/plain"
    )
    assert (plain.status, plain.code) == (415, "unsupported_media_type")
    for body in ("class", "{}", '{"name": 1}', "{"):
        refused = await ask(server, "POST", "/rooms", body, authorization=ann)
        assert (refused.status, refused.code) == (400, "bad_request")


async def test_moderators_act_over_http(server: Running) -> None:
    """On people who are there; and take it back."""
    ann = bearer(await session(server, "Ann"))
    await ask(server, "POST", "/rooms", {"name": "class"}, authorization=ann)
    async with chatting(server, "Eve", "class") as eve:
        await eve.send("class", "rude")
        raid = {"since": 0, "preview": True}
        preview = await ask(server, "POST", "/rooms/class/raids", raid, authorization=ann)
        assert (preview.json["count"], preview.json["messages"]) == (1, 1)
        act = {"act": "clear", "people": [eve.who["id"]]}
        cleared = await ask(server, "POST", "/rooms/class/acts", act, authorization=ann)
        assert cleared.status == 200
        [message] = (await ask(server, "GET", "/rooms/class/messages")).json["messages"]
        assert message["deleted"]
        acts = (await ask(server, "GET", "/rooms/class/acts", authorization=ann)).json["acts"]
        path = f"/rooms/class/acts/{acts[0]['seq']}"
        assert (await ask(server, "DELETE", path, authorization=ann)).status == 200
        everywhere = await ask(server, "POST", "/acts", act, authorization=ann)
        assert (everywhere.status, everywhere.code) == (403, "not_operator")
        raid = {"since": 0}
        undone = await ask(server, "POST", "/rooms/class/raids", raid, authorization=ann)
        assert undone.status == 200
        assert (await eve.ending())[1] == 4503


async def test_slow_mode_counts_by_address_for_whoever_only_tells_a_name(server: Running) -> None:
    """However many names that are; whoever shows a session is one person."""
    cem, dan = [bearer(await session(server, nick)) for nick in ("Cem", "Dan")]
    path = "/rooms/class/messages"
    async with chatting(server, "Ann") as ann:
        await ann.ask(t="create", name="class")
        await ann.ask(t="rules", room="class", slow=3600)
        assert (await ask(server, "POST", f"{path}?from=Bot1", "x")).status == 201
        for who in ("?from=Bot2", "?from=Bot1", ""):
            refused = await ask(server, "POST", path + who, "x")
            assert (refused.status, refused.code) == (429, "slow_mode")
        for token in (cem, dan):
            said = await ask(server, "POST", path, "x", authorization=token)
            assert said.status == 201


async def test_no_way_in_tells_of_a_room(server: Running) -> None:
    """Without a link, or with a wrong one, all is as for an identifier that was never given."""
    eve = bearer(await session(server, "Eve"))
    async with chatting(server, "Ann") as ann:
        room, links = await make_private(ann)
        await join(ann, room)
        never = new_identifier()
        for shown in ({}, {"authorization": eve}, {"room_link": links["read"][:-1] + "!"}):
            for method, path, body in (
                ("GET", "messages", None),
                ("GET", "messages/1", None),
                ("GET", "search?q=x", None),
                ("GET", "events", None),
                ("POST", "messages", "x"),
                ("PUT", "messages/1", "x"),
                ("DELETE", "messages/1", None),
                ("GET", "links", None),
                ("POST", "links", {"right": "read"}),
                ("PUT", "rules", {}),
                ("GET", "acts", None),
                ("DELETE", "acts/1", None),
                ("POST", "acts", {"act": "ban", "people": ["x"]}),
                ("POST", "raids", {"since": 0}),
                ("POST", "messages/1/reports", {}),
            ):
                real = await ask(server, method, f"/rooms/{room}/{path}", body, **shown)
                other = await ask(server, method, f"/rooms/{never}/{path}", body, **shown)
                assert (real.status, real.body) == (other.status, other.body), path
                assert real.code in ("no_such_room", "unauthorized", "bad_request"), path


async def follow(server: Running, room: str, **headers: str) -> bytes:
    """Return the head of the answer to a request for a stream, and what comes first."""
    lines = [f"GET {API}/rooms/{room}/events HTTP/1.1", "host: localhost"]
    lines += [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
    async with await server.connect() as stream:
        await stream.send_all("\r\n".join([*lines, "", ""]).encode())
        told = b""
        while b"joined" not in told and status(told or b"HTTP/1.1 200 ") == 200:
            data = await stream.receive_some(10_000)
            assert data
            told += bytes(data)
        return told


async def test_a_private_room_is_followed_by_link_or_session(server: Running) -> None:
    """Whoever follows is ended when the link is revoked."""
    async with chatting(server, "Ann") as ann:
        room, links = await make_private(ann)
        await join(ann, room)
        for shown in (
            {"authorization": bearer(links["read"])},
            {"room_link": links["read"]},
            {"authorization": bearer(ann.session)},
        ):
            assert b"Secret tea" in await follow(server, room, **shown)
        assert status(await follow(server, room)) == 404
        made = await ann.ask(t="link", room=room, right="read")
        async with await server.connect() as stream:
            head = f"GET {API}/rooms/{room}/events HTTP/1.1\r\nhost: localhost\r\n"
            head += f"room-link: {made['link']['secret']}\r\n\r\n"
            await stream.send_all(head.encode())
            told = b""
            while b"joined" not in told:
                told += bytes(await stream.receive_some(10_000))
            await ann.ask(t="unlink", room=room, link=made["link"]["link"])
            while data := await stream.receive_some(10_000):
                told += bytes(data)
            assert b"4503" in told.partition(END_OF_HEAD)[2]


async def all_told(plain: trio_websocket.WebSocketConnection) -> None:
    """Take what comes until the end."""
    while True:
        await plain.get_message()


async def test_a_plain_client_shows_a_link_in_its_handshake(server: Running) -> None:
    """In a header, as it has no hello; without one there is no such room."""
    async with chatting(server, "Ann") as ann:
        room, links = await make_private(ann)
        await join(ann, room)
        refused = upgrade().replace(b"/ws ", f"/ws?room={room} ".encode())
        assert status(await server.exchange(refused)) == 404
        async with trio_websocket.open_websocket_url(
            f"{server.ws}?room={room}", extra_headers=[(b"Room-Link", links["speak"].encode())]
        ) as plain:
            await plain.send_message("from nobody")
            assert (await ann.until("msg"))["text"] == "from nobody"
        await ann.ask(t="create", name="class")
        link = (await ann.ask(t="link", room="class", right="moderate"))["link"]
        async with trio_websocket.open_websocket_url(
            f"{server.ws}?room=class", extra_headers=[(b"Room-Link", link["secret"].encode())]
        ) as plain:
            await plain.send_message("from nobody")
            await ann.ask(t="unlink", room="class", link=link["link"])
            with pytest.raises(trio_websocket.ConnectionClosed) as closed:
                await all_told(plain)
            await trio.aclose_forcefully(plain._stream)  # nobody else closes it
            assert closed.value.reason
            assert closed.value.reason.code == 4503
