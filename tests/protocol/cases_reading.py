"""Cases: history, search, and coming back."""

from tests.protocol.case import case
from tests.protocol.target import Client, Object, Target

RESUME = (
    "What you missed follows at once, in\n   order and before anything newer, as the "
    "same objects that you would have seen live."
)


def say_many(client: Client, room: str, count: int) -> None:
    """Say so many messages, each of which is its number."""
    for first in range(0, count, 50):
        numbers = range(first + 1, min(first + 50, count) + 1)
        client.say(*({"t": "send", "room": room, "text": f"{number}"} for number in numbers))
        for _ in numbers:
            client.until("ok")


@case("Messages as they stand, after all edits, the oldest first")
def history_is_as_messages_stand(target: Target) -> None:
    room = target.room()
    with target.person(room) as ann, target.person() as ben:
        assert ben.page(room) == []
        ann.send(room, "a")
        ann.send(room, "b")
        answer = ben.ask("history", room=room)
        assert (answer["t"], answer["room"], answer["more"]) == ("history", room, False)
        assert [one["text"] for one in answer["messages"]] == ["a", "b"]
        assert answer["messages"][0]["from"] == ann.you
        assert answer["messages"][0].keys() == {"seq", "ts", "text", "from"}


@case("`limit` is 100 if it is missing, and at most. With both numbers, `after` counts alone.")
def history_comes_by_pages(target: Target) -> None:
    room = target.room()
    with target.person(room) as ann:
        say_many(ann, room, 105)

        def seqs(**fields: int) -> tuple[list[int], bool]:
            answer = ann.ask("history", room=room, **fields)
            return [one["seq"] for one in answer["messages"]], answer["more"]

        assert seqs() == (list(range(6, 106)), True)
        assert seqs(limit=1000) == (list(range(6, 106)), True)
        assert seqs(before=6) == ([1, 2, 3, 4, 5], False)
        assert seqs(before=50, limit=2) == ([48, 49], True)
        assert seqs(after=50, limit=2) == ([51, 52], True)
        assert seqs(after=104) == ([105], False)
        assert seqs(after=50, before=20, limit=2) == ([51, 52], True)
        assert ann.refused("history", room=room, limit=0) == "bad_request"


@case("A page is at most 256 KiB long, so there may be fewer; `more` tells.")
def long_messages_come_in_short_pages(target: Target) -> None:
    room = target.room()
    with target.person(room) as ann:
        for _ in range(100):
            ann.send(room, "漢" * 3990)
        ann.rest()
        before, seqs, more = 1000, set(), True
        while more:
            answer = ann.ask("history", room=room, before=before)
            seqs |= {one["seq"] for one in answer["messages"]}
            before, more = min(seqs), answer["more"]
        assert seqs == set(range(1, 101))


@case("Texts of the message `seq`, the oldest first")
def edits_are_the_texts_of_a_message(target: Target) -> None:
    room = target.room()
    with target.person(room) as ann, target.person() as ben:
        for text in ("mlik", "lemon"):
            ann.send(room, text)
        for text in ("milk", "Milk!"):
            assert ann.ask("edit", room=room, seq=1, text=text)["t"] == "ok"

        def texts(**fields: int) -> tuple[list[tuple[int, str]], bool]:
            answer = ben.ask("edits", room=room, seq=1, **fields)
            assert (answer["t"], answer["room"], answer["seq"]) == ("edits", room, 1)
            assert all(one["from"] == ann.you for one in answer["versions"])
            return [(one["seq"], one["text"]) for one in answer["versions"]], answer["more"]

        assert texts() == ([(1, "mlik"), (3, "milk"), (4, "Milk!")], False)
        assert texts(limit=2) == ([(1, "mlik"), (3, "milk")], True)
        assert texts(after=3) == ([(4, "Milk!")], False)
        assert ben.refused("edits", room=room, seq=3) == "not_found"
        assert ann.ask("delete", room=room, seq=1)["t"] == "ok"
        assert ann.refused("edits", room=room, seq=1) == "not_found"


