// What the page offers for the draft: what it is about, what is left of its limit, keys, names and emoji.

import { read } from "./compose/commands.js";
import { DraftContext } from "./compose/draft-context.js";
import { offerEmoji } from "./compose/insertion.js";
import { replaceIn } from "./compose/replacing.js";
import { Suggestions } from "./compose/suggestions.js";
import { isBlank, lengthOf } from "./i18n/characters.js";
import { lastOwn } from "./log/actions.js";
import { Drafts, rebased } from "./storage/drafts.js";
import { choose } from "./storage/look.js";

const TYPING_PACE = 2_500; // ms between two "typing" objects

const ROOMY = matchMedia("(width >= 56rem) and (height >= 30rem) and (pointer: fine)"); // as the style sheet has it
const GROWS = CSS.supports("field-sizing", "content"); // fields grow with their text by themselves

/** Takes the page's parts as Tools does; `onHelp` opens the help. */
export class Drafting {
  #page;
  #field = document.getElementById("text");
  #context;
  #drafts;
  #toldTyping = -Infinity; // when the last "typing" object was sent

  constructor(page, onHelp) {
    const { store, composer, update } = page;
    const form = document.getElementById("composer");
    this.#page = page;
    this.#context = new DraftContext(form, {
      onCancel: () => this.#cancel(),
      onJump: (seq) => update(() => store.room.jump(seq)),
    });
    offerEmoji(this.#field, (words) => page.notice.tell(words));
    replaceIn(form, this.#field);
    this.#offerMarks(onHelp);
    addEventListener("look", () => this.#offerMarks(onHelp)); // the user may want the buttons now
    new Suggestions(form, this.#field, () => this.#people());
    this.#field.addEventListener("keydown", (event) => this.#pressed(event));
    this.#field.addEventListener("input", () => this.#tellTyping());
    this.#drafts = new Drafts(composer);
    composer.onChange = () => this.show();
    if (store.room) composer.onChange();
  }

  /** Shows what the draft of the shown room is about, and stores it. */
  show() {
    const { store, composer, log, look } = this.#page;
    const { room } = store;
    if (composer.room !== room.name) return; // the composer is about to show this room
    const draft = rebased(composer.draft, room.epoch, room.earlier);
    if (draft) {
      Object.assign(composer.draft, draft);
      composer.refresh();
    }
    if (!GROWS) grow(this.#field);
    const { reply } = composer.draft;
    const quoted = reply ? room.history.find(reply.seq) : null;
    if (reply && quoted === null) look(reply.seq);
    this.#context.show(composer.draft, quoted, this.#left());
    log.stay();
    this.#drafts.keep();
  }

  /** Loads the buttons for marks where they are shown. */
  async #offerMarks(onHelp) {
    const { toolbar } = document.documentElement.dataset;
    if (toolbar === "hidden" || (toolbar === "roomy" && !ROOMY.matches)) return;
    const { offerMarks } = await import("./compose/toolbar.js").catch(() => ({})); // one can write without
    offerMarks?.(document.querySelector(".draft-context"), this.#field, {
      onHelp,
      onHide: () => {
        choose("toolbar", "hidden");
        this.#field.focus();
      },
    });
  }

  /** How many characters are left of the limit for the draft: for a topic or for a message. */
  #left() {
    const { composer, store } = this.#page;
    const { draft, limit } = composer;
    const { name, rest } = read(draft.text.trimEnd());
    const isTopic = name === "topic" && !draft.edit;
    const most = isTopic ? topicLimit(store.limits) : limit;
    const text = isTopic ? rest : (draft.edit?.text ?? draft.text).trimEnd();
    return { left: most - lengthOf(text), limit: most };
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

/** Returns the most characters of a topic. */
export function topicLimit({ topic, text = Infinity }) {
  return topic ?? text; // an older server has no limit of its own for topics
}

/** Makes a field as high as its text, up to the limit in the style sheet. */
function grow(field) {
  field.style.blockSize = "auto";
  const borders = field.offsetHeight - field.clientHeight;
  field.style.blockSize = `${field.scrollHeight + borders}px`;
}
