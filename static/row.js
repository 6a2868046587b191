// One line of the log as elements: who, when, what, and how it stands with it. Text stays text.

import { locale, reasonOf, t } from "./strings.js";

const TIMES = {
  clock: { timeStyle: "short" },
  calendar: { dateStyle: "full", timeStyle: "medium" },
  day: { weekday: "long", day: "numeric", month: "long" },
};
const formats = {}; // of TIMES, made when they are first needed
const HUES = 6; // colours of names
const PARTS = ["day", "head", "text", "reactions", "trouble"]; // from top to bottom

/** Returns an element for an entry of the log, still empty. */
export function makeRow() {
  const row = make("div", "message");
  row.append(make("p", "text"));
  row.firstChild.dir = "auto";
  return row;
}

/**
 * Lets a row show an entry: { kind: "message" | "outgoing" | "note", item, author, isFirst, isDay }.
 * What has not changed is not touched, lest a screen reader say it again.
 */
export function fillRow(row, { kind, item, author, isFirst, isDay }) {
  row.className = ["message", kind, item.state, item.deleted && "deleted", isFirst && "first"]
    .filter(Boolean)
    .join(" ");
  row.title = item.ts ? when(item.ts, "calendar") : "";
  const words = row.querySelector(".text");
  const text = wordsOf(item);
  if (words.textContent !== text) words.textContent = text;
  put(row, "day", isDay && day(item));
  put(row, "head", isFirst && head(item, author));
  put(row, "reactions", kind === "message" && reactions(item));
  put(row, "trouble", kind === "outgoing" && trouble(item));
}

/** Puts a part into its place in a row, instead of what was there; nothing if it is false. */
function put(row, name, part) {
  row.querySelector(`:scope > .${name}`)?.remove();
  if (!part) return;
  const order = ({ classList }) => PARTS.indexOf(classList[0]);
  const next = [...row.children].find((other) => order(other) > order(part));
  row.insertBefore(part, next ?? null);
}

function wordsOf({ text, deleted, about }) {
  if (about) return t(`note.${about}`);
  return deleted ? t("row.deleted") : calm(text);
}

/** A time in the user's way of writing it; `style` is one of TIMES. */
function when(ts, style) {
  formats[style] ??= new Intl.DateTimeFormat(locale, TIMES[style]);
  return formats[style].format(ts);
}

function day({ ts }) {
  return make("p", "day", when(ts, "day"));
}

function head({ ts, edited }, author) {
  const time = make("time", "", when(ts, "clock"));
  time.dateTime = new Date(ts).toISOString();
  time.ariaHidden = "true"; // a screen reader announces what was said, not when
  const name = make("bdi", "author", author?.nick ?? t("row.nameless"));
  name.classList.add(author ? `hue${hue(author.id)}` : "nameless");
  const line = make("div", "head");
  line.append(name, time, edited ? make("span", "edited", t("row.edited")) : "");
  return line;
}

function reactions({ reactions }) {
  const all = Object.entries(reactions);
  if (!all.length) return null;
  const line = make("div", "reactions");
  for (const [emoji, people] of all) {
    const chip = make("span", "reaction", `${emoji} ${people.length}`);
    chip.title = people.map(({ nick }) => nick).join(", ");
    line.append(chip);
  }
  return line;
}

/** How it stands with a message that is not kept yet. */
function trouble({ cid, state, reason }) {
  const line = make("div", "trouble");
  if (state !== "failed") {
    line.append(make("span", "late", t("row.sending"))); // shows after a while
    return line;
  }
  line.append(make("span", "", t("row.failed", { reason: reasonOf(reason) })), act("retry", cid), act("delete", cid));
  return line;
}

function act(what, cid) {
  const button = make("button", "small", t(`row.${what}`));
  button.type = "button";
  button.dataset.act = what;
  button.dataset.cid = cid;
  return button;
}

/** A colour that is always the same for a person. */
function hue(id) {
  let sum = 0;
  for (const character of id) sum = (sum * 31 + character.codePointAt(0)) % 997;
  return sum % HUES;
}

/** A text without the gaps that would push the others out of sight. */
function calm(text) {
  return text.replace(/\n\s*\n\s*\n/g, "\n\n");
}

function make(tag, className, text = "") {
  const element = document.createElement(tag);
  if (className) element.className = className;
  element.textContent = text;
  return element;
}
