// One row of the log as elements: author, time, text and state, without HTML.

import { cut } from "../i18n/characters.js";
import { locale, reasonOf, t } from "../i18n/strings.js";
import { actionOf, isEmojiAlone, plain } from "./markup.js";
import { calm, prose } from "./prose.js";

const TIMES = {
  clock: { timeStyle: "short" },
  calendar: { dateStyle: "full", timeStyle: "medium" },
  short: { dateStyle: "medium", timeStyle: "short" },
  day: { weekday: "long", day: "numeric", month: "long" },
};
const formats = {}; // of TIMES, made when they are needed first
const FOLDED = 20; // lines of a message, of which more are shown on demand
const QUOTED = 200; // characters of a quoted message that are shown
const PARTS = ["day", "new", "head", "when", "quote", "text", "unfold", "files", "reactions", "trouble"]; // from top to bottom

/** Shows the files of a message in an element: `fill` keeps them in `waiting` until what does that is loaded. */
export const gallery = { waiting: [], fill: (...files) => gallery.waiting.push(files) };

/** Returns an empty row. */
export function makeRow() {
  const row = make("div", "message");
  row.role = "article";
  row.tabIndex = -1;
  const text = make("div", "text");
  text.dir = "auto";
  row.append(text);
  return row;
}

/** Returns the element with the text of a row. */
export function wordsOf(row) {
  return row.querySelector(":scope > .text");
}

/**
 * Fills a row with an entry of `Entries`, for the user `me`. `before` is the entry that it showed, if
 * any; parts that have not changed stay.
 */
export function fillRow(row, entry, before, me) {
  const { kind, item, isFirst, isDay, isNew, waits, isIgnored, count } = entry;
  row.className = classes(entry, me);
  if (!isAlike(before, entry)) fillWords(row, entry, me);
  put(row, "day", isDay && make("p", "day", when(item.ts, "day")));
  put(row, "new", isNew && make("p", "new", t("row.new")));
  const hasHead = isFirst && !isAction(item) && !isIgnored;
  put(row, "head", hasHead && head(entry));
  put(row, "when", kind !== "note" && !hasHead && !count && time(item.ts, "when"));
  put(row, "quote", kind !== "note" && item.reply && !isIgnored && !count && quote(item, entry.quoted, entry.hidesQuote));
  put(row, "unfold", wordsOf(row).classList.contains("folded") && unfold(item));
  if (before?.item.files !== item.files || before?.isIgnored !== isIgnored) put(row, "files", !isIgnored && item.files && files(item));
  put(row, "reactions", kind === "message" && !item.deleted && !isIgnored && reactions(item, me));
  const { pending } = item;
  const changes = pending?.find(({ state }) => state === "failed") ?? pending?.find(isOpenChange);
  const open = kind === "outgoing" ? item : changes;
  put(row, "trouble", open && trouble(open, waits));
}

function classes({ kind, item, author, isFirst, isIgnored, isMention }, me) {
  const isOther = author && author.id !== me?.id && !isIgnored;
  const { pending } = item;
  return [
    ...["message", kind, item.about, item.state, item.deleted && "deleted", isFirst && "first", isIgnored && "ignored"],
    pending?.some(isOpenChange) && "outgoing",
    pending?.some(({ state }) => state === "failed") && "failed",
    isAction(item) && !isIgnored && "action",
    isOther && !item.deleted && isMention(item.text) && "mentioned",
  ]
    .filter(Boolean)
    .join(" ");
}

/** Whether an entry of the queue is an open change of the message's text. */
function isOpenChange({ t: kind, state }) {
  return kind !== "react" && state !== "failed";
}

function isAction({ text, deleted }) {
  return !deleted && Boolean(text) && actionOf(text) !== null;
}

function isAlike(before, { item, author, isIgnored, count, words }) {
  const parts = ["text", "deleted", "edited", "why"];
  return (
    before &&
    before.count === count &&
    before.words === words &&
    parts.every((part) => before.item[part] === item[part]) &&
    before.author?.nick === author?.nick &&
    before.isIgnored === isIgnored
  );
}

function fillWords(row, { item, author, shade, isIgnored, knows, count, words: heeded }, me) {
  wordsOf(row).classList.remove("folded", "large");
  if (isIgnored && !item.deleted) return wordsOf(row).replaceChildren(t("row.ignored"));
  const isText = item.text && !item.deleted && item.t !== "topic";
  const words = () => (count ? gone(count) : item.files ? "" : plainWords(item));
  const shown = isText ? prose(actionOf(item.text) ?? item.text, me?.nick, knows, author?.id === me?.id ? [] : heeded) : [words()];
  if (isAction(item)) shown.unshift("* ", nick(author, shade), " ");
  if (isAction(item) && item.edited) shown.push(" ", mark(item));
  wordsOf(row).replaceChildren(...shown);
  wordsOf(row).classList.toggle("folded", Boolean(isText) && linesOf(item) > FOLDED);
  return wordsOf(row).classList.toggle("large", Boolean(isText) && isEmojiAlone(item.text));
}

function linesOf({ text }) {
  return text.split("\n").length;
}

