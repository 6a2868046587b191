"""What the two bars say: about the room above the log, about us and the other rooms below it."""

import math
from collections.abc import Sequence

import trio

from trio_chat.remote import Chat, Connecting, Right, Room, Waiting
from trio_chat.terminal.frame import Bar
from trio_chat.terminal.sanitize import sanitize_line
from trio_chat.terminal.tab import Tab


def top_bar(room: Room) -> Bar:
    """Return the bar with a room's title and topic, and how many are in it."""
    title = sanitize_line(room.title) or room.name
    topic = f" │ {sanitize_line(room.topic)}" if room.topic else ""
    count = room.population + room.guests
    return Bar(f" {title}{topic}", f" {_limits(room)}{count} here ")


def bottom_bar(chat: Chat, tabs: Sequence[Tab], shown: Tab) -> Bar:
    """Return the bar with our nick, or why we are not online, and with the tabs."""
    state = _state(chat)
    right = ""
    if shown.scroll.is_back:
        right = f" ↓ {shown.unread} new · End " if shown.unread else " ↓ End "
    return Bar(
        f" {state or f'● {sanitize_line(chat.me.nick)}'}  {_rooms(tabs, shown)}",
        right,
        "lost" if state else "bar",
        "new" if shown.unread else "bar",
    )


def _rooms(tabs: Sequence[Tab], shown: Tab) -> str:
    names = [
        f"[{tab.name}]" if tab is shown else f"{tab.name} {tab.unread}" if tab.unread else tab.name
        for tab in tabs
    ]
    return "  ".join(names)


def _state(chat: Chat) -> str:
    """Return the state of the connection in words; nothing if we are online."""
    match chat.state:
        case Waiting(until, _):
            left = max(math.ceil(until - trio.current_time()), 0)
            return f"○ offline, trying again in {left} s"
        case Connecting():
            return "○ connecting …"
    return "◐ a little slower: that was much at once" if chat.is_slowed else ""


def _limits(room: Room) -> str:
    """Return why not everybody may write in a room."""
    if room.right is Right.READ:
        return "read only · "
    return "closed · " if room.rules.closed else ""
