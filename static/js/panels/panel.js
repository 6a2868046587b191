// The panels beside the log, which buttons open where there is no room for them.

/**
 * Lets a button open and close a panel, which also closes by Escape and, where it covers the page, by
 * a click outside. What is done in a dialog above it closes the dialog alone.
 */
export class Panel {
  #panel;
  #button;

  constructor(panel, button) {
    this.#panel = panel;
    this.#button = button;
    panel.querySelector(".close")?.addEventListener("click", () => this.#closeByHand());
    button.addEventListener("click", () => (this.#isOpen ? this.close() : this.#open()));
    document.addEventListener("keydown", ({ key }) => {
      if (key === "Escape" && this.#isOpen && !document.querySelector("dialog[open]")) this.#closeByHand();
    });
    document.addEventListener("pointerdown", ({ target }) => {
      const isAbove = getComputedStyle(panel).position !== "static";
      if (isAbove && !target.closest("dialog") && !panel.contains(target) && !button.contains(target)) this.close();
    });
  }

  get #isOpen() {
    return this.#panel.classList.contains("open");
  }

  close() {
    this.#panel.classList.remove("open");
    this.#button.ariaExpanded = "false";
  }

  #open() {
    this.#panel.classList.add("open");
    this.#button.ariaExpanded = "true";
    this.#panel.querySelector("a, input:not([type=search]), button:not(.close, [hidden])")?.focus({ preventScroll: true });
    this.#panel.scrollTop = 0;
  }

  #closeByHand() {
    this.close();
    this.#button.focus();
  }
}