function unfold(item) {
  const button = act("unfold small", "unfold", {});
  button.append(t("row.unfold", { count: linesOf(item) }));
  return button;
}

/** Returns the text of a message, a note, or a change of an unknown message, without marks. */
export function plainWords({ t: kind, text, deleted, about, words, emoji, from, why, files = [] }, author = from) {
  if (about) return words ?? t(`note.${about}`);
  if (deleted || kind === "delete") return t("row.deleted") + (why ? `: \u2068${why}\u2069` : "");
  if (kind === "topic") return t("row.topic", { text });
  const action = text && actionOf(text);
  return action ? `${nickOf(author)} ${reads(action)}` : reads(text || emoji || files.map(({ alt, name }) => alt || name).join(", "));
}

/** Returns that so many messages are gone. */
export function gone(count) {
  return t("row.cleared", { count });
}

/** Returns a text without its marks. */
function reads(text) {
  return calm(plain(text));
}

export function nickOf(author) {
  return author?.nick ?? t("row.nameless");
}

/** Returns a time in the user's locale; `style` is one of TIMES. */
export function when(ts, style) {
  formats[style] ??= new Intl.DateTimeFormat(locale(), TIMES[style]);
  return formats[style].format(ts);
}

/** Replaces a part of a row; removes it if `part` is false. */
function put(row, name, part) {
  row.querySelector(`:scope > .${name}`)?.remove();
  if (!part) return;
  const order = ({ classList }) => PARTS.indexOf(classList[0]);
  const next = [...row.children].find((other) => order(other) > order(part));
  row.insertBefore(part, next ?? null);
}

function nick(author, shade) {
  return make("bdi", `author ${hue(shade)}`, nickOf(author));
}

/** Returns the class of a person's colour, given its number; null for somebody without a name. */
export function hue(shade) {
  return shade === null ? "nameless" : `hue${shade}`;
}

/** Returns a person's initial. */
export function initial(author) {
  return Array.from(nickOf(author))[0].toUpperCase();
}

function head({ item, author, shade }) {
  const line = make("div", `head ${hue(shade)}`);
  line.dataset.initial = initial(author);
  line.append(nick(author, shade), time(item.ts), item.edited ? mark(item) : "");
  return line;
}

/** Returns that a message was edited, as a button that shows its earlier texts; a deleted one has none. */
function mark({ seq, deleted }) {
  const words = t("row.edited");
  if (!seq || deleted) return make("span", "edited", words);
  const button = act("edited plain", "edits", { seq });
  button.append(words);
  button.ariaLabel = button.title = t("row.edits", { edited: words });
  return button;
}

function time(ts, className = "") {
  const element = make("time", className, when(ts, "clock"));
  element.dateTime = new Date(ts).toISOString();
  element.title = when(ts, "calendar");
  return element;
}

/** Returns a button with the message that is replied to, as far as known and not hidden; a click jumps to it. */
export function quote({ reply }, quoted, isHidden = false) {
  const button = act("quote", "jump", { seq: reply });
  if (quoted === false) button.disabled = true;
  if (!quoted || quoted.deleted) {
    button.append(quoted === null ? "…" : t("row.gone"));
    return button;
  }
  if (isHidden) {
    button.append(t("row.ignored"));
    return button;
  }
  const name = make("bdi", "author", nickOf(quoted.from));
  const words = plainWords({ ...quoted, text: actionOf(quoted.text) ?? quoted.text });
  button.append(name, make("bdi", "", cut(words, QUOTED)));
  button.title = t("row.jump");
  return button;
}

function files(item) {
  const place = make("div", "files");
  gallery.fill(place, item);
  return place;
}

function reactions({ seq, reactions }, me) {
  const all = Object.entries(reactions);
  if (!all.length) return null;
  const line = make("div", "reactions");
  for (const [emoji, people] of all) {
    const chip = act("reaction", "react", { seq, emoji });
    chip.append(make("bdi", "", emoji), ` ${people.length}`);
    chip.title = people.map(({ nick }) => nick).join(", ");
    chip.ariaPressed = String(people.some(({ id }) => id === me?.id));
    line.append(chip);
  }
  return line;
}

/** Returns the state of a message that is not confirmed yet. */
function trouble({ cid, state, reason }, waits) {
  const line = make("div", "trouble");
  if (state !== "failed") { // the style sheet shows it after a while
    line.append(make("span", waits ? "late away" : "late", t(waits ? "row.waiting" : "row.sending")));
    return line;
  }
  const buttons = ["retry", "delete"].map((what) => act("small", what, { cid }));
  for (const button of buttons) button.append(t(`row.${button.dataset.act}`));
  line.append(make("span", "", t("row.failed", { reason: reasonOf(reason) })), ...buttons);
  return line;
}

/** Returns a button that the log's listener handles, by its data. */
function act(className, name, data) {
  const button = make("button", className);
  button.type = "button";
  Object.assign(button.dataset, { act: name, ...data });
  return button;
}

function make(tag, className, text = "") {
  const element = document.createElement(tag);
  if (className) element.className = className;
  element.textContent = text;
  return element;
}
