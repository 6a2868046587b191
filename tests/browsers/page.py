"""What a person does with the page and sees of it, whichever browser it is in."""

from base64 import b64encode
from collections.abc import Callable
from pathlib import Path
from typing import Any

from selenium.common.exceptions import StaleElementReferenceException, TimeoutException
from selenium.webdriver import ActionChains, Keys
from selenium.webdriver.remote.webelement import WebElement
from selenium.webdriver.support.ui import WebDriverWait

from tests.browsers.machine import Machine
from tests.chat import PATIENCE

PACE = 0.05  # seconds between two looks
# The last element that is to be seen, and has a text in it or is called so.
FIND = """
    const [css, text] = arguments;
    const isMeant = (one) => one.checkVisibility({ visibilityProperty: true })
        && [one.textContent, one.ariaLabel].some((words) => words?.includes(text));
    return [...document.querySelectorAll(css)].findLast(isMeant) ?? null;
"""
TEXTS = "return [...document.querySelectorAll(arguments[0])].map((one) => one.textContent)"
# A line, or the one at the top edge of the log, and how far it is from there.
PLACE = """
    const [text] = arguments;
    const edge = document.getElementById("log").getBoundingClientRect().top;
    const rows = [...document.querySelectorAll("#log .text")];
    const isMeant = (one) =>
        text ? one.textContent === text : one.getBoundingClientRect().bottom > edge;
    const row = rows.find(isMeant);
    return row ? [row.textContent, row.getBoundingClientRect().top - edge] : ["", 1e9];
"""
SCROLL = """
    const [top, drawn] = arguments;
    document.getElementById("log").scrollTop = top;
    requestAnimationFrame(() => requestAnimationFrame(drawn));
"""
# Whether the browser has put away the latest lines of a room, up to one.
KEPT = """
    const [room, text, done] = arguments;
    const request = indexedDB.open("trio-chat");
    request.onsuccess = () => {
        const rooms = request.result.transaction("rooms").objectStore("rooms");
        rooms.get(room).onsuccess = ({ target }) => {
            request.result.close();
            done(target.result?.messages.at(-1)?.text === text);
        };
    };
"""
DROP = """
    const [name, bytes] = arguments;
    const content = Uint8Array.from(atob(bytes), (one) => one.charCodeAt(0));
    const data = new DataTransfer();
    data.items.add(new File([content], name, { type: "image/png" }));
    dispatchEvent(new DragEvent("drop", { dataTransfer: data, bubbles: true, cancelable: true }));
"""
FROM_END = "((log) => log.scrollHeight - log.scrollTop - log.clientHeight)(log)"

Place = tuple[str, float]


