"""The errors with which a command ends, and the exit status of each."""

FAILED = 1
BAD_USAGE = 2
UNREACHABLE = 3
INTERRUPTED = 130  # as shells count: 128 and the number of SIGINT


class Failed(Exception):
    """A command cannot do what it was asked for; the message is one line for a person."""

    status = FAILED


class OutOfReach(Failed):
    """What it needs cannot be reached now; trying again later may help."""

    status = UNREACHABLE
