// A field to type a room's name in, with the list of the rooms that fit, one of which Enter chooses.

import { t } from "../i18n/strings.js";
import { make } from "./make.js";

const SHOWN = 100; // rooms; of more, a line says that there are others
const WAYS = { ArrowDown: 1, ArrowUp: -1 };

/**
 * Shows in `field` and `list` what `options` returns for a query: {room, label, words, facts, className}, where
 * words and facts are what is said of the room. Calls `onGo` with the name of the room that is chosen.
 */
export class RoomChoice {
  field;
  list = make("ul", { role: "listbox", id: "rooms-to-choose" });
  rest = make("p", { className: "rest", hidden: true });
  #options;
  #onGo;
  #active = 0; // the place of the option that Enter chooses

  constructor(field, label, { options, onGo }) {
    this.field = field;
    this.#options = options;
    this.#onGo = onGo;
    this.list.ariaLabel = label;
    Object.assign(field, { role: "combobox", ariaAutoComplete: "list" });
    field.setAttribute("aria-controls", this.list.id);
    field.addEventListener("input", () => {
      this.#active = 0;
      this.show();
    });
    field.addEventListener("keydown", (event) => this.#press(event));
    this.list.addEventListener("click", ({ target }) => this.#choose(target.closest("li")));
  }

  /** Shows the options as they are now. */
  show() {
    const all = this.#options(this.field.value);
    const shown = all.slice(0, SHOWN);
    this.list.replaceChildren(...shown.map(item));
    this.list.hidden = !shown.length;
    this.field.ariaExpanded = String(shown.length > 0);
    this.rest.hidden = all.length === shown.length;
    this.rest.textContent = t("finding.rest", { count: all.length - shown.length });
    this.#activate(this.#active);
  }

  #press(event) {
    if (event.isComposing || event.keyCode === 229) return; // the latter in Safari
    const way = WAYS[event.key];
    if (!way && event.key !== "Enter") return;
    event.preventDefault();
    if (way) this.#activate(this.#active + way);
    else this.#choose(this.list.children[this.#active]);
  }

  #activate(place) {
    const items = [...this.list.children];
    this.#active = items.length ? (place + items.length) % items.length : 0;
    items.forEach((one, at) => one.setAttribute("aria-selected", at === this.#active));
    const active = items[this.#active];
    this.field.setAttribute("aria-activedescendant", active?.id ?? "");
    active?.scrollIntoView({ block: "nearest" });
  }

  #choose(option) {
    if (option) this.#onGo(option.dataset.room);
  }
}

function item({ room, label, words = "", facts = [], className = "" }, place) {
  const name = make("b", {}, make("bdi", {}, label));
  const topic = words && make("span", { className: "topic", dir: "auto" }, words);
  const said = facts.length && make("span", { className: "facts" }, facts.join(" · "));
  // The blanks are for screen readers, which read the parts as one name.
  const option = make("li", { role: "option", id: `room-to-choose-${place}`, className }, name, " ", topic, " ", said);
  option.dataset.room = room;
  return option;
}
