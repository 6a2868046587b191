// The panel to search the room.

import { reasonOf, t } from "../i18n/strings.js";
import { when } from "../log/row.js";
import { field, make } from "./make.js";

/**
 * Shows a search in `panel`. Calls `onFind` with a query and its narrowing by author and time,
 * `onMore` for more hits, and `onGo` with the number of a hit.
 */
export class Search {
  #list;
  #state;
  #more;
  #shown = []; // the state that is shown

  constructor(panel, { onFind, onMore, onGo }) {
    this.#list = make("ol");
    this.#state = make("p", { role: "status" });
    this.#more = make("button", { className: "more small", type: "button", hidden: true }, t("search.more"));
    const form = makeForm();
    panel.append(form, this.#state, this.#list, this.#more);
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      const { query, from, since, until } = event.target.elements;
      onFind(query.value.trim(), narrowing(from.value.trim(), since.value, until.value));
    });
    this.#more.addEventListener("click", onMore);
    this.#list.addEventListener("click", ({ target }) => {
      const { seq } = target.closest("button")?.dataset ?? {};
      if (seq) onGo(Number(seq));
    });
  }

  /** Shows the hits, if the search is in this room. */
  show(finder, room) {
    const isHere = finder.room === room.name;
    const { hits, state, more } = isHere ? finder : { hits: [], state: "idle", more: false };
    const now = [hits, state, room];
    if (now.every((part, place) => part === this.#shown[place])) return;
    if (this.#shown[0] !== hits) this.#list.replaceChildren(...hits.map(item));
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
  const details = make("details", {}, make("summary", {}, t("search.narrow")), ...fields);
  return make("form", { role: "search", autocomplete: "off" }, label, row, details);
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

function item({ seq, ts, from, snippet, marks }) {
  const button = document.createElement("button");
  button.type = "button";
  button.dataset.seq = seq;
  const name = make("bdi", { className: "author" }, from?.nick ?? t("row.nameless"));
  const time = make("time", {}, when(ts, "short"));
  time.dateTime = new Date(ts).toISOString();
  const words = make("span", { className: "words", dir: "auto" }, ...marked(snippet, marks));
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
