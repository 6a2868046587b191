// Says how the connection is: a word in the header, and a banner while there is none.

import { t } from "../i18n/strings.js";

const PATIENCE = 400; // ms: a hiccup shorter than this is not worth a banner

/** Shows a connection's states; `onRetry` is called when the user does not want to wait. */
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

  /** Whether the banner says that there is no connection. */
  get isAway() {
    return !this.#banner.hidden;
  }

  /** Shows one of the states that `Connection` tells. */
  show(state) {
    this.#header.className = state.name;
    setText(this.#header.querySelector(".words"), this.#word(state.name));
    clearInterval(this.#timer);
    const isAttempt = state.name === "connecting";
    this.#countdown.textContent = isAttempt && state.attempt ? t("banner.attempt", state) : "";
    if (["open", "idle"].includes(state.name)) this.#banner.hidden = true;
    if (state.name === "stopped") this.#warn(t("banner.ended", state));
    if (state.name === "waiting") this.#count(state);
  }

  /** Tells of a fault that no waiting mends. */
  fail(words) {
    this.#warn(words);
    this.#button.hidden = true;
  }

  #word(state) {
    return t(["connecting", "open"].includes(state) ? `status.${state}` : "status.away");
  }

  #count({ attempt, until }) {
    const tick = () => {
      const count = Math.max(1, Math.ceil((until - Date.now()) / 1000));
      this.#countdown.textContent = t("banner.countdown", { attempt, count });
    };
    if (until - Date.now() < PATIENCE && this.#banner.hidden) return;
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
