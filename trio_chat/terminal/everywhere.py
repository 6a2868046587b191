"""Carries out what operators do with people in all rooms."""

from trio_chat.remote.acting import Act
from trio_chat.terminal.arguments import read_number
from trio_chat.terminal.controls import Controls
from trio_chat.terminal.moderation import ACTS, SHOWN, Moderation
from trio_chat.terminal.printing import act_lines
from trio_chat.terminal.tasks import Job

IN_ONE_ROOM = {"kick"}  # acts that are about a room alone
DONE = "done in all rooms; /everywhere audit lists it, and /everywhere undo N takes it back"


class Everywhere(Moderation):
    """Acts as ``Moderation`` does, but in all rooms, which only operators may.

    Args:
        controls: The app.
    """

    _place = "/everywhere "

    def __init__(self, controls: Controls) -> None:
        super().__init__(controls, controls.chat.everywhere)

    def run(self, name: str, text: str) -> None:
        """Carry out the command, whose first word says what to do."""
        word, _, rest = text.partition(" ")
        act, rest = ACTS.get(word.lower()), rest.strip()
        number, _ = read_number(rest)
        if act and rest and act not in IN_ONE_ROOM:
            self._run(self._act(act, rest))
        elif word.lower() == "audit":
            self._audit(rest)
        elif word.lower() == "raid" and rest:
            self._raid(rest)
        elif word.lower() == "undo" and number:
            self._run(self._take_back(number))
        else:
            self._explain(name)

    def _act(self, act: Act, text: str) -> Job:
        """Return a job that acts on somebody, and says so: no room is told of it."""
        job = super()._act(act, text)

        async def run() -> None:
            await job()
            self._tab.note(DONE)

        return run

    def _take_back(self, number: int) -> Job:
        async def run() -> None:
            await self._acting.undo(number)
            self._tab.note(f"act {number} is taken back")

        return run

    def _audit(self, text: str) -> None:
        number, _ = read_number(text)

        async def run() -> None:
            found = await self._acting.audit(before=number or None, limit=SHOWN)
            self._tab.note(act_lines(found.acts, more=found.more, is_of_all=True))

        self._run(run)
