// The list of the user's rooms with their unread messages, and the form to join another room.

import { t } from "../i18n/strings.js";
import { linkTo } from "../net/address.js";

const MOST = 99; // unread messages that are shown as a number

/** Shows rooms in `nav`; calls `onJoin` with a room's name, `onMenu` with it and a button, `onFocus` to update the list. */
export class Rooms {
  #list;
  #field;
  #options;
  #items = new Map(); // by the room's name

  constructor(nav, { onJoin, onMenu, onFocus }) {
    this.#list = nav.querySelector("ul");
    this.#field = nav.querySelector("input");
    this.#options = nav.querySelector("datalist");
    this.#field.addEventListener("focus", onFocus);
    nav.querySelector("form").addEventListener("submit", (event) => {
      event.preventDefault();
      this.#join(onJoin);
    });
    this.#list.addEventListener("click", ({ target }) => {
      const opener = target.closest("button[data-room]");
      if (opener) onMenu(opener.dataset.room, opener);
    });
  }

  /** Shows the rooms, and offers the names in `listed` to be joined. */
  show(rooms, active, listed) {
    for (const [name, item] of this.#items) {
      if (rooms.has(name)) continue;
      item.remove();
      this.#items.delete(name);
    }
    for (const room of rooms.values()) this.#showRoom(room, room.name === active);
    const offered = listed.filter((name) => !rooms.has(name));
    if (offered.join() !== [...this.#options.children].map(({ value }) => value).join()) {
      this.#options.replaceChildren(...offered.map((name) => new Option("", name)));
    }
  }

  #join(onJoin) {
    const name = this.#field.value.trim().replace(/^#/, "");
    if (!name) return;
    this.#field.value = "";
    onJoin(name);
  }

  #showRoom(room, isActive) {
    if (!this.#items.has(room.name)) this.#items.set(room.name, this.#add(room.name));
    const [link, menu] = this.#items.get(room.name).children;
    const badge = link.querySelector(".unread");
    setText(link.firstChild, room.label);
    menu.ariaLabel = menu.title = t("rooms.menu", { room: room.label });
    link.ariaCurrent = isActive ? "page" : null;
    badge.hidden = !room.unread;
    const { unread, mentions, hasMore } = room.mark;
    const count = unread > MOST || hasMore ? `${Math.min(unread, MOST)}+` : String(unread);
    setText(badge.firstChild, mentions ? `@ ${count}` : count);
    setText(badge.lastChild, ` ${t(mentions ? "rooms.mentioned" : "rooms.unread")}`);
    badge.classList.toggle("mention", mentions > 0);
  }

  #add(name) {
    const item = document.createElement("li");
    const link = document.createElement("a");
    link.href = linkTo(name);
    link.dataset.room = name;
    const label = document.createElement("bdi");
    const badge = document.createElement("span");
    badge.className = "unread";
    const spoken = document.createElement("span");
    spoken.className = "spoken";
    badge.append("0", spoken);
    link.append(label, badge);
    const menu = document.createElement("button");
    menu.type = "button";
    menu.className = "plain";
    menu.dataset.room = name;
    menu.textContent = "⋯";
    item.append(link, menu);
    this.#list.append(item);
    return item;
  }
}

function setText(node, text) {
  if (node.textContent !== text) node.textContent = text;
}
