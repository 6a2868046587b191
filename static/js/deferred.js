// The parts of the page that are loaded after the first messages are drawn.

import "./i18n/en-later.js";

import { again } from "./again.js";
import { Attaching } from "./attaching.js";
import { obey } from "./compose/commands.js";
import { pick } from "./compose/picking.js";
import { Devices } from "./devices.js";
import { Drafting, topicLimit } from "./drafting.js";
import { forward, openEdits, openHelp, openPreferences, unfold, watchRooms } from "./extras.js";
import { Going } from "./going.js";
import { Governing } from "./governing.js";
import { lengthOf } from "./i18n/characters.js";
import { learn, learnDialogs } from "./i18n/later.js";
import { t } from "./i18n/strings.js";
import { edition, hasReacted } from "./log/actions.js";
import { Announcer } from "./log/announcer.js";
import { Bar } from "./log/bar.js";
import { JumpButton } from "./log/jump-button.js";
import { KeyboardNavigation } from "./log/keyboard-navigation.js";
import { isolate } from "./log/narration.js";
import { plainWords } from "./log/row.js";
import { Typing } from "./log/typing.js";
import { linkTo, urlOf } from "./net/address.js";
import { Attention } from "./panels/attention.js";
import { ask } from "./panels/dialog.js";
import { loadDialog } from "./panels/dialog-loading.js";
import { FocusRestore } from "./panels/focus-restore.js";
import { copy, offerLink } from "./panels/invitation.js";
import { People } from "./panels/people.js";
import { button, make, reasonField } from "./panels/make.js";
import { tellOf } from "./panels/threshold.js";
import { Searching } from "./searching.js";
import { arrange, hasLetters, MANY } from "./state/room-order.js";
import { USUAL, Wishes } from "./storage/wishes.js";

const NARROW = 896; // px: here panels cover the log

await again(() => learn());

const find = (id) => document.getElementById(id);

/** Everything that the page does beyond showing a room and sending messages. */
export class Tools {
  #page;
  devices;
  #acts;
  #attaching;
  #jumpButton;
  #search;
  #announcer = new Announcer(find("announcer"));
  #attention;
  #bar;
  #checkEdits = () => {}; // closes the dialog with what a message said before, if that is deleted
  #drafting;
  #focusRestore;
  #going;
  #governing;
  #members;
  #sections = null; // once there is something to arrange
  #wishes;
  #typing = new Typing(find("typing"));

