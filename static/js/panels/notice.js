// A short message to the user that closes by itself.

const TIME = 8_000; // ms that it stays,
const TIME_TO_READ = 80; // or ms for each character, if that is more

/** Shows messages in `element`, one at a time. */
export class Notice {
  #element;
  #words;
  #timer = null;

  constructor(element) {
    this.#element = element;
    this.#words = element.querySelector("p");
    element.querySelector("button").addEventListener("click", () => this.close());
  }

  /** Shows a text. */
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
