// Ways to other rooms: the list of all, the switcher, and keys. The dialogs are loaded on demand.

import { t } from "./i18n/strings.js";
import { isolate } from "./log/narration.js";
import { loadDialog } from "./panels/dialog-loading.js";
import { button } from "./panels/make.js";
import { listen } from "./panels/room-keys.js";
import { roomBeside } from "./state/beside.js";

/** Takes the page's parts as Tools does; `announce` tells words to screen readers. */
export class Going {
  #page;
  #announce;

  constructor(page, announce) {
    this.#page = page;
    this.#announce = announce;
    listen({ onSwitch: () => this.#openSwitcher(), onStep: (...step) => this.#step(...step) });
    const finding = button(t("finding.title"), () => this.#openFinder(), "find-room-button small");
    document.querySelector("#rooms form").after(finding);
  }

  #openFinder = async () => {
    const [{ openFinder }, directory] = await this.#withDirectory(import("./panels/find-room.js"));
    const all = (listed) => directory.allRooms(listed, this.#page.store.rooms);
    openFinder({ ...directory, all }, this.#request, this.#go);
  };

  async #openSwitcher() {
    const { store } = this.#page;
    const [{ openSwitcher }, { ownMatching, unlisted }] = await this.#withDirectory(import("./panels/switcher.js"));
    if (document.querySelector("dialog[open]")) return; // the keys were pressed twice
    const find = (words) => ownMatching(store.rooms, words);
    const none = (words) => unlisted(find(""), words);
    openSwitcher({ find, unlisted: none }, { onGo: this.#go, onFind: this.#openFinder });
  }

  /** Offers rooms to be left by `leave` for one that cannot be joined, as the user is in too many. */
  async makeSpace(room, leave) {
    const { store } = this.#page;
    const { openTooMany } = await this.#load(import("./panels/too-many-rooms.js"));
    if (document.querySelector("dialog[open]")) return; // it is said already, of another room
    const rooms = () => [...store.rooms.values()];
    openTooMany({ room, limit: store.limits.rooms, rooms }, { onLeave: leave, onGo: this.#go });
  }

  /** Goes to the room beside the shown one. */
  #step(way, isUnread) {
    const { notice, store } = this.#page;
    const name = roomBeside(store.rooms, store.active, way, isUnread);
    if (name) {
      this.#go(name);
      this.#announce(t("switcher.at", { room: isolate(store.room.label) }));
    } else if (isUnread) notice.tell(t("switcher.allRead"));
  }

  /** Resolves to a dialog's module and that of the rooms to choose from. */
  #withDirectory(loading) {
    return this.#load(Promise.all([loading, import("./state/directory.js")]));
  }

  #go = (room) => {
    const { address, panels } = this.#page;
    panels.forEach((panel) => panel.close()); // also if the room is shown already
    address.go(room);
  };

  #request = (request) => {
    const { session, store } = this.#page;
    return store.isWelcome ? session.request(request) : { t: "error", code: "lost" };
  };

  /** Resolves to a module with a dialog; tells if it cannot be loaded. */
  #load(loading) {
    return loadDialog(loading, () => this.#page.notice.tell(t("page.incomplete")));
  }
}
