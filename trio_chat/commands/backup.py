"""The command that copies the database while the server runs."""

import os
from collections.abc import Sequence
from pathlib import Path

from trio_chat.commands.copying import copy_sound
from trio_chat.commands.file_folders import copy_files, folder_at
from trio_chat.commands.files import database_path, new_file, snapshot
from trio_chat.commands.tables import size
from trio_chat.config import ConfigError
from trio_chat.counting import counted
from trio_chat.files.belongings import check_folder_free, check_free
from trio_chat.files.place import folder_beside
from trio_chat.settings import CommandLine


def main(arguments: Sequence[str]) -> int:
    """Copy the database as it stands at this moment, check the copy, and put it in its place.

    Raises:
        ConfigError: wrong use, or a database that cannot be opened.
        Failed: the copy cannot be written, or is not sound.
    """
    options, config = _command_line().read(arguments, os.environ)
    source, target = database_path(config, "backup"), Path(options.file)
    check_free(target, config)
    folder = folder_beside(target)
    check_folder_free(folder, config)
    if os.path.lexists(folder) and not options.force:  # which takes a name that is too long
        raise ConfigError(f"{folder} is there already (--force replaces it)")
    with snapshot(source) as database, new_file(target, force=options.force) as part:
        events = copy_sound(database, target, part, gently=options.gently)
        files = copy_files(part, folder_at(config, source), folder)
    more = f", and {counted(files, 'file', 'files')} beside it" if files else ""
    done = f"backed up {counted(events, 'event', 'events')} to {target}"
    print(f"{done} ({size(target.stat().st_size)}){more}")
    return 0


def _command_line() -> CommandLine:
    line = CommandLine(
        "backup",
        "Copy the database as it stands at this moment, and check the copy. The server may run "
        "meanwhile. The copy holds the key that sessions are signed with: keep it private.",
        ["database", "files"],
    )
    line.add_argument("file", metavar="FILE", help="where the copy is to be")
    line.add_argument("--force", action="store_true", help="replace the file if it is there")
    line.add_argument(
        "--gently", action="store_true", help="take longer, and let others use disk and CPU first"
    )
    return line
