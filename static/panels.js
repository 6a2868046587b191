// The two panels beside the log: always in sight on a wide screen, behind buttons on a narrow one.

/** Lets a button open and close a panel, which also closes by Escape and by a click elsewhere. */
export class Panel {
  #panel;
  #button;

  constructor(panel, button) {
    this.#panel = panel;
    this.#button = button;
    button.addEventListener("click", () => (this.#isOpen ? this.close() : this.#open()));
    document.addEventListener("keydown", ({ key }) => {
      if (key === "Escape" && this.#isOpen) this.#closeByHand();
    });
    document.addEventListener("pointerdown", ({ target }) => {
      if (!panel.contains(target) && !button.contains(target)) this.close();
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
    this.#panel.querySelector("a, button, input")?.focus();
  }

  #closeByHand() {
    this.close();
    this.#button.focus();
  }
}
