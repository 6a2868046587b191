// The files that go with drafts and with messages that wait to be sent: made ready, kept, uploaded and shown.

import { admit } from "./compose/admission.js";
import { Chips } from "./compose/chips.js";
import { DropTarget } from "./compose/drop-target.js";
import { chooseFiles } from "./compose/file-choice.js";
import { prepare, shrinks } from "./compose/picture.js";
import { learn } from "./i18n/files.js";
import { t } from "./i18n/strings.js";
import { cleanName } from "./log/file-facts.js";
import { keepLook, lookOf, showProgress } from "./log/gallery.js";
import { isolate } from "./log/narration.js";
import { urlOf } from "./net/address.js";
import { authorization } from "./net/authorization.js";
import { exchange } from "./net/exchange.js";
import { Uploads } from "./net/uploads.js";
import { loadDialog } from "./panels/dialog-loading.js";
import { canRetry, faultWords, refusalWords } from "./panels/file-words.js";
import { isLasting, silence } from "./state/acts.js";
import { describe, renewLost, renewStale, unsentFiles } from "./state/unsent-files.js";
import { FileStore } from "./storage/file-store.js";
import { namesWith, recall } from "./storage/storage.js";
import { uuid } from "./uuid.js";

const MOST = 10; // files of a message, where the server does not tell
const MOST_UNSENT = 100; // files that are not sent yet, in all rooms together,
const MOST_BYTES = 200_000_000; // and bytes of them
const LOST = ["no_such_file", "file_used"]; // errors of a message whose files are not there for it any more

await learn();

/** Takes the page's parts as Attaching does. */
export class Attachments {
  #page;
  #chips;
  #states = new Map(); // {state, share, reason?, canRetry?} by key: what is known beside the files themselves
  #store = new FileStore();
  #uploads;
  #preparing = Promise.resolve(); // one picture at a time: each takes much memory
  #sends = null; // the draft that is to be sent when its files are ready
  #renewed = new Set();

