"""How large a request gets through, for the doctor; none of these changes anything in the chat."""

import json
from http import HTTPStatus

from trio_chat.commands.doctor_answers import (
    OK,
    PROBLEM,
    WRONG,
    Finding,
    Patient,
    answered,
    is_ours,
    refuse_gateway,
    said,
)
from trio_chat.commands.doctor_wire import Reply, Target, fetch

BODY = 60_000  # bytes of a body that the server itself takes
PIECE = 1_048_576  # bytes of a file that the page sends at a time
NOBODYS = "api/v1/rooms/lobby/files/doctor"  # an upload that is none


async def body(patient: Patient) -> Finding:
    """Whether a message may be as large as the server takes it. Nothing is posted by this."""
    blank = json.dumps({"text": " " * (BODY - 20)}).encode()
    headers = {"Content-Type": "application/json", "Origin": patient.target.origin}
    reply = await fetch(
        patient.target, "api/v1/rooms/lobby/messages", method="POST", body=blank, headers=headers
    )
    return _judged(patient.target, "body", BODY, reply)


async def files(patient: Patient) -> Finding:
    """Whether pieces of files get through as the page sends them. Nothing is kept of this."""
    target = patient.target
    limits = (await answered(target, "api/v1/limits")).get("limits", {})
    size = min(PIECE, limits.get("file", 0))
    if not size:
        return Finding("files", OK, "this server keeps none")
    headers = {
        "Content-Type": "application/offset+octet-stream",
        "Tus-Resumable": "1.0.0",
        "Upload-Offset": "0",
        "Origin": target.origin,
    }
    piece = bytes(size)
    reply = await fetch(target, NOBODYS, method="PATCH", body=piece, headers=headers)
    return _judged(target, "files", size, reply)


def _judged(target: Target, check: str, size: int, reply: Reply) -> Finding:
    """Tell whether the server itself has answered a request of some size."""
    refuse_gateway(target, reply)
    if reply.header("content-type").startswith(PROBLEM):
        return Finding(check, OK, f"{size:,} bytes get through")
    if is_ours(reply):  # and not to the request, which has not been read
        return Finding(check, WRONG, f"answered with {reply.status}: {said(reply)}")
    text = f"a request of {size:,} bytes is answered with {reply.status} on the way"
    if reply.status == HTTPStatus.REQUEST_ENTITY_TOO_LARGE:
        text += ": raise the limit of the proxy (nginx: client_max_body_size)"
    return Finding(check, WRONG, text)
