// What goes with the draft, above the field: a chip for each file, with its progress and what can be done with it.

import { t } from "../i18n/strings.js";
import { shortName, sizeWords } from "../log/file-facts.js";
import { icon, nameOf } from "../log/gallery.js";
import { button, make } from "../panels/make.js";

const NAME = 24; // characters of a name that are shown

/**
 * Shows chips before the element `form`. A chip is { key, name, size, look?, alt?, isPicture, state, share, reason? }: the
 * state is "preparing", "ready", "waiting" (for a connection), "uploading" with its `share` from 0 to 1, "done", or "failed" with
 * the `reason` in words. Calls `onRemove`, `onRetry` and `onDescribe` with a chip's key.
 */
export class Chips {
  #list = make("ul", { className: "chips" });
  #on;
  #items = new Map(); // {item, parts, shown} by key

  constructor(form, handlers) {
    this.#on = handlers;
    this.#list.ariaLabel = t("files.chips");
    this.#list.hidden = true;
    form.before(this.#list);
  }

  /** Shows these chips, and no others. */
  show(chips) {
    const keys = new Set(chips.map(({ key }) => key));
    for (const [key, { item }] of this.#items) if (!keys.has(key)) this.#remove(key, item);
    for (const chip of chips) this.#update(chip);
    this.#list.hidden = !chips.length;
  }

  /** Shows how much of a file is uploaded, from 0 to 1. */
  progress(key, share) {
    const bar = this.#items.get(key)?.parts.bar;
    if (bar) bar.value = share;
  }

  #remove(key, item) {
    const hadFocus = item.contains(document.activeElement);
    const next = item.nextElementSibling ?? item.previousElementSibling;
    item.remove();
    this.#items.delete(key);
    if (hadFocus) next?.querySelector(".remove").focus();
  }

  #update(chip) {
    const known = this.#items.get(chip.key) ?? this.#add(chip);
    const { parts, shown } = known;
    if (shown && Object.keys(chip).every((name) => name === "share" || chip[name] === shown[name])) return;
    known.shown = chip;
    known.item.className = chip.state;
    parts.look.style.backgroundImage = chip.look ? `url("${chip.look}")` : "";
    parts.look.replaceChildren(...(chip.look ? [] : [icon("file")]));
    parts.name.replaceChildren(nameOf(chip, NAME));
    parts.state.textContent = wordsOf(chip);
    parts.bar.hidden = chip.state !== "uploading";
    parts.bar.value = chip.share ?? 0;
    parts.retry.hidden = !chip.canRetry;
    parts.describe.hidden = !chip.isPicture;
    parts.describe.ariaPressed = String(Boolean(chip.alt));
    parts.describe.title = chip.alt || t("files.describeWhy");
  }

  #add({ key, name }) {
    const short = shortName(name);
    const on = (what) => () => this.#on[what](key);
    const label = (element, words) => Object.assign(element, { ariaLabel: words, title: words });
    const parts = {
      look: make("span", { className: "look", ariaHidden: "true" }),
      name: make("span", { className: "name" }),
      state: make("span", { className: "state", role: "status" }),
      bar: make("progress", { max: 1, value: 0, ariaLabel: t("files.uploading", { name: short }) }),
      retry: button(t("files.retry"), on("onRetry"), "retry small"),
      describe: button(t("files.alt"), on("onDescribe"), "describe small"),
      remove: button("×", on("onRemove"), "remove plain"),
    };
    parts.retry.ariaLabel = t("files.retryOne", { name: short });
    parts.describe.ariaLabel = t("files.describeOne", { name: short });
    label(parts.remove, t("files.remove", { name: short }));
    const words = make("span", { className: "words" }, parts.name, parts.state, parts.bar);
    const item = make("li", {}, parts.look, words, parts.retry, parts.describe, parts.remove);
    this.#list.append(item);
    const added = { item, parts, shown: null };
    this.#items.set(key, added);
    return added;
  }
}

function wordsOf({ state, size, reason }) {
  if (state === "failed") return reason;
  if (state === "preparing") return t("files.preparing");
  const words = sizeWords(size);
  return state === "waiting" ? `${words} · ${t("files.waiting")}` : words;
}
