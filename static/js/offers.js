// What may be done with rooms, people and messages: the buttons for it, and dialogs loaded on demand.

import { reasonOf, t } from "./i18n/strings.js";
import { isolate } from "./log/narration.js";
import { nickOf } from "./log/row.js";
import { button, make } from "./panels/make.js";

const GEAR = "M3 6h8M15 6h2M3 14h2M9 14h8M11 4v4h4V4zM5 12v4h4v-4z"; // sliders
const NOBODY = { id: "", nick: "" }; // all who have no name

const find = (id) => document.getElementById(id);

/** Takes the page's parts as Tools does; `may` returns what the user may do in the shown room. */
export class Offers {
  #page;
  #may;
  #settings;
  #shown = []; // the state of the list of people when it was marked

  constructor(page, may) {
    this.#page = page;
    this.#may = may;
    this.#settings = iconButton("room-settings", t("settings.title"), GEAR);
    this.#settings.addEventListener("click", () => this.#openSettings());
    find("copy-link").after(this.#settings);
    const making = button(t("room.new"), () => this.#openNewRoom(), "new-room-button small");
    find("rooms").append(making);
    find("people").addEventListener("click", ({ target }) => {
      const { person } = target.closest("button")?.dataset ?? {};
      if (person) this.offer(this.#page.store.room.members.get(person) ?? null, target.closest("button"));
    });
  }

  /** Shows what the user may do in a room. */
  show(room) {
    const { moderate } = this.#may();
    this.#settings.hidden = !moderate;
    find("copy-link").hidden = room.name.startsWith("~"); // its name alone opens it to nobody
    this.#markAll(room);
  }

  /** Opens the menu about a person, and perhaps a message, beside a button. */
  async offer(person, anchor, message = null) {
    const { store } = this.#page;
    const may = { ...this.#may(), operator: store.isOperator, write: person && person.id !== store.me?.id };
    const at = message?.ts ?? Date.now();
    const { openMenu } = await this.#load(import("./panels/menu.js"));
    openMenu(anchor, { person, message, may }, {
      report: (why) => this.#report(message, why),
      moderate: (...options) => this.#moderate(person ?? NOBODY, ...options),
      raid: (why) => this.#openRaid({ person, at, why }),
      write: () => this.#write(person),
    });
  }

  #markAll(room) {
    const items = document.querySelectorAll("#people li");
    const state = [room, room.membersVersion, items[0]];
    if (state.every((part, place) => part === this.#shown[place])) return;
    this.#shown = state;
    for (const item of items) this.#mark(item, room);
  }

  /** Gives a person in the list a button for their menu, as there is always something in it. */
  #mark(item, { members }) {
    const { store } = this.#page;
    const { person } = item.dataset;
    const isOffered = person !== store.me?.id;
    const there = item.querySelector("button");
    if (!isOffered) there?.remove();
    if (!isOffered || there) return;
    const label = t("menu.title", { nick: isolate(nickOf(members.get(person))) });
    const opener = make("button", { type: "button", className: "plain person-menu", ariaLabel: label, title: label }, "⋯");
    opener.dataset.person = person;
    item.append(opener);
  }

  /** Goes to the private room with somebody, which is made if need be. */
  async #write({ id, nick }) {
    const { address, notice, store } = this.#page;
    const answer = await this.#request({ t: "create", private: true, with: id, name: nick });
    if (answer.t === "error") return notice.tell(reasonOf(answer));
    store.pairs.push(answer);
    return address.go(answer.room);
  }

  #request = (request) => this.#page.session.request(request);

  async #tellOf(request, done) {
    const answer = await this.#request(request);
    if (answer.t === "error") this.#page.notice.tell(reasonOf(answer));
    else if (done || answer.shared) this.#page.notice.tell([done, answer.shared && t("menu.shared")].filter(Boolean).join(" "));
  }

  #report({ seq }, why) {
    return this.#tellOf({ t: "report", room: this.#page.store.active, seq, why }, t("menu.reported"));
  }

  #moderate({ id }, act, seconds, why, isEverywhere) {
    const room = isEverywhere ? "" : this.#page.store.active;
    const time = act === "clear" ? { since: seconds && Date.now() - 1000 * seconds } : { seconds };
    // In the room that is shown a line tells it.
    return this.#tellOf({ t: "moderate", room, act, people: [id], ...time, why }, isEverywhere && t("menu.done"));
  }

  async #openRaid(raid) {
    const { notice, store } = this.#page;
    const { openRaid } = await this.#load(import("./panels/raid.js"));
    openRaid({ room: store.active, ...raid }, this.#request, ({ shared }) =>
      notice.tell(t("raid.done") + (shared ? ` ${t("raid.shared")}` : "")),
    );
  }

  async #openSettings() {
    const { store, update } = this.#page;
    const { openSettings } = await this.#load(import("./panels/settings.js"));
    openSettings(store.room, {
      isOperator: store.isOperator,
      me: store.me,
      request: this.#request,
      onGo: (seq) => update(() => store.room.jump(seq)),
    });
  }

  async #openNewRoom() {
    const { address } = this.#page;
    const { openNewRoom } = await this.#load(import("./panels/new-room.js"));
    openNewRoom(this.#request, (room) => address.go(room));
  }

  /** Resolves to a module; tells if it cannot be loaded, and never goes on then. */
  #load(loading) {
    return loading.catch(() => {
      this.#page.notice.tell(t("page.incomplete"));
      return new Promise(() => {});
    });
  }
}

function iconButton(id, label, path) {
  const element = make("button", { id, type: "button", className: "plain", ariaLabel: label, title: label, hidden: true });
  const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  svg.setAttribute("viewBox", "0 0 20 20");
  svg.setAttribute("aria-hidden", "true");
  const line = document.createElementNS(svg.namespaceURI, "path");
  line.setAttribute("d", path);
  svg.append(line);
  element.append(svg);
  return element;
}
