"""Parts of the OpenAPI description."""

import re
from typing import Any

from trio_chat.config import Config
from trio_chat.protocol import request_base, requests
from trio_chat.protocol.unicode import CODE_POINTS

JSON = "application/json"
TEXT = "text/plain"
FORM = "application/x-www-form-urlencoded"
REF = "#/components/schemas/{name}"
ANYWHERE = (400, 401, 403, 406, 429)  # statuses that any operation may be refused with
LARGEST = 2**53 - 1
# A character that can be seen, and no control characters but tab and line ends.
TEXT_PATTERN = (
    r"^[^\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]*"
    r"[^\x00-\x20\x7f-\x9f]"
    r"[^\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]*$"
)
UNPRINTED = re.compile(r"[\x00-\x1f\x7f-\uffff]")

Json = dict[str, Any]


def operation(
    summary: str,
    answers: dict[int, Json],
    *problems: int,
    parameters: list[Json] | None = None,
    body: Json | None = None,
    signed: bool | None = None,
) -> Json:
    """Return an operation.

    Args:
        summary: What it does.
        answers: Its good answers, by status.
        problems: The statuses of its refusals, besides those that all operations have.
        parameters: Those of the path are with the path.
        body: The request body.
        signed: Whether it needs a session; ``None``: it takes none, ``False``: it may have one.
    """
    refused = {
        str(status): {"$ref": f"#/components/responses/{status}"}
        for status in sorted({*problems, *ANYWHERE})
    }
    operation: Json = {
        "summary": summary,
        "responses": {str(status): answer for status, answer in answers.items()} | refused,
    }
    if parameters:
        operation["parameters"] = parameters
    if body:
        operation["requestBody"] = body
    if signed is not None:
        operation["security"] = [{"session": []}] if signed else [{}, {"session": []}]
    return operation


def parameter(where: str, name: str, schema: Json, description: str) -> Json:
    """Return a parameter; those of the path are required, those of query and header are not."""
    return {
        "in": where,
        "name": name,
        "required": where == "path",
        "schema": schema,
        "description": description,
    }


def paging(config: Config) -> list[Json]:
    """Return the parameters that choose a page."""
    return [
        parameter("query", "before", integer(0), "Only messages before this number."),
        after("Only those after it; not both."),
        limit(config),
    ]


def after(description: str) -> Json:
    """Return the parameter that tells behind which number a page begins."""
    return parameter("query", "after", integer(0), description)


def limit(config: Config) -> Json:
    """Return the parameter that tells how much a page has."""
    return parameter("query", "limit", integer(1), f"How many; at most {config.history_page}.")


def idempotency_key() -> Json:
    """Return the header whose value is the ``cid``."""
    return parameter(
        "header",
        "Idempotency-Key",
        cid(),
        "Your own id for this, such as a UUID: sent again, it does not happen twice.",
    )


def cid() -> Json:
    """Return the schema of an id that a client makes up."""
    pattern = UNPRINTED.sub(_escaped, request_base.VISIBLE.replace(r"\Z", "$"))
    return {
        "type": "string",
        "minLength": 8,
        "maxLength": requests.CID_LIMIT,
        "pattern": pattern,
    }


def _escaped(found: re.Match[str]) -> str:
    """Return a character as a pattern names it: some readers of JSON take none that controls."""
    return f"\\u{ord(found[0]):04x}"


def integer(least: int) -> Json:
    """Return the schema of a whole number that is not below ``least``."""
    return {"type": "integer", "minimum": least, "maximum": LARGEST}


def room(config: Config) -> Json:
    """Return the schema of a room's name."""
    return _string(config.room_limit, r"^[\p{L}\p{N}][\p{L}\p{N}\p{M}\u200c\u200d_.\-]*$")


def any_room(config: Config) -> Json:
    """Return the schema of a room's name, or of a private room's identifier."""
    return {"anyOf": [room(config), {"type": "string", "pattern": "^~[a-z2-7]{26}$"}]}


def word() -> Json:
    """Return the schema of an identifier."""
    return {"type": "string", "pattern": "^[0-9a-f]{1,64}$"}


def nick(config: Config) -> Json:
    """Return the schema of a nick."""
    return _string(config.nick_limit, r"[\p{L}\p{N}]")


def text(config: Config) -> Json:
    """Return the schema of a message's text."""
    return _string(config.text_limit, TEXT_PATTERN)


def _string(limit: int, pattern: str) -> Json:
    """Return the schema of a text with a limit of characters; ``maxLength`` is in code points."""
    return {"type": "string", "minLength": 1, "maxLength": CODE_POINTS * limit, "pattern": pattern}


def answer(name: str) -> Json:
    """Return a good answer, by the name of its schema."""
    schema = {"$ref": REF.format(name=name)}
    return {"description": "Done.", "content": {JSON: {"schema": schema}}}


def either(*names: str) -> Json:
    """Return a good answer that has one of these schemas."""
    schemas = [{"$ref": REF.format(name=name)} for name in names]
    return {"description": "Done.", "content": {JSON: {"schema": {"anyOf": schemas}}}}


def json_body(name: str, *, required: bool = True) -> Json:
    """Return a body of JSON."""
    schema = {"$ref": REF.format(name=name)}
    return {"required": required, "content": {JSON: {"schema": schema}}}


def body(name: str, plain: Json, description: str) -> Json:
    """Return a body: JSON, or a text."""
    return {
        "required": True,
        "description": description,
        "content": {
            JSON: {"schema": {"$ref": REF.format(name=name)}},
            TEXT: {"schema": plain},
            FORM: {"schema": plain},
        },
    }
