// A line that comes up and goes again: something was done, or cannot be.

const TIME = 8_000; // ms that it stays, unless it is closed before,
const TIME_TO_READ = 80; // ms for each character, if that is more

/** Tells things in `element`, one at a time. */
export class Notice {
  #element;
  #words;
  #timer = null;

  constructor(element) {
    this.#element = element;
    this.#words = element.querySelector("p");
    element.querySelector("button").addEventListener("click", () => this.close());
  }

  /** Shows words; a screen reader says them when it has said what it is saying. */
  tell(words) {
    this.#element.classList.add("open");
    this.#words.textContent = words;
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.close(), Math.max(TIME, TIME_TO_READ * words.length));
  }

  close() {
    clearTimeout(this.#timer);
    this.#element.classList.remove("open");
    this.#words.textContent = "";
  }
}