  /** Takes the parts of the page, and the functions by which the user's actions change it. */
  constructor(page) {
    const { store, session, address, notice, name, log, composer } = page;
    const tell = (words) => notice.tell(words);
    this.#page = page;
    this.#acts = this.#makeActs();
    this.#members = new People(find("people"), find("open-people").querySelector(".count"), {
      hasLetters,
      onRename: () => name.ask({ nick: session.nick, isNeeded: false }),
    });
    if (store.room) this.#members.show(store.room, store.me);
    this.#jumpButton = new JumpButton(find("newer"), {
      onNew: () => log.goToLine() || this.#acts.jump(store.room.mark.line + 1),
      onEnd: () => {
        page.update(() => store.room.goToPresent());
        log.goToEnd();
      },
    });
    this.#wishes = new Wishes(watchRooms(page));
    this.#attention = new Attention(find("people"), this.#wishes, {
      onOpen: (room) => address.go(room),
      onRefused: () => tell(t("attention.refused")),
      onIncomplete: () => tell(t("page.incomplete")),
      words: () => store.reading.heeded.words,
      onWords: (words) => heed(words).catch(() => tell(t("page.incomplete"))),
    });
    const heed = async (words) => {
      if (words.length) (await again(() => import("./log/highlighted-words.js"))).highlightWords();
      store.reading.heeded.words = [...words]; // so that what is shown is drawn again
      log.show(store.room, store.me);
    };
    heed(store.reading.heeded.words).catch(() => {}); // without it they only count
    this.#search = new Searching(page, (...hit) => this.#visit(...hit));
    find("topic").addEventListener("click", ({ currentTarget: topic }) => {
      topic.ariaExpanded = String(topic.ariaExpanded !== "true");
    });
    offerLink(find("copy-link"), () => store.active, tell);
    this.#governing = new Governing(page, (words) => this.#announcer.announce(words));
    this.devices = new Devices(page);
    find("people").querySelector(":scope > .small").after(button(t("look.title"), () => openPreferences(page, this.#attention)));
    this.#going = new Going(page, (words) => this.#announcer.announce(words));
    this.#bar = new Bar(find("lines"), log, this.#actions(), () => ({ me: store.me, ...this.#governing.may }));
    new KeyboardNavigation(find("log"), log, () => composer.focus());
    this.#focusRestore = new FocusRestore(() => composer.focus());
    this.#drafting = new Drafting(page, this.#acts.help);
    this.#attaching = new Attaching({ ...page, announce: (words) => this.#announcer.announce(words) });
    if (page.sought) page.update(() => store.room.jump(page.sought));
    if (!session.nick && !session.pair) tellOf(store.active, find("there"));
  }

  /** Takes in, before anything is shown, what the views do not know of. */
  prepare() {
    this.#governing.prepare();
  }

  /** Whether a text cannot be sent yet. */
  mustWait(text, draft) {
    return this.#governing.mustWait(text, draft) || this.#attaching.mustWait(draft);
  }

  /** Shows the room, and tells of new messages. */
  show(room) {
    const { store } = this.#page;
    this.#members.show(room, store.me);
    this.#governing.show(room);
    const news = store.reading.takeNews();
    this.#search.show(room);
    this.#announcer.tell(news, room);
    this.#attention.tell(news);
    const isPlain = store.rooms.size === 1 && this.#wishes.of(store.active) === USUAL;
    if (this.#sections || !isPlain) this.#arrange().catch(() => {}); // without it the rooms are in the order of joining
    this.#attention.show(room, [...store.rooms.values()], store.me);
    this.#typing.show(room);
    this.#bar.refresh();
    this.#focusRestore.check();
    this.devices.show(room);
    this.#checkEdits();
    this.#drafting.show();
    this.#attaching.show(room);
  }

  /** Has the status say why there is no connection, if the server can be asked. */
  async explain(status) {
    const isThere = await fetch(urlOf("api/v1/reachable?"), { cache: "no-store" }).then(Boolean, () => false);
    const found = isThere && (await (await import("./net/reach.js")).findTrouble());
    if (found) await learnDialogs();
    status.explain(found ? t(`trouble.${found.trouble}`, found) : null);
  }

  /** Does what a button in a line is for. */
  act(button) {
    const { store, composer, put, update } = this.#page;
    const { act, cid, seq, emoji } = button.dataset;
    if (act === "unfold") unfold(button);
    if (act === "edits") openEdits(this.#page, Number(seq)).then((check) => (this.#checkEdits = check));
    if (act === "copy") this.#copy(button.previousSibling.textContent);
    if (act === "jump") this.#acts.jump(Number(seq));
    if (act === "react") put({ t: "react", seq: Number(seq), emoji, on: button.ariaPressed !== "true" });
    if (!["retry", "delete"].includes(act)) return;
    update(() => (act === "retry" ? store.retry(cid) : store.discard(cid)));
    composer.focus();
  }

  /** Edits a message, sent or still queued; returns whether that is possible. */
  amend(text, { cid, before, epoch, seq = this.#page.store.seqOf(cid) }) {
    const { store, notice, put, update } = this.#page;
    if (text === before) return true;
    if (seq) return put({ t: "edit", seq, text, ...(epoch && { epoch }) });
    let isTaken = false;
    update(() => {
      isTaken = store.rewrite(cid, text);
    });
    if (!isTaken) notice.tell(t("composer.between"));
    return isTaken;
  }

  /** Tells why a room was refused. */
  tellRefusal(room, error) {
    if (error.code === "too_many_rooms") this.#going.makeSpace(room, (name) => this.leave(name));
    else this.#governing.tellRefusal(room, error);
  }

  /** Runs a command; `done` is called if that is possible. */
  command(text, draft, done) {
    if (obey(text, { ...this.#acts, say: (words) => this.#acts.say(words, draft) })) done();
  }

  /** Asks for what the server wants to see before it lets the user in. */
  async askAccess(error) {
    const onFault = () => this.#acts.tell(t("page.incomplete"));
    const { askAccess } = await loadDialog(again(() => import("./panels/access.js")), onFault);
    askAccess(this.#page.session, error);
  }

  /** Updates the jump button to the reader's place in a room. */
  place(room) {
    this.#jumpButton.show(this.#page.log, room);
  }

  async #arrange() {
    const { store } = this.#page;
    const { RoomSections } = this.#sections ? {} : await again(() => import("./panels/room-sections.js"));
    this.#sections ??= new RoomSections(find("rooms"), this.#wishes, { arrange, hasLetters, MANY });
    this.#sections.show(store.rooms, store.active);
  }

  /** Opens the menu at a room in the list. */
  async offerRoom(name, anchor) {
    const { store, notice, update } = this.#page;
    const { openRoomMenu } = await loadDialog(import("./panels/room-menu.js"), () => notice.tell(t("page.incomplete")));
    const room = { label: store.rooms.get(name).label, ...this.#wishes.of(name), canLeave: store.rooms.size > 1 };
    openRoomMenu(anchor, room, {
      onChange: (part) => update(() => this.#wishes.change(name, part)),
      onLeave: () => this.leave(name),
    });
  }

  /** Leaves a room; asks first if something in it is not sent yet. */
  async leave(name) {
    const { store, update } = this.#page;
    const count = store.rooms.get(name)?.queue.entries.length;
    const question = () => t("leave.question", { count, room: isolate(store.rooms.get(name).label) });
    if (count && !(await ask(question(), { yes: t("leave.yes"), no: t("leave.no") }))) return;
    update(() => store.leave(name));
  }

  // What the user can do in the room that is shown

  /** Functions for the commands, by their names, and what else acts in the room. */
  #makeActs() {
    const { store, session, address, notice, name, say, put, update } = this.#page;
    return {
      say,
      put,
      tell: (words) => notice.tell(words),
      help: () => void openHelp(this.#page),
      nick: (nick) => (nick ? session.call(nick) : name.ask({ nick: session.nick, isNeeded: false })),
      join: (room) => address.go(room.replace(/^#/, "")),
      leave: () => void this.leave(store.active),
      topic: (topic) => this.#setTopic(topic),
      discard: (cid) => update(() => store.discard(cid)),
      jump: (seq) => update(() => store.room.jump(seq)),
    };
  }

  /** Goes to a hit of a search, and closes panels that would cover it. */
  #visit(seq, room) {
    const { store, update } = this.#page;
    if (innerWidth < NARROW) this.#page.panels.forEach((panel) => panel.close());
    update(() => {
      if (store.rooms.has(room)) store.open(room);
      store.room.jump(seq);
    });
  }

  #setTopic(topic) {
    const count = lengthOf(topic);
    const limit = topicLimit(this.#page.store.limits);
    if (count <= limit) return this.#acts.put({ t: "topic", text: topic });
    this.#acts.tell(t("command.topicTooLong", { count, limit }));
    return false;
  }

  // Messages

  #actions() {
    const { composer, store } = this.#page;
    return {
      react: ({ item }, button) =>
        pick(button, t("picker.title"), { onPick: (emoji) => this.#react(item, emoji), onFault: this.#acts.tell }),
      reply: ({ item }) => composer.change({ reply: { seq: item.seq, epoch: store.room.epoch }, edit: null }),
      copy: ({ item }) => this.#copy(item.text),
      link: ({ item }) => this.#copyLink(item.seq),
      edit: (entry) => composer.change({ edit: edition(entry, store.room) }),
      delete: (entry) => this.#delete(entry),
      forward: (entry) => forward(this.#page, entry),
      more: (entry, button) => this.#governing.offer(entry.author, button, entry.item),
    };
  }

  #react({ seq }, emoji) {
    const { room, me } = this.#page.store;
    const message = room.history.find(seq);
    if (!message) return;
    this.#acts.put({ t: "react", seq, emoji, on: !hasReacted(room.queue.shown(message, me), emoji, me) });
  }

  async #copy(text) {
    try {
      await navigator.clipboard.writeText(text);
      this.#acts.tell(t("action.copied"));
    } catch {
      this.#acts.tell(t("action.notCopied"));
    }
  }

  async #copyLink(seq) {
    const link = linkTo(this.#page.store.active, seq);
    this.#acts.tell((await copy(link)) ? t("action.linked") : t("action.linkByHand", { link }));
  }

  async #delete({ kind, item, author }) {
    const isKept = kind === "message";
    const question = t(isKept ? "delete.question" : "delete.unsent");
    const detail = plainWords(item, author);
    const isOthers = isKept && author?.id !== this.#page.store.me?.id;
    const [label, why] = reasonField();
    const fields = isOthers ? [make("p", { className: "reason" }, label, why)] : [];
    if (!(await ask(question, { yes: t("row.delete"), no: t("delete.no"), detail, fields }))) return;
    if (isKept) this.#acts.put({ t: "delete", seq: item.seq, ...(why.value.trim() && { why: why.value.trim() }) });
    else this.#acts.discard(item.cid);
    this.#page.composer.focus();
  }
}
