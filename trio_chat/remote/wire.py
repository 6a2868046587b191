"""The words of ``trio-chat.v1`` as a client reads and writes them. No Trio and no I/O in here."""

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
ServerObject = RoomEvent | Answer

_DECODERS: dict[str, msgspec.json.Decoder[Any]] = {
    str(kind.__struct_config__.tag): msgspec.json.Decoder(kind) for kind in ServerObject.__args__
}


class Malformed(ValueError):
    """What was received is not of this protocol."""


class _Envelope(msgspec.Struct):
    """What every object has to have."""

    t: str


_frame = msgspec.json.Decoder(list[ServerObject])
_objects = msgspec.json.Decoder(list[msgspec.Raw])
_envelope = msgspec.json.Decoder(_Envelope)
_people = msgspec.json.Decoder(list[events.Person])
_encode = msgspec.json.Encoder().encode


def read(message: str | bytes) -> list[ServerObject]:
    """Return the objects in one WebSocket message; those of unknown types are left out.

    Raises:
        Malformed: it is not made of objects that say what they are.
    """
    try:
        return _frame.decode(message)
    except msgspec.ValidationError:  # something new, perhaps
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
        Malformed: they are none.
    """
    try:
        return _people.decode(members)
    except msgspec.MsgspecError as error:
        raise Malformed(str(error)) from None


def write(request: requests.Request) -> bytes:
    """Return a request as an object.

    Raises:
        ValueError: it has text that cannot be sent, such as half of a surrogate pair.
    """
    return _encode(request)


def frame(objects: Iterable[bytes]) -> str:
    """Return objects as one WebSocket message."""
    return (b"[%b]" % b",".join(objects)).decode()
