"""A program of its own: runs another one that is ended with its parent, maybe as another user.

It imports nothing but the standard library, since it is run as a file, and by whichever user.
"""

import ctypes
import os
import pwd
import signal
import sys
from collections.abc import Sequence

PR_SET_PDEATHSIG = 1  # of prctl(2)


def main(arguments: Sequence[str]) -> None:
    """Become the other program; when the parent's thread ends, the system sends it SIGINT.

    Args:
        arguments: The number of the parent, the name of the user or nothing, and the command.
    """
    parent, user, *command = arguments
    if user:
        entry = pwd.getpwnam(user)
        os.initgroups(user, entry.pw_gid)
        os.setgid(entry.pw_gid)
        os.setuid(entry.pw_uid)
    signal.signal(signal.SIGINT, signal.SIG_DFL)  # a shell starts what is in the background without
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGINT)
    if os.getppid() == int(parent):  # it might have ended before the line above
        os.execv(command[0], command)  # noqa: S606 - no shell is wanted


if __name__ == "__main__":
    main(sys.argv[1:])
