"""A chat client for Python: ``async with connect(url, nick=…) as chat:``."""

import logging

from trio_chat.protocol.answers import Hit, MessageView, Page, RoomInfo, SearchResult
from trio_chat.protocol.events import (
    Delete,
    Edit,
    Message,
    Person,
    Population,
    Presence,
    React,
    Renamed,
    Topic,
    Typing,
)
from trio_chat.remote.chat import Chat, connect
from trio_chat.remote.errors import ChatError, Ended, Refused, Unreachable
from trio_chat.remote.room import Events, Room, Sent, new_cid
from trio_chat.remote.room_state import Happening, Joined
from trio_chat.remote.states import Connecting, Online, Over, State, Waiting, Watch

__all__ = [
    "Chat",
    "ChatError",
    "Connecting",
    "Delete",
    "Edit",
    "Ended",
    "Events",
    "Happening",
    "Hit",
    "Joined",
    "Message",
    "MessageView",
    "Online",
    "Over",
    "Page",
    "Person",
    "Population",
    "Presence",
    "React",
    "Refused",
    "Renamed",
    "Room",
    "RoomInfo",
    "SearchResult",
    "Sent",
    "State",
    "Topic",
    "Typing",
    "Unreachable",
    "Waiting",
    "Watch",
    "connect",
    "new_cid",
]

logging.getLogger(__name__).addHandler(logging.NullHandler())  # prints nothing by default
