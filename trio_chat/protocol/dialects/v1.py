"""The dialect ``trio-chat.v1``: each message is a JSON array of objects."""

from collections.abc import Sequence
from contextlib import suppress
from typing import Any

import msgspec

from trio_chat.protocol import answers, events, requests
from trio_chat.protocol.close import BAD_PROTOCOL, CloseReason, Parting, Violation
from trio_chat.protocol.dialects.base import text_message
from trio_chat.protocol.request_base import VisibleText, complaint
from trio_chat.protocol.request_texts import Limits, text_fault
from trio_chat.protocol.text import BYTE_ORDER_MARK

SUBPROTOCOL = "trio-chat.v1"
RETRY_MS = {1001: 5_000, 1012: 1_000, 4005: 10_000}  # before the back-off of the client's own
EXCESS_RETRY_MS = 1_000  # before requests that were too many in one frame are sent again
TOO_MANY = "too many requests in one frame"

_DECODERS: dict[str, msgspec.json.Decoder[Any]] = {
    str(kind.__struct_config__.tag): msgspec.json.Decoder(kind)
    for kind in requests.AnyRequest.__args__
}


class _Envelope(msgspec.Struct):
    """The fields that every object needs."""

    t: str
    id: msgspec.Raw = msgspec.Raw(b"null")


_requests = msgspec.json.Decoder(list[requests.AnyRequest])
_frame = msgspec.json.Decoder(list[msgspec.Raw])
_envelope = msgspec.json.Decoder(_Envelope)
_id: msgspec.json.Decoder[int | str | None] = msgspec.json.Decoder(int | VisibleText | None)

needs_hello = True
knows_numbers = True
only_listens = False


def read(message: str | bytes, limits: Limits) -> list[requests.Understood]:
    """Return the requests in one WebSocket message; those of unknown types are left out.

    Of the requests beyond the limit, those with an id become ``busy`` errors; the others are left
    out, too, but for the note that there were some.

    Raises:
        Violation: it is not an array of JSON objects with a type, nor one such object.
    """
    if isinstance(message, bytes):
        raise Violation(BAD_PROTOCOL)
    data = message.removeprefix(BYTE_ORDER_MARK).strip().encode()
    with suppress(msgspec.MsgspecError, RecursionError):  # mostly nothing is wrong
        asked = _requests.decode(data)
        if len(asked) <= limits.frame_requests:
            return [_checked(request, limits) for request in asked]
    return _read_each(data, limits)


def _read_each(data: bytes, limits: Limits) -> list[requests.Understood]:
    """Return the requests in a message one by one, as far as they can be understood."""
    try:
        parts = [memoryview(data)] if data.startswith(b"{") else _frame.decode(data)
        count = limits.frame_requests
        read = [request for part in parts[:count] for request in _read(part, limits)]
        return read + _surplus(parts[count:])
    except (msgspec.MsgspecError, RecursionError):
        raise Violation(BAD_PROTOCOL) from None


def _read(part: memoryview | msgspec.Raw, limits: Limits) -> list[requests.Understood]:
    envelope = _envelope.decode(part)
    decoder = _DECODERS.get(envelope.t)
    if decoder is None:
        return []
    try:
        request = decoder.decode(part)
    except msgspec.ValidationError as error:
        return [requests.InvalidRequest(_id_of(envelope), "bad_request", complaint(error))]
    return [_checked(request, limits)]


def _checked(request: requests.AnyRequest, limits: Limits) -> requests.Understood:
    """Return a request with its text in its normal form, or what is wrong with it."""
    fault = text_fault(request, limits)
    if fault:
        return requests.InvalidRequest(request.id, fault.code, fault.text, limit=fault.limit)
    return request


def _surplus(parts: Sequence[memoryview | msgspec.Raw]) -> list[requests.Understood]:
    """Return the errors for requests beyond the limit of their frame, and that others have no id.

    Those others are one refusal, however many there are: they cost nothing but to be read.
    """
    envelopes = [_envelope.decode(part) for part in parts]
    ids = [_id_of(envelope) for envelope in envelopes if envelope.t in _DECODERS]
    refused: list[requests.Understood] = [
        requests.InvalidRequest(id, "busy", TOO_MANY, EXCESS_RETRY_MS, "frame_requests")
        for id in ids
        if id is not None
    ]
    return [*refused, requests.Dropped("frame_requests")] if None in ids else refused


def _id_of(envelope: _Envelope) -> int | str | None:
    """Return the id of an invalid request; ``None`` if the id itself is invalid."""
    try:
        return _id.decode(envelope.id)
    except msgspec.ValidationError:
        return None


def join(payloads: Sequence[bytes]) -> bytes:
    """Return several runs of objects as one."""
    return b",".join(payloads)


def array(payload: bytes) -> bytes:
    """Return a run of objects as JSON."""
    return b"[%b]" % payload


def wrap(payload: bytes) -> bytes:
    """Return a run of objects in a WebSocket message."""
    return text_message(array(payload))


def tell(event: events.Event, data: bytes | None) -> bytes | None:
    """Return an event; ``data`` is a stored one as the journal has encoded it."""
    return data or events.encode(event)


def recall(seq: int, data: bytes) -> bytes:  # noqa: ARG001 - it is in the data
    """Return a stored event."""
    return data


def answer(answer: answers.Answer) -> bytes:
    """Return an answer."""
    return answers.encode(answer)


def bye(reason: CloseReason) -> bytes:
    """Return a ``bye``, with the time before a reconnect where one makes sense."""
    retry_ms = RETRY_MS.get(reason.code)
    if retry_ms is not None and isinstance(reason, Parting):
        retry_ms += reason.extra_ms
    return answer(answers.Bye(code=reason.code, reason=reason.reason, retry_ms=retry_ms))
