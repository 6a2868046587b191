"""Cases: messages, edits, deletions, reactions, topics, and the client's own ids for them."""

from uuid import uuid4

from tests.protocol.case import case
from tests.protocol.target import Object, Target

ALL_REQUESTS = "`send`, `edit`, `delete`,\n  `react` and `topic` take one."
REUSED = "Another request with it, of another kind or with another\n  content, gets `key_reused`"
EMOJI = [chr(code) for code in range(0x1F600, 0x1F600 + 51)]


def cid() -> str:
    return str(uuid4())


@case("1, 2, 3 … without a gap, the same for everybody.")
def numbers_count_without_a_gap(target: Target) -> None:
    room = target.room()
    with target.person(room) as ann, target.person(room) as ben:
        seqs = [ann.send(room, "a"), ben.send(room, "b")]
        seqs.append(ann.ask("react", room=room, seq=1, emoji="🍋")["seq"])
        seqs.append(ann.ask("topic", room=room, text="t")["seq"])
        assert ann.refused("edit", room=room, seq=99, text="x") == "not_found"
        seqs.append(ann.ask("edit", room=room, seq=1, text="c")["seq"])
        seqs.append(ann.ask("delete", room=room, seq=1)["seq"])
        assert seqs == [1, 2, 3, 4, 5, 6]
        for one in (ann, ben):
            told = [one.until("msg", "react", "topic", "edit", "delete")["seq"] for _ in seqs]
            assert told == seqs


@case(
    "Your own events come to you like everybody's: before the `ok`, unless you are still reading "
    "what you missed. Match them by `cid`."
)
def a_message_is_told_to_all(target: Target) -> None:
    room, own = target.room(), cid()
    with target.person(room) as ann, target.person(room) as ben:
        answer = ann.ask("send", room=room, text="hello", cid=own)
        event: Object = {
            "t": "msg",
            "room": room,
            "seq": 1,
            "ts": answer["ts"],
            "cid": own,
            "from": ann.you,
            "text": "hello",
        }
        assert ann.until("msg") == event
        assert ben.until("msg") == event


@case('It will not happen twice, and you get the first result, with `"dup": true`.')
def a_resend_happens_once(target: Target) -> None:
    room, own = target.room(), cid()
    with target.person(room) as ann:
        first = ann.ask("send", room=room, text="x", cid=own)
        again = ann.ask("send", room=room, text="x", cid=own)
        assert (again["seq"], again["ts"], again["dup"]) == (first["seq"], first["ts"], True)
        assert "dup" not in first
    with target.person(room, nick=ann.you["nick"], session=ann.welcome["session"]) as later:
        assert later.ask("send", room=room, text="x", cid=own)["dup"] is True
        assert len(later.page(room)) == 1


@case(ALL_REQUESTS)
def each_kept_request_takes_a_cid(target: Target) -> None:
    room = target.room()
    with target.person(room) as ann:
        seq = ann.send(room, "x")
        changes: dict[str, Object] = {
            "react": {"seq": seq, "emoji": "🍋"},
            "edit": {"seq": seq, "text": "y"},
            "topic": {"text": "t"},
            "delete": {"seq": seq},
        }
        for request, fields in changes.items():
            own = cid()
            first = ann.ask(request, room=room, cid=own, **fields)
            assert ann.until(request)["cid"] == own
            again = ann.ask(request, room=room, cid=own, **fields)
            assert (again.get("seq"), again.get("dup")) == (first["seq"], True), request


@case(REUSED)
def a_cid_is_for_one_request(target: Target) -> None:
    room, own = target.room(), cid()
    with target.person(room) as ann:
        seq = ann.send(room, "x", cid=own)
        changes: dict[str, Object] = {
            "send": {"text": "y"},
            "react": {"seq": seq, "emoji": "🍋"},
            "edit": {"seq": seq, "text": "x"},
            "topic": {"text": "x"},
            "delete": {"seq": seq},
        }
        for request, fields in changes.items():
            assert ann.refused(request, room=room, cid=own, **fields) == "key_reused", request
        assert ann.page(room)[0]["text"] == "x"


@case("somebody else's gets `cid_taken`.")
def a_cid_is_of_one_person(target: Target) -> None:
    room, own = target.room(), cid()
    with target.person(room) as ann, target.person(room) as ben:
        ann.send(room, "x", cid=own)
        assert ben.refused("send", room=room, text="x", cid=own) == "cid_taken"


@case("It is unique in a room for ever")
def a_cid_is_of_one_room(target: Target) -> None:
    one, other, own = target.room(), target.room(), cid()
    with target.person(one, other) as ann:
        assert ann.send(one, "x", cid=own) == 1
        assert "dup" not in ann.ask("send", room=other, text="x", cid=own)


