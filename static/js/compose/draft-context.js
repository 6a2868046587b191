// What stands around the field: what is replied to or edited, and how many characters are left.

import { t } from "../i18n/strings.js";
import { quote } from "../log/row.js";

const NEAR = 0.9; // of the limit, from which on characters are counted down

/**
 * Shows the context of a draft before the element `form`. Calls `onCancel` when the user cancels a
 * reply or an edit, and `onJump` with the number of a message to show.
 */
export class DraftContext {
  #element = document.createElement("div");
  #count = document.createElement("p");
  #form;
  #on;
  #shown = []; // the state that is shown

  constructor(form, handlers) {
    this.#form = form;
    this.#on = handlers;
    this.#element.className = "draft-context";
    this.#count.className = "left";
    this.#count.ariaHidden = "true"; // the field has aria-invalid
    form.before(this.#element);
    form.append(this.#count);
    this.#element.addEventListener("click", ({ target }) => {
      const button = target.closest("button");
      if (button?.dataset.act === "jump") handlers.onJump(Number(button.dataset.seq));
      else if (button) handlers.onCancel();
    });
  }

  /**
   * Shows a draft. `quoted` is the message that it replies to, as far as known; of `limit` characters
   * `left` are left.
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
