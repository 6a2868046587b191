// The dialog of a server that asks who comes: for a password, or it says which link is missing.

import { t } from "../i18n/strings.js";
import { forget } from "../storage/storage.js";
import { open } from "./dialog.js";

/** Asks for what lets the user in, as the server's error lists it, and says hello again with that. */
export function askAccess(session, { access }) {
  const shown = session.access;
  session.access = null;
  forget("access"); // if a token was kept, it does not let in any more
  const isByInvitation = access.includes("invite");
  // A link that is put into the address is kept by then, and shown by the next hello.
  if (isByInvitation) addEventListener("hashchange", () => location.reload(), { once: true });
  if (access.includes("password")) askPassword(session, shown?.password ? t("access.wrong") : "", isByInvitation);
  else if (isByInvitation) open("access", t("access.invite"), element("h2", t("access.invite")), element("p", t("access.inviteWhy")));
  else open("access", t("access.token"), element("p", t(shown?.token ? "access.expired" : "access.token")));
}

function askPassword(session, fault, isByInvitation) {
  const label = element("label", t("access.password"));
  const field = element("input");
  Object.assign(field, { id: "password", type: "password", required: true, autocomplete: "current-password" });
  label.htmlFor = field.id;
  const words = element("p", fault);
  Object.assign(words, { className: "fault", role: "alert", hidden: !fault });
  const form = element("form");
  form.append(label, field, words, element("button", t("access.enter")));
  if (isByInvitation) form.append(element("p", t("access.orInvite")));
  const dialog = open("access", t("access.password"), form);
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    session.access = { password: field.value };
    dialog.close();
    session.reconnect();
  });
}

function element(name, words = "") {
  const made = document.createElement(name);
  made.textContent = words;
  return made;
}
