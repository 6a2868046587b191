// What the page does about rights and rules: tells what moderators did, and what the user may not do.

import { again } from "./again.js";
import { giveBack, Voice } from "./compose/voice.js";
import { cut } from "./i18n/characters.js";
import { learnDialogs } from "./i18n/later.js";
import { reasonOf, t } from "./i18n/strings.js";
import { isolate, narrate } from "./log/narration.js";
import { trimLink } from "./net/address.js";
import { Offers } from "./offers.js";
import { isLasting, mayModerate, reclaim, renew, settle, silence, vacate } from "./state/acts.js";
import { listPairs } from "./state/pairs.js";
import { forgetSecrets, keepSecret } from "./storage/secrets.js";
import { namesWith, recall, remember } from "./storage/storage.js";

const LONGEST = 40; // characters of a refused room's name that a notice shows
const RECHECK = 60_000; // ms
const OF_HELLO = /^#(token|operator|pair)=/; // what only a hello can show

/** Takes the page's parts as Tools does; `announce` lets screen readers say something. */
export class Governing {
  #page;
  #announce;
  #offers;
  #voice;
  #refused = null; // once it is needed and loaded
  #timer = null; // of the next recheck
  #links; // rooms with a secret in the storage

  constructor(page, announce) {
    const { update } = page;
    this.#page = page;
    this.#announce = announce;
    this.#links = namesWith("link.").map((name) => name.slice(5)); // some have let the user in already
    this.#offers = new Offers(page, () => this.may);
    this.#voice = new Voice(document.getElementById("composer"), () => update(() => {}));
    addEventListener("hashchange", ({ newURL }) => this.#takeLink(new URL(newURL)));
  }

  /** What the user may do in the room that is shown. */
  get may() {
    const { room } = this.#page.store;
    return { speak: !isLasting(this.#silence), moderate: mayModerate(room) };
  }

  get #silence() {
    const { room, me } = this.#page.store;
    return silence(room, me, Date.now());
  }

  /** Takes in what has come since the last drawing. */
  prepare() {
    const { store, composer } = this.#page;
    if (store.pairs.length) this.#listPairs();
    for (const room of [...store.rooms.values()]) {
      if (room.acts.length) this.#settle(room);
      reclaim(room, Date.now());
      if (room.returned.length) giveBack(composer, room);
      if (room.refusal) vacate(room);
      if (room.refusal && room !== store.room) this.#part(room);
    }
    this.#forgetSecrets();
  }

  /** Joins the private rooms for two that are new, and tells of those in which somebody has just written. */
  #listPairs() {
    const { store, notice, update } = this.#page;
    const writers = store.pairs.filter((told) => told.t === "invited");
    update(() => remember("pairs", listPairs(store, recall("pairs", []))));
    for (const { title } of writers) notice.tell(t("pair.invited", { nick: isolate(title) }));
  }

  /** Opens the menu about a person, and perhaps a message, beside a button. */
  offer(person, anchor, message) {
    this.#offers.offer(person, anchor, message);
  }

  /** Tells why a room was refused; its name may be any text, as long as an address can be. */
  tellRefusal(room, error) {
    const shown = cut(room, LONGEST);
    const name = isolate(shown === room ? room : `${shown}…`);
    this.#page.notice.tell(t("page.refused", { room: name, reason: reasonOf(error) }));
  }

  show(room) {
    const { store } = this.#page;
    this.#offers.show(room);
    const reason = this.#silence;
    if (reason?.code === "reading") this.#recheck(room);
    this.#voice.show(room, reason, isLasting(reason));
    const { name, outgoing, refusal } = room;
    if (refusal) this.#loadRefused();
    this.#refused?.show({ name, refusal: outgoing.length ? null : refusal }, store.limits.room);
  }

  async #loadRefused() {
    if (this.#refused) return;
    const { store, update } = this.#page;
    const [{ Refused }] = await Promise.all([again(() => import("./panels/refused.js")), again(() => learnDialogs())]);
    this.#refused ??= new Refused(document.querySelector(".screen"), () => update(() => store.rejoin()));
    update(() => this.show(store.room));
  }

  /** Whether a text cannot be sent yet; it stays in the field then. */
  mustWait(text, { edit }) {
    const isSpeech = !edit && !/^\/(?!\/|me\s)/.test(text);
    return isSpeech && this.#silence !== null;
  }

  /** Asks again, after a while, what the user may do in a room: nobody tells when a mute is over. */
  #recheck(room) {
    this.#timer ??= setTimeout(() => {
      this.#timer = null;
      this.#page.update(() => renew(room));
    }, RECHECK);
  }

  #settle(room) {
    const { store, session } = this.#page;
    const lines = settle(room, store.me, narrate);
    if (room.presence === "away") session.act(); // which joins it again
    if (room === store.room) for (const { words } of lines) if (words) this.#announce(words);
    const isCleared = lines.some(({ event }) => event.t === "clear");
    // The hits of a search may have what was cleared.
    if (isCleared && store.finder?.room === room.name) store.finder.find(room.name, "");
  }

  /** Leaves a room that is not shown and that a moderator has removed the user from. */
  #part({ name, label, queue, refusal }) {
    const { store, notice } = this.#page;
    if (queue.entries.length) return;
    const tell = () => notice.tell(t("page.removed", { room: isolate(label), reason: t(`refused.${refusal.code}Why`) }));
    again(() => learnDialogs()).then(tell, tell);
    store.leave(name);
  }

  /** Forgets secrets that have done what they are for. */
  #forgetSecrets() {
    const { store, notice } = this.#page;
    forgetSecrets(this.#links.filter((room) => !store.links.has(room)));
    this.#links = [...store.links.keys()];
    if (!store.isWelcome || recall("operator") === null) return;
    forgetSecrets([null]);
    notice.tell(t(store.isOperator ? "operator.is" : "operator.not"));
  }

  /** Takes a link that was put into the address of the open page. */
  #takeLink(address) {
    const { store, update } = this.#page;
    if (OF_HELLO.test(address.hash)) {
      history.replaceState(null, "", address); // it is not there any more if the page was drawn
      location.reload();
      return;
    }
    const secret = keepSecret(store.active, { hash: trimLink(address.hash) });
    if (!secret) return;
    store.links.set(store.active, secret);
    update(() => store.rejoin());
  }
}
