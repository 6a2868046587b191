// Shows the state of the connection: a word in the header, and a banner while there is none.

import { t } from "../i18n/strings.js";

const FLOODING = 4504; // a close code
const BANNER_DELAY = 400; // ms; no banner for a shorter loss

/** Shows a connection's states; calls `onRetry` when the user presses the button. */
export class Status {
  #header;
  #banner;
  #words;
  #countdown;
  #button;
  #timer = null;

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
    this.#header.className = state.name;
    setText(this.#header.querySelector(".words"), this.#word(state.name));
    clearInterval(this.#timer);
    const isAttempt = state.name === "connecting";
    this.#countdown.textContent = isAttempt && state.attempt ? t("banner.attempt", state) : "";
    if (["open", "slowed", "idle"].includes(state.name)) this.#banner.hidden = true;
    if (state.name === "stopped") this.#warn(t(state.code === FLOODING ? "banner.flooded" : "banner.ended", state));
    if (state.name === "waiting") this.#count(state);
  }

  /** Shows a permanent fault. */
  fail(words) {
    this.#warn(words);
    this.#button.hidden = true;
  }

  #word(state) {
    return t(["connecting", "open", "slowed"].includes(state) ? `status.${state}` : "status.away");
  }

  #count({ attempt, until }) {
    const tick = () => {
      const count = Math.max(1, Math.ceil((until - Date.now()) / 1000));
      this.#countdown.textContent = t("banner.countdown", { attempt, count });
    };
    if (until - Date.now() < BANNER_DELAY && this.#banner.hidden) return;
    this.#warn(t(navigator.onLine ? "banner.lost" : "banner.offline"));
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
