"""``python -m trio_chat`` starts the server, and says so where it cannot."""

import sys

from trio_chat.errors import BAD_USAGE

NO_SERVER = (
    "the server and its commands need Linux; on Windows they run in WSL or a container "
    "(trio_chat.remote and the page work anywhere)"
)
UNTRIED = "tried on Linux alone; on macOS broadcasts take a loop, and only pings find dead peers"
ELSEWHERE = {"win32": NO_SERVER, "darwin": UNTRIED}


def main() -> int:
    """Run the command line, and return its exit status."""
    told = ELSEWHERE.get(sys.platform)
    if told:
        sys.stderr.write(f"trio-chat: {told}\n")
    if told == NO_SERVER:
        return BAD_USAGE
    from trio_chat import cli  # noqa: PLC0415 - it cannot be imported on Windows

    return cli.main()


if __name__ == "__main__":
    sys.exit(main())
