// Why the user may not say anything just now: a line above the field, and the field's state.

import { t } from "../i18n/strings.js";

const TICK = 1_000; // ms

/** Shows it before `form`; calls `onEnd` when a time to wait is over. */
export class Voice {
  #form;
  #field;
  #onEnd;
  #line = document.createElement("p");
  #words = document.createElement("span");
  #countdown = document.createElement("span");
  #timer = null;
  #lentFocus = false; // whether the log has the focus of the field

  constructor(form, onEnd) {
    this.#form = form;
    this.#field = form.querySelector("textarea");
    this.#onEnd = onEnd;
    this.#line.className = "voice";
    this.#line.role = "status";
    this.#countdown.ariaHidden = "true";
    this.#line.append(this.#words, " ", this.#countdown);
    form.before(this.#line);
  }

  /** Shows a reason, or none; with one that lasts the field is switched off. */
  show(room, reason, isLasting) {
    const words = reason ? t(`silence.${reason.code}`) : "";
    if (this.#words.textContent !== words) this.#words.textContent = words;
    // Where the field says all of it, the line is for screen readers.
    const until = reason?.until ?? Infinity;
    this.#line.classList.toggle("spoken", isLasting && until === Infinity && !this.#field.value);
    this.#switch(!isLasting);
    this.#form.querySelector("[type=submit]").disabled = Boolean(reason);
    this.#field.placeholder = isLasting ? words : t("composer.placeholder", { room: room.label });
    this.#count(until);
  }

  /** Switches the field on or off; while it is off the log has its focus. */
  #switch(isOn) {
    if (this.#field.disabled !== isOn) return;
    const log = document.getElementById("log");
    const from = isOn ? log : this.#field;
    const hadFocus = document.activeElement === from;
    for (const part of this.#form.querySelectorAll("textarea, .emoji, .attach")) part.disabled = !isOn;
    if (hadFocus && isOn === this.#lentFocus) (isOn ? this.#field : log).focus({ preventScroll: true, focusVisible: false });
    this.#lentFocus = hadFocus && !isOn;
  }

  #count(until) {
    clearTimeout(this.#timer);
    const left = until - Date.now();
    const words = until < Infinity ? t("silence.left", { time: clock(left) }) : "";
    if (this.#countdown.textContent !== words) this.#countdown.textContent = words;
    if (until === Infinity) return;
    const goOn = () => (left <= TICK ? this.#onEnd() : this.#count(until));
    this.#timer = setTimeout(goOn, Math.min(Math.max(left, 0), TICK));
  }
}

/** Gives texts back that were refused for some time: they are part of the room's draft again. */
export function giveBack(composer, room) {
  for (const { text, reply, epoch, files = [] } of room.returned.splice(0).reverse()) {
    const draft = composer.drafts.get(room.name) ?? { text: "", reply: null, edit: null };
    draft.text = [text, draft.text].filter(Boolean).join("\n");
    if (reply) draft.reply ??= { seq: reply, epoch };
    if (files.length) draft.files = [...files, ...(draft.files ?? [])];
    composer.drafts.set(room.name, draft);
  }
  if (composer.room) composer.refresh();
}

/** Returns a time as minutes and seconds, with hours if there are any. */
function clock(ms) {
  const seconds = Math.max(1, Math.ceil(ms / 1000));
  const parts = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60, seconds % 60];
  const shown = parts[0] ? parts : parts.slice(1);
  return shown.map((part, place) => (place ? String(part).padStart(2, "0") : part)).join(":");
}
