// Shows the state of the connection: a word in the header, and a banner while there is none.

import { t } from "../i18n/strings.js";

const FLOODING = 4504; // a close code
const LEAVING = { 1001: "banner.stopped", 1012: "banner.restarting" }; // by close code
const BANNER_DELAY = 400; // ms; no banner for a shorter loss

/** Shows a connection's states; calls `onRetry` when the user presses the button. */
export class Status {
  #header;
  #banner;
  #words;
  #countdown;
  #button;
  #timer = null;
  #state = "idle";
  #leaving = null; // why the server ended the last connection, if it said so
  #trouble = null; // what is in the way of a new one, if that is known

  constructor(header, banner, onRetry) {
    this.#header = header;
    this.#banner = banner;
    this.#words = banner.querySelector(".words");
    this.#countdown = banner.querySelector(".countdown");
    this.#button = banner.querySelector("button");
    this.#button.addEventListener("click", onRetry);
  }

  /** Whether the banner is shown. */
  get isAway() {
    return !this.#banner.hidden;
  }

  /** Shows one of the states of `Connection`. */
  show(state) {
    this.#state = state.name;
    this.#header.className = state.name;
    setText(this.#header.querySelector(".words"), this.#word(state.name));
    clearInterval(this.#timer);
    const isAttempt = state.name === "connecting";
    this.#countdown.textContent = isAttempt && state.attempt ? t("banner.attempt", state) : "";
    if (["open", "slowed", "idle"].includes(state.name)) {
      this.#banner.hidden = true;
      this.#leaving = this.#trouble = null;
    }
    if (state.name === "stopped") this.#warn(t(state.code === FLOODING ? "banner.flooded" : "banner.ended", state));
    if (state.name === "waiting") this.#count(state);
  }

  /** Shows what is in the way of a connection, until there is one; null if that is not known. */
  explain(words) {
    if (!["connecting", "waiting"].includes(this.#state)) return;
    this.#trouble = words;
    this.#warn(this.#reason());
  }

  /** Shows a permanent fault. */
  fail(words) {
    this.#warn(words);
    this.#button.hidden = true;
  }

  #word(state) {
    return t(["connecting", "open", "slowed"].includes(state) ? `status.${state}` : "status.away");
  }

  #reason() {
    if (!navigator.onLine) return t("banner.offline");
    return this.#trouble ?? t(this.#leaving ?? "banner.lost");
  }

  #count({ attempt, until, code }) {
    this.#leaving = LEAVING[code] ?? this.#leaving;
    const tick = () => {
      const count = Math.max(1, Math.ceil((until - Date.now()) / 1000));
      this.#countdown.textContent = t("banner.countdown", { attempt, count });
    };
    if (until - Date.now() < BANNER_DELAY && this.#banner.hidden) return;
    this.#warn(this.#reason());
    tick();
    this.#timer = setInterval(tick, 1000);
  }

  #warn(words) {
    setText(this.#words, words);
    this.#banner.hidden = false;
  }
}

/** Changes a text only if it differs, so that a screen reader does not repeat it. */
function setText(element, text) {
  if (element.textContent !== text) element.textContent = text;
}
