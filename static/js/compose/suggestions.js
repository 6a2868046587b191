// The list of completions below the field; Tab or Enter inserts one.

import { t } from "../i18n/strings.js";
import { completions } from "./completion.js";
import { insert } from "./insertion.js";

/** Offers completions in `field` of `form`; `people` returns the people to complete names from. */
export class Suggestions {
  #field;
  #people;
  #list = document.createElement("ul");
  #found = { start: 0, candidates: [] };
  #chosen = 0;
  #emoji = null; // until they are needed and loaded
  #isChosen = false; // whether the user has chosen with an arrow key

  constructor(form, field, people) {
    this.#field = field;
    this.#people = people;
    this.#list.id = "suggestions";
    this.#list.role = "listbox";
    this.#list.ariaLabel = t("suggestions.title");
    this.#list.hidden = true;
    form.append(this.#list);
    // A multi-line field cannot have the role combobox, but may point to an active option.
    field.setAttribute("aria-autocomplete", "list");
    field.setAttribute("aria-controls", this.#list.id);
    // On phones all typing is composing, and a tap takes a completion.
    const isLeftAlone = (event) => event.isComposing && !matchMedia("(pointer: coarse)").matches;
    field.addEventListener("input", (event) => !isLeftAlone(event) && this.#look());
    field.addEventListener("compositionstart", () => this.close());
    field.addEventListener("compositionend", () => this.#look());
    form.addEventListener("submit", () => this.close());
    field.addEventListener("blur", () => this.close());
    field.addEventListener("click", () => this.close());
    field.addEventListener("keydown", (event) => this.#pressed(event), { capture: true });
    this.#list.addEventListener("pointerdown", (event) => event.preventDefault()); // the field keeps the focus
    this.#list.addEventListener("click", ({ target }) => {
      const option = target.closest("[role=option]");
      if (option) this.#take([...this.#list.children].indexOf(option));
    });
  }

  close() {
    this.#found = { start: 0, candidates: [] };
    this.#hide();
  }

  #hide() {
    this.#list.hidden = true;
    this.#list.replaceChildren();
    this.#field.removeAttribute("aria-activedescendant");
  }

  #look() {
    const { value, selectionStart, selectionEnd } = this.#field;
    this.#found = completions(value, selectionStart, this.#people(), this.#emoji);
    const { candidates } = this.#found;
    if (value.includes(":")) this.#loadEmoji();
    if (!candidates.length || selectionStart !== selectionEnd) return this.#hide();
    this.#list.replaceChildren(...candidates.map(option));
    this.#list.hidden = false;
    return this.#choose(0, false);
  }

  async #loadEmoji() {
    if (this.#emoji) return;
    const { EMOJI } = await import("./emoji.js").catch(() => ({ EMOJI: null })); // then the next key tries again
    if (!EMOJI || this.#emoji) return;
    this.#emoji = EMOJI;
    if (document.activeElement === this.#field) this.#look();
  }

  /** Completes an emoji when they are there; with Enter, what is none is sent then. */
  async #await(key) {
    await this.#loadEmoji();
    if (!this.#list.hidden && !this.#isWhole) this.#take(this.#chosen);
    else if (key === "Enter") this.#field.form.requestSubmit();
  }

  #choose(place, isChosen) {
    const options = [...this.#list.children];
    this.#chosen = (place + options.length) % options.length;
    this.#isChosen = isChosen;
    options.forEach((one, other) => (one.ariaSelected = String(other === this.#chosen)));
    options[this.#chosen].scrollIntoView({ block: "nearest" });
    this.#field.setAttribute("aria-activedescendant", options[this.#chosen].id);
  }

  #pressed(event) {
    const { key, shiftKey, ctrlKey, altKey, metaKey, isComposing, keyCode } = event;
    const isPlain = !shiftKey && !ctrlKey && !altKey && !metaKey;
    if (isComposing || keyCode === 229 || !isPlain) return;
    const isAwaited = this.#found.lacksEmoji && (key === "Tab" || key === "Enter");
    if (this.#list.hidden && !isAwaited) return;
    if (isAwaited) this.#await(key);
    else if (key === "ArrowUp" || key === "ArrowDown") {
      this.#choose(this.#chosen + (key === "ArrowUp" ? -1 : 1), true);
    } else if (key === "Tab" || (key === "Enter" && !this.#isWhole)) this.#take(this.#chosen);
    else if (key === "Escape") this.close();
    else {
      if (/^(Arrow|Home|End|Page)/.test(key)) this.close();
      return;
    }
    event.preventDefault();
    event.stopPropagation();
  }

  /** Whether the word is complete: then Enter sends, unless the user has chosen. */
  get #isWhole() {
    const word = this.#field.value.slice(this.#found.start, this.#field.selectionStart);
    const { value } = this.#found.candidates[this.#chosen];
    return !this.#isChosen && word.toLowerCase() === value.trim().toLowerCase();
  }

  #take(place) {
    const { start, candidates } = this.#found;
    const { value, selectionEnd } = this.#field;
    const word = candidates[place].value;
    const isGap = word.endsWith(" ") && value[selectionEnd] === " ";
    insert(this.#field, isGap ? word.trimEnd() : word, start, selectionEnd);
    if (isGap) this.#field.selectionStart = this.#field.selectionEnd + 1;
    this.close();
  }
}

function option({ label }, place) {
  const element = document.createElement("li");
  element.id = `suggestion-${place}`;
  element.role = "option";
  const words = document.createElement("bdi");
  words.textContent = label.startsWith("/") ? t(`command.${label.slice(1)}`) : label;
  element.append(words);
  return element;
}
