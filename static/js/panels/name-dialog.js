// The dialog that asks for the user's name, at the first visit and to change it.

import { t } from "../i18n/strings.js";
import { prose } from "../log/prose.js";

/** Asks for a name in `dialog`, and calls `onName` with it. */
export class NameDialog {
  #dialog;
  #field;
  #fault;
  #enter;
  #cancel;
  #isNeeded = false; // whether it cannot be cancelled

  constructor(dialog, onName) {
    this.#dialog = dialog;
    this.#field = dialog.querySelector("input");
    this.#fault = dialog.querySelector(".fault");
    this.#enter = dialog.querySelector("[type=submit]");
    this.#cancel = dialog.querySelector("[type=button]");
    const welcome = dialog.querySelector("#welcome");
    welcome.replaceChildren(...prose(welcome.textContent, ""));
    this.#cancel.addEventListener("click", () => dialog.close());
    dialog.addEventListener("cancel", (event) => this.#isNeeded && event.preventDefault());
    // In some browsers a second Escape closes a dialog in any case.
    dialog.addEventListener("close", () => this.#isNeeded && dialog.showModal());
    dialog.querySelector("form").addEventListener("submit", (event) => {
      event.preventDefault();
      const nick = this.#field.value.trim();
      if (!nick) return;
      this.#isNeeded = false;
      dialog.close();
      onName(nick);
    });
  }

  /** Opens the dialog, if it is not open; `fault` tells what is wrong with `nick`. */
  ask({ nick = "", fault = "", isNeeded }) {
    this.#isNeeded = isNeeded;
    this.#dialog.classList.toggle("first", isNeeded);
    this.#field.value = nick;
    this.#fault.textContent = fault;
    this.#fault.hidden = !fault;
    this.#enter.textContent = t(isNeeded ? "name.enter" : "name.change");
    this.#cancel.hidden = isNeeded;
    this.#field.ariaInvalid = fault ? "true" : null;
    if (!this.#dialog.open) this.#dialog.showModal();
    this.#field.select();
  }
}
