"""Cases: the HTTP API, and following a room."""

from uuid import uuid4

from tests.protocol.case import case
from tests.protocol.target import Answer, Target

DOCUMENT = "http.md"


def bearer(session: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {session}"}


def problem(answer: Answer) -> tuple[int, str]:
    """Return the status and the code of a refusal, which must have the form of all."""
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert answer.body["status"] == answer.status
    assert {"title", "code", "detail", "type"} <= answer.body.keys()
    return answer.status, answer.body["code"]


@case("It is kept, under this number, when the answer comes.", DOCUMENT)
def a_text_is_posted(target: Target) -> None:
    room = target.room()
    with target.person(room) as ann:
        answer = target.http("POST", f"/rooms/{room}/messages", "deploy done")
        assert (answer.status, answer.body.keys()) == (201, {"seq", "ts"})
        told = ann.until("msg")
        assert (told["seq"], told["text"], "from" in told) == (1, "deploy done", False)


@case("`?from=NAME` gives it a name, unless that is kept for somebody who has a session:", DOCUMENT)
def a_post_has_a_name(target: Target) -> None:
    room = target.room()
    with target.person() as ann:
        taken = ann.you["nick"].replace(" ", "%20")
        answer = target.http("POST", f"/rooms/{room}/messages?from={taken}", "x")
        assert problem(answer) == (409, "nick_taken")
        free = target.nick()
        body = {"text": "x", "from": free}
        assert target.http("POST", f"/rooms/{room}/messages", body).status == 201
        assert ann.page(room)[0]["from"]["nick"] == free


@case('the status is 201 the first time, then 200 with\n`"dup":true`.', DOCUMENT)
def a_key_makes_one_message(target: Target) -> None:
    room, key = target.room(), str(uuid4())
    session, _ = target.session()
    headers = {"Idempotency_Key": key, **bearer(session)}
    first, again = (
        target.http("POST", f"/rooms/{room}/messages", "x", **headers) for _ in range(2)
    )
    assert (first.status, again.status) == (201, 200)
    assert again.body == {**first.body, "dup": True}
    other = target.http("POST", f"/rooms/{room}/messages", "y", **headers)
    assert problem(other) == (422, "key_reused")


@case("if somebody else used it 409 `cid_taken`, and nothing happens.", DOCUMENT)
def a_key_is_of_one_person(target: Target) -> None:
    room, key = target.room(), str(uuid4())
    with target.person(room) as ann:
        ann.send(room, "x", cid=key)
    session, _ = target.session()
    headers = {"Idempotency_Key": key, **bearer(session)}
    answer = target.http("POST", f"/rooms/{room}/messages", "x", **headers)
    assert problem(answer) == (409, "cid_taken")


@case("Messages are as they stand after all edits, the oldest first;", DOCUMENT)
def messages_are_read(target: Target) -> None:
    room = target.room()
    with target.person(room) as ann:
        for text in "abc":
            ann.send(room, text)
    page = target.http("GET", f"/rooms/{room}/messages?limit=2").body
    assert ([one["text"] for one in page["messages"]], page["more"]) == (["b", "c"], True)
    page = target.http("GET", f"/rooms/{room}/messages?after=1&limit=1").body
    assert ([one["seq"] for one in page["messages"]], page["more"]) == ([2], True)
    assert target.http("GET", f"/rooms/{room}/messages/3").body["text"] == "c"
    assert problem(target.http("GET", f"/rooms/{room}/messages/9")) == (404, "not_found")
    found = target.http("GET", f"/rooms/{room}/search?q=b").body
    assert [one["seq"] for one in found["hits"]] == [2]
    rooms = target.http("GET", "/rooms").body["rooms"]
    assert room in [one["room"] for one in rooms]


@case("Who has a session can change what they said.", DOCUMENT)
def an_author_changes_messages(target: Target) -> None:
    room = target.room()
    session, you = target.session()
    auth = bearer(session)
    assert target.http("POST", f"/rooms/{room}/messages", "x", **auth).status == 201
    edited = target.http("PUT", f"/rooms/{room}/messages/1", "y", **auth)
    assert (edited.status, edited.body["seq"]) == (200, 2)
    message = target.http("GET", f"/rooms/{room}/messages/1").body
    assert (message["text"], message["edited"], message["from"]) == ("y", True, you)
    assert target.http("DELETE", f"/rooms/{room}/messages/1", **auth).status == 200
    assert target.http("GET", f"/rooms/{room}/messages/1").body["deleted"] is True


@case("`PUT` and `DELETE` take an `Idempotency-Key`, too;", DOCUMENT)
def changes_have_keys(target: Target) -> None:
    room = target.room()
    session, _ = target.session()
    target.http("POST", f"/rooms/{room}/messages", "x", **bearer(session))
    for method, body in {"PUT": "y", "DELETE": None}.items():
        headers = {"Idempotency_Key": str(uuid4()), **bearer(session)}
        first, again = (
            target.http(method, f"/rooms/{room}/messages/1", body, **headers) for _ in range(2)
        )
        assert (first.status, again.status) == (200, 200)
        assert again.body == {**first.body, "dup": True}


@case("Only its author can change a message (403 `not_yours`).", DOCUMENT)
def others_change_nothing(target: Target) -> None:
    room = target.room()
    (ann, _), (ben, _) = target.session(), target.session()
    target.http("POST", f"/rooms/{room}/messages", "x", **bearer(ann))
    path = f"/rooms/{room}/messages/1"
    assert problem(target.http("PUT", path, "y", **bearer(ben))) == (403, "not_yours")
    assert problem(target.http("DELETE", path, **bearer(ben))) == (403, "not_yours")
    assert problem(target.http("DELETE", path)) == (401, "unauthorized")
    assert problem(target.http("DELETE", path, **bearer(f"{ann}x"))) == (401, "unauthorized")


@case('the answer has `"unknown_session": true`, and you are somebody new.', DOCUMENT)
def a_session_over_http_is_one_of_the_socket(target: Target) -> None:
    with target.person() as ann:
        body = {"nick": ann.you["nick"], "session": ann.welcome["session"]}
        answer = target.http("POST", "/sessions", body)
        assert (answer.status, answer.body["you"]) == (201, ann.you)
        assert "unknown_session" not in answer.body
        body = {"nick": target.nick(), "session": "no session"}
        answer = target.http("POST", "/sessions", body)
        assert answer.body["unknown_session"] is True
        assert answer.body["you"]["id"] != ann.you["id"]


@case("All problems look like that (`application/problem+json`).", DOCUMENT)
def problems_have_one_form(target: Target) -> None:
    room = target.room()
    posts = {" ": 400, "\x00": 400, "x" * 4001: 413}
    for text, status in posts.items():
        assert problem(target.http("POST", f"/rooms/{room}/messages", text))[0] == status
    assert problem(target.http("POST", "/rooms/_/messages", "x")) == (400, "bad_room")
    assert problem(target.http("GET", "/no-such-path"))[0] == 404
    assert problem(target.http("PATCH", "/rooms"))[0] == 405


@case("Without `last` it begins with what happens next;", DOCUMENT)
def a_room_is_followed(target: Target) -> None:
    room = target.room()
    with target.person(room) as ann:
        ann.send(room, "before")
        with target.events(room) as stream:
            assert stream.response.status == 200
            assert stream.response.headers["Content-Type"] == "text/event-stream"
            id, kind, joined = stream.next()
            assert (kind, joined["last"], joined["t"]) == ("joined", 1, "joined")
            assert id == f"{joined['epoch']}.1"
            ann.send(room, "after")
            id, kind, message = stream.next()
            assert (kind, message["text"], id) == ("msg", "after", f"{joined['epoch']}.2")


@case("They get what they missed, once\nand in order.", DOCUMENT)
def a_follower_resumes(target: Target) -> None:
    room = target.room()
    with target.person(room) as ann:
        for text in "abc":
            ann.send(room, text)
        for query, headers in {
            "?last=1": {},
            "?last=0": {"Last_Event_ID": f"{ann.welcome['epoch']}.1"},
        }.items():
            with target.events(room, query, **headers) as stream:
                assert stream.next()[1] == "joined"
                assert [stream.next()[2]["text"] for _ in range(2)] == ["b", "c"]
        with target.events(room, "", Last_Event_ID="another.1") as stream:
            assert stream.next()[2]["reset"] is True


@case(
    "`presence`, `population`, `nick`, `typing`, `epoch` and `bye` have no `id`: they are not kept",
    DOCUMENT,
)
def what_is_not_kept_has_no_id(target: Target) -> None:
    room = target.room()
    with target.events(room) as stream:
        stream.next()
        with target.person(room) as ann:
            id, kind, presence = stream.next()
            assert (id, kind, presence["who"]) == (None, "presence", ann.you)


@case("Who follows is not shown in the\nroom.", DOCUMENT)
def a_follower_is_not_seen(target: Target) -> None:
    room = target.room()
    with target.person(room) as ann, target.events(room) as stream:
        stream.next()
        joined = ann.ask("join", room=room)
        assert joined["members"] == [ann.you]
        assert "guests" not in joined
