// The button over the log: leads to the first of the new messages, and from there to the end.

import { t } from "../i18n/strings.js";

/** Shows in `button` what there is to go to; `onNew` and `onEnd` are called to go there. */
export class JumpButton {
  #button;
  #leadsToNew = false;

  constructor(button, { onNew, onEnd }) {
    this.#button = button;
    // Who is writing goes on writing.
    button.addEventListener("mousedown", (event) => event.preventDefault());
    button.addEventListener("click", () => (this.#leadsToNew ? onNew() : onEnd()));
  }

  /** Shows the way from where `log` shows a room. */
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