@case("A request that gets an `error` has changed nothing and has not used its `cid`.")
def a_refused_request_has_not_used_its_cid(target: Target) -> None:
    room, own = target.room(), cid()
    with target.person(room) as ann:
        assert ann.refused("edit", room=room, seq=1, text="x", cid=own) == "not_found"
        assert ann.refused("send", room=room, text=" ", cid=own) == "bad_request"
        assert ann.send(room, "x", cid=own) == 1


@case("`cid` is your own id for something that is kept, 8 to 64 such characters")
def a_cid_has_a_length(target: Target) -> None:
    room = target.room()
    with target.person(room) as ann:
        hidden = ("x" * 7 + sign for sign in "\0\n\x1b\x7f\u202e\u200b")
        for own in ("x" * 7, "x" * 65, 12345678, *hidden):
            assert ann.refused("send", room=room, text="x", cid=own) == "bad_request", own
        assert ann.send(room, "x", cid="x" * 8) == 1
        assert ann.send(room, "x", cid="x" * 64) == 2


@case("Texts have at most 4,000 characters and topics 250;")
def texts_have_a_length(target: Target) -> None:
    room = target.room()
    with target.person(room) as ann:
        limits = ann.welcome["limits"]
        assert ann.send(room, "🍋" * limits["text"])
        assert ann.refused("send", room=room, text="x" * (limits["text"] + 1)) == "too_long"
        assert ann.refused("edit", room=room, seq=1, text="x" * (limits["text"] + 1)) == "too_long"
        assert ann.ask("topic", room=room, text="漢" * limits["topic"])["t"] == "ok"
        assert ann.refused("topic", room=room, text="x" * (limits["topic"] + 1)) == "too_long"


@case(
    "White space at the end of a text is cut off, at its beginning it stays; a topic "
    "is cut at both ends."
)
def white_space_is_cut_off(target: Target) -> None:
    room = target.room()
    with target.person(room) as ann:
        ann.send(room, "    if ready:\n\tgo()\n \n")
        assert ann.until("msg")["text"] == "    if ready:\n\tgo()"
        ann.ask("topic", room=room, text="  tea ")
        assert ann.until("topic")["text"] == "tea"
        assert ann.ask("topic", room=room, text=" ")["t"] == "ok"
        assert "topic" not in ann.ask("join", room=room)


@case(
    "of which nothing can be seen, such as blanks and zero-width characters, is "
    "refused; a topic may be empty."
)
def blank_texts_are_refused(target: Target) -> None:
    room = target.room()
    with target.person(room) as ann:
        for text in ("", " \n\t", "\u200b", "\u2800", "\u3164", "\u200d\u2060", "\ufeff", "\u202e"):
            assert ann.refused("send", room=room, text=text) == "bad_request", text


@case("line ends and tabs are their only control characters.")
def control_characters_are_refused(target: Target) -> None:
    room = target.room()
    with target.person(room) as ann:
        for text in ("a\x00", "a\x1b[31m", "a\x7fb"):
            assert ann.refused("send", room=room, text=text) == "bad_request", text


@case("`reply` is the number of a message.")
def a_reply_names_its_message(target: Target) -> None:
    room = target.room()
    with target.person(room) as ann:
        seq = ann.send(room, "a")
        ann.send(room, "b", reply=seq)
        ann.until("msg")
        assert ann.until("msg")["reply"] == seq
        assert ann.page(room)[1]["reply"] == seq


@case("Give your message `seq` another text.")
def an_edit_changes_the_text(target: Target) -> None:
    room = target.room()
    with target.person(room) as ann, target.person(room) as ben:
        seq = ann.send(room, "x")
        assert ben.refused("edit", room=room, seq=seq, text="y") == "not_yours"
        assert ben.refused("delete", room=room, seq=seq) == "not_yours"
        assert ann.ask("edit", room=room, seq=seq, text="y")["seq"] == 2
        told = ben.until("edit")
        assert (told["target"], told["text"], told["from"]) == (seq, "y", ann.you)
        [message] = ben.page(room)
        assert (message["text"], message["edited"], message["seq"]) == ("y", True, seq)
        assert ann.refused("edit", room=room, seq=2, text="z") == "not_found"


