// The strip above the composer: what is being answered or edited, and how many characters are left.

import { t } from "../i18n/strings.js";
import { quote } from "../log/row.js";

const NEAR = 0.9; // of the limit, from where on characters are counted down

/**
 * Shows what a draft is about, before the element `form`. `onCancel` is called when the user wants
 * to write something new instead, `onJump` with the number of the message to be shown.
 */
export class DraftContext {
  #element = document.createElement("div");
  #count = document.createElement("p");
  #form;
  #on;
  #shown = []; // what it depends on, as it was when it was shown

  constructor(form, handlers) {
    this.#form = form;
    this.#on = handlers;
    this.#element.className = "draft-context";
    this.#count.className = "left";
    this.#count.ariaHidden = "true"; // the field says that it is not valid
    form.before(this.#element);
    form.append(this.#count);
    this.#element.addEventListener("click", ({ target }) => {
      const button = target.closest("button");
      if (button?.dataset.act === "jump") handlers.onJump(Number(button.dataset.seq));
      else if (button) handlers.onCancel();
    });
  }

  /**
   * Shows a draft. `quoted` is the message that it answers, as far as known; of `limit` characters
   * `left` may still be written.
   */
  show({ reply, edit }, quoted, { left, limit }) {
    this.#showCount(left, limit);
    const state = [edit?.seq ?? edit?.cid, reply?.seq, quoted];
    if (state.every((part, place) => part === this.#shown[place]) && this.#shown.length) return;
    this.#shown = state;
    this.#element.hidden = !reply && !edit;
    const about = edit ? [words("draft.edit")] : [words("draft.reply"), quote({ reply: reply?.seq }, quoted)];
    this.#element.replaceChildren(...(reply || edit ? [...about, cancel(edit)] : []));
  }

  #showCount(left, limit) {
    const isNear = left < limit * (1 - NEAR);
    const key = left < 0 ? "draft.over" : "draft.left";
    this.#count.textContent = isNear ? t(key, { count: Math.abs(left) }) : "";
    this.#form.querySelector("textarea").ariaInvalid = left < 0 ? "true" : null;
  }
}

function words(key) {
  const element = document.createElement("p");
  element.role = "status";
  element.textContent = t(key);
  return element;
}

function cancel(edit) {
  const button = document.createElement("button");
  button.type = "button";
  button.className = "plain";
  button.textContent = "×";
  button.ariaLabel = t(edit ? "draft.cancelEdit" : "draft.cancelReply");
  button.title = `${button.ariaLabel} (Esc)`;
  return button;
}
