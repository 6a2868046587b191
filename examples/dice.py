"""A bot that rolls dice: say ``!roll`` or ``!roll 3d6`` in its room, or ``!echo`` and a text.

Usage: python examples/dice.py [URL [ROOM]]
"""

import random
import re
import sys
from functools import partial

import trio

from trio_chat.remote import connect

ROLL = re.compile(r"!roll(?: (\d{1,2})d(\d{1,3}))?")


def answer(text: str) -> str | None:
    """Return the bot's reply to a message, if any."""
    if text.startswith("!echo "):
        return text.removeprefix("!echo ")
    roll = ROLL.fullmatch(text)
    if not roll:
        return None
    count, sides = int(roll[1] or 1), int(roll[2] or 6)
    if not (count and sides):
        return "There are no such dice."
    rolled = [random.randint(1, sides) for _ in range(count)]  # noqa: S311 - a game
    return f"{' + '.join(map(str, rolled))} = {sum(rolled)}" if count > 1 else str(rolled[0])


async def main(url: str = "http://localhost:8080/", name: str = "lobby") -> None:
    """Reply until Ctrl-C."""
    async with connect(url, nick="Dice") as chat:
        room = chat.room(name)
        async for message in room:
            said = None if chat.wrote(message) else answer(message.text)
            if said:
                await room.send(said, reply=message.seq)


if __name__ == "__main__":
    trio.run(partial(main, *sys.argv[1:]))
