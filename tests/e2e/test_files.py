"""Pictures and files in the page: sent from a phone, kept without a network, shown, refused."""

import json
import re
from base64 import b64decode, b64encode
from collections.abc import Callable
from pathlib import Path

from playwright.sync_api import FilePayload, Locator, Page, Route, WebSocketRoute, expect

from tests.e2e.conftest import OpenPage
from tests.e2e.looking import (
    DESKTOP,
    PHONE,
    SMALL,
    join,
    limit,
    open_room,
    say,
    wait_for,
    wait_for_kept,
    wait_while,
)
from tests.e2e.test_access import faults
from tests.e2e.test_outbox import Line
from tests.png import png

PASTE = """([files, text]) => {
    const data = new DataTransfer();
    for (const [name, type, bytes] of files) {
        const content = Uint8Array.from(atob(bytes), (one) => one.charCodeAt(0));
        data.items.add(new File([content], name, { type }));
    }
    if (text) data.setData("text/plain", text);
    const options = { clipboardData: data, bubbles: true, cancelable: true };
    return document.getElementById("text").dispatchEvent(new ClipboardEvent("paste", options));
}"""
DRAG = """(kind) => {
    const data = new DataTransfer();
    data.items.add(new File(["%PDF"], "plan.pdf", { type: "application/pdf" }));
    const options = { dataTransfer: data, bubbles: true, cancelable: true };
    document.getElementById("log").dispatchEvent(new DragEvent(kind, options));
}"""
# A photo as a phone takes it: lying on its side, with a note that says so, and where it was.
PHOTO = """async ([width, height]) => {
    const canvas = Object.assign(document.createElement("canvas"), { width, height });
    const brush = canvas.getContext("2d");
    for (let place = 0; place < 400; place++) {
        brush.fillStyle = `hsl(${(place * 47) % 360} 70% 50%)`;
        brush.fillRect((place * 331) % width, (place * 197) % height, 300, 200);
    }
    return canvas.toDataURL("image/jpeg", 0.95).split(",")[1];
}"""
TURNED = (  # Exif with one entry: the orientation, a quarter to the right
    b"\xff\xe1\x00\x22Exif\x00\x00MM\x00\x2a\x00\x00\x00\x08\x00\x01"
    b"\x01\x12\x00\x03\x00\x00\x00\x01\x00\x06\x00\x00\x00\x00\x00\x00"
)


def picture(name: str = "cat.png", width: int = 60, height: int = 40) -> FilePayload:
    """Return a small picture in one colour."""
    return FilePayload(name=name, mimeType="image/png", buffer=png(width, height))


def photo(page: Page, width: int, height: int) -> FilePayload:
    """Return a photo of this many pixels that has to be turned by a quarter."""
    content = b64decode(page.evaluate(PHOTO, [width, height]))
    turned = content[:2] + TURNED + content[2:]
    return FilePayload(name="IMG_0042.jpg", mimeType="image/jpeg", buffer=turned)


def add(page: Page, *files: FilePayload) -> None:
    """Choose files by the button."""
    with page.expect_file_chooser() as choosing:
        page.get_by_role("button", name="Add pictures or files").click()
    choosing.value.set_files([*files])


def send(page: Page, text: str, *files: FilePayload) -> None:
    """Send files with a text, and wait until the server has them."""
    add(page, *files)
    expect(page.locator(".chips li")).to_have_count(len(files))
    say(page, text)
    expect(page.locator(".chips")).to_be_hidden()
    expect(page.locator("#log .outgoing")).to_have_count(0)


def shown(page: Page) -> Locator:
    """Return the pictures that have come."""
    return page.locator("#lines .picture.there img")


def notice(page: Page) -> Locator:
    """Return the line that tells something for a while."""
    return page.locator("#notice p")


