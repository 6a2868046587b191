"""Decodes and encodes the objects of ``trio-chat.v1`` for a client. No Trio and no I/O."""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from typing import Any

import msgspec

from trio_chat.protocol import answers, events, governing_answers, requests

SUBPROTOCOL = "trio-chat.v1"

StoredRoomEvent = (
    events.Message
    | events.Edit
    | events.Delete
    | events.React
    | events.Topic
    | events.Created
    | events.Rules
    | events.Moderated
    | events.Clear
    | events.Restore
)
RoomEvent = StoredRoomEvent | events.Presence | events.Population | events.Renamed | events.Typing


class Acts(answers.Answer, tag="audit", kw_only=True):
    """``governing_answers.ActList``, whose acts may be of kinds that we do not know."""

    room: str
    acts: list[msgspec.Raw]
    more: bool


Answer = (
    answers.Welcome
    | answers.Joined
    | answers.Ok
    | answers.Page
    | answers.RoomList
    | answers.EditList
    | answers.SearchResult
    | governing_answers.Created
    | answers.Invited
    | governing_answers.LinkMade
    | governing_answers.LinkList
    | governing_answers.RaidPreview
    | governing_answers.HeldList
    | answers.SessionList
    | answers.Pair
    | answers.Read
    | Acts
    | answers.Ping
    | answers.Error
    | answers.Bye
)
Known = RoomEvent | events.Epoch | Answer


class Unknown(events.StoredEvent, kw_only=True):
    """A numbered event of a type that we do not know: it counts, and is not told."""


ServerObject = Known | Unknown

_DECODERS: dict[str, msgspec.json.Decoder[Any]] = {
    str(kind.__struct_config__.tag): msgspec.json.Decoder(kind) for kind in Known.__args__
}


class Malformed(ValueError):
    """A frame does not follow the protocol."""


class _Envelope(msgspec.Struct):
    """The field that every object has, its type, and those that every numbered event has."""

    t: str
    room: str = ""
    seq: int = 0


_frame = msgspec.json.Decoder(list[Known])
_objects = msgspec.json.Decoder(list[msgspec.Raw])
_envelope = msgspec.json.Decoder(_Envelope)
_people = msgspec.json.Decoder(list[events.Person])
_act = msgspec.json.Decoder(governing_answers.ActInfo)
_encode = msgspec.json.Encoder().encode


def read(message: str | bytes) -> Sequence[ServerObject]:
    """Return the objects in a frame; of those of unknown types, numbered events alone.

    Raises:
        Malformed: it is no array of objects with a type.
    """
    try:
        return _frame.decode(message)
    except msgspec.ValidationError:  # perhaps a type that we do not know
        return list(_read_one_by_one(message))
    except (msgspec.MsgspecError, RecursionError) as error:
        raise Malformed(str(error)) from None


def _read_one_by_one(message: str | bytes) -> Iterator[ServerObject]:
    try:
        for part in _objects.decode(message):
            envelope = _envelope.decode(part)
            decoder = _DECODERS.get(envelope.t)
            if decoder:
                yield decoder.decode(part)
            elif envelope.room and envelope.seq:
                yield Unknown(room=envelope.room, seq=envelope.seq)
    except (msgspec.MsgspecError, RecursionError) as error:
        raise Malformed(str(error)) from None


def read_people(members: msgspec.Raw) -> list[events.Person]:
    """Return the people in a ``joined``.

    Raises:
        Malformed: it is no list of persons.
    """
    try:
        return _people.decode(members)
    except msgspec.MsgspecError as error:
        raise Malformed(str(error)) from None


def read_acts(acts: Iterable[msgspec.Raw]) -> list[governing_answers.ActInfo]:
    """Return the acts of an audit list, without those that we do not know."""
    found = []
    for act in acts:
        with suppress(msgspec.MsgspecError):
            found.append(_act.decode(act))
    return found


def write(request: requests.Request) -> bytes:
    """Encode a request.

    Raises:
        ValueError: it has text that cannot be encoded, such as half of a surrogate pair.
    """
    return _encode(request)


def typing(room: str) -> bytes:
    """Encode that somebody is typing in a room, without an id: there is no answer."""
    return _encode({"t": "typing", "room": room})


def frame(objects: Iterable[bytes]) -> str:
    """Put encoded objects into one frame."""
    return (b"[%b]" % b",".join(objects)).decode()
