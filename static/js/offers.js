// What may be done with rooms, people and messages: the buttons for it, and dialogs loaded on demand.

import { insert } from "./compose/insertion.js";
import { reasonOf, t } from "./i18n/strings.js";
import { drawing } from "./log/bar.js";
import { isolate } from "./log/narration.js";
import { hue, nickOf } from "./log/row.js";
import { loadDialog } from "./panels/dialog-loading.js";
import { button, make } from "./panels/make.js";
import { Ignored } from "./storage/ignored.js";

const GEAR = "M3 6h8M15 6h2M3 14h2M9 14h8M11 4v4h4V4zM5 12v4h4v-4z"; // sliders
const NOBODY = { id: "", nick: "" }; // all who have no name

const find = (id) => document.getElementById(id);

/** Takes the page's parts as Tools does; `may` returns what the user may do in the shown room. */
export class Offers {
  #page;
  #may;
  #settings;
  #ignored;
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
      else target.closest("li")?.querySelector("button")?.click(); // anywhere on somebody else
    });
    find("lines").addEventListener("click", ({ target }) => this.#clicked(target));
    this.#ignored = new Ignored(page.store.ignored, () => page.update(() => {}));
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
    const { room } = store;
    const [{ openMenu }, { factsOf }] = await this.#load(
      Promise.all([import("./panels/menu.js"), import("./panels/person-facts.js")]),
    );
    const facts = person ? factsOf(person, store.room) : [];
    const shade = hue(person && store.room.shades.of(person.id));
    const isIgnored = store.ignored.has(person?.id);
    openMenu(anchor, { person, message, may, facts, shade, isIgnored }, {
      mention: may.speak && (() => this.#mention(person)),
      ignore: (isTrue) => this.#ignore(person, isTrue),
      report: (why) => this.#report(message, why),
      unread: () => this.#setBack(room, message),
      moderate: (...options) => this.#moderate(person ?? NOBODY, ...options),
      raid: (why, isEverywhere) => this.#openRaid({ person, at, why, isEverywhere }),
      write: () => this.#write(person),
    });
  }

  /** Opens the menu about the author on whose name somebody clicks. */
  #clicked(target) {
    const name = target.closest(".author, .head");
    const isName = name && !target.closest("time, .edited, button");
    const { author, item } = (isName && this.#page.log.entryOf(name)) || {};
    if (author && author.id !== this.#page.store.me?.id) this.offer(author, name, item.seq ? item : null);
  }

  /** Makes a message, and what is behind it, unread again, on all devices of the user. */
  async #setBack(room, { seq }) {
    const { notice, store, update } = this.#page;
    const request = { t: "read", room: room.name, seq: seq - 1, back: true };
    const answer = store.isWelcome ? await this.#request(request) : { t: "error", code: "lost" };
    if (answer.t === "error") notice.tell(reasonOf(answer));
    else update(() => room.recall({ seq: seq - 1, epoch: room.epoch, back: room.mark.back + 1 }));
  }

  #mention(person) {
    this.#page.panels.forEach((panel) => panel.close()); // which may cover the field
    mention(person);
  }

  #ignore(person, isIgnored) {
    const { log, notice, store, update } = this.#page;
    const nick = isolate(nickOf(person));
    const isDone = this.#ignored.change(person, isIgnored);
    update(() => log.show(store.room, store.me));
    if (!isDone) notice.tell(t("ignore.full"));
    else notice.tell(t(isIgnored ? "ignore.done" : "ignore.undone", { nick }));
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
    openRaid({ room: store.active, operator: store.isOperator, ...raid }, this.#request, ({ shared }) =>
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

  /** Resolves to a module with a dialog; tells if it cannot be loaded. */
  #load(loading) {
    return loadDialog(loading, () => this.#page.notice.tell(t("page.incomplete")));
  }
}

/** Puts a person's name into the field, where the cursor is. */
function mention({ nick }) {
  const field = find("text");
  const { value, selectionStart: start, selectionEnd: end } = field;
  const gap = /\S$/.test(value.slice(0, start)) ? " " : "";
  field.focus();
  insert(field, `${gap}@${nick} `, start, end);
}

function iconButton(id, label, path) {
  const element = make("button", { id, type: "button", className: "plain", ariaLabel: label, title: label, hidden: true });
  element.append(drawing(path));
  return element;
}
