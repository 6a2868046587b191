// Lets screen readers announce new messages of others, but no history.

import { t } from "../i18n/strings.js";
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
    this.#waiting.push(...heard.map(({ event }) => event));
    this.#timer ??= setTimeout(() => this.#say(), PACE);
  }

  #say() {
    const events = this.#waiting;
    this.#waiting = [];
    this.#timer = null;
    const isMuch = events.length > MOST;
    const lines = isMuch ? [t("jump.new", { count: events.length })] : events.map(line);
    this.#element.replaceChildren(...lines.map(paragraph));
  }
}

function line(event) {
  return `${nickOf(event.from)}: ${plainWords(event)}`;
}

function paragraph(text) {
  const element = document.createElement("p");
  element.textContent = text;
  return element;
}
