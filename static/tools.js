// What can wait until the page is drawn: it is loaded behind the rest, and put together here.

import { Attention } from "./attention.js";
import { obey } from "./commands.js";
import { offerLink } from "./invitation.js";
import { Steps } from "./steps.js";
import { t } from "./strings.js";

const find = (id) => document.getElementById(id);

/** Everything that a page does beyond showing a room and sending what is written. */
export class Tools {
  #attention;
  #acts;

  /** Takes the parts that the page consists of, and `acts`: what commands do, by their names. */
  constructor({ store, address, notice, log, composer, acts }) {
    const tell = (words) => notice.tell(words);
    this.#acts = { ...acts, tell };
    this.#attention = new Attention(
      { notify: find("notify"), sound: find("sound") },
      { onOpen: (room) => address.go(room), onRefused: () => tell(t("attention.refused")) },
    );
    offerLink(find("copy-link"), () => store.active, tell);
    new Steps(find("log"), log, () => composer.focus());
  }

  /** Shows a room, and news as the store hands them out. */
  show(room, unread, news) {
    this.#attention.tell(news);
    this.#attention.show(room, unread);
  }

  /** Does what a text says that begins with a slash; `done` is called if that is possible. */
  command(text, done) {
    if (obey(text, this.#acts)) done();
  }
}
