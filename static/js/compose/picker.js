// The dialog to choose an emoji: the common ones, and all others by name.

import { t } from "../i18n/strings.js";
import { beside, open } from "../panels/dialog.js";
import { EMOJI, emojiOf, USUAL } from "./emoji.js";

const FIRST = 6; // of the common emoji

/** Opens the dialog beside a place on the page; calls `onPick` with an emoji, if one is chosen. */
export function openPicker(place, title, onPick) {
  const first = USUAL.slice(0, FIRST);
  const rest = EMOJI.filter(({ emoji }) => !first.includes(emoji));
  const usual = grid(first.map((emoji) => EMOJI.find((one) => one.emoji === emoji)));
  const field = search();
  const others = grid(rest);
  const dialog = open("picker", title, usual, field, others);
  beside(dialog, place);
  field.addEventListener("input", () => {
    const shown = field.value.trim() ? found(field.value) : rest;
    others.replaceChildren(...shown.map(button));
  });
  dialog.addEventListener("keydown", (event) => press(event, dialog, field));
  dialog.addEventListener("click", ({ target }) => {
    const { emoji } = target.closest("button")?.dataset ?? {};
    if (!emoji) return;
    dialog.close();
    onPick(emoji);
  });
  usual.firstChild.focus();
}

/** Returns the emoji with a name that begins so, and the typed text if it is an emoji. */
function found(text) {
  const query = text.trim().toLowerCase().replaceAll(":", "");
  const named = EMOJI.filter(({ names }) =>
    names.some((name) => name.split("_").some((_, place, parts) => parts.slice(place).join("_").startsWith(query))),
  );
  const typed = emojiOf(text.trim());
  const isListed = named.some(({ emoji }) => emoji === typed);
  return typed && !isListed ? [{ emoji: typed, names: [typed] }, ...named] : named;
}

function press(event, dialog, field) {
  const { key, target } = event;
  if (target === field) {
    if (key !== "Enter" && key !== "ArrowDown") return;
    event.preventDefault(); // else Safari also presses the button that gets the focus
    const first = dialog.querySelector("div:last-child button");
    if (key === "Enter") first?.click();
    else first?.focus();
  } else if (key.startsWith("Arrow")) {
    event.preventDefault();
    beyond(target, key, dialog)?.focus();
  } else if (key.length === 1 && key !== " " && !event.ctrlKey && !event.metaKey) field.focus();
}

/** Returns the control next to a button, in the direction of an arrow key. */
function beyond(from, key, dialog) {
  const controls = [...dialog.querySelectorAll("button, input")];
  const place = controls.indexOf(from);
  if (key === "ArrowLeft") return controls[place - 1];
  if (key === "ArrowRight") return controls[place + 1];
  const { top, left } = from.getBoundingClientRect();
  const isUp = key === "ArrowUp";
  const rest = isUp ? controls.slice(0, place).reverse() : controls.slice(place + 1);
  const next = rest.find((one) => one.getBoundingClientRect().top !== top);
  const row = rest.filter((one) => next && one.offsetTop === next.offsetTop);
  const distance = (one) => Math.abs(one.getBoundingClientRect().left - left);
  return row.sort((one, other) => distance(one) - distance(other))[0];
}

function search() {
  const field = document.createElement("input");
  field.type = "search";
  field.placeholder = field.ariaLabel = t("picker.search");
  field.autocomplete = "off";
  return field;
}

function grid(list) {
  const element = document.createElement("div");
  element.append(...list.map(button));
  return element;
}

function button({ emoji, names }) {
  const element = document.createElement("button");
  element.type = "button";
  element.dataset.emoji = element.textContent = emoji;
  element.title = names[0].replaceAll("_", " ");
  element.ariaLabel = `${emoji} ${names.join(", ").replaceAll("_", " ")}`;
  return element;
}
