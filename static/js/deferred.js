// The parts of the page that are loaded after the first messages are drawn.

import "./i18n/en-later.js";

import { obey, read } from "./compose/commands.js";
import { DraftContext } from "./compose/draft-context.js";
import { offerEmoji } from "./compose/insertion.js";
import { pick } from "./compose/picker.js";
import { Suggestions } from "./compose/suggestions.js";
import { Devices } from "./devices.js";
import { Governing } from "./governing.js";
import { isBlank, lengthOf } from "./i18n/characters.js";
import { learn } from "./i18n/later.js";
import { t } from "./i18n/strings.js";
import { edition, hasReacted, lastOwn } from "./log/actions.js";
import { Announcer } from "./log/announcer.js";
import { Bar } from "./log/bar.js";
import { JumpButton } from "./log/jump-button.js";
import { KeyboardNavigation } from "./log/keyboard-navigation.js";
import { isolate } from "./log/narration.js";
import { plainWords } from "./log/row.js";
import { Typing } from "./log/typing.js";
import { askAccess } from "./panels/access.js";
import { Attention } from "./panels/attention.js";
import { ask } from "./panels/dialog.js";
import { FocusRestore } from "./panels/focus-restore.js";
import { offerLink } from "./panels/invitation.js";
import { People } from "./panels/people.js";
import { Search } from "./panels/search.js";
import { Finder } from "./state/finder.js";
import { Drafts, rebased } from "./storage/drafts.js";

const TYPING_PACE = 2_500; // ms between two "typing" objects
const NARROW = 896; // px: here panels cover the log

const GROWS = CSS.supports("field-sizing", "content"); // fields grow with their text by themselves

await learn();

const find = (id) => document.getElementById(id);

/** Everything that the page does beyond showing a room and sending messages. */
export class Tools {
  #page;
  devices;
  #acts;
  #jumpButton;
  #search;
  #announcer = new Announcer(find("announcer"));
  #attention;
  #bar;
  #draftContext;
  #drafts;
  #focusRestore;
  #governing;
  #members;
  #typing = new Typing(find("typing"));
  #toldTyping = -Infinity; // when the last "typing" object was sent

