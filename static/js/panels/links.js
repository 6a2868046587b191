// Links to a room, as lines with what can be done with each.

import { locale, reasonOf, t } from "../i18n/strings.js";
import { duration, names } from "../log/narration.js";
import { linkTo } from "../net/address.js";
import { ask } from "./dialog.js";
import { copy } from "./invitation.js";
import { button, choice, field, make } from "./make.js";

const LASTS = [3_600, 86_400, 604_800, 0]; // s; 0 for ever
const LABEL = 100; // characters
const MOST_USES = 1_000_000;
const LAST_DATE = 8.64e15; // ms since 1970; no later one can be shown

/** Returns a line with a new link, which can be copied; `tell` tells that it is. */
export function newLink(room, { right, secret }, tell) {
  const link = secret ? `${linkTo(room)}#${secret}` : linkTo(room);
  const what = t(`links.${right}`);
  return make("li", { className: "new-link" }, make("span", {}, what), copyRow(link, what, tell), codeOf(link, what));
}

/** Returns a link in a field with a button that copies it; `what` names it, `tell` tells that it is copied. */
export function copyRow(link, what, tell) {
  const shown = make("input", { value: link, readOnly: true, ariaLabel: what });
  shown.addEventListener("focus", () => shown.select());
  const copying = button(t("links.copy"), async () => {
    if (await copy(link)) tell(t("links.copied"));
    else shown.focus();
  });
  copying.ariaLabel = t("links.copyWhat", { what });
  return make("span", { className: "row" }, shown, copying);
}

/** Returns the QR code of a link, which is drawn when it is wanted. */
function codeOf(link, what) {
  const code = make("details", {}, make("summary", {}, t("links.code")));
  const draw = async () => {
    const { drawCode } = await import("./qr-drawing.js");
    code.append(drawCode(link, t("links.codeWhat", { what })));
  };
  code.addEventListener("toggle", draw, { once: true });
  return code;
}

/** Shows the links to a room in `element` to the user `me`; `request` returns the answer to a request. */
export async function showLinks(element, room, { me, request, tell }) {
  const links = [];
  let answer;
  do {
    answer = await request({ t: "links", room, ...(links.length && { skip: links.length }) });
    if (answer.t === "error") return element.replaceChildren(fault(answer));
    links.push(...answer.links);
  } while (answer.more && answer.links.length);
  const again = () => showLinks(element, room, { me, request, tell });
  const list = make("ul", {}, ...links.map((link) => line(link, () => revoke(link))));
  const isEmpty = !links.length;
  return element.replaceChildren(isEmpty ? make("p", {}, t("links.none")) : list, form(room, request, again, tell));

  async function revoke({ link, people = [] }) {
    const isOwn = people.some(({ id }) => id === me?.id);
    const answers = { yes: t("links.revoke"), no: t("menu.no") };
    if (isOwn && !(await ask(t("links.ownQuestion"), answers))) return;
    const gone = await request({ t: "unlink", room, link });
    tell(gone.t === "error" ? reasonOf(gone) : t("links.revoked"));
    await again();
    element.closest("details").querySelector("summary").focus();
  }
}

function line(link, onRevoke) {
  const { right, label, used = 0, uses, until, live, people = [] } = link;
  const what = [t(`links.${right}`), label].filter(Boolean).join(" · ");
  const facts = [
    t("links.used", { count: used }),
    uses && t("links.most", { count: uses }),
    until && t("links.until", { time: moment(until) }),
    !live && t("links.over"),
  ];
  const revoking = button(t("links.revoke"), onRevoke);
  revoking.ariaLabel = t("links.revokeWhat", { what });
  const who = people.length ? `: ${names([...people].reverse(), used)}` : "";
  const words = make("span", { className: "words" }, make("b", { dir: "auto" }, what), make("span", {}, facts.filter(Boolean).join(", ") + who));
  return make("li", {}, words, revoking);
}

function form(room, request, again, tell) {
  const rights = ["read", "speak", "moderate"].map((right) => [right, t(`links.${right}`)]);
  const [rightLabel, right] = choice(t("links.right"), rights);
  const [labelLabel, label] = field(t("links.label"), { maxLength: LABEL, dir: "auto", autocomplete: "off" });
  const lasts = LASTS.map((seconds) => [seconds, seconds ? duration(seconds) : t("links.forever")]);
  const [lastsLabel, last] = choice(t("links.lasts"), lasts);
  const [usesLabel, uses] = field(t("links.uses"), { type: "number", min: 1, max: MOST_USES, placeholder: t("settings.any") });
  right.value = "speak";
  last.value = 0;
  const made = make("div", { className: "made", role: "status" });
  const fields = [rightLabel, right, labelLabel, label, lastsLabel, last, usesLabel, uses];
  const element = make("form", { autocomplete: "off" }, ...fields, make("button", {}, t("links.make")), made);
  element.addEventListener("submit", async (event) => {
    event.preventDefault();
    const until = Number(last.value) ? Date.now() + 1000 * last.value : 0;
    const wish = { right: right.value, label: label.value.trim(), until, uses: Number(uses.value) };
    const answer = await request({ t: "link", room, ...wish });
    if (answer.t === "error") return made.replaceChildren(fault(answer));
    await again();
    return show(document.querySelector(".links .made"), answer.link);
  });
  const show = (place, link) => {
    place.replaceChildren(make("p", {}, t("links.made")), make("ul", {}, newLink(room, link, tell)));
    place.querySelector("button").focus();
  };
  return element;
}

/** Returns a time with its day. */
export function moment(ms) {
  return new Intl.DateTimeFormat(locale(), { dateStyle: "medium", timeStyle: "short" }).format(Math.min(ms, LAST_DATE));
}

function fault(error) {
  return make("p", { className: "fault", role: "alert" }, reasonOf(error));
}
