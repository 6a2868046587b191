// Shows who is typing in the room.

import { t } from "../i18n/strings.js";

/** Shows it in `element`, until the time of each is over. */
export class Typing {
  #element;
  #timer = null;

  constructor(element) {
    this.#element = element;
  }

  /** Shows who types in a room. */
  show(room) {
    clearTimeout(this.#timer);
    const now = Date.now();
    const typists = [...room.typing.values()].filter(({ until }) => until > now);
    const words = wordsFor(typists.map(({ nick }) => `\u2068${nick}\u2069`));
    if (this.#element.textContent !== words) this.#element.textContent = words;
    if (!typists.length) return;
    const next = Math.min(...typists.map(({ until }) => until));
    this.#timer = setTimeout(() => this.show(room), next - now);
  }
}

function wordsFor(nicks) {
  if (!nicks.length) return "";
  if (nicks.length > 2) return t("typing.many");
  const [one, other] = nicks;
  return other ? t("typing.two", { one, other }) : t("typing.one", { one });
}
