"""A client written from docs/protocol.md alone, in a language that shares no code with ours."""

import json
import signal
import subprocess
import time
from pathlib import Path

from tests.chat import NO_RATES, Chat

PROGRAM = Path(__file__).parent / "documented" / "main.js"
MESSAGES, CUTS = 300, 12
PATIENCE = 50  # seconds


def test_nothing_is_lost_or_doubled_for_a_client_made_from_the_docs(tmp_path: Path) -> None:
    """Its connections are cut, and the server is killed and restarted, while two of them talk."""
    chat = Chat(tmp_path / "chat.db", *NO_RATES)
    command = ["node", str(PROGRAM), chat.ws, str(MESSAGES), str(CUTS)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as client:
        try:
            for how in (signal.SIGKILL, signal.SIGTERM):
                time.sleep(0.7)
                chat.stop(how)
                chat.start()
            out, error = client.communicate(timeout=PATIENCE)
        finally:
            client.kill()
            chat.stop()
    assert client.returncode == 0, error.decode()
    told = json.loads(out)
    assert told["events"] == 2 * MESSAGES
    assert told["connections"] > CUTS
