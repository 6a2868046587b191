// Lets screen readers announce new messages of others, but no history.

import { t } from "../i18n/strings.js";
import { withFiles } from "./narration.js";
import { nickOf, plainWords } from "./row.js";

const PACE = 1_000; // ms between announcements
const MOST = 3; // messages announced one by one; of more, only the number

/** Writes announcements into `element`, a polite live region; the log itself is none. */
export class Announcer {
  #element;
  #waiting = [];
  #timer = null;

  constructor(element) {
    this.#element = element;
  }

  /** Announces a room's messages, of the news that the store returns. */
  tell(news, room) {
    const heard = news.filter((one) => one.room === room.name);
    if (!heard.length) return;
    this.announce(...heard.map(({ event }) => line(event)));
  }

  /** Announces some lines. */
  announce(...lines) {
    this.#waiting.push(...lines);
    this.#timer ??= setTimeout(() => this.#say(), PACE);
  }

  #say() {
    const heard = this.#waiting;
    this.#waiting = [];
    this.#timer = null;
    const lines = heard.length > MOST ? [t("jump.new", { count: heard.length })] : heard;
    this.#element.replaceChildren(...lines.map(paragraph));
  }
}

function line(event) {
  return `${nickOf(event.from)}: ${withFiles(plainWords(event), event)}`;
}

function paragraph(text) {
  const element = document.createElement("p");
  element.textContent = text;
  return element;
}
