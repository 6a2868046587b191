"""Judges the page with Lighthouse, which npm gets: ``python -m tests.lighthouse``."""

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from tests.chat import Chat
from tests.e2e.conftest import find_chromium

PACKAGE = "lighthouse@12.8.2"
GOALS = {"performance": 95, "accessibility": 100, "best-practices": 100, "seo": 100}  # of 100
DEVICES = {"desktop": ["--preset=desktop"], "mobile": []}  # mobile, a slow one, is the default
SHOWN = ("first-contentful-paint", "total-blocking-time", "interactive", "total-byte-weight")
PATIENCE = 300  # seconds for one report


def main() -> int:
    """Print the scores, and what is not as good as it can be; return 1 if a goal is missed."""
    with tempfile.TemporaryDirectory() as folder:
        chat = Chat(Path(folder) / "chat.db")
        try:
            reports = {name: report(chat.url, options) for name, options in DEVICES.items()}
        finally:
            chat.stop()
    met = [show(name, found) for name, found in reports.items()]
    return 0 if all(met) else 1


def report(url: str, options: list[str]) -> dict[str, Any]:
    """Return Lighthouse's report about the page as a visitor without a past sees it."""
    flags = "--chrome-flags=--headless=new --no-sandbox --disable-gpu"
    run = subprocess.run(
        ["npx", "--yes", PACKAGE, f"{url}r/lobby", *options, "--quiet", "--output=json", flags],
        env=os.environ | {"CHROME_PATH": find_chromium("chromium")},
        stdout=subprocess.PIPE,
        timeout=PATIENCE,
        check=True,
    )
    found: dict[str, Any] = json.loads(run.stdout)
    return found


def show(name: str, found: dict[str, Any]) -> bool:
    """Print a report in short; return whether it meets all goals."""
    audits = found["audits"]
    scores = {goal: round(100 * found["categories"][goal]["score"]) for goal in GOALS}
    print(name, *(f"{goal} {score}" for goal, score in scores.items()), sep="  ")
    for shown in SHOWN:
        print(f"  {audits[shown]['title']}: {audits[shown]['displayValue']}")
    for goal in GOALS:
        for one in found["categories"][goal]["auditRefs"]:
            score = audits[one["id"]]["score"]
            if one["weight"] and score is not None and score < 1:
                print(f"  {goal} {score}: {audits[one['id']]['title']}")
    return all(scores[goal] >= least for goal, least in GOALS.items())


if __name__ == "__main__":
    sys.exit(main())
