// The menu of what can be done with a person or a message.

import { t } from "../i18n/strings.js";
import { duration, isolate } from "../log/narration.js";
import { initial, nickOf } from "../log/row.js";
import { ask, beside, open } from "./dialog.js";
import { box, button, make, reasonField } from "./make.js";

const FOREVER = 0;
const TIMES = { mute: [600, 3_600, 86_400, FOREVER], ban: [3_600, 86_400, 604_800, FOREVER], clear: [600, 3_600, 86_400, FOREVER] }; // s

/**
 * Opens the menu beside `anchor`: about a `person`, null for somebody without a name, and perhaps a
 * `message`. `facts` are lines about the person, and `shade` is the class of their colour. `may` tells whether the user may
 * `write` to them, and `moderate`, in all rooms as an `operator`. `acts` has `report` with a reason, `mention` to put the
 * name into the field, `unread` to make the message unread again, `write` to write privately, `ignore` with whether to,
 * `moderate` with an act, its seconds, a reason and whether it is for all rooms, and `raid` with a reason, and whether it
 * is for all rooms.
 */
export function openMenu(anchor, { person, message, may, facts = [], shade = "", isIgnored }, acts) {
  const place = anchor.getBoundingClientRect();
  const nick = isolate(nickOf(person));
  const [label, why] = reasonField();
  const [everywhere, isEverywhere] = box(t("menu.everywhere"));
  const dialog = open("menu", t("menu.title", { nick }));
  const close = (act) => () => {
    dialog.close();
    act();
  };
  const options = (act, seconds = FOREVER) => [act, seconds, why.value.trim(), isEverywhere.checked];
  const moderate = (act, seconds) => close(() => acts.moderate(...options(act, seconds)));
  const clear = (act, seconds) =>
    close(async () => {
      const chosen = options(act, seconds);
      if (await askToClear(nick, seconds)) acts.moderate(...chosen);
    });
  dialog.append(
    who(person, shade, facts),
    ...(message ? [button(t("menu.unread"), close(acts.unread))] : []),
    ...(may.write ? ofPerson({ ...acts, isIgnored }, close) : []),
    ...(message || may.moderate ? [label, why] : []),
    ...[message && button(t("menu.report"), close(() => acts.report(why.value.trim())))].filter(Boolean),
    ...(may.operator && person ? [everywhere] : []), // above the acts that it is about
    ...(may.moderate && person ? ["mute", "ban"].map((act) => times(act, moderate)) : []),
    ...(may.moderate ? others(person, { moderate, clear, raid: close(() => acts.raid(why.value, isEverywhere.checked)) }) : []),
  );
  dialog.addEventListener("keydown", (event) => step(event, dialog));
  beside(dialog, place);
  dialog.querySelector("button")?.focus();
}

/** Returns the head of the menu, as on a card. */
function who(person, shade, facts) {
  const lines = facts.map((words) => make("span", {}, words));
  const element = make("div", { className: `card ${shade}` }, make("p", { className: "who" }, make("bdi", {}, nickOf(person)), ...lines));
  element.dataset.initial = initial(person);
  return element;
}

/** Returns the buttons for what everybody may do about somebody else. */
function ofPerson({ mention, write, ignore, isIgnored }, close) {
  return [
    mention && button(t("menu.mention"), close(mention)),
    button(t("menu.write"), close(write)),
    button(t(isIgnored ? "menu.heed" : "menu.ignore"), close(() => ignore(!isIgnored))),
  ].filter(Boolean);
}

function askToClear(nick, seconds) {
  const question = seconds === FOREVER ? t("menu.clearQuestion", { nick }) : t("menu.clearSince", { nick, time: duration(seconds) });
  return ask(question, { yes: t("menu.clearYes"), no: t("menu.no") });
}

/** Returns the buttons for an act that lasts some time, or is about what was said for some time. */
function times(act, moderate) {
  const words = t(`menu.${act}`);
  const buttons = TIMES[act].map((seconds) => {
    const time = seconds === FOREVER ? t(act === "clear" ? "menu.all" : "links.forever") : duration(seconds);
    const one = button(time, moderate(act, seconds));
    one.ariaLabel = `${words}: ${time}`;
    return one;
  });
  const group = make("div", { role: "group", ariaLabel: words, className: "times" }, ...buttons);
  return make("div", {}, make("span", { ariaHidden: "true" }, words), group);
}

function others(person, { moderate, clear, raid }) {
  const all = [
    button(t("menu.kick"), moderate("kick")),
    button(t("menu.unmute"), moderate("unmute")),
    button(t("menu.raid"), raid),
  ];
  return [...(person ? all : []), times("clear", clear)];
}

/** Moves the focus by the arrow keys. */
function step(event, dialog) {
  const { key, target } = event;
  const way = { ArrowDown: 1, ArrowRight: 1, ArrowUp: -1, ArrowLeft: -1 }[key];
  if (!way || target.type === "text") return;
  event.preventDefault();
  const all = [...dialog.querySelectorAll("button, input")];
  all.at((all.indexOf(target) + way) % all.length).focus();
}
