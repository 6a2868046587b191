"""Checks that the rules of events and those of acts share: of people, times and requests."""

import re

import msgspec

from trio_chat.config import MOST_CHANGES, MOST_EMOJI
from trio_chat.protocol import governing, request_texts
from trio_chat.protocol.events import Person
from trio_chat.protocol.names import BadName, check_nick, is_private
from trio_chat.protocol.request_base import LAST_TIME, complaint
from trio_chat.protocol.text import has_controls, is_blank

PERSON_ID = re.compile("[0-9A-Za-z_-]{1,64}")


class BadEvent(ValueError):
    """An event that breaks a rule; the message says which."""


class Unlimited:
    """Limits for what is there already, under whatever limits it was kept."""

    text_limit = topic_limit = nick_limit = frame_requests = 2**31
    links_per_room = rooms_per_connection = files_per_message = 2**31
    reactions_per_message, changes_per_message = MOST_EMOJI, MOST_CHANGES


def check_person(who: Person | None, limit: int) -> None:
    """Refuse a person whom no server could have named so.

    Raises:
        BadEvent: the id or the nick cannot be.
    """
    if who is None:
        return
    if not PERSON_ID.fullmatch(who.id):
        raise BadEvent("the id of its author cannot be")
    try:
        is_normal = check_nick(who.nick, limit) == who.nick
    except BadName as error:
        raise BadEvent(str(error)) from None
    if not is_normal:
        raise BadEvent("the nick of its author is not in its normal form")


def check_times(*times: int) -> None:
    """Refuse ends that cannot be; 0 is for never.

    Raises:
        BadEvent: one cannot be.
    """
    if not all(0 <= one <= LAST_TIME for one in times):
        raise BadEvent("its end cannot be")


def check_request(**fields: object) -> None:
    """Refuse what no request of those that govern could have asked for.

    Raises:
        BadEvent: a field cannot be, or is not in its normal form.
    """
    try:
        request = msgspec.convert(fields, governing.AnyGoverning)
    except msgspec.ValidationError as error:
        raise BadEvent(complaint(error)) from None
    fault = request_texts.text_fault(request, Unlimited())
    if fault:
        raise BadEvent(fault[1])
    note = request_texts.NOTES.get(type(request))
    if note and getattr(request, note) != fields[note]:
        raise BadEvent(f"{note} is not in its normal form")


def check_title(room: str, title: str, *, private: bool) -> None:
    """Refuse a title that a room cannot have been made with.

    Raises:
        BadEvent: it cannot be.
    """
    if private != is_private(room):
        raise BadEvent("a private room has an identifier, and a public one a name")
    check_request(t="create", name=title, private=private)
    is_normal = title == " ".join(title.split()) and not has_controls(title)
    if not is_normal or is_blank(title) == private:
        raise BadEvent("a private room has a title of one line, and a public one has none")
