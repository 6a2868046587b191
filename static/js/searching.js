// The search: it is loaded when its panel is opened first.

import { t } from "./i18n/strings.js";
import { loadDialog } from "./panels/dialog-loading.js";

const find = (id) => document.getElementById(id);

/** Takes the page's parts as Tools does; `onGo` gets the number and the room of a hit that is chosen. */
export class Searching {
  #page;
  #onGo;
  #panel = null; // once it is loaded

  constructor(page, onGo) {
    this.#page = page;
    this.#onGo = onGo;
    find("open-search").addEventListener("click", () => this.#load(), { once: true });
    if (find("search").classList.contains("open")) this.#load(); // by a click before this
  }

  /** Shows the hits in a room. */
  show(room) {
    this.#panel?.show(this.#page.store.finder, room);
  }

  async #load() {
    if (this.#panel) return;
    const { notice, store, update } = this.#page;
    const parts = Promise.all([import("./panels/search.js"), import("./state/finder.js")]);
    const [{ Search }, { Finder }] = await loadDialog(parts, () => notice.tell(t("page.incomplete")));
    if (this.#panel) return;
    store.finder = new Finder();
    this.#panel = new Search(find("search"), {
      onFind: (query, narrowing, isWide) =>
        update(() => store.finder.find(store.active, query, narrowing, isWide ? [...store.rooms.keys()] : [])),
      labelOf: (room) => store.rooms.get(room)?.label ?? room,
      onMore: () => update(() => store.finder.goOn()),
      onGo: this.#onGo,
    });
    this.show(store.room);
    if (find("search").classList.contains("open")) find("query").focus();
  }
}
