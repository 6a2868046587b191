// What the page shows in the place of a room that the user cannot be in.

import { proposeRoom } from "../i18n/room-name.js";
import { t } from "../i18n/strings.js";
import { isolate } from "../log/narration.js";
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

  /** Shows why the user cannot be in a room, whose name has `limit` characters at most; not if they can. */
  show({ name, refusal }, limit) {
    if (refusal === this.#shown) return;
    this.#shown = refusal;
    this.#element.hidden = !refusal;
    if (refusal) this.#fill(refusal.code, refusal.code === "bad_room" && proposeRoom(name, limit));
  }

  #fill(code, proposal) {
    const other = proposal && wayTo(proposal, t("refused.meant", { room: isolate(proposal) }));
    const again = AGAIN.includes(code) && button(t("refused.again"), () => this.#onRetry());
    this.#element.replaceChildren(
      make("h2", {}, t(`refused.${code}`)),
      make("p", { role: "status" }, t(`refused.${code}Why`)),
      make("p", { className: "ways" }, other, again, wayTo(LOBBY, t("refused.lobby"))),
    );
  }
}

function wayTo(room, words) {
  const link = make("a", { href: linkTo(room) }, words);
  link.dataset.room = room;
  return link;
}
