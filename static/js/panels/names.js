// The part of the settings in which operators let others have a name that is kept for somebody who is away.

import { reasonOf, t } from "../i18n/strings.js";
import { isolate } from "../log/narration.js";
import { field, make } from "./make.js";

const LONGEST = 1000; // characters; the server has a lower limit of its own

/** Returns the form; `request` makes a request and returns the answer, `tell` tells what became of it. */
export function namesForm(request, tell) {
  const [label, nick] = field(t("names.nick"), { maxLength: LONGEST, dir: "auto", autocomplete: "off", required: true });
  const fault = make("p", { className: "fault", role: "alert", hidden: true });
  const hint = make("p", { className: "hint" }, t("names.hint"));
  const form = make("form", { autocomplete: "off" }, hint, label, nick, fault, make("button", {}, t("names.free")));
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    const name = nick.value.trim();
    const answer = await request({ t: "free_nick", nick: name });
    fault.hidden = answer.t !== "error";
    if (answer.t === "error") return fault.replaceChildren(reasonWhy(answer, name));
    nick.value = "";
    return tell(t("names.done", { nick: isolate(name) }));
  });
  return form;
}

function reasonWhy(error, name) {
  const words = { nick_taken: "names.here", not_found: "names.nobody" }[error.code];
  return words ? t(words, { nick: isolate(name) }) : reasonOf(error);
}
