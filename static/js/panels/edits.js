// The dialog with the texts that a message had before it was edited.

import { reasonOf, t } from "../i18n/strings.js";
import { open } from "./dialog.js";
import { moment } from "./links.js";
import { button, make } from "./make.js";

/** Opens and returns the dialog for the message `seq` of a room; `request` makes a request and returns the answer. */
export function openEdits(room, seq, request) {
  const list = make("ul");
  const place = make("div", { ariaLive: "polite" }, make("p", {}, t("settings.looking")));
  const close = button("×", () => dialog.close(), "close plain");
  close.ariaLabel = t("page.close");
  const dialog = open("edits", t("edits.title"), close, make("h2", {}, t("edits.title")), place);
  const more = button(t("edits.more"), () => load());
  const texts = [];

  async function load() {
    const answer = await request({ t: "edits", room, seq, ...(texts.length && { after: texts.at(-1).seq }) });
    if (answer.t === "error") return place.replaceChildren(fault(answer));
    texts.push(...answer.versions);
    const earlier = answer.more ? texts : texts.slice(0, -1); // the last one is in the log
    list.replaceChildren(...earlier.map(line));
    return place.replaceChildren(earlier.length ? list : make("p", {}, t("edits.none")), answer.more ? more : "");
  }
  load();
  return dialog;
}

function line({ ts, text }) {
  const time = make("time", { dateTime: new Date(ts).toISOString() }, moment(ts));
  return make("li", {}, time, make("p", { dir: "auto" }, text));
}

function fault(error) {
  return make("p", { className: "fault", role: "alert" }, reasonOf(error));
}
