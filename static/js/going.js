// Ways to other rooms: the button for the list of rooms, whose dialog is loaded on demand.

import { t } from "./i18n/strings.js";
import { button } from "./panels/make.js";
import { allRooms, matching, ORDERS, unlisted } from "./state/directory.js";

/** Takes the page's parts as Tools does. */
export class Going {
  #page;

  constructor(page) {
    this.#page = page;
    const finding = button(t("finding.title"), () => this.#openFinder(), "find-room-button small");
    document.querySelector("#rooms form").after(finding);
  }

  async #openFinder() {
    const { openFinder } = await this.#load(import("./panels/find-room.js"));
    openFinder(this.#directory, this.#request, this.#go);
  }

  get #directory() {
    const { store } = this.#page;
    return { ORDERS, matching, unlisted, all: (listed) => allRooms(listed, store.rooms) };
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

  /** Resolves to a module; tells if it cannot be loaded, and never goes on then. */
  #load(loading) {
    return loading.catch(() => {
      this.#page.notice.tell(t("page.incomplete"));
      return new Promise(() => {});
    });
  }
}