def test_a_newcomer_sends_a_photo_from_the_phone_and_the_other_sees_it(open_page: OpenPage) -> None:
    """By the camera, described; it is smaller and the right way up when it arrives."""
    other = open_page(viewport=DESKTOP)
    phone = open_page(name=None, wait=False, viewport=PHONE, has_touch=True, is_mobile=True)
    phone.get_by_role("textbox", name="What shall we call you?").fill("Mira")
    phone.get_by_role("button", name="Join the chat").tap()
    phone.wait_for_selector("#status.open")
    taken = photo(phone, 3000, 1500)
    phone.get_by_role("button", name="Add pictures or files").tap()
    with phone.expect_file_chooser() as choosing:
        phone.get_by_role("button", name="Take a photo").tap()
    assert choosing.value.element.get_attribute("capture") == "environment"
    choosing.value.set_files([taken])
    phone.get_by_role("button", name="Describe IMG_0042.jpg").tap()
    phone.get_by_role("textbox", name="What is in the picture?").fill("Many colours")
    phone.get_by_role("button", name="Keep").tap()
    expect(phone.locator(".chips .done")).to_have_count(1)
    assert faults(phone) == []
    phone.fill("#text", "from the garden")
    phone.get_by_role("button", name="Send").tap()
    wait_for(other, "from the garden")
    image = shown(other)
    expect(image).to_have_count(1)
    expect(image).to_have_attribute("alt", "Many colours")
    expect(image).to_have_attribute("loading", "lazy")
    assert image.evaluate("one => [one.naturalWidth, one.naturalHeight]") == [1024, 2048]
    assert image.evaluate("one => [one.width, one.height]") == [160, 320]
    assert faults(other) == []


def test_a_place_is_kept_for_a_picture_until_it_is_there(open_page: OpenPage) -> None:
    """It has its size before, so the log never moves; other files are rows to download."""
    held: list[Route] = []
    page = open_page(viewport=DESKTOP)
    other = open_page(
        viewport=DESKTOP,
        prepare=lambda one: one.route(
            "**/files/*/*",
            lambda route: held.append(route),  # noqa: PLW0108 - it takes no built-in function
        ),
    )
    plan = FilePayload(name="plan.pdf", mimeType="application/pdf", buffer=b"%PDF-1.7")
    send(page, "three", picture("a.png", 800, 600), picture("b.png", 40, 400), plan)
    boxes = other.locator("#lines .picture")
    expect(boxes).to_have_count(2)
    expect(other.locator("#lines a.file")).to_contain_text("plan.pdf")
    height = "document.getElementById('lines').getBoundingClientRect().height"
    before = other.evaluate(height)
    assert before > 150
    wait_while(other, lambda: len(held) < 2)
    for route in held:
        route.continue_()
    expect(shown(other)).to_have_count(2)
    assert other.evaluate(height) == before
    late = open_page(viewport=SMALL)
    expect(late.locator("#lines a.file")).to_be_in_viewport()
    expect(late.locator("#newer")).to_be_hidden()


def test_a_picture_without_a_network_outlives_a_reload_and_arrives_once(
    open_page: OpenPage,
) -> None:
    """With its message and its description; what is said after it need not wait."""
    line = Line()
    page, other = open_page(prepare=line.lay), open_page()
    line.cut()
    expect(page.locator("#status.open")).to_have_count(0)
    add(page, picture())
    expect(page.locator(".chips .waiting")).to_contain_text("waits for the connection")
    say(page, "from the tunnel")
    expect(page.locator("#log .outgoing .picture")).to_have_count(1)
    add(page, picture("dog.png"))
    expect(page.locator(".chips li")).to_have_count(1)
    page.wait_for_function(
        "() => Object.keys(localStorage).some((key) => key.startsWith('trio-chat.draft.'))"
    )
    page.reload()
    expect(page.locator("#log .outgoing .picture")).to_have_count(1)
    expect(page.locator(".chips li")).to_contain_text("dog.png")
    line.mend()
    wait_for_kept(page, "from the tunnel")
    expect(shown(other)).to_have_count(1)
    expect(page.locator("#log .outgoing")).to_have_count(0)
    expect(page.locator(".chips .done")).to_have_count(1)
    page.locator("#text").press("Enter")
    expect(shown(other)).to_have_count(2)
    expect(other.locator("#lines .message")).to_have_count(2)


