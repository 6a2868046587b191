// The list of the people in the room.

import { locale, t } from "../i18n/strings.js";
import { initial, shade } from "../log/row.js";

const SHOWN = 200; // people; of the others only the number

/** Shows people in `aside`, and their number in `count`; calls `onRename` to change the user's name. */
export class People {
  #list;
  #others;
  #count;
  #shown = []; // the state that is shown

  constructor(aside, count, onRename) {
    this.#list = aside.querySelector("ul");
    this.#others = aside.querySelector(".others");
    this.#count = count;
    aside.querySelector("button.small").addEventListener("click", onRename);
  }

  /** Shows the people in a room, the user first. */
  show(room, me) {
    const state = [room, room.membersVersion, me?.id, me?.nick];
    if (state.every((part, place) => part === this.#shown[place])) return;
    this.#shown = state;
    const order = new Intl.Collator(locale());
    const isMe = ({ id }) => id === me?.id;
    const people = [...room.members.values()].sort(
      (one, other) => isMe(other) - isMe(one) || order.compare(one.nick, other.nick),
    );
    this.#list.replaceChildren(...people.slice(0, SHOWN).map((one) => item(one, isMe(one))));
    const others = room.population - Math.min(people.length, SHOWN);
    this.#others.textContent = others > 0 ? t("people.others", { count: others }) : "";
    this.#count.textContent = room.population || "";
  }
}

function item(person, isMe) {
  const name = document.createElement("bdi");
  name.textContent = person.nick;
  const element = document.createElement("li");
  element.dataset.initial = initial(person);
  element.className = shade(person);
  element.dataset.person = person.id;
  element.append(name);
  if (isMe) {
    const note = document.createElement("span");
    note.className = "nameless";
    note.textContent = t("people.you");
    element.append(" ", note);
  }
  return element;
}
