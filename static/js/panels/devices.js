// The dialog with the devices on which the user is signed in, and how to sign out.

import { reasonOf, t } from "../i18n/strings.js";
import { ask, open } from "./dialog.js";
import { moment } from "./links.js";
import { button, make, teller } from "./make.js";

/**
 * Opens the dialog. `user` is {nick, unsent}, the latter how many messages wait to be sent. `request` makes a request
 * and returns the answer; `signOut` ends the session of this browser by a `sign_out`, null if there is none, and
 * returns the error if it cannot.
 */
export function openDevices(user, request, signOut) {
  const [line, tell] = teller();
  const place = make("div", {}, make("p", {}, t("settings.looking")));
  const close = button("×", () => dialog.close(), "close plain");
  close.ariaLabel = t("page.close");
  const dialog = open("devices", t("devices.title"), close, make("h2", {}, t("devices.title")), place, line);

  /** Shows the list. */
  async function show() {
    const answer = await request({ t: "sessions" });
    if (answer.t === "error") place.replaceChildren(fault(answer), ways(null));
    else place.replaceChildren(make("ul", {}, ...answer.sessions.map((one) => item(one, end))), ways(answer.sessions));
  }

  async function end({ session }) {
    const answer = await request({ t: "sign_out", session });
    tell(answer.t === "error" ? reasonOf(answer) : t("devices.endedOne"));
    await show();
    close.focus();
  }

  function ways(sessions) {
    const here = sessions?.some((one) => one.here);
    return make(
      "p",
      { className: "ways" },
      here && button(t("devices.everywhere"), () => leaveEverywhere(user, signOut, tell)),
      button(t("devices.forget"), () => leaveHere(user, sessions, signOut, tell)),
    );
  }
  show();
}

/**
 * Asks whether to sign out of this browser, where `sessions` are the user's, null if the server cannot be asked, and
 * does; `tell` gets what is wrong.
 */
export function leaveHere({ nick, unsent }, sessions, signOut, tell) {
  if (!sessions) {
    const away = [losing(unsent), t("devices.away", { nick }), t("devices.shared")];
    return leave(null, [t("devices.forgetQuestion"), t("devices.forget"), away], signOut, tell);
  }
  const here = sessions.find((one) => one.here);
  const isLast = sessions.length < 2;
  // Nobody else is left who needs the name.
  const request = here && (isLast ? { forget: true } : { session: here.session });
  const details = [losing(unsent), isLast && t("devices.lost", { nick }), t("devices.shared")];
  return leave(request ?? null, [t("devices.forgetQuestion"), t("devices.forget"), details], signOut, tell);
}

function leaveEverywhere({ nick, unsent }, signOut, tell) {
  const details = [losing(unsent), t("devices.lost", { nick })];
  return leave({ forget: true }, [t("devices.everywhereQuestion"), t("devices.everywhere"), details], signOut, tell);
}

function losing(unsent) {
  return unsent > 0 && t("devices.unsent", { count: unsent });
}

async function leave(request, [question, yes, details], signOut, tell) {
  const detail = details.filter(Boolean).join("\n\n");
  if (!(await ask(question, { yes, no: t("menu.no"), detail }))) return;
  const error = await signOut(request);
  if (error) tell(reasonOf(error));
}

function item(one, onEnd) {
  const { label, since, seen, here } = one;
  const what = label || t("devices.unnamed");
  const times = t("devices.times", { since: moment(since), seen: moment(seen) });
  const ending = !here && button(t("devices.end"), () => onEnd(one));
  if (ending) ending.ariaLabel = t("devices.endWhat", { what: `${what}, ${times}` });
  const name = make("b", {}, make("bdi", {}, what), here && ` (${t("devices.here")})`);
  return make("li", {}, make("span", { className: "words" }, name, make("span", {}, times)), ending);
}

function fault(error) {
  return make("p", { className: "fault", role: "alert" }, reasonOf(error));
}
