"""The part of the OpenAPI description for links, rules and moderators."""

from trio_chat.config import Config
from trio_chat.protocol import governing, governing_answers
from trio_chat.protocol.rights import RIGHTS, Right
from trio_chat.web.api import parts, schemas
from trio_chat.web.api.parts import Json

SENT = (
    schemas.NewRoom,
    schemas.MadeRoom,
    schemas.WantedLink,
    schemas.LinkList,
    schemas.NewRules,
    schemas.NewAct,
    schemas.NewRaid,
    schemas.Preview,
    schemas.NewReport,
    schemas.HeldList,
    schemas.NewReview,
    schemas.ActList,
    governing_answers.NewLink,
)
REFUSALS = (401, 404, 409, 413, 415, 503)
REVIEWS = ("approve", "reject")
ACTS = ("mute", "unmute", "kick", "ban", "unban", "clear")


def paths(config: Config) -> Json:
    """Return the paths, with their operations."""
    act = parts.parameter("path", "act", parts.integer(1), "The number of the act.")
    room = parts.parameter(
        "path", "room", parts.any_room(config), "The room, or a private room's identifier."
    )
    return {
        **_of_access(room),
        **_of_messages(room),
        "/rooms/{room}/acts": {"parameters": [room], **_acts("in a room")},
        "/rooms/{room}/acts/{act}": {"parameters": [room, act], "delete": _undoing()},
        "/nicks/{nick}": _nick(config),
        "/acts": _acts("in all rooms, as an operator"),
        "/acts/{act}": {"parameters": [act], "delete": _undoing()},
    }


def _of_access(room: Json) -> Json:
    """Return the paths of links to a room, and of its rules."""
    skip = parts.parameter(
        "query",
        "skip",
        parts.integer(0) | {"maximum": governing.SKIP_LIMIT},
        "So many of the list are left out.",
    )
    link = parts.parameter("path", "link", parts.word(), "The public id of the link.")
    return {
        "/rooms/{room}/links": {
            "parameters": [room],
            "get": _reading("List the links to a room", "LinkList", skip),
            "post": _making("Make a link to a room", "WantedLink", "NewLink"),
        },
        "/rooms/{room}/links/{link}": {
            "parameters": [room, link],
            "delete": parts.operation(
                "Revoke a link", {200: parts.answer("Receipt")}, *REFUSALS, signed=True
            ),
        },
        "/rooms/{room}/rules": {
            "parameters": [room],
            "put": _doing("Set the rules of a room", "NewRules", required=False),
        },
    }


def _of_messages(room: Json) -> Json:
    """Return the paths of raids, of reports, and of messages that wait for approval."""
    seq = parts.parameter("path", "seq", parts.integer(1), "The number of the message in its room.")
    held = parts.parameter("path", "held", parts.integer(1), "The number under which it waits.")
    return {
        "/rooms/{room}/raids": {"parameters": [room], "post": _undoing_a_raid("")},
        "/raids": {"post": _undoing_a_raid(" in all rooms, as an operator")},
        "/rooms/{room}/messages/{seq}/reports": {
            "parameters": [room, seq],
            "post": _doing("Tell the moderators about a message", "NewReport", required=False),
        },
        "/rooms/{room}/held": {
            "parameters": [room],
            "get": _reading("List the messages that wait for approval", "HeldList"),
        },
        "/rooms/{room}/held/{held}": {"parameters": [room, held], "post": _reviewing()},
    }


def _undoing_a_raid(where: str) -> Json:
    return parts.operation(
        f"Undo a raid{where}, or tell what that would do",
        {200: parts.either("Receipt", "Preview")},
        *REFUSALS,
        body=parts.json_body("NewRaid"),
        signed=True,
    )


def _nick(config: Config) -> Json:
    """Return what can be asked for at a nick."""
    return {
        "parameters": [
            parts.parameter("path", "nick", parts.nick(config), "The nick, in any case.")
        ],
        "delete": parts.operation(
            "Let others have a nick that is kept for somebody who is not here, as an operator",
            {200: parts.answer("Receipt")},
            *REFUSALS,
            signed=True,
        ),
    }


def creating() -> Json:
    """Return the operation that makes a room."""
    return _making("Make a room", "NewRoom", "MadeRoom")


def refine(components: Json) -> None:
    """Say in schemas what their types do not."""
    rights = [word for word, right in RIGHTS.items() if Right.NONE < right < Right.OPERATE]
    components["WantedLink"]["properties"]["right"] = {"enum": rights}
    components["NewAct"]["properties"]["act"] = {"enum": list(ACTS)}
    components["NewReview"]["properties"]["act"] = {"enum": list(REVIEWS)}
    components["NewAct"]["properties"]["people"] |= {"minItems": 1}


def _acts(where: str) -> Json:
    before = parts.parameter("query", "before", parts.integer(0), "Only acts before this number.")
    limit = parts.parameter("query", "limit", parts.integer(1), "How many; at most 100.")
    return {
        "get": _reading(f"List what moderators have done {where}", "ActList", before, limit),
        "post": _doing(f"Act on people {where}", "NewAct"),
    }


def _undoing() -> Json:
    return parts.operation(
        "Take back what an act did", {200: parts.answer("Receipt")}, *REFUSALS, signed=True
    )


def _reviewing() -> Json:
    return parts.operation(
        "Send a message that waits for approval, or drop it",
        {
            200: parts.answer("Receipt") | {"description": "It is approved, and stored."},
            204: {"description": "It is rejected."},
        },
        *REFUSALS,
        body=parts.json_body("NewReview"),
        signed=True,
    )


def _reading(summary: str, kind: str, *parameters: Json) -> Json:
    return parts.operation(
        summary,
        {200: parts.answer(kind)},
        *REFUSALS,
        parameters=list(parameters),
        signed=True,
    )


def _doing(summary: str, body: str, *, required: bool = True) -> Json:
    return parts.operation(
        summary,
        {200: parts.answer("Receipt")},
        *REFUSALS,
        body=parts.json_body(body, required=required),
        signed=True,
    )


def _making(summary: str, body: str, made: str) -> Json:
    return parts.operation(
        summary,
        {201: parts.answer(made)},
        *REFUSALS,
        body=parts.json_body(body),
        signed=True,
    )