def lower(**limits: int) -> Callable[[Page], None]:
    """Return what lets the welcome tell lower limits than the server's."""

    def prepare(page: Page) -> None:
        def route(socket: WebSocketRoute) -> None:
            limit(socket, **limits)

        page.route_web_socket("**/ws", route)

    return prepare


def test_what_cannot_be_sent_is_refused_in_words(open_page: OpenPage) -> None:
    """With the limit, where it is one; the rest of what was chosen is taken."""
    page = open_page(prepare=lower(file=1000, files=2))
    big = FilePayload(name="film.mp4", mimeType="video/mp4", buffer=bytes(1500))
    empty = FilePayload(name="empty.txt", mimeType="text/plain", buffer=b"")
    add(page, big, empty, picture())
    told = notice(page)
    expect(told).to_contain_text(" is too large: it has 1.5 kB, and a file may have 1 kB.")
    expect(told).to_contain_text(re.compile("empty.txt.? is empty"))
    expect(page.locator(".chips li")).to_have_count(1)
    add(page, picture("dog.png"), picture("cow.png"))
    expect(notice(page)).to_contain_text("Up to 2 files go with a message")
    expect(page.locator(".chips .done")).to_have_count(2)
    page.get_by_role("button", name="Remove dog.png").click()
    expect(page.locator(".chips li")).to_have_count(1)


def test_an_upload_that_fails_can_be_tried_again(open_page: OpenPage) -> None:
    """The chip says why it failed; a message does not go without its file."""
    page, other = open_page(), open_page()
    problem = json.dumps({"title": "", "status": 507, "code": "storage_full", "detail": "full"})
    page.route("**/api/v1/rooms/*/files", lambda route: route.fulfill(status=507, body=problem))
    add(page, picture())
    expect(page.locator(".chips .failed")).to_contain_text(
        "The server has no space for more files."
    )
    say(page, "look")
    expect(notice(page)).to_contain_text("Retry or remove it")
    page.unroute("**/api/v1/rooms/*/files")
    page.get_by_role("button", name="Retry cat.png").click()
    expect(page.locator(".chips .done")).to_have_count(1)
    page.locator("#text").press("Enter")
    expect(shown(other)).to_have_count(1)


def test_pictures_are_pasted_and_dropped(open_page: OpenPage) -> None:
    """Where there is a text, it is meant; a drop is taken anywhere on the window."""
    page = open_page()
    one = ["image.png", "image/png", b64encode(picture()["buffer"]).decode()]
    page.evaluate(PASTE, [[one], ""])
    expect(page.locator(".chips .done")).to_have_count(1)
    page.evaluate(PASTE, [[one], "a\tb"])
    target = page.get_by_text("Drop it here to send it in")
    expect(target).to_be_hidden()
    page.evaluate(DRAG, "dragenter")
    expect(target).to_be_visible()
    page.evaluate(DRAG, "drop")
    expect(target).to_be_hidden()
    expect(page.locator(".chips .done .name")).to_have_text(["image.png", "plan.pdf"])


def test_where_no_files_may_be_sent_a_paste_says_so(open_page: OpenPage) -> None:
    """And there is no button for it."""
    page = open_page(prepare=lower(file=0))
    expect(page.get_by_role("button", name="Add pictures or files")).to_be_hidden()
    one = ["image.png", "image/png", b64encode(picture()["buffer"]).decode()]
    page.evaluate(PASTE, [[one], ""])
    expect(notice(page)).to_have_text("Files cannot be sent in this chat.")
    expect(page.locator(".chips li")).to_have_count(0)


