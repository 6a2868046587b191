"""``python -m trio_chat`` starts the server."""

import sys

from trio_chat.cli import main

if __name__ == "__main__":
    sys.exit(main())