  constructor(page) {
    this.#page = page;
    const form = document.getElementById("composer");
    this.#chips = new Chips(form, {
      onRemove: (key) => this.#remove(key),
      onRetry: (key) => this.#retry(key),
      onDescribe: (key) => void this.#describe(key),
    });
    new DropTarget(() => this.#placeToDrop(), ({ files, folders }) => this.offer(files, folders));
    this.#uploads = new Uploads(exchange, {
      onState: (key, state) => this.#set(key, { state }),
      onLocation: (key, upload) => this.#change(key, { upload }),
      onProgress: (key, share) => this.#progress(key, share),
      onDone: (key, file) => this.#uploaded(key, file),
      onFailed: (key, error) => this.#failed(key, refusalWords(error, page.store.limits.file), canRetry(error)),
    });
    addEventListener("beforeunload", (event) => {
      if (this.#store.wouldLose(this.#all().map(({ file }) => file.key))) event.preventDefault();
    });
    const kept = JSON.stringify(["outbox.", "draft."].flatMap(namesWith).map((name) => recall(name)));
    void this.#store.tidy((key) => kept.includes(key));
  }

  /** Adds files to the draft of the shown room, as far as that is possible, and says what is not. */
  offer = (files, folders = 0) => {
    const { composer, notice, store } = this.#page;
    const { draft } = composer;
    const hindrance = this.#hindrance();
    if (hindrance) {
      notice.tell(hindrance);
      return;
    }
    const { file: bytes, files: most = MOST } = store.limits;
    const { taken, faults } = admit(files, { count: draft.files?.length ?? 0, most, bytes, shrinks });
    const words = faultWords(faults, folders, { most, bytes });
    if (words) notice.tell(words);
    const isTooMuch = this.#isTooMuch(taken);
    if (isTooMuch) notice.tell(t("composer.full"));
    else for (const file of taken) this.#add(draft, file);
    this.#changed();
    composer.focus();
  };

  /** Has the user choose files; on a phone by a menu beside the button. */
  async choose(button) {
    if (!matchMedia("(pointer: coarse)").matches) return chooseFiles({}, this.offer);
    const { openFileMenu } = await this.#load(import("./compose/file-menu.js"));
    return openFileMenu(button, (how) => chooseFiles(how, this.offer));
  }

  #load(dialog) {
    return loadDialog(dialog, () => this.#page.notice.tell(t("page.incomplete")));
  }

  /** Whether a draft cannot be sent yet; it is sent when its files are ready, or the user is told what to do. */
  mustWait(draft) {
    const states = draft.files.map(({ key }) => this.#states.get(key)?.state);
    if (states.includes("failed")) this.#page.notice.tell(t("files.failedFirst"));
    const waits = states.includes("preparing");
    this.#sends = waits ? draft : null;
    return waits || states.includes("failed");
  }

  /** Shows the chips of a room's draft, and begins the uploads that are due. */
  show(room) {
    const { composer, session, store } = this.#page;
    this.#uploads.connected(store.isWelcome);
    renewStale(composer.drafts, store.rooms, Date.now());
    const isRenewed = renewLost(store.rooms, LOST, this.#renewed);
    const all = this.#all();
    this.#forget(new Set(all.map(({ file }) => file.key)));
    for (const one of all) this.#begin(one);
    const draft = composer.drafts.get(room.name);
    this.#chips.show(draft?.files && !draft.edit ? draft.files.map((file) => this.#chip(file)) : []);
    if (isRenewed) session.act();
  }

  // Into the draft

  /** Returns in words why no file can be added just now; null if it can. */
  #hindrance() {
    const { composer, store } = this.#page;
    const reason = silence(store.room, store.me, Date.now());
    if (isLasting(reason)) return t(`silence.${reason.code}`);
    if (composer.draft.edit) return t("files.whileEditing");
    return store.limits.file || !store.isWelcome ? null : t("files.off");
  }

  /** Returns the name of the room that a drop is for; null where nothing may be dropped. */
  #placeToDrop() {
    const isClosed = document.querySelector("dialog[open]") || this.#hindrance() !== null;
    return isClosed ? null : isolate(this.#page.store.room.label);
  }

  #isTooMuch(files) {
    const all = [...this.#all().map(({ file }) => file), ...files];
    return all.length > MOST_UNSENT || all.reduce((sum, { size }) => sum + size, 0) > MOST_BYTES;
  }

  #add(draft, file) {
    const key = uuid();
    const name = cleanName(file.name);
    draft.files = [...(draft.files ?? []), { key, name, type: file.type, size: file.size }];
    this.#states.set(key, { state: "preparing", share: 0 });
    this.#preparing = this.#preparing.then(() => this.#prepare(key, file)).catch(() => this.#lose(key));
  }

  async #prepare(key, file) {
    const { blob, name, width, height, look } = await prepare(file);
    const limit = this.#page.store.limits.file ?? Infinity;
    if (!this.#states.has(key)) return; // removed meanwhile
    if (blob.size > limit) {
      this.#page.notice.tell(faultWords([{ fault: "large", name, size: blob.size }], 0, { bytes: limit }));
      this.#remove(key);
      return;
    }
    if (look) keepLook(key, look);
    await this.#store.put(key, { blob, look });
    const { type, size } = blob;
    this.#states.set(key, { state: "ready" });
    this.#change(key, { name: cleanName(name), type, size, ...(width && { width, height }) });
    this.#sendIfReady();
  }

  /** Sends the draft that was to be sent, if it is still shown and all of its files are ready. */
  #sendIfReady() {
    const draft = this.#sends;
    const isPreparing = draft?.files?.some(({ key }) => this.#states.get(key)?.state === "preparing");
    if (!draft || isPreparing) return;
    this.#sends = null;
    if (draft === this.#page.composer.draft) document.getElementById("composer").requestSubmit();
  }

  #remove(key) {
    const { composer } = this.#page;
    for (const draft of composer.drafts.values()) {
      if (draft.files?.some((file) => file.key === key)) draft.files = draft.files.filter((file) => file.key !== key);
    }
    this.#changed();
    if (!composer.draft.files?.length) composer.focus();
  }

  #retry(key) {
    this.#states.delete(key);
    this.#changed();
  }

  async #describe(key) {
    const file = this.#all().find((one) => one.file.key === key)?.file;
    const { openDescription } = await this.#load(import("./compose/description.js"));
    if (!file || document.querySelector("dialog[open]")) return;
    openDescription({ ...file, look: lookOf(file) }, (alt) => this.#change(key, { alt: alt || undefined }));
  }

  #chip(file) {
    const { key, name, size, alt, id } = file;
    const known = this.#states.get(key) ?? { state: "ready" };
    const isHeld = known.state === "waiting" && this.#page.store.isWelcome; // by the others
    const state = id ? "done" : isHeld ? "ready" : known.state;
    return { ...known, key, name, size, alt, state, look: lookOf(file), isPicture: Boolean(file.width) };
  }

  // To the server

  #all() {
    const { composer, store } = this.#page;
    return unsentFiles(composer.drafts, store.rooms);
  }

  /** Forgets what no draft and no message that waits has any more. */
  #forget(keys) {
    for (const key of [...this.#states.keys()].filter((one) => !keys.has(one))) {
      this.#states.delete(key);
      this.#uploads.drop(key);
      void this.#store.remove(key);
    }
  }

  /** Begins the upload of a file, unless there is one, it has failed, or the message that it is in has. */
  #begin({ file, room, cid, state }) {
    const { key, id } = file;
    const known = this.#states.get(key);
    const isRetried = cid && state === "waiting" && known?.state === "failed";
    if (id) this.#states.set(key, { state: "done" });
    const isDue = !known || ["ready", "done"].includes(known.state) || isRetried;
    if (id || !isDue || state === "failed") return;
    this.#states.set(key, { state: "waiting", share: 0 });
    void this.#upload(file, room);
  }

  async #upload({ key, name, upload }, room) {
    const kept = await this.#store.get(key);
    if (!this.#states.has(key)) return;
    if (!kept?.blob) {
      this.#failed(key, t("files.gone"), false);
      return;
    }
    if (kept.look) keepLook(key, kept.look);
    const url = urlOf(`api/v1/rooms/${encodeURIComponent(room)}/files`).href;
    const headers = () => authorization(this.#page.session, this.#page.store);
    this.#uploads.add(key, { url, name, blob: kept.blob, location: upload, headers });
    if (kept.look) this.#change(key, {}); // so that it is seen
  }

  #uploaded(key, { id, name, type, size, width, height }) {
    const look = lookOf({ key });
    if (look) keepLook(id, look);
    this.#set(key, { state: "done" });
    const shape = width ? { width, height } : {};
    this.#change(key, { id, name, type, size, ...shape, at: Date.now(), upload: undefined });
  }

  /** Shows that a file will not come: at its chip, or at the message that it is in. */
  #failed(key, reason, mayRetry) {
    const { announce, store } = this.#page;
    this.#set(key, { state: "failed", reason, canRetry: mayRetry });
    const { cid, room } = this.#all().find(({ file }) => file.key === key) ?? {};
    if (cid) store.rooms.get(room).queue.refuse(cid, { code: "file", text: reason.replace(/[.。]$/, "") });
    else announce(reason);
    this.#changed();
  }

  #lose(key) {
    this.#failed(key, t("files.unreadable"), false);
  }

  #progress(key, share) {
    this.#set(key, { share });
    this.#chips.progress(key, share);
    showProgress(document.getElementById("lines"), key, share);
  }

  #set(key, changes) {
    const known = this.#states.get(key);
    if (!known) return;
    this.#states.set(key, { ...known, ...changes });
    if (changes.state) this.#changed();
  }

  #change(key, changes) {
    const { composer, store } = this.#page;
    describe(composer.drafts, store.rooms, key, changes);
    this.#changed();
  }

  /** Has the drafts kept, the requests made that are due now, and the page drawn. */
  #changed() {
    this.#page.composer.onChange();
    this.#page.update(() => {});
  }
}
