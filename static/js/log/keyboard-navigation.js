// Moves the focus from message to message by the arrow keys.

import { reasonOf, t } from "../i18n/strings.js";
import { withFiles } from "./narration.js";
import { gone, nickOf, plainWords, when } from "./row.js";

/** Handles keys in `element`, where `log` shows rows; calls `onLeave` at Escape. */
export class KeyboardNavigation {
  #log;
  #ways;

  constructor(element, log, onLeave) {
    this.#log = log;
    this.#ways = {
      ArrowUp: (from) => log.rowBeside(from, -1),
      ArrowDown: (from) => log.rowBeside(from, 1),
      Home: () => log.rowAtEnd(false),
      End: () => log.rowAtEnd(true),
    };
    element.addEventListener("keydown", (event) => {
      if (event.altKey || event.ctrlKey || event.metaKey || event.shiftKey) return;
      if (event.key === "Escape") onLeave();
      else this.#step(event);
    });
    element.addEventListener("focusin", ({ target }) => this.#name(target));
  }

  #step(event) {
    const row = this.#ways[event.key]?.(event.target);
    if (!row) return;
    event.preventDefault();
    row.focus({ preventScroll: true });
    row.scrollIntoView({ block: "nearest" });
  }

  /** Gives a row its accessible name when it gets the focus: there are many rows. */
  #name(element) {
    const entry = element.role === "article" && this.#log.entryOf(element);
    if (entry) element.ariaLabel = nameOf(entry);
  }
}

/** Returns what a screen reader says of a row. */
function nameOf({ kind, item, author, quoted, waits, count }) {
  if (count) return gone(count);
  const words = withFiles(plainWords(item, author), item);
  if (kind === "note") return words;
  const { state, reason, edited, reactions = {} } = item;
  const parts = [
    `${nickOf(author)}, ${when(item.ts, "clock")}: ${words}`,
    edited && t("row.edited"),
    quoted && `${t("draft.reply")} ${nickOf(quoted.from)}: ${plainWords(quoted)}`,
    state === "failed" && t("row.failed", { reason: reasonOf(reason) }),
    kind === "outgoing" && waits && t("row.waiting"),
    ...Object.entries(reactions).map(([emoji, people]) => `${emoji} ${people.length}`),
  ];
  return parts.filter(Boolean).join(", ");
}
