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
    document.addEventListener("keydown", ({ key, defaultPrevented }) => {
      if (key === "Escape" && !defaultPrevented && !document.querySelector("dialog[open]")) this.close();
    });
    // It stays while somebody points at it or is in it.
    for (const sign of ["pointerenter", "focusin"]) element.addEventListener(sign, () => clearTimeout(this.#timer));
    for (const sign of ["pointerleave", "focusout"]) element.addEventListener(sign, () => this.#wait(TIME));
  }

  /** Shows a text. */
  tell(words) {
    this.#element.classList.add("open");
    this.#words.textContent = words;
    this.#wait(Math.max(TIME, TIME_TO_READ * words.length));
  }

  #wait(time) {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.close(), time);
  }

  close() {
    clearTimeout(this.#timer);
    this.#element.classList.remove("open");
    this.#words.textContent = "";
  }
}
