// The order of the list of rooms, the field that filters it, and the quiet ones that are folded.

import { t } from "../i18n/strings.js";
import { recall } from "../storage/storage.js";
import { button, make } from "./make.js";

const LETTERS = 64; // characters of the field

/** Changes the list in `nav`, whose items others make. `wishes` are those of the user, `order` is as in state/room-order.js. */
export class RoomSections {
  #list;
  #wishes;
  #rules;
  #since = new Map(); // when rooms were joined, by name
  #isOpen = false; // whether quiet rooms are shown
  #fold = make("li", { className: "fold", hidden: true });
  #button = button("", () => this.#toggle(), "plain");
  #filter = make("input", { type: "search", id: "filter-rooms", maxLength: LETTERS, dir: "auto", hidden: true });
  #active = null; // the room that is in sight
  #shown = []; // the last arguments

  constructor(nav, wishes, order) {
    this.#list = nav.querySelector("ul");
    this.#wishes = wishes;
    this.#rules = order;
    this.#fold.append(this.#button);
    this.#filter.placeholder = this.#filter.ariaLabel = t("rooms.filter");
    this.#filter.autocomplete = "off";
    this.#filter.addEventListener("input", () => this.show(...this.#shown));
    this.#list.before(this.#filter);
  }

  /** Shows the rooms in their order; all are in the list. */
  show(rooms, active) {
    this.#shown = [rooms, active];
    const about = (name) => ({ ...this.#wishes.of(name), since: this.#joined(name) });
    const { arrange, hasLetters, MANY } = this.#rules;
    const { shown, quiet } = arrange(rooms, { active, about, now: Date.now() });
    const items = new Map([...this.#list.querySelectorAll("a")].map((link) => [link.dataset.room, link.closest("li")]));
    const fold = quiet.length ? [this.#fold] : [];
    if (!quiet.length) this.#fold.remove();
    this.#order([...shown.map((name) => items.get(name)), ...fold, ...quiet.map((name) => items.get(name))]);
    this.#filter.hidden = rooms.size <= MANY;
    const letters = this.#filter.hidden ? "" : this.#filter.value;
    for (const [name, item] of items) {
      const isFound = name === active || hasLetters(rooms.get(name).label, letters);
      item.hidden = letters ? !isFound : quiet.includes(name) && !this.#isOpen;
      const { isTop, tell } = this.#wishes.of(name);
      item.classList.toggle("top", isTop);
      item.classList.toggle("muted", tell === "nothing");
    }
    this.#tellQuiet(letters ? 0 : quiet.length);
    if (active !== this.#active) items.get(active)?.scrollIntoView({ block: "nearest" });
    this.#active = active;
  }

  #tellQuiet(count) {
    this.#fold.hidden = !count;
    const words = t("rooms.quiet", { count });
    if (this.#button.textContent !== words) this.#button.textContent = words;
    this.#button.ariaExpanded = String(this.#isOpen);
  }

  #toggle() {
    this.#isOpen = !this.#isOpen;
    this.show(...this.#shown);
  }

  /** Returns when a room was joined, as the browser remembers it; now if it does not. */
  #joined(name) {
    if (!this.#since.has(name)) this.#since.set(name, recall(`room.${name}`, Date.now()));
    return this.#since.get(name);
  }

  /** Brings the items into an order; the focus stays where it is. */
  #order(items) {
    const { children } = this.#list;
    if (items.length === children.length && items.every((item, place) => item === children[place])) return;
    const focused = document.activeElement;
    const isInside = this.#list.contains(focused);
    this.#list.append(...items);
    if (isInside) focused.focus({ preventScroll: true });
  }
}
