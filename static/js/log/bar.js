// The bar with the actions on a message. There is one, on the message in use.

import { t } from "../i18n/strings.js";
import { actionsFor } from "./actions.js";

const ROOM_ABOVE = 40; // px that the bar needs above a message
const ICONS = {
  react: "M10 2.5a7.5 7.5 0 1 0 0 15 7.5 7.5 0 0 0 0-15M7.5 8v.5M12.5 8v.5M6.8 12c1.6 2 4.8 2 6.4 0",
  reply: "M8 5 3.5 9.5 8 14M4 9.5h7.5c3 0 5 2 5 5.5",
  copy: "M7 7h9v9.5H7zM4 13V3.5h9",
  link: "M8.5 11.5a3.5 3.5 0 0 0 5 0l3-3a3.5 3.5 0 0 0-5-5l-1 1M11.5 8.5a3.5 3.5 0 0 0-5 0l-3 3a3.5 3.5 0 0 0 5 5l1-1",
  forward: "M12 5l4.5 4.5L12 14M16 9.5H8.5c-3 0-5 2-5 5.5",
  edit: "M4 16l.8-3.5L13.5 3.8l2.7 2.7L7.5 15.2zM11.5 6l2.7 2.7",
  more: "M4.5 10h.01M10 10h.01M15.5 10h.01",
  delete: "M4 5.5h12M8 5.5V3.5h4v2M5.5 5.5l.8 11h7.4l.8-11M8.5 8.5v5M11.5 8.5v5",
};
const KEYS = { "+": "react", r: "reply", c: "copy", l: "link", f: "forward", e: "edit", Delete: "delete", m: "more" }; // on a message

/**
 * Shows the bar in the row of `lines` under the pointer, tapped, or with the focus. `acts` has a
 * function for each action, which gets the entry and the button; `log` returns a row's entry, and `may`
 * the user `me`, and whether they may `speak` and `moderate`.
 */
export class Bar {
  #log;
  #acts;
  #may;
  #element = document.createElement("div");
  #entry = null;
  #place = null; // of the pointer, when it moved last and the bar was shown
  #isPointedAt = false; // whether a mouse is over a row; after a touch, :hover stays true

  constructor(lines, log, acts, may) {
    this.#log = log;
    this.#acts = acts;
    this.#may = may;
    this.#element.className = "bar";
    this.#element.role = "toolbar";
    this.#element.ariaLabel = t("action.all");
    this.#element.append(...Object.keys(ICONS).map(button));
    this.#element.addEventListener("click", ({ target }) => this.#clicked(target));
    for (const move of ["pointerover", "pointermove"]) {
      lines.addEventListener(move, (event) => this.#pointed(event));
    }
    lines.addEventListener("pointerleave", ({ pointerType }) => {
      // A touch ends with pointerleave before its click.
      if (pointerType !== "mouse") return;
      this.#isPointedAt = false;
      if (!lines.contains(document.activeElement)) this.#hide();
    });
    lines.addEventListener("focusin", ({ target }) => this.#show(target));
    lines.addEventListener("focusout", ({ relatedTarget }) => {
      if (!lines.contains(relatedTarget) && !this.#isPointedAt) this.#hide();
    });
    // Not in all browsers a tap gives a row the focus.
    lines.addEventListener("click", ({ target }) => {
      if (!target.closest("a, button, pre")) target.closest(".message")?.focus({ preventScroll: true });
    });
    lines.addEventListener("keydown", (event) => this.#pressed(event));
  }

  /** Updates the bar to the entry that it is on. */
  refresh() {
    if (this.#entry && this.#element.isConnected) this.#show(this.#element);
  }

  /** Follows the pointer to another row, but not when the rows move under it. */
  #pointed({ target, pointerType, screenX, screenY }) {
    if (pointerType !== "mouse") return;
    this.#isPointedAt = true;
    const place = `${screenX} ${screenY}`;
    if (place === this.#place || this.#isInUse) return;
    this.#place = place;
    this.#show(target);
  }

  get #isInUse() {
    return this.#element.contains(document.activeElement);
  }

  get #buttons() {
    return [...this.#element.children].filter(({ hidden }) => !hidden);
  }

  #show(element) {
    const row = element.closest(".message");
    const entry = row && this.#log.entryOf(row);
    const names = entry ? actionsFor(entry, this.#may()) : [];
    if (!names.length) return this.#hide();
    this.#entry = entry;
    for (const one of this.#element.children) one.hidden = !names.includes(one.dataset.do);
    if (this.#element.parentNode === row) return undefined;
    row.append(this.#element);
    const { top } = row.getBoundingClientRect();
    const edge = row.parentNode.parentNode.getBoundingClientRect().top;
    return this.#element.classList.toggle("low", top - edge < ROOM_ABOVE);
  }

  #hide() {
    this.#entry = null;
    this.#place = null;
    this.#element.remove();
  }

  #clicked(target) {
    const clicked = target.closest("button");
    if (clicked) this.#acts[clicked.dataset.do](this.#entry, clicked);
  }

  #pressed(event) {
    if (event.altKey || event.ctrlKey || event.metaKey) return;
    const { key, target } = event;
    const isDone = target.role === "article" ? this.#pressedOnLine(key) : this.#pressedOnBar(key);
    if (!isDone) return;
    event.preventDefault();
    event.stopPropagation(); // else the log moves the focus
  }

  /** Enter moves the focus into the bar; KEYS do what its buttons do. */
  #pressedOnLine(key) {
    const name = key === "Enter" ? null : KEYS[key];
    if (name === undefined || !this.#entry) return false;
    const button = this.#buttons.find((one) => !name || one.dataset.do === name);
    if (name) button?.click();
    else button.focus();
    return true;
  }

  #pressedOnBar(key) {
    if (!this.#isInUse) return false;
    const buttons = this.#buttons;
    const forward = this.#element.matches(":dir(rtl)") ? "ArrowLeft" : "ArrowRight";
    const step = { ArrowLeft: -1, ArrowRight: -1, [forward]: 1 }[key];
    if (key === "Escape") this.#element.parentNode.focus({ preventScroll: true });
    else if (step) {
      const place = buttons.indexOf(document.activeElement) + step;
      buttons.at(place % buttons.length).focus();
    } else return false;
    return true;
  }
}

function button(name) {
  const element = document.createElement("button");
  element.type = "button";
  element.dataset.do = name;
  element.append(icon(name));
  const key = Object.keys(KEYS).find((one) => KEYS[one] === name);
  element.ariaLabel = t(`action.${name}`);
  element.title = `${t(`action.${name}`)} (${key.length > 1 ? t(`action.key${key}`) : key.toUpperCase()})`;
  return element;
}

/** Returns the icon of an action. */
export function icon(name) {
  return drawing(ICONS[name]);
}

/** Returns an icon with one line. */
export function drawing(path) {
  const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  svg.setAttribute("viewBox", "0 0 20 20");
  svg.setAttribute("aria-hidden", "true");
  const line = document.createElementNS(svg.namespaceURI, "path");
  line.setAttribute("d", path);
  svg.append(line);
  return svg;
}
