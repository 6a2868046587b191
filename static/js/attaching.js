// Where files come in: those of messages in the log, and those that go with a draft. What handles them is loaded then.

import { again } from "./again.js";
import { bringsFiles, pastedFiles } from "./compose/dragged-files.js";
import { t } from "./i18n/strings.js";
import { drawing } from "./log/bar.js";
import { gallery } from "./log/row.js";
import { make } from "./panels/make.js";
import { loadStyle } from "./panels/style.js";

const CLIP = "M14.5 8.5 9 14a2.8 2.8 0 0 1-4-4l6.5-6.5a1.9 1.9 0 0 1 2.7 2.7L8 12.4a.9.9 0 0 1-1.3-1.3L12 5.8";

/** Takes the page's parts as Tools does, and `announce`, which tells words to screen readers. */
export class Attaching {
  #page;
  #button;
  #loading = null;
  #showing = null;
  #files = null; // the Attachments, once they are loaded

  constructor(page) {
    this.#page = page;
    const words = t("composer.attach");
    this.#button = make("button", { type: "button", className: "plain attach", ariaLabel: words, title: words }, drawing(CLIP));
    document.getElementById("text").before(this.#button);
    // It opens a window of the browser, which needs a fresh click: so what does that is there before.
    for (const sign of ["pointerenter", "focus"]) this.#button.addEventListener(sign, () => this.#use(() => {}));
    this.#button.addEventListener("click", () => this.#use((files) => files.choose(this.#button)));
    document.addEventListener("paste", (event) => this.#pasted(event));
    // Without this, the browser leaves the page for the file.
    for (const name of ["dragenter", "dragover", "drop"]) addEventListener(name, (event) => this.#dragged(event));
  }

  /** Shows the files of messages, and what goes with the draft of a room. */
  show(room) {
    const { composer, notice, store } = this.#page;
    this.#button.hidden = store.isWelcome && !store.limits.file;
    const has = ({ files }) => files?.length > 0;
    if (!this.#loading && [...composer.drafts.values(), ...store.unsent].some(has)) void this.#use(() => {});
    this.#files?.show(room);
    if (gallery.waiting.length) this.#showing ??= this.#showAll().catch(() => notice.tell(t("page.incomplete")));
  }

  /** Whether a draft cannot be sent yet, as its files are not ready. */
  mustWait(draft) {
    return Boolean(draft.files?.length) && !draft.edit && (this.#files?.mustWait(draft) ?? true);
  }

  #pasted(event) {
    const isElsewhere = event.target.closest?.("dialog, input, textarea:not(#text)");
    const pasted = isElsewhere ? [] : pastedFiles(event.clipboardData);
    if (!pasted.length) return;
    event.preventDefault();
    void this.#use((files) => files.offer(pasted));
  }

  /** Takes a drag until the drop target is there, which then does. */
  #dragged(event) {
    if (this.#files || !bringsFiles(event.dataTransfer)) return;
    event.preventDefault();
    const dropped = [...event.dataTransfer.files]; // none before the drop
    void this.#use((files) => dropped.length && files.offer(dropped));
  }

  /** Uses the Attachments as soon as they are loaded. */
  async #use(act) {
    const { notice, store } = this.#page;
    this.#loading ??= Promise.all([again(() => import("./attachments.js")), loadStyle("attachments")]);
    try {
      const [{ Attachments }] = await this.#loading;
      this.#files ??= new Attachments(this.#page);
    } catch {
      this.#loading = null;
      return notice.tell(t("page.incomplete"));
    }
    this.#files.show(store.room);
    return act(this.#files);
  }

  /** Shows the files of messages, from now on. */
  async #showAll() {
    const { log, store, update } = this.#page;
    const [{ begin }] = await Promise.all([again(() => import("./pictures.js")), loadStyle("pictures")]);
    begin(store, () => {
      log.stay(); // before it looks where the reader is
      update(() => {});
    });
  }
}
