// The form below the log: Enter sends, but on phones. Each room has a draft.

import { cut, isBlank, lengthOf } from "../i18n/characters.js";
import { t } from "../i18n/strings.js";

const NAMED = 24; // characters of the room's name in the empty field
const TOUCH = matchMedia("(pointer: coarse) and (hover: none)");
const CONTROLS = /[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]/g; // all but tabs and line ends

/**
 * Calls `onSend` with a text, its draft, and a function to call once it is queued, which clears the
 * draft unless it has changed. Calls `onTooLong` with the length of a text with too many characters,
 * which stays in the field.
 *
 * A draft is { text, reply, edit, files? }: the text, the {seq, epoch} of the message that it replies to,
 * a message that is being edited meanwhile: {seq or cid, epoch, before, text}, and what goes with the text, as in
 * the queue (state/outgoing.js).
 */
export class Composer {
  drafts = new Map(); // by the room's name
  onChange = () => {}; // called when the draft changes or another one is shown
  #field;
  #on;
  #room = null; // the room's name
  #shown = null; // the room
  #limit = Infinity;

  constructor(form, handlers) {
    this.#field = form.querySelector("textarea");
    this.#on = handlers;
    if (TOUCH.matches) this.#field.enterKeyHint = "enter";
    form.addEventListener("submit", (event) => this.#submit(event));
    this.#field.addEventListener("input", () => {
      this.#take();
      this.onChange();
    });
    this.#field.addEventListener("keydown", (event) => {
      if (!sends(event) || TOUCH.matches) return; // on phones Enter begins a line, and a button sends
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

  /** The draft of the shown room. */
  get draft() {
    if (!this.drafts.has(this.#room)) {
      this.drafts.set(this.#room, { text: "", reply: null, edit: null });
    }
    return this.drafts.get(this.#room);
  }

  /** Shows the draft of a room; `limit` is the most characters of a text. */
  show(room, limit) {
    this.#limit = limit ?? this.#limit;
    if (room.name === this.#room) return;
    const isFirst = this.#room === null;
    if (!isFirst) this.#take();
    // If the server has renamed the room, the draft moves to the new name.
    if (room === this.#shown) this.drafts.set(room.name, this.draft);
    this.#shown = room;
    this.#room = room.name;
    if (isFirst) this.#take(); // what was written before the scripts of the page were there
    const label = cut(room.label, NAMED);
    this.#field.placeholder = t("composer.placeholder", { room: label === room.label ? label : `${label}…` });
    this.refresh();
  }

  /** Changes parts of the draft, and gives the field the focus. */
  change(parts) {
    this.#take();
    Object.assign(this.draft, parts);
    this.refresh();
    this.focus();
  }

  /** Shows the present state of the draft. */
  refresh() {
    const text = written(this.draft);
    if (this.#field.value !== text) this.#field.value = text;
    this.onChange();
  }

  focus() {
    this.#field.focus();
  }

  /** Reads the field into the draft. */
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
    const isEmpty = !text && (draft.edit || !draft.files?.length);
    if (isEmpty) this.#clear(draft, draft.edit ? null : value);
    else if (lengthOf(text) > this.#limit) this.#on.onTooLong(lengthOf(text), this.#limit);
    else this.#on.onSend(text, draft, () => this.#clear(draft, value));
  }

  #clear(draft, value) {
    if (written(draft) !== value) return;
    Object.assign(draft, draft.edit ? { edit: null } : { text: "", reply: null });
    this.refresh();
  }
}

function written({ text, edit }) {
  return edit ? edit.text : text;
}

/** Returns a text as the server takes it; an empty one if nothing of it can be seen. */
function clean(text) {
  const clean = (text.toWellFormed?.() ?? text).replace(CONTROLS, "").trimEnd();
  return isBlank(clean) ? "" : clean;
}

/** Whether a key press is an Enter that sends, not one that selects a word of an input method. */
function sends({ key, shiftKey, isComposing, keyCode, defaultPrevented }) {
  const picks = isComposing || keyCode === 229; // Safari ends composing before this event
  return key === "Enter" && !shiftKey && !picks && !defaultPrevented;
}