  /** Takes the parts of the page, and the functions by which the user's actions change it. */
  constructor(page) {
    const { store, session, address, notice, name, log, composer } = page;
    const tell = (words) => notice.tell(words);
    this.#page = page;
    this.#acts = this.#makeActs();
    this.#members = new People(find("people"), find("open-people").querySelector(".count"), () =>
      name.ask({ nick: session.nick, isNeeded: false }),
    );
    if (store.room) this.#members.show(store.room, store.me);
    this.#jumpButton = new JumpButton(find("newer"), {
      onNew: () => log.goToLine() || this.#acts.jump(store.room.mark.line + 1),
      onEnd: () => {
        page.update(() => store.room.goToPresent());
        log.goToEnd();
      },
    });
    this.#attention = new Attention(find("people"), {
      onOpen: (room) => address.go(room),
      onRefused: () => tell(t("attention.refused")),
    });
    store.finder = new Finder();
    this.#search = new Search(find("search"), {
      onFind: (query, narrowing) => page.update(() => store.finder.find(store.active, query, narrowing)),
      onMore: () => page.update(() => store.finder.goOn()),
      onGo: (seq) => this.#visit(seq),
    });
    find("topic").addEventListener("click", ({ currentTarget: topic }) => {
      topic.ariaExpanded = String(topic.ariaExpanded !== "true");
    });
    offerLink(find("copy-link"), () => store.active, tell);
    this.#governing = new Governing(page, (words) => this.#announcer.announce(words));
    this.devices = new Devices(page);
    this.#bar = new Bar(find("lines"), log, this.#actions(), () => ({ me: store.me, ...this.#governing.may }));
    new KeyboardNavigation(find("log"), log, () => composer.focus());
    this.#draftContext = new DraftContext(find("composer"), {
      onCancel: () => this.#cancel(),
      onJump: (seq) => this.#acts.jump(seq),
    });
    offerEmoji(find("text"));
    new Suggestions(find("composer"), find("text"), () => this.#people());
    find("text").addEventListener("keydown", (event) => this.#pressed(event));
    find("text").addEventListener("input", () => this.#tellTyping());
    this.#drafts = new Drafts(composer);
    this.#focusRestore = new FocusRestore(() => composer.focus());
    composer.onChange = () => this.#showDraft();
    if (store.room) composer.onChange();
  }

  /** Takes in, before anything is shown, what the views do not know of. */
  prepare() {
    this.#governing.prepare();
  }

  /** Whether a text cannot be sent yet. */
  mustWait(text, draft) {
    return this.#governing.mustWait(text, draft);
  }

  /** Shows the room, and tells of new messages. */
  show(room) {
    const { store } = this.#page;
    this.#members.show(room, store.me);
    this.#governing.show(room);
    const news = store.reading.takeNews();
    this.#search.show(store.finder, room);
    this.#announcer.tell(news, room);
    this.#attention.tell(news);
    this.#attention.show(room, store.reading.unread);
    this.#typing.show(room);
    this.#bar.refresh();
    this.#focusRestore.check();
    this.devices.tellRead();
    this.#showDraft();
  }

  /** Does what a button in a line is for. */
  act(button) {
    const { store, composer, put, update } = this.#page;
    const { act, cid, seq, emoji } = button.dataset;
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
    this.#governing.tellRefusal(room, error);
  }

  /** Runs a command; `done` is called if that is possible. */
  command(text, draft, done) {
    if (obey(text, { ...this.#acts, say: (words) => this.#acts.say(words, draft) })) done();
  }

  /** Asks for what the server wants to see before it lets the user in. */
  askAccess(error) {
    askAccess(this.#page.session, error);
  }

  /** Updates the jump button to the reader's place in a room. */
  place(room) {
    this.#jumpButton.show(this.#page.log, room);
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
      nick: (nick) => (nick ? session.call(nick) : name.ask({ nick: session.nick, isNeeded: false })),
      join: (room) => address.go(room.replace(/^#/, "")),
      leave: () => void this.leave(store.active),
      topic: (topic) => this.#setTopic(topic),
      discard: (cid) => update(() => store.discard(cid)),
      jump: (seq) => update(() => store.room.jump(seq)),
    };
  }

  /** Goes to a hit of a search, and closes panels that would cover it. */
  #visit(seq) {
    if (innerWidth < NARROW) this.#page.panels.forEach((panel) => panel.close());
    this.#acts.jump(seq);
  }

  #setTopic(topic) {
    const count = lengthOf(topic);
    const limit = this.#topicLimit;
    if (count <= limit) return this.#acts.put({ t: "topic", text: topic });
    this.#acts.tell(t("command.topicTooLong", { count, limit }));
    return false;
  }

  get #topicLimit() {
    const { topic, text = Infinity } = this.#page.store.limits;
    return topic ?? text; // an older server has no limit of its own for topics
  }

  // Messages

  #actions() {
    const { composer, store } = this.#page;
    return {
      react: (entry, button) => pick(button, t("picker.title"), (emoji) => this.#react(entry.item, emoji)),
      reply: ({ item }) => composer.change({ reply: { seq: item.seq, epoch: store.room.epoch }, edit: null }),
      copy: ({ item }) => this.#copy(item.text),
      edit: (entry) => composer.change({ edit: edition(entry, store.room) }),
      delete: (entry) => this.#delete(entry),
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

  async #delete({ kind, item, author }) {
    const isKept = kind === "message";
    const question = t(isKept ? "delete.question" : "delete.unsent");
    const detail = plainWords(item, author);
    if (!(await ask(question, { yes: t("row.delete"), no: t("delete.no"), detail }))) return;
    if (isKept) this.#acts.put({ t: "delete", seq: item.seq });
    else this.#acts.discard(item.cid);
    this.#page.composer.focus();
  }

  // Drafts

  #showDraft() {
    const { store, composer, log, look } = this.#page;
    const { room } = store;
    if (composer.room !== room.name) return; // the composer is about to show this room
    const draft = rebased(composer.draft, room.epoch);
    if (draft) {
      Object.assign(composer.draft, draft);
      composer.refresh();
    }
    if (!GROWS) grow(find("text"));
    const { reply } = composer.draft;
    const quoted = reply ? room.history.find(reply.seq) : null;
    if (reply && quoted === null) look(reply.seq);
    this.#draftContext.show(composer.draft, quoted, this.#left());
    log.stay();
    this.#drafts.keep();
  }

  /** How many characters are left of the limit for the draft: for a topic or for a message. */
  #left() {
    const { draft, limit } = this.#page.composer;
    const { name, rest } = read(draft.text.trimEnd());
    const isTopic = name === "topic" && !draft.edit;
    if (isTopic) return { left: this.#topicLimit - lengthOf(rest), limit: this.#topicLimit };
    return { left: limit - lengthOf((draft.edit?.text ?? draft.text).trimEnd()), limit };
  }

  #cancel() {
    const { composer } = this.#page;
    composer.change(composer.draft.edit ? { edit: null } : { reply: null });
  }

  #pressed(event) {
    const { key, isComposing, defaultPrevented, shiftKey, ctrlKey, altKey, metaKey } = event;
    if (isComposing || defaultPrevented || shiftKey || ctrlKey || altKey || metaKey) return;
    const { store, composer } = this.#page;
    const { draft } = composer;
    const edit = key === "ArrowUp" && !draft.text && !draft.edit && lastOwn(store.room, store.me);
    if (edit) composer.change({ edit });
    else if (key === "Escape" && (draft.edit || draft.reply)) this.#cancel();
    else return;
    event.preventDefault();
    event.stopPropagation();
  }

  #tellTyping() {
    const { session, composer } = this.#page;
    const { text, edit } = composer.draft;
    const now = performance.now();
    const isSpeech = !isBlank(text) && !edit && !/^\/(?!\/|me\s)/.test(text);
    if (!isSpeech || now - this.#toldTyping < TYPING_PACE) return;
    this.#toldTyping = now;
    session.tell({ t: "typing", room: composer.room });
  }

  /** The people to complete names from: the latest authors first, then all other members. */
  #people() {
    const { room, me } = this.#page.store;
    const authors = room.history.latest.slice(-100).reverse().map(({ from }) => from);
    const all = [...authors.filter(Boolean), ...room.members.values()];
    const byId = new Map(all.map(({ id }) => [id, null]));
    for (const person of all) byId.set(person.id, room.members.get(person.id) ?? byId.get(person.id) ?? person);
    byId.delete(me?.id);
    return [...byId.values()];
  }
}

/** Makes a field as high as its text, up to the limit in the style sheet. */
function grow(field) {
  field.style.blockSize = "auto";
  const borders = field.offsetHeight - field.clientHeight;
  field.style.blockSize = `${field.scrollHeight + borders}px`;
}
