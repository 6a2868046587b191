"""Rules of the list of private rooms that the Python client keeps."""

from trio_chat.protocol.answers import PrivateRoom
from trio_chat.remote.private_rooms import LIMIT, PrivateRooms, PrivateRoomWatch


async def test_the_latest_rooms_are_known() -> None:
    """Of more than are kept the oldest are forgotten; each is told once."""
    rooms = PrivateRooms()
    watch = PrivateRoomWatch(rooms)
    rooms.learn([PrivateRoom("first", "Ann")])
    assert (await anext(watch)).room == "first"
    rooms.learn([PrivateRoom(str(number), "Bob") for number in range(LIMIT)])
    assert len(rooms.known) == LIMIT
    assert [(await anext(watch)).room for _ in range(LIMIT)] == [str(n) for n in range(LIMIT)]