@case("A message is found if all terms are in its text:")
def search_finds_words(target: Target) -> None:
    room = target.room()
    with target.person(room) as ann:
        for text in ("green tea at the Café", "tea, not green", "lemonade"):
            ann.send(room, text)

        def found(query: str, **fields: object) -> list[int]:
            return [
                one["seq"] for one in ann.ask("search", room=room, query=query, **fields)["hits"]
            ]

        assert found("GREEN tea") == [2, 1]
        assert found('"green tea') == [1]
        assert found("cafe") == [1]
        assert found("lem*") == [3]
        assert found("milk") == []
        assert found("tea", limit=1) == [2]
        assert found("tea", before=2) == [1]
        assert found("tea", **{"from": ann.you["nick"].upper()}) == [2, 1]
        assert found("tea", **{"from": ann.you["id"]}) == [2, 1]
        assert found("tea", until=1) == []
        assert ann.refused("search", room=room, query="!") == "bad_request"


@case(
    "as `[[start, end], …]`: the first character and the one behind the last, counted "
    "in Unicode code\npoints of `snippet`"
)
def marks_count_code_points(target: Target) -> None:
    room = target.room()
    with target.person(room) as ann:
        ann.send(room, "🍋🍋 tea")
        [hit] = ann.ask("search", room=room, query="tea")["hits"]
        [[start, end]] = hit["marks"]
        assert hit["snippet"][start:end] == "tea"


@case(RESUME)
def what_was_missed_follows(target: Target) -> None:
    room = target.room()
    with target.person(room) as ann, target.person(room) as ben:
        ann.send(room, "1")
        epoch = ben.welcome["epoch"]
        live: list[Object] = []
        while not live or live[-1]["seq"] != 1:
            live.append(ben.until("msg"))
        ben.ask("leave", room=room)
        say_many(ann, room, 1500)
        ann.ask("react", room=room, seq=1, emoji="🍋")
        joined = ben.ask("join", room=room, last=1, epoch=epoch)
        assert joined["last"] == 1502
        missed: list[int] = []
        while not missed or missed[-1] != 1502:
            missed.append(ben.until("msg", "react")["seq"])
        assert missed == list(range(2, 1503))
        assert ann.send(room, "now") == 1503
        assert ben.until("msg")["seq"] == 1503


@case("Connect again and\ngive them in `hello`.")
def a_new_connection_resumes(target: Target) -> None:
    room = target.room()
    with target.person(room) as ann:
        ann.send(room, "1")
        epoch = ann.welcome["epoch"]
        ann.websocket.close_socket()
        with target.person(room) as ben:
            ben.send(room, "2")
        with target.client() as again:
            wish = {"room": room, "last": 1, "epoch": epoch}
            again.hello(ann.you["nick"], wish, session=ann.welcome["session"])
            assert again.until("joined")["last"] == 2
            assert again.hear()["text"] == "2"


@case("A `last` without `epoch` is taken for one of the present epoch; give both.")
def a_number_alone_is_of_this_epoch(target: Target) -> None:
    room = target.room()
    with target.person(room) as ann:
        say_many(ann, room, 3)
        ann.rest()
        assert "reset" not in ann.ask("join", room=room, last=1)
        assert [ann.until("msg")["seq"] for _ in range(2)] == [2, 3]


@case(
    "With `reset`, your numbers are of another epoch (or ahead of the server's). Nothing follows:"
)
def numbers_of_another_epoch_are_reset(target: Target) -> None:
    room = target.room()
    with target.person(room) as ann:
        say_many(ann, room, 3)
        ann.rest()
        epoch = ann.welcome["epoch"]
        for fields in ({"last": 1, "epoch": "another"}, {"last": 4, "epoch": epoch}, {"last": 4}):
            joined = ann.ask("join", room=room, **fields)
            assert (joined["reset"], joined["last"], joined["epoch"]) == (True, 3, epoch)
            assert [one for one in ann.rest() if "seq" in one] == []


@case(
    "A later `join` or a `leave` of the\n   room ends it: nothing of it comes behind "
    "the answer to that."
)
def a_later_join_counts_alone(target: Target) -> None:
    room = target.room()
    with target.person(room) as ann:
        say_many(ann, room, 1500)
        ann.rest()
        ann.say({"t": "join", "id": "one", "room": room, "last": 0})
        ann.say({"t": "join", "id": "two", "room": room, "last": 1498})
        while ann.hear().get("id") != "two":
            pass
        assert [ann.until("msg")["seq"] for _ in range(2)] == [1499, 1500]
        assert [one for one in ann.rest() if "seq" in one] == []
        ann.say({"t": "join", "room": room, "last": 0}, {"t": "leave", "id": "left", "room": room})
        while ann.hear().get("id") != "left":
            pass
        assert [one for one in ann.rest() if "seq" in one] == []