def test_pictures_open_and_are_left_by_keys_alone(open_page: OpenPage) -> None:
    """Enter, arrows through all of the room, Escape; the focus is at the one seen last."""
    page = open_page(viewport=DESKTOP)
    for name in ("a.png", "b.png", "c.png"):
        send(page, "", picture(name))
    expect(shown(page)).to_have_count(3)
    page.locator("#lines .picture").first.focus()
    page.keyboard.press("Enter")
    box = page.get_by_role("dialog", name="Picture")
    expect(box.get_by_text("1 of 3")).to_be_visible()
    expect(box.get_by_role("button", name="Earlier picture")).to_be_hidden()
    assert faults(page) == []
    page.keyboard.press("ArrowRight")
    expect(box.get_by_role("img", name="Picture: b.png")).to_be_visible()
    page.keyboard.press("End")
    page.keyboard.press("ArrowRight")
    expect(box.get_by_text("3 of 3")).to_be_visible()
    page.keyboard.press("ArrowLeft")
    page.keyboard.press("Escape")
    expect(box).to_have_count(0)
    expect(page.locator("#lines .picture").nth(1)).to_be_focused()


def test_a_hostile_file_is_a_download_with_an_honest_name(open_page: OpenPage) -> None:
    """What could act as a page is never shown, and a name has nothing that turns its letters."""
    page, other = open_page(), open_page()
    script = (
        b"<svg xmlns='http://www.w3.org/2000/svg'><script>document.title = 'owned'</script></svg>"
    )
    drawing = FilePayload(name="cat.svg", mimeType="image/svg+xml", buffer=script)
    reversed_name = "photo\u202egpj.exe"
    program = FilePayload(name=reversed_name, mimeType="image/jpeg", buffer=b"MZ\x90")
    send(page, "look", drawing, program)
    files = other.locator("#lines a.file bdi")
    expect(files).to_have_text(["cat.svg", "photogpj.exe"])
    expect(other.locator("#lines .picture")).to_have_count(0)
    with other.expect_download() as downloading:
        files.last.click()
    assert downloading.value.suggested_filename == "photogpj.exe"
    assert Path(downloading.value.path()).read_bytes() == b"MZ\x90"
    answer = other.request.get(str(other.locator("#lines a.file").first.get_attribute("href")))
    assert answer.headers["content-disposition"].startswith("attachment")


def test_a_deleted_picture_is_gone(open_page: OpenPage) -> None:
    """From all logs, and from the server; a message of a picture alone has its actions."""
    page, other = open_page(), open_page()
    send(page, "", picture())
    expect(shown(other)).to_have_count(1)
    address = str(shown(other).get_attribute("src"))
    assert other.request.get(address).ok
    page.locator("#log .message").last.focus()
    page.keyboard.press("Delete")
    page.get_by_role("dialog").get_by_role("button", name="Delete").click()
    expect(other.locator("#lines .picture")).to_have_count(0)
    expect(other.locator("#lines .text")).to_have_text("Message deleted")
    assert other.request.get(address).status == 404


def test_a_message_takes_its_pictures_along_when_it_is_sent_on(open_page: OpenPage) -> None:
    """Whatever becomes of it there; if they cannot be kept once more, nothing is sent."""
    page = open_page(name="Ann", room="cake")
    join(page, "tea")
    send(page, "", picture())
    for _ in range(2):
        page.locator("#log .message").last.focus()
        page.keyboard.press("f")
        expect(page.get_by_role("option")).to_have_text(re.compile("cake"))
        with page.expect_response(re.compile("copy=")) as copied:
            page.keyboard.press("Enter")
        if copied.value.ok:
            expect(notice(page)).to_contain_text("Sent on to")
            page.route("**/api/v1/rooms/cake/files?*", lambda route: route.fulfill(status=507))
    expect(notice(page)).to_contain_text("no space")
    page.locator("#log .message").last.focus()
    page.keyboard.press("Delete")
    page.get_by_role("dialog").get_by_role("button", name="Delete").click()
    open_room(page, "cake")
    page.reload()
    expect(shown(page)).to_have_count(1)
    expect(page.locator("#log .text")).to_contain_text("Ann said:")
