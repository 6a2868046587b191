// Gives the focus a place when what had it is gone: else keys would begin again at the top.

/** Calls `onLost` when the element that had the focus cannot be seen any more. */
export class FocusRestore {
  #last = null; // what had the focus
  #onLost;

  constructor(onLost) {
    this.#onLost = onLost;
    document.addEventListener("focusin", ({ target }) => (this.#last = target));
    document.addEventListener("click", () => setTimeout(() => this.check())); // when that is done
  }

  /** Looks whether the focus is lost. */
  check() {
    const isGone = this.#last && !this.#last.getClientRects().length;
    if (!isGone || ![document.body, this.#last].includes(document.activeElement)) return;
    this.#last = null;
    // Who taps would get a keyboard over half of the screen.
    if (!matchMedia("(pointer: coarse)").matches) this.#onLost();
  }
}
