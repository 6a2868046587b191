"""The work "client": how many messages a bot on the Python client sends and reads a second."""

import json
import sys
from pathlib import Path

from benchmarks.meter import Meter
from benchmarks.peers import Command
from benchmarks.process import Server, fresh_folder, last_line_of
from benchmarks.results import Figures
from benchmarks.toolchain import CACHE
from benchmarks.works import Work

BOT_TIMEOUT = 120.0  # seconds


def measure(command: Command, work: Work, log: Path) -> Figures:
    """Run a bot that sends messages, and one that reads them.

    Raises:
        ProcessFailed: the server or the bot failed.
    """
    with fresh_folder(CACHE) as folder, Server(command, log, folder) as server:
        meter = Meter(server)
        bot = [sys.executable, "-m", "benchmarks.bot", str(server.port), str(work.messages)]
        told: Figures = json.loads(last_line_of(bot, server, CACHE / "bot.log", BOT_TIMEOUT))
        meter.stop()
    return {**told, "server_cpu_s": meter.cpu(), "disturbance": meter.disturbance()}
