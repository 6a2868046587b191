// Says how the connection is: a word in the header, and a banner while there is none.

const WORDS = {
  connecting: "Connecting …",
  open: "Connected",
  waiting: "Not connected",
  stopped: "Not connected",
  idle: "Not connected",
};
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

  /** Shows one of the states that `Connection` tells. */
  show(state) {
    this.#header.className = state.name;
    setText(this.#header.querySelector(".words"), WORDS[state.name]);
    clearInterval(this.#timer);
    this.#countdown.textContent = "";
    if (["open", "idle"].includes(state.name)) this.#banner.hidden = true;
    if (state.name === "stopped") this.#warn(`The server ended the connection: ${state.reason}.`);
    if (state.name === "waiting") this.#count(state.until);
  }

  /** Tells of a fault that no waiting mends. */
  fail(words) {
    this.#warn(words);
    this.#button.hidden = true;
  }

  #count(until) {
    const tick = () => {
      const seconds = Math.max(1, Math.ceil((until - Date.now()) / 1000));
      this.#countdown.textContent = `Next attempt in ${seconds} s.`;
    };
    if (until - Date.now() < PATIENCE && this.#banner.hidden) return;
    this.#warn("The connection is lost. What you write is sent when it is back.");
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
