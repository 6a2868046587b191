// Restores the focus when the focused element is removed or hidden.

/** Calls `onLost` when the element that had the focus is not visible any more. */
export class FocusRestore {
  #last = null; // the element that had the focus last
  #onLost;

  constructor(onLost) {
    this.#onLost = onLost;
    document.addEventListener("focusin", ({ target }) => (this.#last = target));
    document.addEventListener("click", () => setTimeout(() => this.check())); // after other listeners
  }

  /** Checks whether the focus is lost. */
  check() {
    const isGone = this.#last && !this.#last.getClientRects().length;
    if (!isGone || ![document.body, this.#last].includes(document.activeElement)) return;
    this.#last = null;
    // On touch screens the focus would open the keyboard.
    if (!matchMedia("(pointer: coarse)").matches) this.#onLost();
  }
}
