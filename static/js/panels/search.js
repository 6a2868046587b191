// The panel to search the room.

import { locale, reasonOf, t } from "../i18n/strings.js";

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
    this.#list = panel.querySelector("ol");
    this.#state = panel.querySelector("[role=status]");
    this.#more = panel.querySelector(".more");
    panel.querySelector("form").addEventListener("submit", (event) => {
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
  const name = make("bdi", "author", from?.nick ?? t("row.nameless"));
  const format = new Intl.DateTimeFormat(locale, { dateStyle: "medium", timeStyle: "short" });
  const time = make("time", "", format.format(ts));
  time.dateTime = new Date(ts).toISOString();
  const words = make("span", "words");
  words.dir = "auto";
  words.append(...marked(snippet, marks));
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
    nodes.push(part(done, start), make("mark", "", part(start, end)));
    done = end;
  }
  return [...nodes, part(done)];
}

function make(tag, className, text = "") {
  const element = document.createElement(tag);
  if (className) element.className = className;
  element.textContent = text;
  return element;
}
