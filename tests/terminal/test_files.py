"""Files in the terminal chat."""

from pathlib import Path

from tests.integration.running import serving
from tests.terminal.window import window
from trio_chat.remote import connect


async def test_files_are_sent_shown_and_saved(tmp_path: Path) -> None:
    """By name and by number; what cannot be is told in a line."""
    source, folder = tmp_path / "my notes.txt", tmp_path / "saved"
    source.write_bytes(b"milk, tea")
    folder.mkdir()
    async with (
        serving(database=str(tmp_path / "chat.db")) as server,
        connect(f"http://localhost:{server.port}/", nick="Ben") as ben,
        window(f"http://localhost:{server.port}/", tmp_path, "--nick", "Ann") as shown,
    ):
        room = await ben.join("lobby")
        await shown.shows("→ Ben")
        await shown.obeys(f'/send "{source}" to buy', "to buy [my notes.txt, 9 bytes]")
        await room.send_file(b"two", name="b.txt")
        await shown.shows("[b.txt, 3 bytes]")
        numbers = [message.seq for message in (await room.history()).messages]
        for number in numbers:
            await shown.obeys(f"/save #{number} {folder}", "saved ")
        await shown.shows("b.txt")
        await shown.obeys(f"/save {numbers[1]} {tmp_path / 'no'}", "No such file or directory")
        await shown.obeys("/save 99", "there are no files with 99 here")
        await shown.obeys("/save x", "there are no files with x here")
        await shown.obeys("/send nothing.txt", "No such file or directory")
        await room.delete(numbers[1])
        await shown.shows("deleted")
    assert (folder / "my notes.txt").read_bytes() == b"milk, tea"
    assert (folder / "b.txt").read_bytes() == b"two"
