// The form below the log: Enter sends, and what is taken is cleared. Each room has a draft.

import { t } from "../i18n/strings.js";

const CONTROLS = /[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]/g; // all but tab and line ends

/**
 * Calls `onSend` with a text, its draft, and a function to be called if it is taken, now or later:
 * only then is it cleared, and only if it is still as it was. `onTooLong` gets the length of a text
 * that has too many characters, which stays in the field.
 *
 * A draft is { text, reply, edit }: what is being written, the {seq, epoch} of the message that it
 * answers, and another message that is being edited meanwhile: {seq or cid, epoch, before, text}.
 */
export class Composer {
  drafts = new Map(); // by name of the room
  onChange = () => {}; // called when a draft has changed, or another one is shown
  #field;
  #on;
  #room = null; // its name
  #shown = null; // and the room itself
  #limit = Infinity;

  constructor(form, handlers) {
    this.#field = form.querySelector("textarea");
    this.#on = handlers;
    form.addEventListener("submit", (event) => this.#submit(event));
    this.#field.addEventListener("input", () => {
      this.#take();
      this.onChange();
    });
    this.#field.addEventListener("keydown", (event) => {
      if (!sends(event)) return;
      event.preventDefault();
      form.requestSubmit();
    });
  }

  get room() {
    return this.#room;
  }

  get limit() {
    return this.#limit;
  }

  /** The draft of the room that is shown. */
  get draft() {
    if (!this.drafts.has(this.#room)) {
      this.drafts.set(this.#room, { text: "", reply: null, edit: null });
    }
    return this.drafts.get(this.#room);
  }

  /** Lets the user write in a room; `limit` is that of a text, in characters. */
  show(room, limit) {
    this.#limit = limit ?? this.#limit;
    if (room.name === this.#room) return;
    if (this.#room !== null) this.#take();
    // The server calls it something else than the user did: then what is being written comes along.
    if (room === this.#shown) this.drafts.set(room.name, this.draft);
    this.#shown = room;
    this.#room = room.name;
    this.#field.placeholder = t("composer.placeholder", { room: room.name });
    this.refresh();
  }

  /** Changes parts of the draft, and lets the user write on. */
  change(parts) {
    this.#take();
    Object.assign(this.draft, parts);
    this.refresh();
    this.focus();
  }

  /** Shows the draft as it is now. */
  refresh() {
    const text = written(this.draft);
    if (this.#field.value !== text) this.#field.value = text;
    this.onChange();
  }

  focus() {
    this.#field.focus();
  }

  /** Takes over what is in the field. */
  #take() {
    const { draft } = this;
    (draft.edit ?? draft).text = this.#field.value;
  }

  #submit(event) {
    event.preventDefault();
    this.#take();
    const { draft } = this;
    const { value } = this.#field;
    const text = clean(value);
    this.focus();
    if (!text) this.#clear(draft, draft.edit ? null : value);
    else if (lengthOf(text) > this.#limit) this.#on.onTooLong(lengthOf(text), this.#limit);
    else this.#on.onSend(text, draft, () => this.#clear(draft, value));
  }

  #clear(draft, value) {
    if (written(draft) !== value) return;
    Object.assign(draft, draft.edit ? { edit: null } : { text: "", reply: null });
    this.refresh();
  }
}

/** How many characters a text has, as the server counts them. */
export function lengthOf(text) {
  return [...text].length;
}

function written({ text, edit }) {
  return edit ? edit.text : text;
}

/** A text without what the server would refuse: control characters and halves of characters. */
function clean(text) {
  return (text.toWellFormed?.() ?? text).replace(CONTROLS, "").trim();
}

/** Whether a key press is the Enter that sends, not one that picks a word from an input method. */
function sends({ key, shiftKey, isComposing, keyCode, defaultPrevented }) {
  const picks = isComposing || keyCode === 229; // Safari ends composing before this event
  return key === "Enter" && !shiftKey && !picks && !defaultPrevented;
}
