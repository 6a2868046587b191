"""Cases: joining and leaving rooms, who is there, and the list of rooms."""

from tests.protocol.case import case
from tests.protocol.target import QUIET, Object, Target


@case("Be in a room; it exists from then on.")
def a_new_room_begins_at_0(target: Target) -> None:
    room = target.room()
    with target.person() as ann:
        joined = ann.ask("join", room=room)
        assert (joined["t"], joined["room"], joined["last"]) == ("joined", room, 0)
        assert joined["epoch"] == ann.welcome["epoch"]
        assert joined["members"] == [ann.you]
        for absent in ("population", "guests", "topic", "gap", "reset"):
            assert absent not in joined


@case(
    "Rooms have up to 64 letters, digits, `_`, `.` and `-`, of which the first is a "
    "letter or a digit;"
)
def room_names_are_checked(target: Target) -> None:
    with target.person() as ann:
        for room in ("", "x" * 65, "a b", "_a", ".a", "-a", "a/b", "a\n", "#a"):
            assert ann.refused("join", room=room) == "bad_room", room
            assert ann.refused("history", room=room) == "bad_room", room
        for room in (target.room() + "_.-", "9" + target.room(), target.room().ljust(64, "x")):
            assert ann.ask("join", room=room)["t"] == "joined", room


@case("folded to lower case.")
def room_names_are_folded(target: Target) -> None:
    room = target.room()
    with target.person(room) as ann:
        assert ann.ask("join", room=room.upper())["room"] == room
        assert ann.send(room.title(), "x") == 1


@case("`leave`, `send`, `edit`, `delete`, `react`, `topic` and `typing` are for rooms that this")
def writing_needs_a_join(target: Target) -> None:
    room = target.room()
    with target.person(room) as ann, target.person() as ben:
        seq = ann.send(room, "x")
        changes: dict[str, Object] = {
            "leave": {},
            "send": {"text": "x"},
            "edit": {"seq": seq, "text": "x"},
            "delete": {"seq": seq},
            "react": {"seq": seq, "emoji": "🍋"},
            "topic": {"text": "x"},
            "typing": {},
        }
        for request, fields in changes.items():
            assert ben.refused(request, room=room, **fields) == "not_joined", request
        assert len(ben.page(room)) == 1
        assert ben.ask("search", room=room, query="x")["t"] == "found"


@case("Be in it no longer.")
def who_leaves_hears_nothing_more(target: Target) -> None:
    room = target.room()
    with target.person(room) as ann, target.person(room) as ben:
        assert ben.ask("leave", room=room)["t"] == "ok"
        left = ann.until("presence")
        while left["who"] != ben.you or left["state"] != "left":
            left = ann.until("presence")
        ann.send(room, "x")
        assert [one for one in ben.rest() if one["t"] == "msg"] == []
        assert ben.refused("leave", room=room) == "not_joined"


@case("Somebody has `joined` or `left`. Several connections of one person count once;")
def presence_counts_persons(target: Target) -> None:
    room = target.room()
    with target.person(room) as ann, target.person(room) as ben:
        while ann.until("presence")["who"] != ben.you:
            pass
        session = ben.welcome["session"]
        with target.person(room, nick=ben.you["nick"], session=session) as again:
            assert again.you == ben.you
            members = ann.ask("join", room=room)["members"]
            assert sorted(one["id"] for one in members) == sorted([ann.you["id"], ben.you["id"]])
        assert [one for one in ann.rest() if one["t"] == "presence"] == []


@case("who is cut off is still there for 15 s.")
def who_is_cut_off_keeps_the_place(target: Target) -> None:
    room = target.room()
    with target.person(room) as ann:
        with target.person(room) as ben:
            ben.websocket.close(1000)
        ann.rest()
        assert ben.you in ann.ask("join", room=room)["members"]
        assert [one for one in ann.rest() if one["t"] == "presence"] == []


@case("`rooms` that one connection can be in.")
def rooms_of_a_connection_are_limited(target: Target) -> None:
    with target.person() as ann:
        count = ann.welcome["limits"]["rooms"]
        rooms = [target.room() for _ in range(count)]
        assert all(ann.ask("join", room=room)["t"] == "joined" for room in rooms)
        assert ann.refused("join", room=target.room()) == "too_many_rooms"
        assert ann.ask("join", room=rooms[0])["t"] == "joined"
        ann.ask("leave", room=rooms[0])
        assert ann.ask("join", room=target.room())["t"] == "joined"


@case("`members` is how many are there: people, and connections in the plain dialect.")
def the_list_of_rooms_tells_how_they_are(target: Target) -> None:
    room = target.room()
    with target.person(room) as ann, target.plain(room) as guest:
        guest.say("x")
        guest.hear()
        ann.ask("topic", room=room, text="all about it")
        listed = ann.ask("rooms")["rooms"]
        [found] = [one for one in listed if one["room"] == room]
        assert (found["members"], found["topic"]) == (2, "all about it")
        assert found["ts"] > 0
        assert [one["ts"] for one in listed] == sorted((one["ts"] for one in listed), reverse=True)


@case("`more`: there are others beyond, ask again with a larger `skip`.")
def the_list_of_rooms_can_be_read_on(target: Target) -> None:
    with target.person(target.room()) as ann:
        everything = [one["room"] for one in ann.ask("rooms")["rooms"]]
        rest = [one["room"] for one in ann.ask("rooms", skip=1)["rooms"]]
        assert rest == everything[1 : len(rest) + 1]
        assert ann.refused("rooms", skip=-1) == "bad_request"


@case("`guests` is the number of connections in the [plain dialect]")
def guests_are_counted(target: Target) -> None:
    room = target.room()
    with target.person(room) as ann, target.plain(room) as guest:
        guest.say("x")
        guest.hear()
        joined = ann.ask("join", room=room)
        assert (joined["guests"], joined["members"]) == (1, [ann.you])


@case("Nothing but them and your requests\nis expected of you.")
def websocket_pings_are_answered(target: Target) -> None:
    with target.person() as ann:
        assert ann.websocket.ping().wait(QUIET * 30)
