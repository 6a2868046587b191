"""Measures when the page shows messages, and its frames a second in a flood; run by hand.

``python -m benchmarks.frames`` needs Chromium. The room has 2,000 messages already.
"""

import statistics
import sys
import tempfile
import threading
import time
from contextlib import closing
from pathlib import Path

from websockets.sync.client import connect

from benchmarks.browser import Chromium, Page
from tests.chat import NO_RATES, Chat

RATE = 100  # messages/s
BEFORE = 2_000  # messages
SECONDS = 10
LOADS = 9
SETTLING = 3  # seconds until a page has stored its cache
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


# Records when the first row is drawn, in ms since the page was requested.
NOTE_FIRST = """
    // Nobody else may have the name of an earlier visitor.
    localStorage["trio-chat.nick"] ??= JSON.stringify(`Ann ${Math.random()}`.slice(0, 20));
    new MutationObserver((_, observer) => {
        if (!document.querySelector("#lines .message")) return;
        observer.disconnect();
        requestAnimationFrame(() => setTimeout(() => { window.first = performance.now() }));
    }).observe(document, { childList: true, subtree: true });
"""


def talk(url: str, stop: threading.Event) -> None:
    """Send messages at the rate, however long one takes, until ``stop`` is set."""
    with connect(url) as client:
        threading.Thread(target=lambda: [None for _ in client], daemon=True).start()
        begin, said = time.monotonic(), 0
        while not stop.wait(0.005):
            while said < (time.monotonic() - begin) * RATE:
                client.send(f"message {said}, of a length as people write it in a chat")
                said += 1


def time_to_first(page: Page, url: str) -> float:
    """Return the ms from the request of the page until its first message is drawn."""
    page.open(url)
    while (first := page.evaluate("window.first")) is None:
        time.sleep(SETTLING)  # polling costs time, too
    return float(first)


def measure_loads(browser: Chromium, url: str) -> tuple[float, float]:
    """Return the median of first visits, with nothing in the browser, and of later ones."""
    first, later = [], []
    for _ in range(LOADS):
        with browser.page(NOTE_FIRST) as page:
            first.append(time_to_first(page, url))
            time.sleep(SETTLING)
            later.append(time_to_first(page, url))
    return statistics.median(first), statistics.median(later)


def measure_frames(browser: Chromium, chat: Chat) -> tuple[float, float]:
    """Return the frames per second, and the gap in ms that 1 % of the frames exceed."""
    stop = threading.Event()
    talker = threading.Thread(target=talk, args=(chat.ws, stop))
    with browser.page(NOTE_FIRST) as page:
        time_to_first(page, chat.url)
        talker.start()
        time.sleep(SETTLING)
        frames, gap = page.evaluate(f"({COUNT})({SECONDS * 1000})")
        text = page.evaluate("document.querySelector('#lines').textContent")
        stop.set()
        talker.join()
        assert "message" in text
    return frames, gap


def main() -> None:
    """Print the figures."""
    with tempfile.TemporaryDirectory() as folder:
        chat = Chat(Path(folder) / "chat.db", *NO_RATES)
        try:
            chat.say(*(f"before {count}" for count in range(BEFORE)))
            with closing(Chromium(Path(folder) / "profile")) as browser:
                first, later = measure_loads(browser, chat.url)
                frames, gap = measure_frames(browser, chat)
        finally:
            chat.stop()
    sys.stdout.write(
        f"first message after {first:.0f} ms at a first visit, {later:.0f} ms at a later one\n"
        f"{frames:.1f} frames/s at {RATE} messages/s; 99 % within {gap:.0f} ms\n"
    )


if __name__ == "__main__":
    main()