@case("Its text is deleted for good, and can be changed no more.")
def a_deleted_message_has_no_text(target: Target) -> None:
    room = target.room()
    with target.person(room) as ann, target.person(room) as ben:
        seq = ann.send(room, "secret")
        ann.ask("edit", room=room, seq=seq, text="secret, too")
        assert ann.ask("delete", room=room, seq=seq)["seq"] == 3
        assert ben.until("delete")["target"] == seq
        [message] = ann.page(room)
        assert (message["text"], message["deleted"]) == ("", True)
        assert ann.ask("search", room=room, query="secret")["hits"] == []
        changes: dict[str, Object] = {
            "edit": {"text": "x"},
            "delete": {},
            "react": {"emoji": "🍋"},
        }
        for request, fields in changes.items():
            assert ann.refused(request, room=room, seq=seq, **fields) == "not_found", request


@case("Of a message that was deleted meanwhile, it and its edits come with an empty `text`")
def deleted_texts_are_not_replayed(target: Target) -> None:
    room = target.room()
    with target.person(room) as ann:
        seq = ann.send(room, "secret")
        ann.ask("edit", room=room, seq=seq, text="secret, too")
        ann.ask("delete", room=room, seq=seq)
        ann.rest()
        ann.ask("join", room=room, last=0, epoch=ann.welcome["epoch"])
        message, edit, delete = (ann.until("msg", "edit", "delete") for _ in range(3))
        assert (message["text"], message["deleted"]) == ("", True)
        assert (edit["text"], edit["target"]) == ("", seq)
        assert delete["target"] == seq


@case("A reaction is a set of persons, not a count: the same one may come twice.")
def reactions_are_sets_of_persons(target: Target) -> None:
    room = target.room()
    with target.person(room) as ann, target.person(room) as ben:
        seq = ann.send(room, "x")

        def react(client: object, emoji: str, **more: bool) -> None:
            assert client is ann or client is ben
            answer = (ann if client is ann else ben).ask(
                "react", room=room, seq=seq, emoji=emoji, **more
            )
            assert answer["t"] == "ok"

        react(ann, "🍋")
        react(ann, "🍋")
        react(ben, "🍋")
        assert ben.page(room)[0]["reactions"] == {"🍋": [ann.you, ben.you]}
        react(ann, "🍋", on=False)
        assert ben.until("react")["emoji"] == "🍋"
        assert ben.page(room)[0]["reactions"] == {"🍋": [ben.you]}
        react(ben, "🍋", on=False)
        react(ben, "🍋", on=False)
        assert "reactions" not in ben.page(room)[0]


@case("so that ❤ and ❤️ are the same reaction.")
def an_emoji_has_one_form(target: Target) -> None:
    room = target.room()
    with target.person(room) as ann, target.person(room) as ben:
        seq = ann.send(room, "x")
        ann.ask("react", room=room, seq=seq, emoji="\u2764\ufe0f")
        ben.ask("react", room=room, seq=seq, emoji="\u2764")
        [who] = ann.page(room)[0]["reactions"].values()
        assert who == [ann.you, ben.you]


@case("`emoji` is one emoji: a character, a sequence, a flag or a keycap.")
def a_reaction_is_an_emoji(target: Target) -> None:
    room = target.room()
    with target.person(room) as ann:
        seq = ann.send(room, "x")
        for emoji in ("👍", "👩\u200d💻", "🇩🇪", "1\ufe0f\u20e3", "👍🏽"):
            assert ann.ask("react", room=room, seq=seq, emoji=emoji)["t"] == "ok", emoji
        for text in ("", " ", "\n", "\x00", "\u202e", "\u200b", "no emoji", "🍋🍋"):
            assert ann.refused("react", room=room, seq=seq, emoji=text) == "bad_request", text
        assert ann.refused("react", room=room, seq=99, emoji="🍋") == "not_found"


@case(
    "`too_many_reactions` (a message has at most `limits.reactions` different emoji, 50 by default)"
)
def different_reactions_are_limited(target: Target) -> None:
    room = target.room()
    with target.person(room) as ann:
        seq = ann.send(room, "x")
        count = ann.welcome["limits"]["reactions"]
        for emoji in EMOJI[:count]:
            assert ann.ask("react", room=room, seq=seq, emoji=emoji)["t"] == "ok"
        assert ann.refused("react", room=room, seq=seq, emoji=EMOJI[count]) == "too_many_reactions"
        assert ann.ask("react", room=room, seq=seq, emoji=EMOJI[0])["t"] == "ok"


@case("The room has another topic.")
def a_topic_is_told(target: Target) -> None:
    room = target.room()
    with target.person(room) as ann, target.person(room) as ben:
        ann.ask("topic", room=room, text="tea")
        told = ben.until("topic")
        assert (told["text"], told["from"], told["seq"]) == ("tea", ann.you, 1)
        assert ben.ask("join", room=room)["topic"] == "tea"
