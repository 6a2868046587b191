"""The part of the OpenAPI description that is about files."""

from trio_chat.web.api import parts
from trio_chat.web.api.parts import Json

BYTES = "application/octet-stream"
FORM = "multipart/form-data"
PIECE = "application/offset+octet-stream"
VERSION = "1.0.0"  # of tus


def uploading() -> Json:
    """Return the operation that brings a file."""
    binary = {"type": "string", "contentMediaType": BYTES}
    form = {"type": "object", "properties": {"file": binary}, "required": ["file"]}
    name = parts.parameter("query", "name", {"type": "string"}, "How the file is called.")
    copy = parts.parameter(
        "query", "copy", {"type": "string"}, "The id of a file to have once more, without a body."
    )
    return parts.operation(
        "Upload a file, which a message can have from then on",
        {201: parts.answer("Uploaded")},
        *(404, 412, 413, 422, 503, 507),
        parameters=[name, copy],
        body={
            "required": False,
            "description": "The bytes of the file, or a form with it.",
            "content": {BYTES: {"schema": {}}, FORM: {"schema": form}},
        },
        signed=True,
    )


def part() -> Json:
    """Return the parameter that names an upload in pieces."""
    return parts.parameter("path", "part", {"type": "string"}, "The upload, from its Location.")


def going_on() -> Json:
    """Return the operation that brings the next piece of an upload."""
    offset = parts.parameter("header", "Upload-Offset", parts.integer(0), "Where it begins.")
    return parts.operation(
        f"Upload the next piece of a file, as {PIECE} (tus 1.0)",
        {200: parts.answer("Uploaded"), 204: {"description": "There is more to come."}},
        *(404, 409, 412, 413, 415, 422, 423, 503, 507),
        parameters=[_version(), offset | {"required": True}],
        signed=False,
    )


def giving_up() -> Json:
    """Return the operation that ends an upload that is under way."""
    return parts.operation(
        "Give up an upload in pieces (tus 1.0)",
        {204: {"description": "It is forgotten, unless it was complete."}},
        *(404, 412),
        parameters=[_version()],
        signed=False,
    )


def _version() -> Json:
    version = {"type": "string", "const": VERSION}
    return parts.parameter("header", "Tus-Resumable", version, "Of tus.") | {"required": True}
