// What was done and reported in a room, as lines, with what can be taken back.

import { reasonOf, t } from "../i18n/strings.js";
import { because, changes, done, isolate, names } from "../log/narration.js";
import { nickOf } from "../log/row.js";
import { moment } from "./links.js";
import { button, make } from "./make.js";

const DAY = 86_400_000; // ms for which an act can be taken back
const PAGE = 100; // acts
const EVERYWHERE = ["sanctioned", "lifted", "removed", "cleared", "raided", "nick_freed", "undone"]; // what operators do in all rooms

/**
 * Shows acts in `element`: the reports alone, or all others; with no `room`, what was done in all rooms. `request` makes a request and returns the
 * answer; `onGo` gets the number of a message.
 */
export function showAudit(element, room, { isReports, request, onGo, tell }) {
  const list = make("ul");
  const more = button(t("audit.more"), () => load(acts.at(-1).seq));
  let acts = [];
  const load = async (before) => {
    const answer = await request({ t: "audit", room, limit: PAGE, ...(before && { before }) });
    if (answer.t === "error") return element.replaceChildren(fault(answer));
    acts = before ? [...acts, ...answer.acts] : answer.acts;
    return show(answer.more);
  };
  const show = (hasMore) => {
    const undone = new Set(acts.filter(({ act }) => act.t === "undone").map(({ act }) => act.target));
    const isMeant = ({ act }) => (room ? (act.t === "reported") === isReports : !act.about && EVERYWHERE.includes(act.t));
    const shown = acts.filter(isMeant);
    list.replaceChildren(...shown.map((one) => line(one, undone.has(one.seq), { onGo, takeBack })));
    const none = make("p", {}, t(isReports ? "audit.noReports" : "audit.none"));
    element.replaceChildren(shown.length ? list : none, hasMore ? more : "");
  };
  const takeBack = async (one) => {
    const answer = await request({ room, ...undoing(one) });
    if (answer.t === "error") tell(reasonOf(answer));
    await load();
    element.closest("details").querySelector("summary").focus();
  };
  return load();
}

/** Returns the request that takes an act back; a ban or a mute can always be ended, also when its act is no longer at hand. */
function undoing({ seq, ts, act }) {
  if (act.t !== "sanctioned" || Date.now() - ts < DAY) return { t: "undo", act: seq };
  return { t: "moderate", act: `un${act.kind}`, people: act.people.map(({ id }) => id) };
}

function isUndoable({ ts, act }) {
  const isRecent = Date.now() - ts < DAY;
  return act.t === "sanctioned" || (act.t === "cleared" && isRecent) || (act.t === "raided" && (isRecent || act.until > Date.now()));
}

function line(one, isUndone, { onGo, takeBack }) {
  const { act, ts } = one;
  const words = wordsFor(one);
  const time = make("time", { dateTime: new Date(ts).toISOString() }, moment(ts));
  const said = make("span", { className: "words" }, make("span", { dir: "auto" }, words), time);
  const item = make("li", {}, said);
  if (isUndone) said.append(" ", make("i", {}, t("audit.taken")));
  else if (isUndoable(one)) {
    const isLate = act.t === "raided" && Date.now() - ts >= DAY; // what was cleared is gone for good
    const back = button(t(isLate ? "audit.lift" : "audit.takeBack"), () => takeBack(one));
    back.ariaLabel = t(isLate ? "audit.liftWhat" : "audit.takeBackWhat", { what: words });
    item.append(back);
  }
  if (act.t === "reported") item.append(button(t("audit.go"), () => onGo(act.target)));
  return item;
}

function wordsFor({ from, act, ts, count }) {
  const who = isolate(nickOf(from));
  const people = names(act.people ?? [], count);
  const words = because(LINES[act.t]?.({ who, people }, act, ts) ?? act.t, act.why);
  return act.shared ? `${words} ${t("audit.shared")}` : words;
}

const LINES = {
  room_made: ({ who }, act) => t(act.private ? "act.createdPrivate" : "act.created", { who }),
  admitted: ({ who }, { people }) => t("act.admitted", { who, people: names(people.slice(1)) }),
  link_made: ({ who }, { right, label }) =>
    t("act.linkMade", { who, what: [t(`links.${right}`), label && isolate(label)].filter(Boolean).join(" · ") }),
  link_used: ({ who }) => t("act.linkUsed", { who }),
  link_ended: ({ who }) => t("act.linkEnded", { who }),
  forgotten: (_, { about }) => t("act.forgotten", { room: isolate(about) }),
  rules_set: ({ who }, { rules }) => t("act.rules", { who, what: changes(rules) }),
  sanctioned: (values, { kind, until }, ts) => done(kind, values, ts, until),
  lifted: (values, { kind }) => t(`act.un${kind}`, values),
  removed: (values) => t("act.kick", values),
  cleared: (values) => t("act.clear", values),
  raided: (values) => t("act.raid", values),
  reviewed: (values, { kind }) => t(`act.${kind}`, values),
  deleted: (values) => t("act.delete", values),
  nick_freed: (values) => t("act.freed", values),
  undone: ({ who }) => t("act.undone", { who }),
  reported: ({ who }) => t("act.report", { who }),
};

function fault(error) {
  return make("p", { className: "fault", role: "alert" }, reasonOf(error));
}
