// The user's devices: the buttons for them, dialogs loaded on demand, what is read, and the end of a session.

import { reasonOf, t } from "./i18n/strings.js";
import { isolate } from "./log/narration.js";
import { linkTo, LOBBY } from "./net/address.js";
import { ask } from "./panels/dialog.js";
import { loadDialog } from "./panels/dialog-loading.js";
import { button, make } from "./panels/make.js";
import { ReadReports } from "./state/read-reports.js";
import { forgetAll } from "./storage/forgetting.js";
import { GUEST, isGuest } from "./storage/guest.js";
import { forget, recall, watch } from "./storage/storage.js";

const ENDED = "ended"; // under this is stored, over the loading of the page, that the user was signed out

/** Takes the page's parts as Tools does; `offered` is a code by which the user may become another person. */
export class Devices {
  #page;
  #reports = new ReadReports();
  #timer = null; // until the next report is due
  #isLeaving = false;
  #guestLink = make("a", { className: "small", target: "_blank", rel: "noopener" }, t("guest.link"));
  #guestLine = null; // in a guest window

  constructor(page) {
    this.#page = page;
    const phone = button(t("phone.title"), () => this.#openPhone());
    const list = button(t("devices.title"), () => this.#openDevices());
    const leaving = button(t("devices.leave"), () => this.#openLeaving());
    const rename = document.querySelector("#people > .small");
    rename.after(make("div", { className: "of-devices" }, phone, list, leaving, this.#guestLink));
    if (isGuest) this.#showGuest();
    if (recall(ENDED)) explain(t("devices.ended"));
    forget(ENDED);
    if (page.offered) this.#offer(page.offered);
    // Another tab has signed the user out; without a connection the server cannot tell it.
    watch("session", (name, isGone) => isGone && page.store.session && this.signedOut());
  }

  /** Shows who the user is, if that is a guest, and tells the server how far the rooms are read. */
  show({ name }) {
    const isPrivate = name.startsWith("~"); // which lets nobody else in
    this.#guestLink.href = linkTo(isPrivate ? "" : name) + GUEST;
    if (this.#guestLine) this.#tellGuest();
    this.tellRead();
  }

  /** Tells the server how far the rooms are read. */
  tellRead() {
    const { store, session } = this.#page;
    if (!store.isWelcome) return;
    const { reports, pause } = this.#reports.take(store.rooms, performance.now());
    if (reports.length) session.tell(...reports);
    if (pause === null || this.#timer) return;
    this.#timer = setTimeout(() => {
      this.#timer = null;
      this.tellRead();
    }, pause);
  }

  /** Forgets the user, whose session is over. */
  signedOut() {
    const isNew = ![null, this.#page.store.session].includes(recall("session")); // by another tab, since
    if (this.#isLeaving) return; // by the user's own will
    if (isNew) location.replace(linkTo(""));
    else this.#leave({ [ENDED]: true });
  }

  /** Handles that the user is another person now, as a welcome tells. */
  switched({ you, session }) {
    this.#leave({ session, me: you, nick: you.nick });
  }

  /** Handles that a code by which the user came is good for nothing. */
  refuse(error) {
    const { session, store, name, notice } = this.#page;
    if (store.session) {
      notice.tell(reasonOf(error));
      session.reconnect();
      return;
    }
    name.ask({ isNeeded: true });
    explain(reasonOf(error));
  }

  get #nick() {
    return isolate(this.#page.store.me?.nick ?? this.#page.session.nick);
  }

  get #user() {
    return { nick: this.#nick, unsent: this.#page.store.unsent.length };
  }

  #tellGuest() {
    const words = t("guest.line", { nick: this.#nick });
    if (this.#guestLine.textContent !== words) this.#guestLine.textContent = words;
    this.#guestLine.hidden = !this.#page.session.nick;
  }

  #showGuest() {
    this.#guestLine = make("p", { className: "guest", role: "status", hidden: true });
    document.querySelector("header").after(this.#guestLine);
    document.getElementById("name-hint").append(` ${t("guest.hint")}`);
  }

  async #offer(code) {
    const nick = this.#nick;
    const words = { yes: t("pair.yes"), no: t("pair.no", { nick }), detail: t("pair.detail", { nick }) };
    if (await ask(t("pair.question", { nick }), words)) this.#page.session.switchBy(code);
  }

  #request = (request) => {
    const { session, store } = this.#page;
    return store.isWelcome ? session.request(request) : { t: "error", code: "lost" };
  };

  async #openPhone() {
    const { openPhone } = await this.#load(import("./panels/phone.js"));
    openPhone(this.#nick, this.#request);
  }

  async #openDevices() {
    const { openDevices } = await this.#load(import("./panels/devices.js"));
    openDevices(this.#user, this.#request, this.#signOut);
  }

  /** Asks, without the list of devices, whether to sign out here. */
  async #openLeaving() {
    const { notice } = this.#page;
    const { leaveHere } = await this.#load(import("./panels/devices.js"));
    const answer = await this.#request({ t: "sessions" });
    const sessions = answer.t === "error" ? null : answer.sessions;
    leaveHere(this.#user, sessions, this.#signOut, (words) => notice.tell(words));
  }

  /** Ends sessions, the one of this browser among them; returns the error if that is not possible. */
  #signOut = async (request) => {
    this.#isLeaving = true;
    const answer = request ? await this.#request({ t: "sign_out", ...request }) : { t: "ok" };
    this.#isLeaving = answer.t !== "error";
    if (answer.t === "error") return answer;
    await this.#leave({});
    return null;
  };

  /** Forgets the user but for what is in `kept`, and loads the page again. */
  async #leave(kept) {
    this.#isLeaving = true;
    // What is drawn meanwhile is not stored again: this begins at once, with no file to load.
    await forgetAll(this.#page.cacheInUse(), kept, !this.#page.store.isWelcome);
    location.replace(linkTo(LOBBY)); // and not to the room that another tab has not removed yet
  }

  /** Resolves to a module with a dialog; tells if it cannot be loaded. */
  #load(loading) {
    return loadDialog(loading, () => this.#page.notice.tell(t("page.incomplete")));
  }
}

/** Tells in the dialog for the name why it is open. */
function explain(words) {
  const fault = document.querySelector("#name .fault");
  fault.textContent = words;
  fault.hidden = false;
}
