// What the page shows in the place of a room that the user cannot be in.

import { t } from "../i18n/strings.js";
import { LOBBY, linkTo } from "../net/address.js";
import { button, make } from "./make.js";

const AGAIN = ["kicked", "room_full"]; // after these it may be tried again

/** Shows it in `screen`, over the log; calls `onRetry` to join the room again. */
export class Refused {
  #element = make("section", { className: "refused", hidden: true });
  #onRetry;
  #shown = null; // the refusal that is shown

  constructor(screen, onRetry) {
    this.#onRetry = onRetry;
    screen.append(this.#element);
  }

  /** Shows why the user cannot be in a room; null if they can. */
  show(refusal) {
    if (refusal === this.#shown) return;
    this.#shown = refusal;
    this.#element.hidden = !refusal;
    if (refusal) this.#fill(refusal.code);
  }

  #fill(code) {
    const lobby = make("a", { href: linkTo(LOBBY) }, t("refused.lobby"));
    lobby.dataset.room = LOBBY;
    const again = AGAIN.includes(code) && button(t("refused.again"), () => this.#onRetry());
    this.#element.replaceChildren(
      make("h2", {}, t(`refused.${code}`)),
      make("p", { role: "status" }, t(`refused.${code}Why`)),
      make("p", { className: "ways" }, again, lobby),
    );
  }
}