class Page:
    """The page in a browser."""

    def __init__(self, machine: Machine) -> None:
        self._machine = machine
        self._driver = machine.driver

    def open(self, url: str, width: int, height: int) -> None:
        self._machine.resize(width, height)
        self._driver.get(url)

    def resize(self, width: int, height: int) -> None:
        self._machine.resize(width, height)

    def leave(self) -> None:
        self.expect_all()  # Firefox calls it a fault when one leaves while files are coming
        self._driver.get("about:blank")

    def reload(self) -> None:
        self.expect_all()
        # The driver's own reload passes by the service worker in Firefox, as with Shift.
        self._driver.get(self.run("return location.href"))

    def back(self) -> None:
        self._driver.back()

    def picture(self, file: Path) -> None:
        self._driver.save_screenshot(str(file))

    def run(self, script: str, *args: object) -> Any:  # noqa: ANN401 - JSON, or an element
        """Run the body of a JavaScript function, and return what that returns."""
        return self._driver.execute_script(script, *args)

    # What is seen

    def find(self, css: str, text: str = "") -> WebElement:
        """Wait until there is something to be seen, with a text in it or called so."""
        found: WebElement = self._wait(lambda: self.run(FIND, css, text), f"no {css} with {text!r}")
        return found

    def expect_return(self) -> None:
        """Wait until the page is connected again; it pauses between its attempts."""
        self._wait(lambda: self.run(FIND, "#status.open", ""), "not connected", 3 * PATIENCE)

    def expect_all(self) -> None:
        """Wait until what helps with writing is here, which is loaded behind the rest."""
        self.expect("document.querySelector('#text[aria-autocomplete]')")

    def expect_no(self, css: str, text: str = "") -> None:
        """Wait until there is no such thing to be seen."""
        self._wait(lambda: self.run(FIND, css, text) is None, f"there is a {css} with {text!r}")

    def expect(self, script: str, *args: object) -> None:
        """Wait until an expression is true."""
        self._wait(lambda: self.run(f"return {script}", *args), f"never so: {script}")

    def expect_cached(self, room: str, text: str) -> None:
        """Wait until the browser has put away a room up to a line."""
        self._wait(
            lambda: self._driver.execute_async_script(KEPT, room, text), f"{text} is not put away"
        )

    def expect_focus(self, css: str) -> None:
        self.expect("document.activeElement.matches(arguments[0])", css)

    def texts(self, css: str) -> list[str]:
        return list(self.run(TEXTS, css))

    def lines(self) -> list[str]:
        """Return what the log shows."""
        return self.texts("#log .text")

    def expect_lines(self, *texts: str) -> None:
        """Wait until the log shows just these lines."""
        self._wait(lambda: self.lines() == [*texts], f"never shows just {texts}")

    def kept(self, text: str) -> WebElement:
        """Wait until the log shows a line that the server has."""
        line = self.find("#log .message:not(.outgoing) .text", text)
        found: WebElement = self.run("return arguments[0].closest('.message')", line)
        return found

    def place(self) -> Place:
        """Return the line at the top edge of the log, and how far it is from there."""
        text, offset = self.run(PLACE)
        return text, offset

    def expect_place(self, place: Place) -> None:
        """Wait until a line is where it was, as exactly as a browser can be told."""
        line, before = place
        self._wait(
            lambda: abs(self.run(PLACE, line)[1] - before) <= 1,
            f"{line} was at {before}, and stays elsewhere",
        )

    def expect_end(self) -> None:
        """Wait until the end of the log is in sight."""
        self.expect(f"{FROM_END} < 1")

    # What is done

    def click(self, css: str, text: str = "") -> None:
        self.find(css, text).click()

    def write(self, css: str, text: str) -> None:
        """Type into a field; a line's end is Enter."""
        self.find(css).send_keys(text.replace("\n", Keys.ENTER))

    def press(self, *keys: str) -> None:
        """Press keys where the focus is."""
        ActionChains(self._driver).send_keys(*keys).perform()

    def say(self, text: str) -> None:
        self.write("#text", f"{text}\n")

    def attach(self, name: str, picture: bytes) -> None:
        """Drop a picture on the page."""
        self.find("#composer .attach")
        self.run(DROP, name, b64encode(picture).decode())

    def join(self, room: str) -> None:
        self.write("#join", f"{room}\n")
        self.find("h1", room)

    def act(self, text: str, action: str) -> None:
        """Point at a message, and press a button of its bar."""
        ActionChains(self._driver).move_to_element(self.kept(text)).perform()
        self.click(".bar button", action)

    def scroll(self, top: int) -> None:
        """Scroll the log, as with a wheel, and let the page draw what is there."""
        self._driver.execute_async_script(SCROLL, top)

    def _wait(self, look: Callable[[], object], otherwise: str, patience: float = PATIENCE) -> Any:  # noqa: ANN401 - as ``look`` returns it
        wait = WebDriverWait(self._driver, patience, PACE, [StaleElementReferenceException])
        try:
            return wait.until(lambda _: look())
        except TimeoutException:
            raise AssertionError(otherwise) from None
