// The log of messages: keeps your place while you read, and follows while you are at its end.

const LINE_LIMIT = 2_000; // messages in the page; older ones go
const NEAR_END = 30; // px from the end that still count as being there

const clock = new Intl.DateTimeFormat(undefined, { timeStyle: "short" });
const calendar = new Intl.DateTimeFormat(undefined, { dateStyle: "full", timeStyle: "medium" });

/** Shows messages in `element`; `newer` is the button that appears when some came out of sight. */
export class Log {
  #element;
  #newer;
  #empty;
  #waiting = []; // arrived since the last frame was drawn
  #follows = true;

  constructor(element, newer, empty) {
    this.#element = element;
    this.#newer = newer;
    this.#empty = empty;
    element.addEventListener("scroll", () => this.#look(), { passive: true });
    newer.addEventListener("click", () => this.#goToEnd());
    // A phone's keyboard takes from the height; the end is to stay in sight.
    new ResizeObserver(() => this.#follows && this.#goToEnd()).observe(element);
  }

  /** Adds lines of text. They are drawn with the next frame, however many come until then. */
  add(lines) {
    if (!this.#waiting.length) requestAnimationFrame(() => this.#draw());
    const now = new Date();
    this.#waiting.push(...lines.map((text) => ({ text, now })));
    // In a hidden tab no frames are drawn for as long as it pleases.
    this.#waiting.splice(0, this.#waiting.length - LINE_LIMIT);
  }

  #draw() {
    this.#look();
    const rows = this.#waiting.map(row);
    this.#waiting = [];
    this.#empty.hidden = true;
    this.#element.append(...rows);
    this.#trim();
    if (this.#follows) this.#goToEnd();
    else this.#newer.hidden = false;
  }

  /** Notices whether the end is in sight. */
  #look() {
    const { scrollHeight, scrollTop, clientHeight } = this.#element;
    this.#follows = scrollHeight - scrollTop - clientHeight <= NEAR_END;
    if (this.#follows) this.#newer.hidden = true;
  }

  #goToEnd() {
    this.#element.scrollTop = this.#element.scrollHeight;
    this.#follows = true;
    this.#newer.hidden = true;
  }

  /** Removes what is too old, without moving what is being read. */
  #trim() {
    const excess = this.#element.childElementCount - LINE_LIMIT;
    if (excess <= 0) return;
    const before = this.#element.scrollHeight;
    for (let count = 0; count < excess; count++) this.#element.firstElementChild.remove();
    this.#element.scrollTop -= before - this.#element.scrollHeight;
  }
}

function row({ text, now }) {
  const time = document.createElement("time");
  time.dateTime = now.toISOString();
  time.title = calendar.format(now);
  time.textContent = clock.format(now);
  time.ariaHidden = "true"; // a screen reader announces what was said, not when
  const words = document.createElement("p");
  words.dir = "auto";
  words.textContent = text;
  const message = document.createElement("div");
  message.className = "message";
  message.append(time, words);
  return message;
}
