"""How many frames a second the page draws while 100 messages a second come: run by hand.

``python -m benchmarks.frames`` needs what the e2e tests need. The page has 2,000 messages already.
"""

import sys
import tempfile
import threading
import time
from pathlib import Path

from playwright.sync_api import sync_playwright
from websockets.sync.client import connect

from tests.e2e.conftest import CHROMIUM_FLAGS, Chat

RATE = 100  # messages/s
BEFORE = 2_000  # messages
SECONDS = 10
CHROMIUM = "/usr/bin/chromium"
COUNT = """
    (time) => new Promise((resolve) => {
        const begin = performance.now();
        const frames = [begin];
        const note = (now) => {
            frames.push(now);
            if (now - begin < time) return requestAnimationFrame(note);
            const gaps = frames.slice(1).map((now, place) => now - frames[place]);
            gaps.sort((one, other) => one - other);
            resolve([gaps.length / (now - begin) * 1000, gaps[Math.floor(gaps.length * 0.99)]]);
        };
        requestAnimationFrame(note);
    })
"""


def talk(url: str, stop: threading.Event) -> None:
    """Say something at the rate, however long one saying takes, until told to stop."""
    with connect(url) as client:
        threading.Thread(target=lambda: [None for _ in client], daemon=True).start()
        begin, said = time.monotonic(), 0
        while not stop.wait(0.005):
            while said < (time.monotonic() - begin) * RATE:
                client.send(f"message {said}, of a length as people write it in a chat")
                said += 1


def measure(chat: Chat) -> tuple[float, float]:
    """Return the frames per second, and the gap in ms that 1 % of the frames exceed."""
    chat.say(*(f"before {count}" for count in range(BEFORE)))
    stop = threading.Event()
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=CHROMIUM_FLAGS)
        page = browser.new_page()
        page.add_init_script("localStorage['trio-chat.nick'] = JSON.stringify('Ann')")
        page.goto(chat.url)
        page.wait_for_selector(f"text=before {BEFORE - 1}")
        talker = threading.Thread(target=talk, args=(chat.ws, stop))
        talker.start()
        page.wait_for_selector("text=message 50")
        frames, gap = page.evaluate(COUNT, SECONDS * 1000)
        stop.set()
        talker.join()
        browser.close()
    return frames, gap


def main() -> None:
    """Print the figures."""
    with tempfile.TemporaryDirectory() as folder:
        chat = Chat(Path(folder) / "chat.db")
        try:
            frames, gap = measure(chat)
        finally:
            chat.stop()
    sys.stdout.write(f"{frames:.1f} frames/s at {RATE} messages/s; 99 % within {gap:.0f} ms\n")


if __name__ == "__main__":
    main()
