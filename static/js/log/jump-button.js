// The button over the log: scrolls to the first of the new messages, and from there to the end.

import { t } from "../i18n/strings.js";

/** Labels `button` with its target, and calls `onNew` or `onEnd` at a click. */
export class JumpButton {
  #button;
  #leadsToNew = false;

  constructor(button, { onNew, onEnd }) {
    this.#button = button;
    // The field keeps the focus.
    button.addEventListener("mousedown", (event) => event.preventDefault());
    button.addEventListener("click", () => (this.#leadsToNew ? onNew() : onEnd()));
  }

  /** Updates the button to the reader's place in a room. */
  show(log, { mark }) {
    this.#leadsToNew = log.hidesLine;
    const isAbove = log.hidesLine && log.lineIsAbove;
    const words = this.#leadsToNew ? news(mark) : t("jump.end");
    if (this.#button.textContent !== words) this.#button.textContent = words;
    this.#button.classList.toggle("news", this.#leadsToNew);
    this.#button.classList.toggle("up", isAbove);
    this.#button.hidden = log.follows && !log.hidesLine;
  }
}

function news({ behind: count, hasMore }) {
  return t(hasMore ? "jump.manyNew" : "jump.new", { count });
}
