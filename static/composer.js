// The form below the log: Enter sends and clears. Each room has a draft of its own.

import { t } from "./strings.js";

const CONTROLS = /[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]/g; // all but tab and line ends

/** Calls `say` with what was written, and clears the field if that returns that it is taken. */
export class Composer {
  #field;
  #say;
  #room = null;
  #drafts = new Map(); // by name of the room

  constructor(form, say) {
    this.#field = form.querySelector("textarea");
    this.#say = say;
    form.addEventListener("submit", (event) => this.#submit(event));
    this.#field.addEventListener("keydown", (event) => {
      if (!sends(event)) return;
      event.preventDefault();
      form.requestSubmit();
    });
  }

  /** Lets the user write in a room. */
  show(room, limit) {
    if (limit && this.#field.maxLength !== limit) this.#field.maxLength = limit;
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
    const text = clean(this.#field.value);
    this.focus();
    if (!text || this.#say(text)) this.#field.value = "";
  }
}

/** A text without what the server would refuse: control characters and halves of characters. */
function clean(text) {
  return (text.toWellFormed?.() ?? text).replace(CONTROLS, "").trim();
}

/** Whether a key press is the Enter that sends, not one that picks a word from an input method. */
function sends({ key, shiftKey, isComposing, keyCode }) {
  const picks = isComposing || keyCode === 229; // Safari ends composing before this event
  return key === "Enter" && !shiftKey && !picks;
}
