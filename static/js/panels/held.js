// What waits for approval in a room, as lines; each is sent or dropped by a button.

import { reasonOf, t } from "../i18n/strings.js";
import { isolate, withFiles } from "../log/narration.js";
import { nickOf, plainWords } from "../log/row.js";
import { moment } from "./links.js";
import { button, make } from "./make.js";

/** Shows what waits in `element`; `request` makes a request and returns the answer, `tell` tells how it went. */
export async function showHeld(element, room, { request, tell }) {
  const answer = await request({ t: "held", room });
  if (answer.t === "error") return element.replaceChildren(make("p", { className: "fault", role: "alert" }, reasonOf(answer)));
  const { messages, more } = answer;
  const list = make("ul", {}, ...messages.map((one) => line(one, (act) => review(one, act))));
  const none = make("p", {}, t("held.none"));
  return element.replaceChildren(messages.length ? list : none, more ? make("p", {}, t("held.more")) : "");

  async function review({ held }, act) {
    const told = await request({ t: "review", room, held, act });
    tell(told.t === "error" ? reasonOf(told) : t(act === "approve" ? "held.approved" : "held.rejected"));
    await showHeld(element, room, { request, tell });
    element.closest("details").querySelector("summary").focus();
  }
}

/** Returns a line: the text as it was written, so that nobody follows a link by mistake. */
function line(one, onReview) {
  const { ts, edits } = one;
  const text = withFiles(one.text || plainWords(one), one);
  const who = isolate(nickOf(one.from));
  const time = make("time", { dateTime: new Date(ts).toISOString() }, moment(ts));
  const said = t(edits ? "held.edit" : "held.message", { who });
  const words = make("span", { className: "words" }, make("span", { className: "text", dir: "auto" }, text), make("span", {}, said), time);
  const answers = ["approve", "reject"].map((act) => {
    const answer = button(t(`held.${act}`), () => onReview(act));
    answer.ariaLabel = t(`held.${act}What`, { who });
    return answer;
  });
  return make("li", {}, words, ...answers);
}
