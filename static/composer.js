// The form below the log: Enter sends and clears; what cannot be sent yet stays in it.

/** Calls `send` with what was written, and clears the field if that returns true. */
export class Composer {
  #field;
  #button;
  #send;

  constructor(form, send) {
    this.#field = form.querySelector("textarea");
    this.#button = form.querySelector("button");
    this.#send = send;
    form.addEventListener("submit", (event) => this.#submit(event));
    this.#field.addEventListener("keydown", (event) => {
      if (!sends(event)) return;
      event.preventDefault();
      form.requestSubmit();
    });
  }

  /** Lets the button send, or not; the field can be written in at all times. */
  set enabled(enabled) {
    this.#button.disabled = !enabled;
  }

  #submit(event) {
    event.preventDefault();
    const text = this.#field.value.trim();
    if (text && this.#send(text)) this.#field.value = "";
    this.#field.focus();
  }
}

/** Whether a key press is the Enter that sends, not one that picks a word from an input method. */
function sends({ key, shiftKey, isComposing, keyCode }) {
  const picks = isComposing || keyCode === 229; // Safari ends composing before this event
  return key === "Enter" && !shiftKey && !picks;
}
