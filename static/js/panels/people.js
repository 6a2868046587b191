// The list of the people in the room.

import { locale, t } from "../i18n/strings.js";
import { hue, initial } from "../log/row.js";
import { make } from "./make.js";

const PAGE = 200; // people that are shown at once
const MANY = 12; // people; for more there is a field that filters them
const LETTERS = 64; // characters of the field

/** Shows people in `aside`, and their number in `count`; calls `onRename` to change the user's name. */
export class People {
  #list;
  #title;
  #rest = make("button", { type: "button", className: "plain rest", hidden: true });
  #others;
  #filter = make("input", { type: "search", id: "filter-people", maxLength: LETTERS, dir: "auto", hidden: true });
  #count;
  #hasLetters;
  #most = PAGE; // people to show
  #shown = []; // the state that is shown
  #last = []; // the last arguments

  constructor(aside, count, { hasLetters, onRename }) {
    this.#list = aside.querySelector("ul");
    this.#title = aside.querySelector("h2");
    this.#others = aside.querySelector(".others");
    this.#count = count;
    this.#hasLetters = hasLetters;
    this.#filter.placeholder = this.#filter.ariaLabel = t("people.filter");
    this.#filter.autocomplete = "off";
    this.#list.before(this.#filter);
    this.#list.after(this.#rest);
    this.#filter.addEventListener("input", () => this.#redraw());
    this.#rest.addEventListener("click", () => this.#showMore());
    aside.querySelector("button.small").addEventListener("click", onRename);
  }

  /** Shows the people in a room, the user first. */
  show(room, me) {
    if (room !== this.#last[0]) this.#begin();
    this.#last = [room, me];
    const state = [room, room.membersVersion, me?.id, me?.nick, this.#most, this.#filter.value];
    if (state.every((part, place) => part === this.#shown[place])) return;
    this.#shown = state;
    const isMe = ({ id }) => id === me?.id;
    const found = this.#found(room, isMe);
    const shown = found.slice(0, this.#most);
    this.#list.replaceChildren(...shown.map((one) => item(one, room.shades.of(one.id), isMe(one))));
    this.#tellRest(room, found.length - shown.length);
    this.#count.textContent = room.population || "";
    this.#title.textContent = room.population ? t("people.count", { count: room.population }) : t("people.title");
  }

  #begin() {
    this.#most = PAGE;
    this.#filter.value = "";
  }

  /** Returns the people whose name has the letters of the field, in their order. */
  #found(room, isMe) {
    this.#filter.hidden = room.members.size <= MANY;
    const letters = this.#filter.hidden ? "" : this.#filter.value;
    const order = new Intl.Collator(locale());
    return [...room.members.values()]
      .filter(({ nick }) => this.#hasLetters(nick, letters))
      .sort((one, other) => isMe(other) - isMe(one) || order.compare(one.nick, other.nick));
  }

  /** Tells of those who are not shown: a button shows more of them; of some the page knows the number alone. */
  #tellRest(room, count) {
    const hadFocus = document.activeElement === this.#rest;
    this.#rest.hidden = !count;
    this.#rest.textContent = t("people.others", { count });
    if (hadFocus && !count) this.#list.querySelector("li:last-child button")?.focus();
    const isWhole = this.#filter.hidden || !this.#filter.value;
    const lines = [
      room.others && t("people.unlisted", { count: room.others }),
      room.guests && t("people.guests", { count: room.guests }),
    ];
    this.#others.replaceChildren(...(isWhole ? lines : []).filter(Boolean).map((words) => make("span", {}, words)));
  }

  #showMore() {
    this.#most += PAGE;
    this.#redraw();
  }

  #redraw() {
    this.show(...this.#last);
  }
}

function item(person, shade, isMe) {
  const name = make("bdi", {}, person.nick);
  const note = isMe && make("span", { className: "nameless" }, t("people.you"));
  const element = make("li", { className: hue(shade) }, name, note && " ", note);
  element.dataset.initial = initial(person);
  element.dataset.person = person.id;
  return element;
}
