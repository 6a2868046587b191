"""Decodes and encodes the objects of ``trio-chat.v1`` for a client. No Trio and no I/O."""

from collections.abc import Iterable, Iterator
from typing import Any

import msgspec

from trio_chat.protocol import answers, events, requests

SUBPROTOCOL = "trio-chat.v1"

RoomEvent = (
    events.Message
    | events.Edit
    | events.Delete
    | events.React
    | events.Topic
    | events.Presence
    | events.Renamed
    | events.Typing
)
Answer = (
    answers.Welcome
    | answers.Joined
    | answers.Ok
    | answers.Page
    | answers.RoomList
    | answers.SearchResult
    | answers.Ping
    | answers.Error
    | answers.Bye
)
ServerObject = RoomEvent | events.Population | Answer

_DECODERS: dict[str, msgspec.json.Decoder[Any]] = {
    str(kind.__struct_config__.tag): msgspec.json.Decoder(kind) for kind in ServerObject.__args__
}


class Malformed(ValueError):
    """A frame does not follow the protocol."""


class _Envelope(msgspec.Struct):
    """The field that every object has: its type."""

    t: str


_frame = msgspec.json.Decoder(list[ServerObject])
_objects = msgspec.json.Decoder(list[msgspec.Raw])
_envelope = msgspec.json.Decoder(_Envelope)
_people = msgspec.json.Decoder(list[events.Person])
_encode = msgspec.json.Encoder().encode


def read(message: str | bytes) -> list[ServerObject]:
    """Return the objects in a frame, without those of unknown types.

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
            decoder = _DECODERS.get(_envelope.decode(part).t)
            if decoder:
                yield decoder.decode(part)
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
