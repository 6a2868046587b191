// The form below the log: Enter sends, and what is taken is cleared. Each room has a draft.

import { t } from "./strings.js";

const CONTROLS = /[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]/g; // all but tab and line ends

/**
 * Calls `onSend` with a text and a function to be called if it is taken, now or later: only then
 * is the text cleared, and only if it is still as it was. `onTooLong` gets a text for which there
 * are too many characters, which stays in the field.
 */
export class Composer {
  #field;
  #on;
  #room = null;
  #limit = Infinity;
  #drafts = new Map(); // by name of the room

  constructor(form, handlers) {
    this.#field = form.querySelector("textarea");
    this.#on = handlers;
    form.addEventListener("submit", (event) => this.#submit(event));
    this.#field.addEventListener("keydown", (event) => {
      if (!sends(event)) return;
      event.preventDefault();
      form.requestSubmit();
    });
  }

  /** Lets the user write in a room; `limit` is that of a text, in characters. */
  show(room, limit) {
    this.#limit = limit ?? this.#limit;
    if (room === this.#room) return;
    this.#drafts.set(this.#room, this.#field.value);
    this.#room = room;
    this.#field.value = this.#drafts.get(room) ?? "";
    this.#field.placeholder = t("composer.placeholder", { room });
  }

  focus() {
    this.#field.focus();
  }

  #submit(event) {
    event.preventDefault();
    const { value } = this.#field;
    const room = this.#room;
    const text = clean(value);
    this.focus();
    if (!text) this.#field.value = "";
    else if (lengthOf(text) > this.#limit) this.#on.onTooLong(lengthOf(text), this.#limit);
    else this.#on.onSend(text, () => this.#clear(room, value));
  }

  #clear(room, value) {
    if (this.#drafts.get(room) === value) this.#drafts.delete(room);
    if (room === this.#room && this.#field.value === value) this.#field.value = "";
  }
}

/** A text without what the server would refuse: control characters and halves of characters. */
function clean(text) {
  return (text.toWellFormed?.() ?? text).replace(CONTROLS, "").trim();
}

/** How many characters a text has, as the server counts them. */
function lengthOf(text) {
  return [...text].length;
}

/** Whether a key press is the Enter that sends, not one that picks a word from an input method. */
function sends({ key, shiftKey, isComposing, keyCode }) {
  const picks = isComposing || keyCode === 229; // Safari ends composing before this event
  return key === "Enter" && !shiftKey && !picks;
}
