// The panel to search the room.

import { lengthOf } from "../i18n/characters.js";
import { reasonOf, t } from "../i18n/strings.js";
import { when } from "../log/row.js";
import { box, field, make } from "./make.js";

const PAUSE = 300; // ms after a key, before what is typed is searched
const LEAST = 2; // characters that are searched as they are typed

/**
 * Shows a search in `panel`. Calls `onFind`, also while the user types, with a query, its narrowing by author and time, and
 * whether it is in all rooms; `onMore` for more hits, and `onGo` with the number of a hit and its room. `labelOf` returns
 * what a room is called.
 */
export class Search {
  #list;
  #state;
  #more;
  #shown = []; // the state that is shown

  #labelOf;
  #timer = null; // until what is typed is searched

  constructor(panel, { onFind, onMore, onGo, labelOf }) {
    this.#labelOf = labelOf;
    this.#list = make("ol");
    this.#state = make("p", { role: "status" });
    this.#more = make("button", { className: "more small", type: "button", hidden: true }, t("search.more"));
    const form = makeForm();
    panel.append(form, this.#state, this.#list, this.#more);
    const { query, from, since, until, everywhere } = form.elements;
    const find = (words) => {
      clearTimeout(this.#timer);
      onFind(words, narrowing(from.value.trim(), since.value, until.value), everywhere.checked);
    };
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      find(query.value.trim());
    });
    query.addEventListener("input", ({ isComposing }) => {
      clearTimeout(this.#timer);
      if (!isComposing) this.#timer = setTimeout(() => find(beginning(query.value)), PAUSE);
    });
    everywhere.addEventListener("change", () => find(query.value.trim()));
    this.#more.addEventListener("click", onMore);
    this.#list.addEventListener("click", ({ target }) => {
      const { seq, room } = target.closest("button")?.dataset ?? {};
      if (seq) onGo(Number(seq), room);
    });
  }

  /** Shows the hits, if the search is in this room. */
  show(finder, room) {
    const isHere = finder.isWide || finder.room === room.name;
    const { hits, state, more } = isHere ? finder : { hits: [], state: "idle", more: false };
    const now = [hits, state, room];
    if (now.every((part, place) => part === this.#shown[place])) return;
    if (this.#shown[0] !== hits) this.#list.replaceChildren(...hits.map((hit) => item(hit, finder.isWide && this.#labelOf(hit.room))));
    this.#shown = now;
    this.#state.textContent = wordsFor(state, hits, more, finder.reason);
    this.#more.hidden = state !== "done" || !more;
  }
}

function makeForm() {
  const [label, query] = field(t("search.label"), { id: "query", type: "search", dir: "auto", maxLength: 200 });
  const person = { id: "from", maxLength: 256, dir: "auto", autocapitalize: "none" };
  const fields = [
    ...field(t("search.from"), person),
    ...field(t("search.since"), { id: "since", type: "date" }),
    ...field(t("search.until"), { id: "until", type: "date" }),
  ];
  for (const one of [query, ...fields]) one.enterKeyHint = "search";
  const row = make("span", { className: "row" }, query, make("button", {}, t("search.button")));
  const [everywhere, control] = box(t("search.everywhere"));
  control.name = "everywhere";
  const details = make("details", {}, make("summary", {}, t("search.narrow")), ...fields);
  return make("form", { role: "search", autocomplete: "off" }, label, row, everywhere, details);
}

/** Returns a query for what is typed so far: its last word may be the beginning of one; empty if it is too short. */
function beginning(typed) {
  const words = typed.trim();
  if (lengthOf(words) < LEAST) return "";
  return /[\p{L}\p{N}]$/u.test(typed) ? `${words}*` : words;
}

/** Returns the narrowing of the fields: days are in local time, the last one included. */
function narrowing(from, since, until) {
  const begin = startOf(since);
  const end = startOf(until, 1);
  return { ...(from && { from }), ...(begin && { since: begin }), ...(end && { until: end }) };
}

/** Returns the start of a day, `later` days later, in ms; NaN if the field is empty. */
function startOf(day, later = 0) {
  const date = new Date(`${day}T00:00`);
  date.setDate(date.getDate() + later); // a day may have 23 or 25 hours
  return Math.max(0, date.getTime());
}

function wordsFor(state, hits, more, reason) {
  if (state === "idle") return "";
  if (state === "failed") return reasonOf(reason);
  if (state !== "done") return t("search.looking");
  return t(more ? "search.foundMany" : "search.found", { count: hits.length });
}

/** Returns a hit; with the room's `label` in front if it may be in another one. */
function item({ room, seq, ts, from, snippet, marks }, label) {
  const button = document.createElement("button");
  button.type = "button";
  Object.assign(button.dataset, { seq, room });
  const name = make("bdi", { className: "author" }, from?.nick ?? t("row.nameless"));
  const time = make("time", {}, when(ts, "short"));
  time.dateTime = new Date(ts).toISOString();
  const words = make("span", { className: "words", dir: "auto" }, ...marked(snippet, marks));
  if (label) button.append(make("span", { className: "where" }, "#", make("bdi", {}, label)), " ");
  button.append(name, " ", time, " ", words);
  const element = document.createElement("li");
  element.append(button);
  return element;
}

/** Returns a text as nodes, with the marks in it; marks count characters, not UTF-16 units. */
function marked(text, marks) {
  const characters = Array.from(text);
  const part = (start, end) => characters.slice(start, end).join("");
  let done = 0;
  const nodes = [];
  for (const [start, end] of marks) {
    nodes.push(part(done, start), make("mark", {}, part(start, end)));
    done = end;
  }
  return [...nodes, part(done)];
}
