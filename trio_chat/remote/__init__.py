"""A chat client for Python: ``async with connect(url, nick=…) as chat:``."""

import logging

from trio_chat.protocol import acts
from trio_chat.protocol.answers import (
    EditList,
    Hit,
    MessageView,
    Page,
    PrivateRoom,
    RoomInfo,
    SearchResult,
    SessionInfo,
    Version,
)
from trio_chat.protocol.answers import Pair as Pairing
from trio_chat.protocol.events import (
    Clear,
    Created,
    Delete,
    Edit,
    File,
    Message,
    Moderated,
    Person,
    Population,
    Presence,
    React,
    Renamed,
    Restore,
    Rules,
    Topic,
    Typing,
)
from trio_chat.protocol.governing_answers import (
    ActInfo,
    ActList,
    HeldInfo,
    HeldList,
    LinkInfo,
    NewLink,
    RaidPreview,
)
from trio_chat.protocol.governing_answers import Created as NewRoom
from trio_chat.protocol.rights import Right
from trio_chat.protocol.room_rules import RoomRules
from trio_chat.remote.chat import Chat
from trio_chat.remote.connector import connect
from trio_chat.remote.errors import ChatError, Ended, Lost, Refused, Unreachable
from trio_chat.remote.happenings import Happening, Joined
from trio_chat.remote.private_rooms import PrivateRoomWatch
from trio_chat.remote.room import Events, Room, Sent, new_cid
from trio_chat.remote.states import Connecting, Online, Over, State, Waiting, Watch

__all__ = [
    "ActInfo",
    "ActList",
    "Chat",
    "ChatError",
    "Clear",
    "Connecting",
    "Created",
    "Delete",
    "Edit",
    "EditList",
    "Ended",
    "Events",
    "File",
    "Happening",
    "HeldInfo",
    "HeldList",
    "Hit",
    "Joined",
    "LinkInfo",
    "Lost",
    "Message",
    "MessageView",
    "Moderated",
    "NewLink",
    "NewRoom",
    "Online",
    "Over",
    "Page",
    "Pairing",
    "Person",
    "Population",
    "Presence",
    "PrivateRoom",
    "PrivateRoomWatch",
    "RaidPreview",
    "React",
    "Refused",
    "Renamed",
    "Restore",
    "Right",
    "Room",
    "RoomInfo",
    "RoomRules",
    "Rules",
    "SearchResult",
    "Sent",
    "SessionInfo",
    "State",
    "Topic",
    "Typing",
    "Unreachable",
    "Version",
    "Waiting",
    "Watch",
    "acts",
    "connect",
    "new_cid",
]

logging.getLogger(__name__).addHandler(logging.NullHandler())  # prints nothing by default
